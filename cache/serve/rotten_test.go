package serve_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"usher/cache"
	"usher/cache/cachetest"
	"usher/cache/serve"
)

// TestRottenDiskInMidBody: a start kit is on disk, and a bit of a segment of it
// has flipped since. The player gets every byte of the segment, in one answer:
// the first half from disk, the rest from the service, and the segment is whole
// on disk again.
func TestRottenDiskInMidBody(t *testing.T) {
	b, seg := rotten(t)
	before := b.up.Count(seg0)
	for _, how := range []string{"hit; kept", "hit; kept"} {
		r := b.get(t, seg, "Range", "bytes=0-")
		if r.err != nil || !bytes.Equal(r.body, b.up.Body(seg0)) {
			t.Fatalf("%d, %d bytes, %v", r.status, len(r.body), r.err)
		}
		if got := r.header.Get("X-Usher"); got != how {
			t.Errorf("X-Usher: %q, want %q", got, how)
		}
	}
	if n := b.up.Count(seg0) - before; n != 1 {
		t.Errorf("fetched %d times, want 1", n)
	}
	if p := b.store.Stats().Problem; p == nil || p.Code != cache.DiskDamaged {
		t.Errorf("the problem of the disk is %v, want %s", p, cache.DiskDamaged)
	}
	if tr := b.troubles(); len(tr) > 0 {
		t.Errorf("the viewer was told: %v", tr)
	}
}

// TestRottenDiskAndChangedService: the same, but the service has another
// encode by now. The connection is aborted where the old one ends, because two
// halves make no film, and the next player gets the new one.
func TestRottenDiskAndChangedService(t *testing.T) {
	b, seg := rotten(t)
	old := b.up.Body(seg0)
	b.up.Change()
	r := b.get(t, seg)
	if r.err == nil || len(r.body) == 0 || !bytes.HasPrefix(old, r.body) {
		t.Errorf("%d bytes, error %v; want some of the old ones and an error", len(r.body), r.err)
	}
	if r := b.get(t, seg); r.err != nil || !bytes.Equal(r.body, b.up.Body(seg0)) {
		t.Errorf("afterwards: %d, %d bytes, %v", r.status, len(r.body), r.err)
	}
}

// TestRottenDiskUnderALadder: the same for a title whose renditions Usher
// chooses, as nearly all are.
func TestRottenDiskUnderALadder(t *testing.T) {
	b, seg := rotten(t, rung("low", 300_000, 360), rung("high", 3_000_000, 720))
	r := b.get(t, seg, "Range", "bytes=0-")
	if r.err != nil || !bytes.Equal(r.body, b.up.Body("/low/seg0.ts")) {
		t.Errorf("%d, %d bytes, %v", r.status, len(r.body), r.err)
	}
	if how := r.header.Get("X-Usher"); how != "hit; kept; rung 0" {
		t.Errorf("X-Usher: %q", how)
	}
}

// rotten is a bench whose disk holds a title of two segments, in each of which
// a bit has flipped behind the middle, and the address of the first.
func rotten(t *testing.T, rungs ...cachetest.Rung) (b *bench, seg string) {
	t.Helper()
	dir := t.TempDir()
	first := newBench(t, cachetest.Stream{Segments: 2, Size: 1 << 20, Rungs: rungs}, serve.Options{Store: openStore(t, dir)})
	title := serve.Request{URL: first.upURL + "/master.m3u8"}
	if _, err := first.PrefetchTitle(t.Context(), title, -1); err != nil {
		t.Fatal(err)
	}
	first.Shutdown() // a fill is on the disk a moment after its last reader has it
	if err := first.store.Close(); err != nil {
		t.Fatal(err)
	}
	if spoiled := spoilFiles(t, dir, 600<<10); spoiled != 2 {
		t.Fatalf("%d segments on disk, want 2", spoiled)
	}
	b = newBench(t, cachetest.Stream{}, serve.Options{Store: openStore(t, dir)})
	b.up, b.upURL = first.up, first.upURL
	return b, b.links(t, b.open(t, title).URL)["seg0.ts"]
}

func openStore(t *testing.T, dir string) *cache.Cache {
	t.Helper()
	c, err := cache.Open(cache.Options{Memory: 32 << 20, MaxObject: 4 << 20, Folder: dir})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// spoilFiles flips a bit in every large file of objects.
func spoilFiles(t *testing.T, dir string, at int) (spoiled int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".blob") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil || len(b) < at {
			return err
		}
		b[at] ^= 1
		spoiled++
		return os.WriteFile(path, b, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return spoiled
}
