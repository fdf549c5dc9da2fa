package cachetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"usher/cache"
)

// putClass puts an object of a class.
func putClass(t *testing.T, s cache.Store, i int, c cache.Class, size int) {
	t.Helper()
	b := cache.NewBlob(c, cache.Meta{}, filler(fmt.Sprint(i), 0, size))
	defer b.Release()
	if err := s.Put(key(i), b); err != nil {
		t.Fatalf("Put %d: %v", i, err)
	}
}

func has(t *testing.T, s cache.Store, i int) bool {
	t.Helper()
	b, err := s.Get(key(i))
	if err == nil {
		b.Release()
	} else if !errors.Is(err, cache.ErrNotCached) {
		t.Errorf("Get %d: %v", i, err)
	}
	return err == nil
}

// storeIncomplete wants what is still being fetched, or was cut short, to be
// refused.
func storeIncomplete(t *testing.T, s cache.Store) {
	c, err := cache.Open(cache.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r, fill := c.Acquire(key(1), cache.Art)
	defer r.Close()
	if err := fill.Describe(cache.Meta{Size: 10}); err != nil {
		t.Fatal(err)
	}
	if _, err := fill.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(key(1), r.Blob); !errors.Is(err, cache.ErrShort) {
		t.Errorf("Put while it is fetched: %v, want ErrShort", err)
	}
	fill.Abort(io.ErrUnexpectedEOF)
	if err := s.Put(key(1), r.Blob); !errors.Is(err, cache.ErrShort) {
		t.Errorf("Put after it was cut: %v, want ErrShort", err)
	}
	if has(t, s, 1) {
		t.Error("it was kept")
	}
}

func storeEmpty(t *testing.T, s cache.Store) {
	put(t, s, 1, 0)
	b, err := s.Get(key(1))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	if n, complete := b.Have(); n != 0 || !complete {
		t.Errorf("%d bytes, complete %v", n, complete)
	}
	if _, err := b.CopyRange(t.Context(), io.Discard, 0, 1); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a byte of nothing: %v", err)
	}
}

func storeRanges(t *testing.T, s cache.Store) {
	const size = 600_000 // more than a page, whatever its size
	put(t, s, 1, size)
	want := filler("1", 0, size)
	b, err := s.Get(key(1))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	for _, at := range []int64{0, 1, 65535, 65536, 262143, 262144, size - 1, size} {
		for _, n := range []int64{-1, 0, 1, 65537, 300_000} {
			end := at + n
			if n < 0 {
				end = size
			}
			var got bytes.Buffer
			written, err := b.CopyRange(t.Context(), &got, at, n)
			if short := end > size; short != errors.Is(err, io.ErrUnexpectedEOF) || !short && err != nil {
				t.Errorf("%d bytes from %d: %v", n, at, err)
			}
			if written != int64(got.Len()) || !bytes.Equal(got.Bytes(), want[at:min(end, size)]) {
				t.Errorf("%d bytes from %d: %d other bytes came", n, at, got.Len())
			}
		}
	}
}

func storeEvictedUnderReader(t *testing.T, s cache.Store) {
	put(t, s, 0, 100_000)
	b, err := s.Get(key(0))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	for i := 1; i < 40; i++ {
		put(t, s, i, 100_000)
	}
	if want := filler("0", 0, 100_000); !bytes.Equal(content(t, b), want) {
		t.Error("an evicted object changed under its reader")
	}
}

// storeFilm wants a film that is read once to leave what is used now and then.
func storeFilm(t *testing.T, s cache.Store) {
	for i := range 5 {
		put(t, s, i, 10_000)
	}
	for i := 100; i < 160; i++ {
		putClass(t, s, i, cache.Media, 200_000)
		if i%4 == 0 {
			for j := range 5 {
				if !has(t, s, j) {
					t.Fatalf("segment %d pushed out object %d", i-100, j)
				}
			}
		}
	}
}

// storeClasses wants a class that took what was idle to give it back, and no
// class to be left with nothing.
func storeClasses(t *testing.T, s cache.Store) {
	for i := range 20 {
		putClass(t, s, i, cache.Art, 50_000)
	}
	if n := s.Usage().Classes[cache.Art].Objects; n != 20 {
		t.Errorf("%d of 20 objects kept while there was room", n)
	}
	for i := 100; i < 120; i++ {
		putClass(t, s, i, cache.Media, 50_000)
	}
	u := s.Usage()
	if art, film := u.Classes[cache.Art].Objects, u.Classes[cache.Media].Objects; art < 1 || film < 10 {
		t.Errorf("%d pictures and %d segments kept; each class should have its share", art, film)
	}
}

// storeReplaceParallel wants readers of an object that is replaced again and
// again to get one version or another, never a mixture.
func storeReplaceParallel(t *testing.T, s cache.Store) {
	const versions, size = 12, 70_000
	blobs := make([]*cache.Blob, versions)
	for v := range blobs {
		blobs[v] = cache.NewBlob(cache.Art, cache.Meta{ETag: fmt.Sprint(v)}, bytes.Repeat([]byte{byte(v)}, size+v))
		defer blobs[v].Release()
	}
	if err := s.Put(key(1), blobs[0]); err != nil {
		t.Fatal(err)
	}
	var readers, writer sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		readers.Go(func() {
			for {
				checkVersion(t, s)
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	writer.Go(func() {
		for _, b := range blobs {
			if err := s.Put(key(1), b); err != nil {
				t.Error(err)
			}
		}
	})
	writer.Wait()
	close(done)
	readers.Wait()
}

func checkVersion(t *testing.T, s cache.Store) {
	b, err := s.Get(key(1))
	if err != nil {
		t.Errorf("Get while it is replaced: %v", err)
		return
	}
	defer b.Release()
	meta, err := b.Wait(context.Background())
	if err != nil {
		t.Error(err)
		return
	}
	got, err := b.Bytes(context.Background())
	if err != nil || len(got) == 0 {
		t.Errorf("%d bytes, %v", len(got), err)
		return
	}
	if v := got[0]; !bytes.Equal(got, bytes.Repeat([]byte{v}, 70_000+int(v))) || meta.ETag != fmt.Sprint(v) {
		t.Errorf("a mixture came back: %d bytes of version %d with ETag %s", len(got), v, meta.ETag)
	}
}

func storeRoom(t *testing.T, s cache.Store) {
	for i := range 10 {
		put(t, s, i, 100_000)
	}
	for i := range 5 {
		if err := s.Remove(key(i)); err != nil {
			t.Fatal(err)
		}
	}
	for i := 10; i < 15; i++ {
		put(t, s, i, 100_000)
	}
	for i := 5; i < 15; i++ {
		if !has(t, s, i) {
			t.Errorf("object %d was evicted although there was room", i)
		}
	}
}

// storeClosed wants a store that is closed to refuse or to miss, not to panic.
func storeClosed(t *testing.T, s cache.Store) {
	put(t, s, 1, 1000)
	b, err := s.Get(key(1))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if want := filler("1", 0, 1000); !bytes.Equal(content(t, b), want) {
		t.Error("Close changed what a reader reads")
	}
	other := blob(2, 10)
	defer other.Release()
	if err := s.Put(key(2), other); err == nil {
		t.Error("Put after Close was taken")
	}
	if err := s.Remove(key(1)); err != nil {
		t.Logf("Remove after Close: %v", err) // either way
	}
}

// Keeps checks a store that outlives the process: reopen opens the one that
// was closed before, with the same budget.
func Keeps(t *testing.T, reopen func(t *testing.T) cache.Store) {
	s := reopen(t)
	for i := range 5 {
		put(t, s, i, 1000*i+1)
	}
	if err := s.Remove(key(3)); err != nil {
		t.Fatal(err)
	}
	want := s.Usage()
	for range 3 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = reopen(t)
		if got := s.Usage(); got.Objects != want.Objects || got.Bytes != want.Bytes {
			t.Errorf("%d objects, %d bytes came back; want %d, %d", got.Objects, got.Bytes, want.Objects, want.Bytes)
		}
		for i := range 5 {
			if has(t, s, i) != (i != 3) {
				t.Errorf("object %d: there %v", i, i == 3)
			}
		}
		b, err := s.Get(key(4))
		if err != nil {
			t.Fatal(err)
		}
		other := blob(4, 4001)
		theirs, _ := b.Wait(t.Context())
		ours, _ := other.Wait(t.Context())
		if theirs != ours || !bytes.Equal(content(t, b), content(t, other)) {
			t.Errorf("another object came back: %+v", theirs)
		}
		other.Release()
		b.Release()
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
