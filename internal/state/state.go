// Package state keeps what must survive a power cut: how far titles were
// watched, and small settings.
//
// It guarantees that what a method stored is still there after kill -9 and
// after power was lost once the method has returned, that a folder has one
// owner at a time, and that a damaged database costs no more than itself.
// SaveProgress, SaveRunning and SetSetting block until the disk has the data
// (some milliseconds, a second on bad flash); the rest reads memory-mapped
// pages. All methods are safe for concurrent use. The package starts no
// goroutine, logs nothing and never keeps secrets apart from what it is given.
//
// In the folder (mode 0700): "state.db" (bbolt, with a schema version),
// "running" (the position of the film that plays, see SaveRunning), "lock"
// (the owner's process id), and "state.db.corrupt-N" after damage.
package state

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"usher/internal/box"
)

// Limits of what is kept.
const (
	MaxProgress = 5000     // titles; the ones not touched for longest are dropped
	MaxID       = 468      // bytes of a title id
	MaxKey      = 256      // bytes of a setting's name
	MaxValue    = 64 << 10 // bytes of a setting
)

const dbName = "state.db"

// Options are the knobs of Open; the zero value is right for the daemon.
type Options struct {
	// LockTimeout is how long to wait for a database that another program
	// (not usherd) has open; 0 is 1 s.
	LockTimeout time.Duration
}

// Store is an open state folder.
type Store struct {
	dir      string
	lock     *os.File
	db       *bolt.DB
	running  *running
	warnings []box.Problem

	mu sync.Mutex // of the running position and what is derived from it
}

// Error is a state folder that cannot be used.
type Error struct {
	Dir  string
	Err  error  // what went wrong
	Hint string // the next step
}

// Error is one line, with the hint on a second.
func (e *Error) Error() string {
	return fmt.Sprintf("open state folder %q: %v\n  hint: %s", e.Dir, e.Err, e.Hint)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Open takes possession of a state folder, creating it when needed. It fails
// with ErrLocked when another usherd has it, with ErrNewer when a newer usherd
// wrote it (nothing is touched then), and with the system's error when it
// cannot be written. A damaged database is moved aside and replaced; Warnings
// tells of it. Errors are of type *Error.
func Open(dir string, opts Options) (*Store, error) {
	s := &Store{dir: dir}
	if err := s.open(opts); err != nil {
		return nil, &Error{Dir: dir, Err: errors.Join(err, s.Close()), Hint: hint(err)}
	}
	return s, nil
}

func hint(err error) string {
	switch {
	case errors.Is(err, ErrLocked):
		return "stop the other usherd, or give this one a folder of its own with -state"
	case errors.Is(err, ErrNewer):
		return "install the newer usherd again, or start with an empty folder with -state"
	case errors.Is(err, os.ErrPermission):
		return "give usherd's user the right to write there, or choose another folder with -state"
	}
	return "check the disk (df, dmesg), or choose another folder with -state"
}

func (s *Store) open(opts Options) error {
	if err := makeDir(s.dir); err != nil {
		return err
	}
	var err error
	if s.lock, err = lockDir(s.dir); err != nil {
		return err
	}
	if err := s.openDB(cmp.Or(opts.LockTimeout, time.Second)); err != nil {
		return err
	}
	if s.running, err = openRunning(filepath.Join(s.dir, "running")); err != nil {
		return err
	}
	if err := syncDir(s.dir); err != nil {
		return err
	}
	return s.settle()
}

// Close gives the folder back. The Store must not be used afterwards; closing
// twice is harmless.
func (s *Store) Close() error {
	var errs []error
	if s.running != nil {
		errs = append(errs, s.running.close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.lock != nil { // last: until here nobody else may come in
		errs = append(errs, s.lock.Close())
	}
	s.running, s.db, s.lock = nil, nil, nil
	return errors.Join(errs...)
}

// Warnings are the lasting problems that Open found and got around.
func (s *Store) Warnings() []box.Problem { return s.warnings }

// makeDir creates dir for its owner only and makes its name last.
func makeDir(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

// syncDir makes names created or changed in dir last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
