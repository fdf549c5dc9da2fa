package cache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
)

// maxPins bounds the pins of a folder: a day of film in segments of two
// seconds, and some.
const maxPins = 1 << 16

// Pin makes that an object is never evicted, or that it may be again. The pin
// survives restarts and the loss of the index, and may come before the object.
func (d *Disk) Pin(k Key, on bool) error {
	d.writing.Lock()
	defer d.writing.Unlock()
	d.mu.Lock()
	had, full := d.pins[k], len(d.pins) >= maxPins
	d.mu.Unlock()
	if had == on {
		return nil
	}
	if on && full {
		return fmt.Errorf("%d pins: %w", maxPins, ErrFull)
	}
	if err := d.mark(k, on); err != nil { // not under mu: readers must not wait for the flash
		return fmt.Errorf("pin object %s: %w", k, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if on {
		d.pins[k] = true
	} else {
		delete(d.pins, k)
	}
	if n := d.shelf.nodes[k]; n != nil {
		d.shelf.pin(n, on)
	}
	return nil
}

func (d *Disk) pinPath(k Key) string { return filepath.Join(d.folder, k.String()+pinSuffix) }

// mark makes or removes the file of a pin.
func (d *Disk) mark(k Key, on bool) error {
	if !on {
		if err := d.files.remove(d.pinPath(k)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return d.files.syncFolder(d.folder)
	}
	f, err := d.files.create(d.pinPath(k))
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return d.files.syncFolder(d.folder)
}

// isPinned says whether there is a pin for an object.
func (d *Disk) isPinned(k Key) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pins[k]
}

// has says whether the object is there, without reading it.
func (d *Disk) has(k Key) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.shelf.nodes[k] != nil
}

// Clear removes the objects of some classes; pinned ones only when classes
// holds Pinned. It gives the size of each object it removed. When it returns
// without error they are gone for good.
func (d *Disk) Clear(classes Classes) (gone map[Key]int64, err error) {
	d.writing.Lock()
	defer d.writing.Unlock()
	if classes.has(Pinned) {
		err = d.unpin(classes)
	}
	gone = map[Key]int64{}
	d.mu.Lock()
	for k, n := range d.shelf.nodes {
		if !classes.Has(n.class) || n.pinned {
			continue
		}
		if e := d.removeLocked(k); e != nil {
			err = errors.Join(err, e)
			continue
		}
		gone[k] = n.size
	}
	d.mu.Unlock()
	// Also for what Remove or eviction took away before.
	return gone, errors.Join(err, d.files.syncFolder(d.folder))
}

// unpin ends the pins of some classes. Those of objects that are not there go
// only with all classes.
func (d *Disk) unpin(classes Classes) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for k := range d.pins {
		n := d.shelf.nodes[k]
		if n == nil && !classes.has(AllClasses) || n != nil && !classes.Has(n.class) {
			continue
		}
		if err := d.files.remove(d.pinPath(k)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
			continue
		}
		delete(d.pins, k)
		if n != nil {
			d.shelf.pin(n, false)
		}
	}
	return errors.Join(errs...)
}

// Verify reads every object and drops those that are damaged.
func (d *Disk) Verify(ctx context.Context) (VerifyReport, error) {
	var r VerifyReport
	for _, n := range d.objects() {
		if ctx.Err() != nil {
			return r, fmt.Errorf("verify: %w", context.Cause(ctx))
		}
		size, err := d.check(n.key)
		if errors.Is(err, fs.ErrNotExist) && !d.has(n.key) {
			continue // evicted since
		}
		r.Objects++
		r.Bytes += size
		switch {
		case errors.Is(err, fs.ErrNotExist): // somebody took it; the disk is not to blame
			r.Bad++
			err = d.drop(n)
		case err != nil:
			r.Bad++
			err = d.unusable(n, err)
		}
		if err != nil {
			d.log.Warn("Damaged object dropped", "key", n.key.String(), "error", err)
		}
	}
	if r.Bad == 0 {
		d.mu.Lock()
		d.trouble.readable()
		d.mu.Unlock()
	}
	return r, nil
}

// check reads one object and says how many bytes.
func (d *Disk) check(k Key) (int64, error) {
	f, h, _, err := d.open(k)
	if err != nil {
		return 0, err
	}
	defer f.Close() // it was only read
	return h.Size, verify(f, h)
}

// objects are all there are, by key.
func (d *Disk) objects() []*node {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.SortedFunc(maps.Values(d.shelf.nodes), func(a, b *node) int { return bytes.Compare(a.key[:], b.key[:]) })
}
