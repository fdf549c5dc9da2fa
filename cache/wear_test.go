package cache_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"usher/cache"
)

const filmSegment = 3 << 20 // 4 s at 6 Mb/s

// stream passes an object through the cache as serve does, without looking at
// the bytes.
func stream(t *testing.T, c *cache.Cache, name string, class cache.Class, p cache.Purpose, data []byte) {
	t.Helper()
	r, fill := c.AcquireFor(cache.KeyOf(name), class, p)
	defer r.Close()
	if fill != nil {
		if err := errors.Join(fill.Describe(cache.Meta{Size: int64(len(data))}), write(fill, data), fill.Commit()); err != nil {
			t.Fatal(err)
		}
	}
	if p != cache.Watch {
		return
	}
	if n, err := r.CopyRange(t.Context(), io.Discard, 0, -1); err != nil || n != int64(len(data)) {
		t.Fatalf("%s: %d bytes, %v", name, n, err)
	}
}

// TestFlashBytesOfAnEvening: with the default settings less than one byte is
// written to flash for a hundred that the player reads, kits and pictures
// included.
func TestFlashBytesOfAnEvening(t *testing.T) {
	before := writtenByKernel(t)
	c := open(t, cache.Options{Folder: t.TempDir()})
	data := pattern(filmSegment)
	segments := 1350 // an hour and a half
	if testing.Short() {
		segments = 1000
	}
	for i := range 40 { // the focus wanders
		stream(t, c, fmt.Sprint("art", i), cache.Art, cache.Watch, data[:80<<10])
		if i%2 == 0 {
			stream(t, c, fmt.Sprint("init", i), cache.Init, cache.Kit, data[:1000])
			stream(t, c, fmt.Sprint("film", i, "/", 0), cache.Media, cache.Kit, data)
			stream(t, c, fmt.Sprint("film", i, "/", 1), cache.Media, cache.Kit, data)
		}
	}
	for i := range segments {
		stream(t, c, fmt.Sprint("film4/", i), cache.Media, cache.Watch, data)
		if i%15 == 0 {
			stream(t, c, fmt.Sprint("sub4/", i), cache.Subtitle, cache.Watch, data[:3000])
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	s := c.Stats()
	t.Logf("served %d MB, flash %d MB = %.2f %% (the kernel says %d MB); admission %v", s.ServedBytes>>20,
		s.FlashBytes>>20, 100*float64(s.FlashBytes)/float64(s.ServedBytes), (writtenByKernel(t)-before)>>20, s.Admission)
	if s.FlashBytes*100 >= s.ServedBytes || s.FlashBytes == 0 {
		t.Errorf("%d bytes written for %d served", s.FlashBytes, s.ServedBytes)
	}
	if k := writtenByKernel(t) - before; k > 2*int64(s.FlashBytes) {
		t.Errorf("the kernel counts %d bytes written, Stats only %d", k, s.FlashBytes)
	}
	if s.Admission["kit"] == 0 || s.Admission["worn"] == 0 {
		t.Errorf("admission %v: the ration was not tested", s.Admission)
	}
}

// writtenByKernel is what the kernel counts for this process; 0 where it does
// not, or where the folder is in memory.
func writtenByKernel(t *testing.T) (n int64) {
	t.Helper()
	b, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if _, err := fmt.Sscanf(line, "write_bytes: %d", &n); err == nil {
			return n
		}
	}
	return 0
}

// TestWindowGoesToDisk: a box with little memory may say that film on its way
// through is worth the wear.
func TestWindowGoesToDisk(t *testing.T) {
	for _, window := range []int64{0, 1 << 20, 2 << 20} {
		c := open(t, cache.Options{Folder: t.TempDir(), Memory: 1 << 20, Window: window})
		stream(t, c, "a", cache.Media, cache.Watch, pattern(10_000))
		if got, want := c.Stats().DiskObjects == 1, window > 1<<20; got != want {
			t.Errorf("window of %d bytes: written %v, want %v", window, got, want)
		}
	}
}

// TestRationSurvivesRestarts: a daemon that restarts again and again does not
// get a new ration each time.
func TestRationSurvivesRestarts(t *testing.T) {
	dir, total := t.TempDir(), uint64(0)
	for i := range 20 {
		c := open(t, cache.Options{Folder: dir})
		for j := range 2 {
			stream(t, c, fmt.Sprint(i, "/", j), cache.Media, cache.Kit, pattern(filmSegment))
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		s := c.Stats()
		total += s.FlashBytes
		// What writing the account itself costs is not in the account.
		if off := int64(total - s.FlashTotal); off < 0 || off > 20*int64(i+1)<<10 {
			t.Fatalf("start %d: %d bytes in the life of the folder, want %d", i, s.FlashTotal, total)
		}
	}
	if total > 20<<20 {
		t.Errorf("%d bytes written with nothing served", total)
	}
}

// TestRationSurvivesKills: nor does one that is killed before it wrote its
// account.
func TestRationSurvivesKills(t *testing.T) {
	dir := t.TempDir()
	c := open(t, cache.Options{Folder: dir})
	stream(t, c, "first", cache.Art, cache.Kit, pattern(1000))
	if err := c.Close(); err != nil { // an account is there
		t.Fatal(err)
	}
	for i := range 12 {
		c := open(t, cache.Options{Folder: dir})
		stream(t, c, fmt.Sprint(i), cache.Media, cache.Kit, pattern(filmSegment))
		copied := t.TempDir()
		if err := os.CopyFS(copied, os.DirFS(dir)); err != nil { // what a kill leaves
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		dir = copied
	}
	c = open(t, cache.Options{Folder: dir})
	if s := c.Stats(); s.DiskBytes > 17<<20 || s.FlashTotal < uint64(s.DiskBytes) {
		t.Errorf("%d bytes on disk, %d in the account, with nothing served", s.DiskBytes, s.FlashTotal)
	}
}

// TestMemoryIsFlat: a day of film goes through and the heap stays as it was
// after the first minutes.
func TestMemoryIsFlat(t *testing.T) {
	c := open(t, cache.Options{Folder: t.TempDir(), Memory: 8 << 20})
	data := pattern(1 << 20)
	churn := func(from, to int) uint64 {
		for i := from; i < to; i++ {
			size := 1 + (i*7919)%len(data)
			stream(t, c, fmt.Sprint("film", i), cache.Media, cache.Watch, data[:size])
			stream(t, c, fmt.Sprint("ahead", i), cache.Media, cache.Ahead, data[:size/8])
			stream(t, c, fmt.Sprint("sub", i), cache.Subtitle, cache.Watch, data[:100])
			r, fill := c.Acquire(cache.KeyOf(fmt.Sprint("left", i)), cache.Media)
			write(fill, data[:size/4])
			r.Close()
			fill.Abort(cache.ErrAbandoned)
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse
	}
	rounds := 1500
	if testing.Short() || cache.Raced {
		rounds = 600
	}
	first := churn(0, 300)
	last := churn(300, rounds)
	if last > first+3<<20 {
		t.Errorf("heap grew from %d to %d KiB", first>>10, last>>10)
	}
	if s := c.Stats(); s.MemoryBytes > s.MemoryBudget || s.FillingBytes != 0 {
		t.Errorf("%d bytes kept, budget %d; %d filling", s.MemoryBytes, s.MemoryBudget, s.FillingBytes)
	}
	t.Logf("heap %d KiB after 300 rounds, %d KiB after %d", first>>10, last>>10, rounds)
}
