package cache_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"usher/cache"
)

// fetch fills or finds an object of n bytes.
func fetch(t *testing.T, c *cache.Cache, name string, class cache.Class, p cache.Purpose, n int) cache.Source {
	t.Helper()
	return fetchMeta(t, c, name, class, p, cache.Meta{Size: int64(n)})
}

func fetchMeta(t *testing.T, c *cache.Cache, name string, class cache.Class, p cache.Purpose, m cache.Meta) cache.Source {
	t.Helper()
	r, fill := c.AcquireFor(cache.KeyOf(name), class, p)
	defer r.Close()
	if fill != nil {
		if err := errors.Join(fill.Describe(m), write(fill, pattern(int(m.Size))), fill.Commit()); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := r.Bytes(t.Context()); err != nil || !bytes.Equal(got, pattern(int(m.Size))) {
		t.Errorf("%s: other bytes, %v", name, err)
	}
	return r.From
}

func write(f *cache.Fill, p []byte) error {
	_, err := f.Write(p)
	return err
}

func pin(t *testing.T, c *cache.Cache, name string, on bool) {
	t.Helper()
	if err := c.Pin(cache.KeyOf(name), on); err != nil {
		t.Fatalf("Pin %s: %v", name, err)
	}
}

// TestPinnedStays: neither eviction, nor a restart, nor the loss of the index
// takes it away, whether the pin came before the object, after it, or between
// memory and disk.
func TestPinnedStays(t *testing.T) {
	dir := t.TempDir()
	o := cache.Options{Folder: dir, Memory: 400_000, Disk: 300_000}
	c := open(t, o)
	pin(t, c, "before", true)
	fetch(t, c, "before", cache.Media, cache.Watch, 50_000)
	fetch(t, c, "memory", cache.Media, cache.Watch, 50_000)
	pin(t, c, "memory", true)
	fetch(t, c, "disk", cache.Art, cache.Watch, 50_000)
	pin(t, c, "disk", true)
	if s := c.Stats(); s.PinnedBytes != 150_000 || s.Admission["pinned"] != 1 {
		t.Errorf("%d bytes pinned, admission %v", s.PinnedBytes, s.Admission)
	}
	churn := func() {
		for i := range 30 {
			fetch(t, c, fmt.Sprint(i), cache.Art, cache.Download, 40_000)
		}
	}
	churn()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	remove(t, filepath.Join(dir, "index.db"))
	c = open(t, o)
	churn()
	for _, n := range []string{"before", "memory", "disk"} {
		if from := fetch(t, c, n, cache.Media, cache.Watch, 50_000); from != cache.Hit || !c.Pinned(cache.KeyOf(n)) {
			t.Errorf("%s is gone", n)
		}
		pin(t, c, n, false)
	}
	churn()
	if s := c.Stats(); s.PinnedBytes != 0 || s.DiskBytes > 300_000 {
		t.Errorf("%d bytes pinned, %d on disk", s.PinnedBytes, s.DiskBytes)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "blobs", "*.pin")); left != nil {
		t.Errorf("left over: %v", left)
	}
}

func TestPinRefuses(t *testing.T) {
	c := open(t, cache.Options{Folder: t.TempDir(), Disk: 100_000})
	fetch(t, c, "key", cache.Secret, cache.Watch, 16)
	fetchMeta(t, c, "no-store", cache.Media, cache.Watch, cache.Meta{Size: 10, Volatile: true})
	for _, n := range []string{"key", "no-store"} {
		if err := c.Pin(cache.KeyOf(n), true); !errors.Is(err, cache.ErrNotCached) || c.Pinned(cache.KeyOf(n)) {
			t.Errorf("Pin %s: %v", n, err)
		}
	}
	fetch(t, c, "a", cache.Media, cache.Watch, 70_000)
	fetch(t, c, "b", cache.Media, cache.Watch, 70_000)
	pin(t, c, "a", true)
	if err := c.Pin(cache.KeyOf("b"), true); !errors.Is(err, cache.ErrFull) || c.Pinned(cache.KeyOf("b")) {
		t.Errorf("Pin beyond the budget: %v, want ErrFull", err)
	}
	if err := open(t, cache.Options{}).Pin(cache.KeyOf("a"), true); !errors.Is(err, cache.ErrNoDisk) {
		t.Errorf("Pin without a disk: %v", err)
	}
}

func TestClear(t *testing.T) {
	dir := t.TempDir()
	c := open(t, cache.Options{Folder: dir})
	fetch(t, c, "art", cache.Art, cache.Watch, 1000)    // memory and disk
	fetch(t, c, "film", cache.Media, cache.Watch, 2000) // memory
	fetch(t, c, "kept", cache.Media, cache.Watch, 4000) // pinned
	fetch(t, c, "init", cache.Init, cache.Watch, 8000)  // another class
	pin(t, c, "kept", true)
	reader := c.Peek(cache.KeyOf("art"))
	defer reader.Close()
	for _, step := range []struct {
		classes cache.Classes
		want    cache.ClearReport
		left    int
	}{
		{cache.ClassesOf(cache.Art, cache.Subtitle), cache.ClearReport{Objects: 1, Bytes: 1000}, 2},
		{cache.ClassesOf(cache.Media), cache.ClearReport{Objects: 2, Bytes: 6000}, 2}, // "kept" from memory only
		{cache.AllClasses, cache.ClearReport{Objects: 1, Bytes: 8000}, 1},
		{cache.AllClasses | cache.Pinned, cache.ClearReport{Objects: 1, Bytes: 4000}, 0},
		{cache.AllClasses | cache.Pinned, cache.ClearReport{}, 0},
	} {
		got, err := c.Clear(step.classes)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(step.want, got); d != "" {
			t.Errorf("Clear %b (-want +got):\n%s", step.classes, d)
		}
		if n := c.Stats().DiskObjects; n != step.left {
			t.Errorf("Clear %b left %d objects on disk, want %d", step.classes, n, step.left)
		}
	}
	if got, err := reader.Bytes(t.Context()); err != nil || !bytes.Equal(got, pattern(1000)) {
		t.Errorf("Clear changed what a reader reads: %v", err)
	}
	if files, _ := os.ReadDir(filepath.Join(dir, "blobs")); len(files) != 0 {
		t.Errorf("files left: %v", files)
	}
}

func TestVerify(t *testing.T) {
	dir := t.TempDir()
	c := open(t, cache.Options{Folder: dir})
	for i := range 5 {
		fetch(t, c, fmt.Sprint(i), cache.Art, cache.Watch, 10_000)
	}
	blob := func(name string) string { return filepath.Join(dir, "blobs", cache.KeyOf(name).String()+".blob") }
	flip(t, blob("1"), -1)
	flip(t, blob("2"), 30)
	remove(t, blob("3"))
	r, err := c.Verify(t.Context())
	if want := (cache.VerifyReport{Objects: 5, Bad: 3, Bytes: 30_000}); err != nil || r != want {
		t.Errorf("Verify: %+v, %v; want %+v", r, err, want)
	}
	if p := c.Stats().Problem; p == nil || p.Code != cache.DiskDamaged || p.Hint == "" {
		t.Errorf("the problem is %v", p)
	}
	r, err = c.Verify(t.Context())
	if want := (cache.VerifyReport{Objects: 2, Bytes: 20_000}); err != nil || r != want {
		t.Errorf("second Verify: %+v, %v; want %+v", r, err, want)
	}
	if p := c.Stats().Problem; p != nil {
		t.Errorf("the problem is still %v", p)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Verify(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Verify with a context that ended: %v", err)
	}
}

// flip changes a byte of a file; at < 0 counts from its end.
func flip(t *testing.T, path string, at int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[(at+len(b))%len(b)] ^= 1
	overwrite(t, path, b)
}

// TestPrefetchedAndRead: what was fetched ahead counts as unread until
// somebody comes to watch it, however it got there.
func TestPrefetchedAndRead(t *testing.T) {
	c := open(t, cache.Options{Folder: t.TempDir()})
	fetch(t, c, "film", cache.Media, cache.Watch, 1)
	for i, n := range []string{"read", "joined", "never"} {
		r, fill := c.AcquireFor(cache.KeyOf(n), cache.Media, cache.Kit)
		size := 10 << (4 * i)
		fill.Describe(cache.Meta{Size: int64(size)})
		if n == "joined" {
			j, _ := c.Acquire(cache.KeyOf(n), cache.Media)
			j.Close()
		}
		if err := errors.Join(write(fill, pattern(size)), fill.Commit()); err != nil {
			t.Fatal(err)
		}
		r.Close()
		if p := c.Peek(cache.KeyOf(n)); p == nil {
			t.Errorf("%s was not kept", n)
		} else {
			p.Close() // a look is no reading
		}
		fetch(t, c, n, cache.Media, cache.Kit, size) // nor is another prefetch
	}
	fetch(t, c, "read", cache.Media, cache.Watch, 10)
	fetch(t, c, "read", cache.Media, cache.Watch, 10)
	s := c.Stats()
	if s.PrefetchedBytes != 10+160+2560 || s.UnreadBytes != 2560 || s.Classes["media"].UnreadBytes != 2560 {
		t.Errorf("prefetched %d, unread %d", s.PrefetchedBytes, s.UnreadBytes)
	}
	if s.Admission["kit"] != 3 || s.Admission["streamed"] != 1 || s.DiskObjects != 3 {
		t.Errorf("admission %v, %d on disk", s.Admission, s.DiskObjects)
	}
}

// TestMemoryGoesToDiskWhenAsked: what was only streamed is written when it is
// wanted for longer, from memory.
func TestMemoryGoesToDiskWhenAsked(t *testing.T) {
	c := open(t, cache.Options{Folder: t.TempDir()})
	fetch(t, c, "a", cache.Media, cache.Watch, 1000)
	if from := fetch(t, c, "a", cache.Media, cache.Download, 1000); from != cache.Hit || c.Stats().DiskObjects != 1 {
		t.Errorf("source %d, %d on disk", from, c.Stats().DiskObjects)
	}
}

func TestStatsByClass(t *testing.T) {
	c := open(t, cache.Options{Folder: t.TempDir(), Memory: 1000_000, Disk: 2000_000})
	fetch(t, c, "a", cache.Art, cache.Watch, 1000)
	fetch(t, c, "a", cache.Art, cache.Watch, 1000)
	want := cache.ClassStats{
		MemoryBudget: 60_000, MemoryBytes: 1000, DiskBudget: 400_000, DiskBytes: 1000,
		Hits: 1, HitBytes: 1000, FilledBytes: 1000,
	}
	if d := cmp.Diff(want, c.Stats().Classes["art"]); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	var sum cache.ClassStats
	for _, s := range c.Stats().Classes {
		sum.MemoryBudget += s.MemoryBudget
		sum.DiskBudget += s.DiskBudget
	}
	if sum.MemoryBudget != 1000_000 || sum.DiskBudget != 2000_000 {
		t.Errorf("the shares add up to %d and %d", sum.MemoryBudget, sum.DiskBudget)
	}
	for _, class := range []cache.Class{cache.Playlist, cache.Secret, cache.Other} {
		if got, ok := cache.ClassNamed(class.String()); !ok || got != class {
			t.Errorf("ClassNamed(%s): %v, %v", class, got, ok)
		}
	}
	if _, ok := cache.ClassNamed("film"); ok {
		t.Error("a class that is none was found")
	}
}
