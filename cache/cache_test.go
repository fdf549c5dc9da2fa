package cache_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"usher/cache"
)

func open(t *testing.T, o cache.Options) *cache.Cache {
	t.Helper()
	c, err := cache.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7 / 3)
	}
	return b
}

func TestManyReadersOneFill(t *testing.T) {
	c := open(t, cache.Options{})
	k, want := cache.KeyOf("x"), pattern(300_000)
	first, fill := c.Acquire(k, cache.Media)
	if fill == nil || first.From != cache.Miss {
		t.Fatal("the first reader got no fill")
	}
	var wg sync.WaitGroup
	for i := range 8 {
		r, f := c.Acquire(k, cache.Media)
		if f != nil || r.From != cache.Joined {
			t.Fatalf("reader %d: a second fill", i)
		}
		wg.Go(func() {
			defer r.Close()
			var got bytes.Buffer
			off := int64(i * 30_000)
			if _, err := r.CopyRange(context.Background(), &got, off, -1); err != nil || !bytes.Equal(got.Bytes(), want[off:]) {
				t.Errorf("reader %d: %d bytes, %v", i, got.Len(), err)
			}
		})
	}
	if err := fill.Describe(cache.Meta{Size: int64(len(want))}); err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(want); at += 10_000 {
		if _, err := fill.Write(want[at : at+10_000]); err != nil {
			t.Fatal(err)
		}
	}
	if err := fill.Commit(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	first.Close()
	r, f := c.Acquire(k, cache.Media)
	if f != nil || r.From != cache.Hit {
		t.Fatal("the object was not kept")
	}
	r.Close()
	s := c.Stats()
	if s.Misses != 1 || s.Collapsed != 8 || s.Hits != 1 || s.Filled["media"] != 300_000 || s.FillingBytes != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestFirstByteBeforeTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, cache.Options{})
		r, fill := c.Acquire(cache.KeyOf("x"), cache.Media)
		defer r.Close()
		pr, pw := io.Pipe()
		go func() {
			_, err := r.CopyRange(context.Background(), pw, 0, -1)
			pw.CloseWithError(err)
		}()
		fill.Describe(cache.Meta{Size: -1})
		fill.Write([]byte("a"))
		buf := make([]byte, 10)
		if n, err := pr.Read(buf); n != 1 || err != nil {
			t.Fatalf("read %d, %v", n, err)
		}
		fill.Write([]byte("b"))
		if err := fill.Commit(); err != nil {
			t.Fatal(err)
		}
		rest, err := io.ReadAll(pr)
		if string(rest) != "b" || err != nil {
			t.Fatalf("read %q, %v", rest, err)
		}
	})
}

func TestTruncatedIsNotKept(t *testing.T) {
	c := open(t, cache.Options{})
	k := cache.KeyOf("x")
	r, fill := c.Acquire(k, cache.Media)
	defer r.Close()
	fill.Describe(cache.Meta{Size: 10})
	fill.Write([]byte("short"))
	if err := fill.Commit(); !errors.Is(err, cache.ErrShort) {
		t.Errorf("Commit: %v, want ErrShort", err)
	}
	var got bytes.Buffer
	if _, err := r.CopyRange(t.Context(), &got, 0, -1); !errors.Is(err, cache.ErrShort) || got.String() != "short" {
		t.Errorf("reader got %q, %v", got.String(), err)
	}
	if c.Peek(k) != nil {
		t.Error("the truncated object was kept")
	}
}

func TestTooLongAndTooLarge(t *testing.T) {
	c := open(t, cache.Options{Memory: 1 << 20, MaxObject: 100_000})
	r, fill := c.Acquire(cache.KeyOf("long"), cache.Media)
	defer r.Close()
	fill.Describe(cache.Meta{Size: 3})
	if _, err := fill.Write([]byte("four")); !errors.Is(err, cache.ErrLong) {
		t.Errorf("Write beyond the size: %v", err)
	}
	r2, fill := c.Acquire(cache.KeyOf("large"), cache.Media)
	defer r2.Close()
	if err := fill.Describe(cache.Meta{Size: 200_000}); !errors.Is(err, cache.ErrTooLarge) {
		t.Errorf("Describe: %v, want ErrTooLarge", err)
	}
	r3, fill := c.Acquire(cache.KeyOf("unknown"), cache.Media)
	defer r3.Close()
	fill.Describe(cache.Meta{Size: -1})
	if _, err := fill.Write(make([]byte, 200_000)); !errors.Is(err, cache.ErrTooLarge) {
		t.Errorf("Write: %v, want ErrTooLarge", err)
	}
	if s := c.Stats(); s.FillingBytes != 0 {
		t.Errorf("%d bytes are still counted", s.FillingBytes)
	}
}

func TestLastReaderLeaves(t *testing.T) {
	for _, c := range []struct {
		name      string
		size      int64
		have      int
		abandoned bool
	}{
		{"before anything", -2, 0, true},
		{"a tenth is there", 10 << 20, 1 << 20, true},
		{"half is there", 10 << 20, 5 << 20, false},
		{"nearly done", 1 << 20, 900_000, false},
		{"size unknown", -1, 1 << 20, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := open(t, cache.Options{})
			k := cache.KeyOf("x")
			r, fill := store.Acquire(k, cache.Media)
			ctx, cancel := context.WithCancel(t.Context())
			fill.OnAbandon(cancel)
			if c.size > -2 {
				fill.Describe(cache.Meta{Size: c.size})
			}
			fill.Write(make([]byte, c.have))
			r.Close()
			r.Close()
			if got := ctx.Err() != nil; got != c.abandoned {
				t.Errorf("abandoned %v, want %v", got, c.abandoned)
			}
			again, second := store.Acquire(k, cache.Media)
			if (second != nil) != c.abandoned {
				t.Errorf("a reader that comes now begins anew: %v, want %v", second != nil, c.abandoned)
			}
			fill.Abort(cache.ErrAbandoned)
			if second != nil {
				second.Abort(cache.ErrAbandoned)
			}
			again.Close()
			cancel()
		})
	}
}

func TestMemoryStaysInBudget(t *testing.T) {
	const budget = 2 << 20
	c := open(t, cache.Options{Memory: budget})
	for i := range 40 {
		r, fill := c.Acquire(cache.KeyOf("x", string(rune('a'+i))), cache.Media)
		fill.Describe(cache.Meta{Size: 300_000})
		fill.Write(pattern(300_000))
		if s := c.Stats(); s.MemoryBytes+s.FillingBytes > budget+64<<10 {
			t.Fatalf("%d kept and %d filling, budget %d", s.MemoryBytes, s.FillingBytes, budget)
		}
		if err := fill.Commit(); err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	if s := c.Stats(); s.MemoryObjects < 4 {
		t.Errorf("only %d objects kept", s.MemoryObjects)
	}
}

func TestWaitEndsWithContext(t *testing.T) {
	c := open(t, cache.Options{})
	r, fill := c.Acquire(cache.KeyOf("x"), cache.Media)
	defer r.Close()
	defer fill.Abort(cache.ErrAbandoned)
	cause := errors.New("the player left")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := r.Wait(ctx); !errors.Is(err, cause) {
		t.Errorf("Wait: %v", err)
	}
	if _, err := r.CopyRange(ctx, io.Discard, 0, -1); !errors.Is(err, cause) {
		t.Errorf("CopyRange: %v", err)
	}
}

func TestWhatGoesToDisk(t *testing.T) {
	dir := t.TempDir()
	c := open(t, cache.Options{Folder: dir, OnDisk: cache.ClassesOf(cache.Art, cache.Secret)})
	fillIn := func(name string, class cache.Class, m cache.Meta) {
		r, fill := c.Acquire(cache.KeyOf(name), class)
		defer r.Close()
		m.Size = 1000
		fill.Describe(m)
		fill.Write(pattern(1000))
		if err := fill.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	fillIn("art", cache.Art, cache.Meta{})
	fillIn("no-store", cache.Art, cache.Meta{Volatile: true})
	fillIn("media", cache.Media, cache.Meta{})
	fillIn("key", cache.Secret, cache.Meta{})
	if s := c.Stats(); s.DiskObjects != 1 || s.FlashBytes < 1000 || s.FlashBytes > 3000 {
		t.Errorf("%d objects on disk, %d bytes written; want 1 and little more than 1000", s.DiskObjects, s.FlashBytes)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, cache.Options{Folder: dir})
	r := again.Peek(cache.KeyOf("art"))
	if r == nil {
		t.Fatal("the object did not survive")
	}
	defer r.Close()
	if got, err := r.Bytes(t.Context()); err != nil || !bytes.Equal(got, pattern(1000)) {
		t.Errorf("other bytes came back: %v", err)
	}
	for _, name := range []string{"no-store", "media", "key"} {
		if again.Peek(cache.KeyOf(name)) != nil {
			t.Errorf("%s was written to disk", name)
		}
	}
}

func TestEqualComparesWhatIsThere(t *testing.T) {
	b := cache.NewBlob(cache.Media, cache.Meta{}, pattern(200_000))
	defer b.Release()
	if !b.Equal(pattern(200_000)[65_000:70_000], 65_000) {
		t.Error("equal bytes were found different")
	}
	if b.Equal(pattern(200_000)[65_000:70_000], 65_001) || b.Equal([]byte("x"), 200_000) {
		t.Error("different bytes were found equal")
	}
}

func TestFreshness(t *testing.T) {
	now := time.Unix(1000, 0)
	if (cache.Meta{}).Fresh(now) || !(cache.Meta{Expires: now.Add(1)}).Fresh(now) || (cache.Meta{Expires: now}).Fresh(now) {
		t.Error("freshness is wrong")
	}
	if m := (cache.Meta{Stored: now.Add(time.Hour), Expires: now.Add(2 * time.Hour)}); m.Fresh(now) || !m.Fresh(now.Add(time.Hour)) {
		t.Error("what was stored later is fresh now")
	}
}

func TestKeysTellPartsApart(t *testing.T) {
	seen := map[cache.Key]bool{}
	for _, parts := range [][]string{{"ab"}, {"a", "b"}, {"", "ab"}, {"ab", ""}, {}} {
		k := cache.KeyOf(parts...)
		if seen[k] {
			t.Errorf("%q has the key of another", parts)
		}
		seen[k] = true
	}
}
