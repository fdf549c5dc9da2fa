package state

import (
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"usher/internal/box"
)

// ErrNewer means that the folder was written by an usherd with a newer schema.
var ErrNewer = errors.New("written by a newer usherd")

var errDamaged = errors.New("database is damaged")

const (
	metaBucket     = "meta"
	progressBucket = "progress"
	settingsBucket = "settings"

	schemaKey  = "schema"  // decimal number
	coveredKey = "covered" // decimal number: sequence of the newest running position that is in progressBucket
)

// migration brings the database from one schema version to the next.
type migration func(*bolt.Tx) error

// migrations is the whole history: the n-th entry goes from version n to n+1.
// Entries are only ever added at the end.
func migrations() []migration {
	return []migration{
		func(tx *bolt.Tx) error {
			_, err1 := tx.CreateBucketIfNotExists([]byte(progressBucket))
			_, err2 := tx.CreateBucketIfNotExists([]byte(settingsBucket))
			return errors.Join(err1, err2)
		},
	}
}

// openDB opens the database; a damaged one is moved aside.
func (s *Store) openDB(timeout time.Duration) error {
	path := filepath.Join(s.dir, dbName)
	db, err := openChecked(path, timeout)
	if errors.Is(err, errDamaged) {
		aside, moveErr := moveAside(path)
		if moveErr != nil {
			return errors.Join(err, moveErr)
		}
		s.warnings = append(s.warnings, box.Problem{
			Code: "state_damaged",
			Text: "The stored positions and settings were damaged and had to be started anew.",
			Hint: "Nothing needs to be done. What was there is kept as " + aside + " for a technician.",
		})
		db, err = openChecked(path, timeout)
	}
	if err != nil {
		return err
	}
	s.db = db
	return migrate(db, migrations())
}

// openChecked opens the file and reads all of it once, which takes about a
// millisecond: bbolt itself finds damage only when it stumbles over it, and
// then it panics.
func openChecked(path string, timeout time.Duration) (db *bolt.DB, err error) {
	var file *os.File
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // a truncated file faults in its memory map
	defer func() {
		if v := recover(); v != nil {
			db, err = nil, fmt.Errorf("%w: %v", errDamaged, v)
			_ = file.Close() // all that is left of a half-opened database; frees its lock
		}
	}()
	db, err = bolt.Open(path, 0o600, &bolt.Options{
		Timeout: timeout,
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			f, err := os.OpenFile(name, flag, mode)
			file = f
			return f, err
		},
	})
	if err != nil {
		return nil, classify(err)
	}
	if err := db.View(readAll); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", errDamaged, err), db.Close())
	}
	return db, nil
}

func classify(err error) error {
	for _, damage := range []error{berrors.ErrInvalid, berrors.ErrVersionMismatch, berrors.ErrChecksum} {
		if errors.Is(err, damage) {
			return fmt.Errorf("%w: %w", errDamaged, err)
		}
	}
	if errors.Is(err, berrors.ErrTimeout) {
		return fmt.Errorf("%s: %w (not known which)", dbName, ErrLocked)
	}
	return err
}

// readAll touches every byte; what is damaged shows as an error or a panic.
func readAll(tx *bolt.Tx) error {
	sum := crc32.NewIEEE()
	err := tx.ForEach(func(_ []byte, b *bolt.Bucket) error {
		return b.ForEach(func(k, v []byte) error {
			_, err := sum.Write(append(k[:len(k):len(k)], v...))
			return err
		})
	})
	if err != nil {
		return err
	}
	_, err = schemaIn(tx)
	return err
}

// moveAside renames path to the first free path.corrupt-N and gives its name.
func moveAside(path string) (string, error) {
	for n := 1; ; n++ {
		aside := path + ".corrupt-" + strconv.Itoa(n)
		if _, err := os.Lstat(aside); err == nil {
			continue
		}
		if err := os.Rename(path, aside); err != nil {
			return "", err
		}
		return aside, syncDir(filepath.Dir(path))
	}
}

// migrate brings db to the newest schema in one transaction. It writes nothing
// when there is nothing to do, or when the database is newer than this program.
func migrate(db *bolt.DB, steps []migration) error {
	have := 0
	err := db.View(func(tx *bolt.Tx) (err error) {
		have, err = schemaIn(tx)
		return err
	})
	if err != nil || have == len(steps) {
		return err
	}
	if have > len(steps) {
		return fmt.Errorf("%w: its schema is %d, this program knows up to %d", ErrNewer, have, len(steps))
	}
	return db.Update(func(tx *bolt.Tx) error {
		for n, step := range steps[have:] {
			if err := step(tx); err != nil {
				return fmt.Errorf("migrate from schema %d: %w", have+n, err)
			}
		}
		meta, err := tx.CreateBucketIfNotExists([]byte(metaBucket))
		if err != nil {
			return err
		}
		return meta.Put([]byte(schemaKey), strconv.AppendInt(nil, int64(len(steps)), 10))
	})
}

// schemaIn is the version of the database: 0 when it is new. Version 1 and up
// to this program's own must have its buckets.
func schemaIn(tx *bolt.Tx) (int, error) {
	meta := tx.Bucket([]byte(metaBucket))
	if meta == nil {
		return 0, nil
	}
	have, err := strconv.Atoi(string(meta.Get([]byte(schemaKey))))
	if err != nil || have < 1 {
		return 0, errors.New("no schema version")
	}
	ours := have <= len(migrations())
	if ours && (tx.Bucket([]byte(progressBucket)) == nil || tx.Bucket([]byte(settingsBucket)) == nil) {
		return 0, errors.New("a bucket is missing")
	}
	return have, nil
}
