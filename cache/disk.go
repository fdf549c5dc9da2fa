package cache

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"
	"time"
)

const (
	blobSuffix = ".blob"
	tempSuffix = ".tmp"
	pinSuffix  = ".pin"
)

// Disk is a Store in a folder: one file per object, named by its key, and an
// empty file for each pin. The files are the truth; the index only saves
// reading all of them at start. One process at a time may use a folder; a lock
// sees to that.
//
// A removal is not synced: after a power cut the object may be there again,
// whole. After [Disk.Clear] it is not.
type Disk struct {
	log    *slog.Logger
	files  files
	folder string // of the blob files

	writing sync.Mutex // one writer at a time; taken before mu
	mu      sync.Mutex
	shelf   *shelf
	index   *index
	pins    map[Key]bool
	wear    wear
	before  uint64 // written before this store was opened
	trouble trouble
	closed  bool
	unlock  func() error
}

// OpenDisk opens or makes the store in folder, with a budget in bytes. It
// removes what an interrupted write left, and reads the header of files that
// the index does not know. A folder that cannot be written is opened for
// reading. ErrInUse when another process has it.
func OpenDisk(folder string, budget int64, log *slog.Logger) (*Disk, error) {
	if err := (osFiles{}).mkdirAll(filepath.Join(folder, "blobs")); err != nil {
		return nil, fmt.Errorf("make folder for objects: %w", err)
	}
	lock, err := lockFolder(folder, indexWait)
	if err != nil {
		return nil, err
	}
	d, err := openDisk(osFiles{}, folder, budget, openIndex(filepath.Join(folder, "index.db"), log), log)
	switch {
	case err != nil && lock != nil:
		return nil, errors.Join(err, lock.Close())
	case err != nil:
		return nil, err
	case lock != nil:
		d.unlock = lock.Close
	}
	return d, nil
}

// openDisk takes over the index.
func openDisk(f files, folder string, budget int64, x *index, log *slog.Logger) (*Disk, error) {
	d := &Disk{
		log: log, files: f, folder: filepath.Join(folder, "blobs"), shelf: newShelf(budget, diskShares()),
		index: x, pins: map[Key]bool{}, wear: newWear(), unlock: func() error { return nil },
	}
	if x.hasWear {
		d.wear = x.wear
	}
	if err := d.load(); err != nil {
		return nil, errors.Join(err, x.close())
	}
	return d, nil
}

func (d *Disk) path(k Key) string { return filepath.Join(d.folder, k.String()+blobSuffix) }

// discard removes a file that nobody misses.
func (d *Disk) discard(path string) {
	if err := d.files.remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.log.Warn("File not removed", "file", filepath.Base(path), "error", err)
	}
}

// Get implements Store. The first time in this process that an object is read
// its checksums are verified: of small objects at once, of film block by block
// while it is copied. A damaged one is dropped.
func (d *Disk) Get(k Key) (*Blob, error) { return d.read(k, (*shelf).get) }

// Peek is Get for somebody who only looks: it does not count as use.
func (d *Disk) Peek(k Key) (*Blob, error) {
	return d.read(k, func(s *shelf, k Key) *node { return s.nodes[k] })
}

func (d *Disk) read(k Key, find func(*shelf, Key) *node) (*Blob, error) {
	d.mu.Lock()
	n := find(d.shelf, k)
	sound := n != nil && n.sound
	d.mu.Unlock()
	if n == nil {
		return nil, ErrNotCached
	}
	f, h, body, err := d.open(k)
	if err == nil && !sound && !h.large() {
		if err = verify(f, h); err != nil {
			f.Close() // it was only read
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(ErrNotCached, d.drop(n))
	}
	if err != nil {
		return nil, d.unusable(n, err)
	}
	b := newFileBlob(h.Class, h.meta(), f, body)
	b.checks = d.checksOf(n, h)
	b.unusable = func(err error) error { return d.unusable(n, err) }
	return b, nil
}

// checksOf is what is still to be verified of an object: nil when nothing is.
func (d *Disk) checksOf(n *node, h fileHeader) *checks {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case n.sound, !h.large(), n.checks != nil && n.checks.all():
		n.sound, n.checks = true, nil
	case n.checks == nil:
		n.checks = newChecks(h.Block, h.Blocks)
	case !bytes.Equal(n.checks.sums, h.Blocks): // the file is a newer one than the node
		return newChecks(h.Block, h.Blocks)
	}
	return n.checks
}

// unusable drops an object that cannot be read, and gives the error to return.
func (d *Disk) unusable(n *node, err error) error {
	if passing(err) {
		return fmt.Errorf("read object %s: %w", n.key, err)
	}
	d.mu.Lock()
	d.trouble.fail(err, false, time.Now())
	d.mu.Unlock()
	return errors.Join(fmt.Errorf("read object %s: %w", n.key, err), d.drop(n))
}

// drop is Remove for an object that was looked at: another may have taken its
// place since, which stays.
func (d *Disk) drop(n *node) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shelf.nodes[n.key] != n {
		return nil
	}
	return d.removeLocked(n.key)
}

// Remove implements Store. A pin stays, for the object that takes its place.
func (d *Disk) Remove(k Key) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.removeLocked(k)
}

func (d *Disk) removeLocked(k Key) error {
	if n := d.shelf.nodes[k]; n != nil {
		d.shelf.remove(n)
		d.index.remove(k)
	}
	if err := d.files.remove(d.path(k)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.trouble.fail(err, true, time.Now())
		return fmt.Errorf("remove object: %w", err)
	}
	return nil
}

// Usage implements Store.
func (d *Disk) Usage() Usage {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.shelf.usage()
}

// Written is how many bytes were written since the store was opened, and in
// the life of the folder.
func (d *Disk) Written() (now, total uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.wear.written - d.before, d.wear.written
}

// Problem is what is wrong with the disk now; ok is false when nothing is.
func (d *Disk) Problem() (p Problem, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.trouble.problem == nil {
		return p, false
	}
	return *d.trouble.problem, true
}

// means is what the disk can take now, after served more bytes were read.
func (d *Disk) means(served int64) means {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wear.earn(served)
	return means{
		disk: !d.closed, resting: d.trouble.resting(time.Now()),
		budget: d.shelf.budget, allowance: d.wear.allowance,
	}
}

// Close implements Store. It writes what the index does not have yet.
func (d *Disk) Close() error {
	d.writing.Lock()
	defer d.writing.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	d.wear.spend(d.index.flush(d.index.take(true, d.wear)))
	return errors.Join(d.index.close(), d.unlock())
}
