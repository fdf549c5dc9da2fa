package cachetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"usher/cache"
)

// Store checks that a store keeps the contract of cache.Store. open makes an
// empty store with a budget in bytes; the suite closes it. See Keeps for what
// outlives the process.
func Store(t *testing.T, open func(t *testing.T, budget int64) cache.Store) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, s cache.Store)
	}{
		{"missing", storeMissing},
		{"put and get", storePutGet},
		{"replace", storeReplace},
		{"remove", storeRemove},
		{"evict", storeEvict},
		{"too large", storeTooLarge},
		{"read after removal", storeReadAfterRemoval},
		{"usage", storeUsage},
		{"many goroutines", storeParallel},
		{"not complete", storeIncomplete},
		{"without bytes", storeEmpty},
		{"ranges", storeRanges},
		{"evicted under its reader", storeEvictedUnderReader},
		{"a film leaves what is used", storeFilm},
		{"classes give back", storeClasses},
		{"replaced under its readers", storeReplaceParallel},
		{"what is removed makes room", storeRoom},
		{"closed", storeClosed},
		{"close twice", storeClose},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, 1<<20)
			c.run(t, s)
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
}

func key(i int) cache.Key { return cache.KeyOf("cachetest", fmt.Sprint(i)) }

func blob(i, size int) *cache.Blob {
	return cache.NewBlob(cache.Art, cache.Meta{
		ContentType: "image/png", ETag: `"1"`, LastModified: "Sat, 21 Nov 2026 07:00:00 GMT",
		Stored: time.Unix(1_700_000_000, 0).UTC(), Expires: time.Unix(1_800_000_000, 0).UTC(),
	}, filler(fmt.Sprint(i), 0, size))
}

func put(t *testing.T, s cache.Store, i, size int) {
	t.Helper()
	b := blob(i, size)
	defer b.Release()
	if err := s.Put(key(i), b); err != nil {
		t.Fatalf("Put %d: %v", i, err)
	}
}

func content(t *testing.T, b *cache.Blob) []byte {
	t.Helper()
	got, err := b.Bytes(context.Background())
	if err != nil {
		t.Fatalf("Bytes: %v", err)
	}
	return got
}

func storeMissing(t *testing.T, s cache.Store) {
	if _, err := s.Get(key(1)); !errors.Is(err, cache.ErrNotCached) {
		t.Errorf("Get of nothing: %v, want ErrNotCached", err)
	}
	if err := s.Remove(key(1)); err != nil {
		t.Errorf("Remove of nothing: %v", err)
	}
}

func storePutGet(t *testing.T, s cache.Store) {
	for i, size := range []int{0, 1, 65535, 65536, 65537, 200_000} {
		put(t, s, i, size)
		b, err := s.Get(key(i))
		if err != nil {
			t.Fatalf("Get: %v", err)
		}
		want := blob(i, size)
		wantMeta, _ := want.Wait(t.Context())
		gotMeta, err := b.Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(wantMeta, gotMeta); d != "" {
			t.Errorf("meta of %d bytes (-want +got):\n%s", size, d)
		}
		if !bytes.Equal(content(t, b), content(t, want)) {
			t.Errorf("other bytes of %d came back", size)
		}
		checkRange(t, b, content(t, want))
		b.Release()
	}
}

func checkRange(t *testing.T, b *cache.Blob, want []byte) {
	t.Helper()
	if len(want) < 3 {
		return
	}
	var got bytes.Buffer
	n, err := b.CopyRange(t.Context(), &got, 1, int64(len(want)-2))
	if err != nil || n != int64(len(want)-2) || !bytes.Equal(got.Bytes(), want[1:len(want)-1]) {
		t.Errorf("range of %d bytes: %d, %v", len(want), n, err)
	}
	if _, err := b.CopyRange(t.Context(), &got, int64(len(want))-1, 5); err == nil {
		t.Error("a range beyond the end gave no error")
	}
}

func storeReplace(t *testing.T, s cache.Store) {
	put(t, s, 1, 1000)
	b := blob(2, 500)
	defer b.Release()
	if err := s.Put(key(1), b); err != nil {
		t.Fatal(err)
	}
	got, err := s.Get(key(1))
	if err != nil {
		t.Fatal(err)
	}
	defer got.Release()
	if !bytes.Equal(content(t, got), content(t, b)) {
		t.Error("the older object came back")
	}
	if u := s.Usage(); u.Objects != 1 || u.Bytes != 500 {
		t.Errorf("usage %d objects, %d bytes; want 1, 500", u.Objects, u.Bytes)
	}
}

func storeRemove(t *testing.T, s cache.Store) {
	put(t, s, 1, 1000)
	if err := s.Remove(key(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(key(1)); !errors.Is(err, cache.ErrNotCached) {
		t.Errorf("Get after Remove: %v", err)
	}
	if u := s.Usage(); u.Objects != 0 || u.Bytes != 0 {
		t.Errorf("usage %+v after Remove", u)
	}
}

// storeEvict wants the budget kept and an object that is used again and again
// to outlive many that are not.
func storeEvict(t *testing.T, s cache.Store) {
	put(t, s, 0, 100_000)
	for i := 1; i <= 60; i++ {
		put(t, s, i, 100_000)
		if b, err := s.Get(key(0)); err != nil {
			t.Fatalf("the object in use was evicted by put %d: %v", i, err)
		} else {
			b.Release()
		}
		if u := s.Usage(); u.Bytes > 1<<20 {
			t.Fatalf("%d bytes kept, budget is %d", u.Bytes, 1<<20)
		}
	}
}

func storeTooLarge(t *testing.T, s cache.Store) {
	put(t, s, 1, 1000)
	b := blob(2, 1<<20+1)
	defer b.Release()
	if err := s.Put(key(2), b); !errors.Is(err, cache.ErrTooLarge) {
		t.Errorf("Put beyond the budget: %v, want ErrTooLarge", err)
	}
	if got, err := s.Get(key(1)); err != nil {
		t.Errorf("others were evicted for nothing: %v", err)
	} else {
		got.Release()
	}
}

func storeReadAfterRemoval(t *testing.T, s cache.Store) {
	put(t, s, 1, 100_000)
	b, err := s.Get(key(1))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	if err := s.Remove(key(1)); err != nil {
		t.Fatal(err)
	}
	put(t, s, 2, 900_000)
	want := blob(1, 100_000)
	if !bytes.Equal(content(t, b), content(t, want)) {
		t.Error("a removed object changed under its reader")
	}
}

func storeUsage(t *testing.T, s cache.Store) {
	put(t, s, 1, 10)
	put(t, s, 2, 20)
	want := cache.Usage{
		Objects: 2, Bytes: 30, Budget: 1 << 20,
		Classes: map[cache.Class]cache.ClassUsage{cache.Art: {Objects: 2, Bytes: 30}},
	}
	if d := cmp.Diff(want, s.Usage()); d != "" {
		t.Errorf("usage (-want +got):\n%s", d)
	}
}

func storeParallel(t *testing.T, s cache.Store) {
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 8 {
				b := blob(i, 50_000)
				if err := s.Put(key(i), b); err != nil {
					t.Error(err)
				}
				if got, err := s.Get(key(i)); err == nil {
					if data, err := got.Bytes(context.Background()); err != nil || !b.Equal(data, 0) {
						t.Errorf("goroutine %d: other bytes came back (%v)", g, err)
					}
					got.Release()
				}
				b.Release()
			}
		})
	}
	wg.Wait()
}

func storeClose(t *testing.T, s cache.Store) {
	put(t, s, 1, 10)
	if err := s.Close(); err != nil {
		t.Errorf("first Close: %v", err)
	}
}
