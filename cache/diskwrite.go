package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// Put implements Store: write aside, sync, rename, sync the folder. Readers do
// not wait meanwhile. ErrFull when pinned objects leave no room.
func (d *Disk) Put(k Key, b *Blob) error {
	size, complete := b.Have()
	if !complete {
		return ErrShort
	}
	if size > d.shelf.budget || b.class == Secret {
		return ErrTooLarge
	}
	d.writing.Lock()
	defer d.writing.Unlock()
	if err := d.prepare(b.class, size); err != nil {
		return err
	}
	length, err := d.write(k, b)
	if errors.Is(err, syscall.ENOSPC) && d.yield(b.class, size) {
		length, err = d.write(k, b)
	}
	if err == nil {
		err = d.replace(k, b, size, length)
	}
	if err == nil {
		err = d.files.syncFolder(d.folder)
	}
	d.spend(d.index.flush(d.settle(err))) // not under mu: readers do not wait for the flash
	if err != nil {
		return fmt.Errorf("write object %s: %w", k, err)
	}
	return nil
}

// prepare makes room in the budget.
func (d *Disk) prepare(c Class, size int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return os.ErrClosed
	}
	if !d.shelf.room(size) {
		return ErrFull
	}
	d.makeRoom(c, size)
	return nil
}

// yield makes room on a disk that others filled, and says whether it could.
func (d *Disk) yield(c Class, size int64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	freed := int64(0)
	for freed < 2*size {
		v := d.shelf.victim(c, size)
		if v == nil {
			break
		}
		freed += v.size
		d.evicted(v)
	}
	return freed > size
}

// makeRoom evicts until n bytes more fit. The caller holds mu.
func (d *Disk) makeRoom(c Class, n int64) {
	for !d.shelf.fits(n) {
		v := d.shelf.victim(c, n)
		if v == nil {
			return
		}
		d.evicted(v)
	}
}

// evicted removes the file of a victim. One that cannot be removed is found
// again at the next start. The caller holds mu.
func (d *Disk) evicted(v *node) {
	d.index.remove(v.key)
	if err := d.files.remove(d.path(v.key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.trouble.fail(err, true, time.Now())
		d.log.Warn("Object not evicted", "key", v.key.String(), "error", err)
	}
}

// write makes the file, aside, and says how long it is.
func (d *Disk) write(k Key, b *Blob) (length int64, err error) {
	ctx := context.Background() // the blob is complete: nothing is waited for
	meta, err := b.Wait(ctx)
	if err != nil {
		return 0, err
	}
	sum := &summer{size: blockSize(meta.Size)}
	if _, err := b.CopyRange(ctx, sum, 0, -1); err != nil {
		return 0, err
	}
	head, err := headerOf(k, b.class, meta, sum).encode()
	if err != nil {
		return 0, err
	}
	temp := d.path(k) + tempSuffix
	if err := d.writeFile(temp, head, b); err != nil {
		d.discard(temp)
		return 0, err
	}
	return int64(len(head)) + meta.Size, nil
}

func (d *Disk) writeFile(path string, head []byte, b *Blob) (err error) {
	f, err := d.files.create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(head); err != nil {
		return err
	}
	if _, err := b.CopyRange(context.Background(), f, 0, -1); err != nil {
		return err
	}
	return f.Sync()
}

// replace puts the file in place of what was there, and the object on the
// shelf: both at once, so that nobody who removes the one leaves the other.
func (d *Disk) replace(k Key, b *Blob, size, length int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.files.rename(d.path(k)+tempSuffix, d.path(k)); err != nil {
		d.discard(d.path(k) + tempSuffix)
		return err
	}
	if old := d.shelf.nodes[k]; old != nil {
		d.shelf.remove(old)
	}
	d.shelf.add(&node{key: k, size: size, class: b.class, ahead: b.readAhead(), sound: true, pinned: d.pins[k]})
	d.index.put(k, record{size: size, length: length, class: b.class}, nil)
	d.wear.spend(uint64(length))
	return nil
}

// settle takes note of how a write ended, and gives the batch of the index that
// is due, if any.
func (d *Disk) settle(err error) *batch {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case errors.Is(err, ErrTooLarge): // its header; the disk is not to blame
		return nil
	case err != nil:
		d.trouble.fail(err, true, time.Now())
		return nil
	}
	d.trouble.heal()
	return d.index.take(false, d.wear)
}

func (d *Disk) spend(n uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wear.spend(n)
}
