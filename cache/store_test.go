package cache_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"usher/cache"
	"usher/cache/cachetest"
)

func TestMemoryKeepsTheContract(t *testing.T) {
	cachetest.Store(t, func(_ *testing.T, budget int64) cache.Store { return cache.NewMemory(budget) })
}

func TestDiskKeepsTheContract(t *testing.T) {
	cachetest.Store(t, func(t *testing.T, budget int64) cache.Store { return openDisk(t, t.TempDir(), budget) })
}

func TestDiskKeeps(t *testing.T) {
	dir := t.TempDir()
	cachetest.Keeps(t, func(t *testing.T) cache.Store { return openDisk(t, dir, 1<<20) })
}

func openDisk(t *testing.T, dir string, budget int64) *cache.Disk {
	t.Helper()
	d, err := cache.OpenDisk(dir, budget, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func putDisk(t *testing.T, d *cache.Disk, name string, data []byte) {
	t.Helper()
	b := cache.NewBlob(cache.Art, cache.Meta{ETag: `"e"`}, data)
	defer b.Release()
	if err := d.Put(cache.KeyOf(name), b); err != nil {
		t.Fatal(err)
	}
}

func checkDisk(t *testing.T, d *cache.Disk, name string, want []byte) {
	t.Helper()
	b, err := d.Get(cache.KeyOf(name))
	if err != nil {
		t.Errorf("Get %s: %v", name, err)
		return
	}
	defer b.Release()
	if got, err := b.Bytes(t.Context()); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s: other bytes came back (%v)", name, err)
	}
}

// TestDiskAfterAccidents damages the folder in between and wants every hit to
// be right and everything undamaged to be a hit.
func TestDiskAfterAccidents(t *testing.T) {
	blob := func(dir, name string) string {
		return filepath.Join(dir, "blobs", cache.KeyOf(name).String()+".blob")
	}
	damage := func(at int64) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			f, err := os.OpenFile(blob(dir, "a"), os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if at < 0 {
				end, _ := f.Seek(0, io.SeekEnd)
				at += end
			}
			if _, err := f.WriteAt([]byte{0xff}, at); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name     string
		accident func(t *testing.T, dir string)
		lost     bool // a is gone; b stays in any case
	}{
		{"nothing", func(*testing.T, string) {}, false},
		{"index lost", func(t *testing.T, dir string) { remove(t, filepath.Join(dir, "index.db")) }, false},
		{"index emptied", func(t *testing.T, dir string) { overwrite(t, filepath.Join(dir, "index.db"), nil) }, false},
		{"index is garbage", func(t *testing.T, dir string) {
			overwrite(t, filepath.Join(dir, "index.db"), bytes.Repeat([]byte("garbage!"), 8192))
		}, false},
		{"index pages are garbage", func(t *testing.T, dir string) {
			f, err := os.OpenFile(filepath.Join(dir, "index.db"), os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			f.WriteAt(bytes.Repeat([]byte{0xa5}, 12<<10), 8<<10)
		}, false},
		{"file lost", func(t *testing.T, dir string) { remove(t, blob(dir, "a")) }, true},
		{"file emptied", func(t *testing.T, dir string) { overwrite(t, blob(dir, "a"), nil) }, true},
		{"file cut", func(t *testing.T, dir string) {
			if err := os.Truncate(blob(dir, "a"), 5000); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"bit rot in the body", damage(-1), true},
		{"bit rot in the header", damage(20), true},
		{"bit rot in the preamble", damage(9), true},
		{"half-written file left", func(t *testing.T, dir string) {
			overwrite(t, blob(dir, "c")+".tmp", []byte("half"))
		}, false},
	} {
		for _, lose := range []string{"", "index.db"} {
			t.Run(c.name+" "+lose, func(t *testing.T) {
				dir := t.TempDir()
				d := openDisk(t, dir, 1<<20)
				putDisk(t, d, "a", pattern(10_000))
				putDisk(t, d, "b", pattern(20_000))
				if err := d.Close(); err != nil {
					t.Fatal(err)
				}
				c.accident(t, dir)
				if lose != "" {
					os.Remove(filepath.Join(dir, lose)) // it may be gone already
				}
				d = openDisk(t, dir, 1<<20)
				defer d.Close()
				if c.lost {
					if _, err := d.Get(cache.KeyOf("a")); err == nil {
						t.Error("a damaged object was served")
					}
					if _, err := d.Get(cache.KeyOf("a")); !errors.Is(err, cache.ErrNotCached) {
						t.Errorf("it was not dropped: %v", err)
					}
				} else {
					checkDisk(t, d, "a", pattern(10_000))
				}
				checkDisk(t, d, "b", pattern(20_000))
				if left, _ := filepath.Glob(filepath.Join(dir, "blobs", "*.tmp")); left != nil {
					t.Errorf("left over: %v", left)
				}
			})
		}
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func overwrite(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDiskWithoutClose is what kill -9 leaves: the index was never written.
func TestDiskWithoutClose(t *testing.T) {
	dir, copied := t.TempDir(), t.TempDir()
	d := openDisk(t, dir, 1<<20)
	for _, n := range []string{"a", "b", "c"} {
		putDisk(t, d, n, pattern(10_000))
	}
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = openDisk(t, copied, 1<<20)
	defer d.Close()
	for _, n := range []string{"a", "b", "c"} {
		checkDisk(t, d, n, pattern(10_000))
	}
}

// TestDiskShrinksToANewBudget is a smaller budget in the configuration.
func TestDiskShrinksToANewBudget(t *testing.T) {
	dir := t.TempDir()
	d := openDisk(t, dir, 1<<20)
	for _, n := range []string{"a", "b", "c"} {
		putDisk(t, d, n, pattern(100_000))
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = openDisk(t, dir, 150_000)
	defer d.Close()
	if u := d.Usage(); u.Objects != 1 {
		t.Errorf("%d objects kept, want 1", u.Objects)
	}
	if files, _ := os.ReadDir(filepath.Join(dir, "blobs")); len(files) != 1 {
		t.Errorf("%d files left, want 1", len(files))
	}
}

// TestHitsWriteNothing: recency is not worth flash.
func TestHitsWriteNothing(t *testing.T) {
	d := openDisk(t, t.TempDir(), 1<<20)
	defer d.Close()
	putDisk(t, d, "a", pattern(1000))
	before, _ := d.Written()
	for range 500 {
		checkDisk(t, d, "a", pattern(1000))
	}
	if now, _ := d.Written(); now != before {
		t.Errorf("%d bytes written for 500 hits", now-before)
	}
}
