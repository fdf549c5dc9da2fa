package cache_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"

	"usher/cache"
)

// mount gives a file system of its own of half a MiB.
func mount(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=512k"); errors.Is(err, syscall.EPERM) {
		t.Skip("SKIP: a file system cannot be mounted here; run the tests as root")
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fillArt puts n objects of 50 KB through a cache, with room for two in
// memory, and reads each back.
func fillArt(t *testing.T, c *cache.Cache, n int) (hits int) {
	t.Helper()
	for i := range n {
		r, fill := c.Acquire(cache.KeyOf(fmt.Sprint(i)), cache.Art)
		if fill != nil {
			if err := errors.Join(fill.Describe(cache.Meta{Size: 50_000}), write(fill, pattern(50_000)), fill.Commit()); err != nil {
				t.Fatal(err)
			}
		} else {
			hits++
		}
		if got, err := r.Bytes(t.Context()); err != nil || string(got) != string(pattern(50_000)) {
			t.Fatalf("object %d: %d bytes, %v", i, len(got), err)
		}
		r.Close()
	}
	return hits
}

// TestRealDiskFullAndReadOnly does what the tests of faults do on a file
// system of the kernel.
func TestRealDiskFullAndReadOnly(t *testing.T) {
	dir := mount(t)
	var told []string
	o := cache.Options{Folder: filepath.Join(dir, "objects"), Memory: 128 << 10, Health: func(p *cache.Problem) {
		if p != nil {
			told = append(told, p.Code)
		}
	}}
	c := open(t, o)
	fillArt(t, c, 40) // 2 MB on half a MiB
	kept := c.Stats().DiskObjects
	if kept < 3 || c.Stats().DiskErrors > 2 {
		t.Errorf("%d objects on a full disk, %d errors", kept, c.Stats().DiskErrors)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	told = nil
	if err := syscall.Mount("none", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	c = open(t, o)
	if s := c.Stats(); s.DiskObjects != kept {
		t.Errorf("%d objects found on a read-only disk, want %d", s.DiskObjects, kept)
	}
	if hits := fillArt(t, c, 40); hits < kept-1 {
		t.Errorf("%d hits on a read-only disk with %d objects", hits, kept)
	}
	if len(told) == 0 || told[0] != cache.DiskReadOnly {
		t.Errorf("Health was told %v", told)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
