package cache

import (
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// load brings index and folder together.
func (d *Disk) load() error {
	list, err := d.files.list(d.folder)
	if err != nil {
		return fmt.Errorf("list %s: %w", d.folder, err)
	}
	blobs := d.sort(list)
	known := d.index.takeLoaded()
	for _, info := range blobs {
		k, _ := parseKey(strings.TrimSuffix(info.Name(), blobSuffix))
		rec, ok := known[k]
		if !ok || rec.length != info.Size() {
			if rec, ok = d.inspect(k); ok && d.index.hasWear { // written, but the account did not come to it
				d.wear.spend(uint64(rec.length))
			}
		}
		if ok {
			d.shelf.add(&node{key: k, size: rec.size, class: rec.class, pinned: d.pins[k]})
			d.index.put(k, rec, known)
		}
		delete(known, k)
	}
	for k := range known {
		d.index.remove(k)
	}
	d.before = d.wear.written
	d.mu.Lock()
	defer d.mu.Unlock()
	d.makeRoom(Other, 0)
	return nil
}

// sort takes note of the pins, removes what does not belong here, and gives
// the blob files, oldest first: the order in which they would go.
func (d *Disk) sort(list []fs.FileInfo) []fs.FileInfo {
	var blobs []fs.FileInfo
	for _, info := range list {
		name := info.Name()
		suffix := filepath.Ext(name)
		k, ok := parseKey(strings.TrimSuffix(name, suffix))
		switch {
		case ok && suffix == blobSuffix && info.Mode().IsRegular():
			blobs = append(blobs, info)
		case ok && suffix == pinSuffix:
			d.pins[k] = true
		default:
			d.discard(filepath.Join(d.folder, name))
		}
	}
	slices.SortStableFunc(blobs, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	return blobs
}

// inspect reads the header of a file that is not in the index.
func (d *Disk) inspect(k Key) (record, bool) {
	f, h, body, err := d.open(k)
	if err != nil {
		d.log.Warn("Damaged object dropped", "key", k.String(), "error", err)
		d.trouble.fail(err, false, time.Now())
		d.discard(d.path(k))
		return record{}, false
	}
	f.Close() // it was only read
	return record{size: h.Size, length: body + h.Size, class: h.Class}, true
}

// open opens a blob file and checks that its header and length fit.
func (d *Disk) open(k Key) (f file, h fileHeader, body int64, err error) {
	if f, err = d.files.open(d.path(k)); err != nil {
		return nil, h, 0, err
	}
	h, body, err = readHeader(f)
	if err == nil {
		err = fits(f, h, k, body)
	}
	if err != nil {
		f.Close() // it was only read
		return nil, h, 0, err
	}
	return f, h, body, nil
}

func fits(f file, h fileHeader, k Key, body int64) error {
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if h.Key != k.String() || st.Size() != body+h.Size {
		return fmt.Errorf("length or key: %w", ErrCorrupt)
	}
	return nil
}

// verify reads the body; f stands at its beginning.
func verify(f file, h fileHeader) error {
	sum := crc32.New(castagnoli())
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	if sum.Sum32() != h.CRC {
		return fmt.Errorf("checksum of the body: %w", ErrCorrupt)
	}
	return nil
}
