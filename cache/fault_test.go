package cache

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// badFiles is the file system of the machine with errors on demand.
type badFiles struct {
	osFiles
	mu     sync.Mutex
	writes error // of create, write, rename, remove and sync
	fails  int   // how many times; 0: always
	reads  error // of read, behind the first readAfter bytes
	after  int
	spoil  bool  // every byte read is another one
	read   int64 // bytes
}

func (b *badFiles) set(change func(*badFiles)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(b)
}

func (b *badFiles) writing() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	err := b.writes
	if b.fails--; b.fails == 0 {
		b.writes = nil
	}
	return err
}

func (b *badFiles) create(path string) (file, error) {
	if err := b.writing(); err != nil {
		return nil, err
	}
	f, err := b.osFiles.create(path)
	if err != nil {
		return nil, err
	}
	return &badFile{file: f, b: b}, nil
}

func (b *badFiles) open(path string) (file, error) {
	f, err := b.osFiles.open(path)
	if err != nil {
		return nil, err
	}
	return &badFile{file: f, b: b}, nil
}

func (b *badFiles) rename(from, to string) error {
	if err := b.writing(); err != nil {
		return err
	}
	return b.osFiles.rename(from, to)
}

func (b *badFiles) remove(path string) error {
	b.mu.Lock()
	readOnly := errors.Is(b.writes, syscall.EROFS)
	b.mu.Unlock()
	if readOnly {
		return syscall.EROFS
	}
	return b.osFiles.remove(path)
}

type badFile struct {
	file
	b *badFiles
	n int
}

func (f *badFile) Write(p []byte) (int, error) {
	if err := f.b.writing(); err != nil {
		return 0, err
	}
	return f.file.Write(p)
}

func (f *badFile) Seek(offset int64, whence int) (int64, error) {
	f.n = int(offset)
	return f.file.Seek(offset, whence)
}

func (f *badFile) Read(p []byte) (int, error) {
	f.b.mu.Lock()
	defer f.b.mu.Unlock()
	if f.b.reads != nil {
		if f.n >= f.b.after {
			return 0, f.b.reads
		}
		p = p[:min(len(p), f.b.after-f.n)]
	}
	n, err := f.file.Read(p)
	f.n += n
	f.b.read += int64(n)
	if f.b.spoil && n > 0 {
		p[n-1] ^= 1
	}
	return n, err
}

// faulty is a cache on a disk that fails on demand, and what Health was told.
type faulty struct {
	*Cache
	files *badFiles
	told  []string
}

func openFaulty(t *testing.T, budget int64) *faulty {
	t.Helper()
	f := &faulty{files: &badFiles{}}
	var err error
	if f.Cache, err = openOn(f.files, t.TempDir(), Options{Memory: 1 << 20, Disk: budget, Health: f.health}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// openOn is Open for a folder of a disk that fails on demand.
func openOn(b *badFiles, dir string, o Options) (*Cache, error) {
	o.Folder = ""
	c, err := Open(o)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, "blobs"), 0o700); err != nil {
		return nil, err
	}
	log := slog.New(slog.DiscardHandler)
	c.disk, err = openDisk(b, dir, o.Disk, newIndex(log), log)
	return c, err
}

// OpenOnBadDisk is Open for tests that are not of this package. After fail(err,
// n) no file gives more than its first n bytes; fail(nil, 0) heals.
func OpenOnBadDisk(dir string, o Options) (c *Cache, fail func(err error, n int), err error) {
	files := &badFiles{}
	c, err = openOn(files, dir, o)
	return c, func(err error, n int) { files.set(func(b *badFiles) { b.reads, b.after = err, n }) }, err
}

func (f *faulty) health(p *Problem) {
	if p == nil {
		f.told = append(f.told, "well")
		return
	}
	f.told = append(f.told, p.Code)
}

// play reads an object as serve does: from the cache, else from upstream.
func (f *faulty) play(t *testing.T, name string, size int) Source {
	t.Helper()
	want := bytes.Repeat([]byte(name), size/len(name)+1)[:size]
	r, fill := f.Acquire(KeyOf(name), Art)
	defer r.Close()
	if fill != nil {
		if err := errors.Join(fill.Describe(Meta{Size: int64(size)}), second(fill.Write(want)), fill.Commit()); err != nil {
			t.Fatalf("fill %s: %v", name, err)
		}
	}
	got, err := r.Bytes(t.Context())
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes, %v", name, len(got), err)
	}
	return r.From
}

func second(_ int, err error) error { return err }

// forget empties the memory, so that the next read is from disk.
func (f *faulty) forget() { f.mem.Clear(AllClasses) }

func (f *faulty) wantTold(t *testing.T, want ...string) {
	t.Helper()
	if got := strings.Join(f.told, " "); got != strings.Join(want, " ") {
		t.Errorf("Health was told %q, want %q", got, strings.Join(want, " "))
	}
	last := f.Stats().Problem
	if len(want) > 0 && (last == nil) != (want[len(want)-1] == "well") {
		t.Errorf("Stats say %v after %v", last, want)
	}
}

// TestWritesFail: readers have their bytes, the disk rests, and writing goes
// on when the disk is well again.
func TestWritesFail(t *testing.T) {
	for _, c := range []struct {
		code string
		err  error
	}{
		{DiskFull, syscall.ENOSPC},
		{DiskReadOnly, syscall.EROFS},
		{DiskBroken, syscall.EIO},
	} {
		t.Run(c.code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := openFaulty(t, 1<<20)
				f.play(t, "before", 1000)
				f.files.set(func(b *badFiles) { b.writes = &os.PathError{Op: "write", Path: "x", Err: c.err} })
				for _, n := range []string{"a", "b", "c"} {
					f.play(t, n, 1000)
				}
				f.wantTold(t, c.code)
				if s := f.Stats(); s.DiskErrors != 1 || s.Admission[WhyResting.String()] != 2 {
					t.Errorf("%d errors, admission %v: the disk did not rest", s.DiskErrors, s.Admission)
				}
				f.forget()
				if from := f.play(t, "before", 1000); from != Hit && c.code != DiskFull {
					t.Error("what was written before is not served")
				}
				f.files.set(func(b *badFiles) { b.writes = nil })
				time.Sleep(firstRest)
				f.play(t, "d", 1000)
				f.wantTold(t, c.code, "well")
				f.forget()
				if from := f.play(t, "d", 1000); from != Hit {
					t.Error("it is not written any more")
				}
				if left, _ := filepath.Glob(filepath.Join(f.disk.folder, "*.tmp")); left != nil {
					t.Errorf("left over: %v", left)
				}
			})
		})
	}
}

// TestFullDiskYields: others filled the disk; the cache gives up what it can
// do without, and tries once more.
func TestFullDiskYields(t *testing.T) {
	f := openFaulty(t, 1<<20)
	for _, n := range []string{"a", "b", "c"} {
		f.play(t, n, 1000)
	}
	f.files.set(func(b *badFiles) { b.writes, b.fails = syscall.ENOSPC, 1 })
	f.play(t, "d", 1000)
	f.wantTold(t)
	if u := f.disk.Usage(); u.Objects != 2 || !f.disk.has(KeyOf("d")) {
		t.Errorf("%d objects left; want the newest of the old ones and the new one", u.Objects)
	}
}

// TestReadsFail: what the disk cannot give any more comes from upstream, and
// the object is dropped.
func TestReadsFail(t *testing.T) {
	for _, c := range []struct {
		name, code string
		fault      func(*badFiles)
	}{
		{"bad sector in the header", DiskBroken, func(b *badFiles) { b.reads = syscall.EIO }},
		{"bad sector in the body", DiskBroken, func(b *badFiles) { b.reads, b.after = syscall.EIO, 5000 }},
		{"other bytes", DiskDamaged, func(b *badFiles) { b.spoil = true }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := openFaulty(t, 1<<20)
			f.play(t, "a", 10_000)
			f.forget()
			f.disk.shelf.nodes[KeyOf("a")].sound = false // as after a restart
			f.files.set(c.fault)
			if from := f.play(t, "a", 10_000); from != Miss {
				t.Errorf("served as %d from a disk that cannot be read", from)
			}
			if s := f.Stats(); s.DiskErrors != 1 {
				t.Errorf("%d errors counted, want 1", s.DiskErrors)
			}
			f.wantTold(t, c.code, "well") // it was written again
		})
	}
}

// TestReadFailsHalfWay: a sector goes bad behind the checksum's back. The
// reader gets an error, never other bytes, and the next one a new fetch.
func TestReadFailsHalfWay(t *testing.T) {
	f := openFaulty(t, 1<<20)
	f.play(t, "a", 100_000)
	f.forget()
	r, fill := f.Acquire(KeyOf("a"), Art)
	if fill != nil {
		t.Fatal("it is not on disk")
	}
	f.files.set(func(b *badFiles) { b.reads, b.after = syscall.EIO, 50_000 })
	var got bytes.Buffer
	n, err := r.CopyRange(t.Context(), &got, 0, -1)
	r.Close()
	if !errors.Is(err, ErrCorrupt) || !errors.Is(err, syscall.EIO) || n >= 50_000 || n != int64(got.Len()) {
		t.Errorf("%d bytes, %v; want nearly 50000 and ErrCorrupt", n, err)
	}
	f.wantTold(t, DiskBroken)
	if from := f.play(t, "a", 100_000); from != Miss {
		t.Error("the object was not dropped")
	}
}

// TestReaderLeavesAFile: an error of the reader's own says nothing about the
// disk.
func TestReaderLeavesAFile(t *testing.T) {
	f := openFaulty(t, 1<<20)
	f.play(t, "a", 100_000)
	f.forget()
	r, _ := f.Acquire(KeyOf("a"), Art)
	defer r.Close()
	pr, pw := io.Pipe()
	pr.Close()
	if _, err := r.CopyRange(t.Context(), pw, 0, -1); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("CopyRange: %v", err)
	}
	f.wantTold(t)
	if !f.disk.has(KeyOf("a")) {
		t.Error("the object was dropped")
	}
}

// TestNoFolder: a folder that cannot be made is a problem and no failure.
func TestNoFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f := &faulty{}
	c, err := Open(Options{Folder: path, Health: f.health})
	if err != nil {
		t.Fatal(err)
	}
	f.Cache = c
	f.play(t, "a", 1000)
	f.wantTold(t, DiskBroken)
	if err := c.Pin(KeyOf("a"), true); !errors.Is(err, ErrNoDisk) {
		t.Errorf("Pin: %v, want ErrNoDisk", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// TestTwoProcesses: the second is told.
func TestTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	c, err := Open(Options{Folder: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := Open(Options{Folder: dir}); !errors.Is(err, ErrInUse) {
		t.Errorf("Open: %v, want ErrInUse", err)
	}
}

// TestTooManyOpenFiles says nothing about an object.
func TestTooManyOpenFiles(t *testing.T) {
	f := openFaulty(t, 1<<20)
	f.play(t, "a", 1000)
	f.forget()
	f.files.set(func(b *badFiles) { b.reads = syscall.EMFILE })
	f.disk.shelf.nodes[KeyOf("a")].sound = false
	if b, err := f.disk.Get(KeyOf("a")); err == nil {
		b.Release()
		t.Fatal("it was read")
	}
	f.files.set(func(b *badFiles) { b.reads = nil })
	if from := f.play(t, "a", 1000); from != Hit {
		t.Error("the object was dropped")
	}
	f.wantTold(t)
}
