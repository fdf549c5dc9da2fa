package cache

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

const (
	blobSuffix = ".blob"
	tempSuffix = ".tmp"
)

// Disk is a Store in a folder: one file per object, named by its key. The
// files are the truth; the index only saves reading all of them at start.
// One process at a time may use a folder; the caller sees to that.
type Disk struct {
	log    *slog.Logger
	folder string // of the blob files
	budget int64

	writing sync.Mutex // one Put at a time; taken before mu
	mu      sync.Mutex
	sieve   *sieve
	index   *index
	written uint64
	closed  bool
}

// OpenDisk opens or makes the store in folder. It removes what an interrupted
// write left, and reads the header of files that the index does not know.
func OpenDisk(folder string, budget int64, log *slog.Logger) (*Disk, error) {
	d := &Disk{log: log, folder: filepath.Join(folder, "blobs"), budget: budget, sieve: newSieve()}
	if err := os.MkdirAll(d.folder, 0o700); err != nil {
		return nil, fmt.Errorf("make folder %s: %w", d.folder, err)
	}
	var err error
	if d.index, err = openIndex(filepath.Join(folder, "index.db"), log); err != nil {
		return nil, err
	}
	if err := d.load(); err != nil {
		return nil, errors.Join(err, d.index.close())
	}
	return d, nil
}

// load brings index and folder together.
func (d *Disk) load() error {
	entries, err := os.ReadDir(d.folder)
	if err != nil {
		return fmt.Errorf("list %s: %w", d.folder, err)
	}
	known := d.index.all()
	for _, e := range entries {
		name := e.Name()
		k, ok := parseKey(strings.TrimSuffix(name, blobSuffix))
		if !ok || !strings.HasSuffix(name, blobSuffix) {
			d.discard(filepath.Join(d.folder, name))
			continue
		}
		rec, ok := known[k]
		if !ok {
			rec, ok = d.inspect(k)
		}
		if ok {
			d.sieve.add(&node{key: k, size: rec.size, class: rec.class})
			d.index.put(k, rec)
		}
		delete(known, k)
	}
	for k := range known {
		d.index.remove(k)
	}
	return d.shrink(0)
}

// inspect reads the header of a file that is not in the index.
func (d *Disk) inspect(k Key) (record, bool) {
	f, h, _, err := d.open(k)
	if err != nil {
		d.log.Warn("Damaged object dropped", "key", k.String(), "error", err)
		d.discard(d.path(k))
		return record{}, false
	}
	f.Close() // it was only read
	return record{size: h.Size, class: h.Class}, true
}

func (d *Disk) discard(path string) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.log.Warn("File not removed", "path", path, "error", err)
	}
}

func (d *Disk) path(k Key) string { return filepath.Join(d.folder, k.String()+blobSuffix) }

// open opens a blob file and checks that its header and length fit.
func (d *Disk) open(k Key) (f *os.File, h fileHeader, body int64, err error) {
	if f, err = os.Open(d.path(k)); err != nil {
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

func fits(f *os.File, h fileHeader, k Key, body int64) error {
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if h.Key != k.String() || st.Size() != body+h.Size {
		return fmt.Errorf("length or key: %w", ErrCorrupt)
	}
	return nil
}

// Get implements Store. The first time in this process it reads the whole
// file to verify the checksum; a damaged one is dropped.
func (d *Disk) Get(k Key) (*Blob, error) {
	d.mu.Lock()
	n := d.sieve.get(k)
	sound := n != nil && n.sound
	d.mu.Unlock()
	if n == nil {
		return nil, ErrNotCached
	}
	f, h, body, err := d.open(k)
	if err == nil && !sound {
		err = verify(f, h)
	}
	if err != nil {
		if f != nil {
			f.Close() // it was only read
		}
		return nil, errors.Join(fmt.Errorf("read object %s: %w", k, err), d.Remove(k))
	}
	d.mu.Lock()
	n.sound = true
	d.mu.Unlock()
	return newFileBlob(h.Class, h.meta(), f, body), nil
}

// verify reads the body; f stands at its beginning.
func verify(f *os.File, h fileHeader) error {
	sum := crc32.New(castagnoli())
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	if sum.Sum32() != h.CRC {
		return fmt.Errorf("checksum of the body: %w", ErrCorrupt)
	}
	return nil
}

// Put implements Store: write aside, sync, rename, sync the folder.
func (d *Disk) Put(k Key, b *Blob) error {
	size, complete := b.Have()
	if !complete {
		return ErrShort
	}
	if size > d.budget || b.class == Secret {
		return ErrTooLarge
	}
	d.writing.Lock()
	defer d.writing.Unlock()
	if err := d.prepare(size); err != nil {
		return err
	}
	n, err := d.writeAside(k, b) // not under mu: readers must not wait for the flash
	if err != nil {
		return fmt.Errorf("write object %s: %w", k, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.publish(k); err != nil {
		return fmt.Errorf("write object %s: %w", k, err)
	}
	if old := d.sieve.nodes[k]; old != nil {
		d.sieve.remove(old)
	}
	d.sieve.add(&node{key: k, size: size, class: b.class, sound: true})
	d.index.put(k, record{size: size, class: b.class})
	d.written += n + d.index.flush(false)
	return nil
}

func (d *Disk) prepare(size int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return os.ErrClosed
	}
	return d.shrink(size)
}

// writeAside writes and syncs the temporary file and says how many bytes.
func (d *Disk) writeAside(k Key, b *Blob) (uint64, error) {
	ctx := context.Background() // the blob is complete: nothing is waited for
	meta, err := b.Wait(ctx)
	if err != nil {
		return 0, err
	}
	sum := crc32.New(castagnoli())
	if _, err := b.CopyRange(ctx, sum, 0, -1); err != nil {
		return 0, err
	}
	head, err := headerOf(k, b.class, meta, sum.Sum32()).encode()
	if err != nil {
		return 0, err
	}
	temp := d.path(k) + tempSuffix
	if err := writeFile(temp, head, b); err != nil {
		d.discard(temp)
		return 0, err
	}
	return uint64(len(head)) + uint64(meta.Size), nil
}

func (d *Disk) publish(k Key) error {
	temp := d.path(k) + tempSuffix
	if d.closed {
		d.discard(temp)
		return os.ErrClosed
	}
	if err := os.Rename(temp, d.path(k)); err != nil {
		d.discard(temp)
		return err
	}
	return syncFolder(d.folder)
}

func writeFile(path string, head []byte, b *Blob) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
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

func syncFolder(path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return f.Sync()
}

// shrink evicts until n bytes more fit. The caller holds mu, or is alone.
func (d *Disk) shrink(n int64) error {
	for d.sieve.used+n > d.budget {
		v := d.sieve.evict()
		if v == nil {
			return nil
		}
		d.index.remove(v.key)
		if err := os.Remove(d.path(v.key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("evict object: %w", err)
		}
	}
	return nil
}

// Remove implements Store.
func (d *Disk) Remove(k Key) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := d.sieve.nodes[k]; n != nil {
		d.sieve.remove(n)
		d.index.remove(k)
	}
	if err := os.Remove(d.path(k)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove object: %w", err)
	}
	return nil
}

// Usage implements Store.
func (d *Disk) Usage() Usage {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := d.sieve.usage()
	u.Budget = d.budget
	return u
}

// Written is how many bytes were written since the store was opened.
func (d *Disk) Written() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.written
}

// Close implements Store. It writes what the index does not have yet.
func (d *Disk) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	d.written += d.index.flush(true)
	return d.index.close()
}
