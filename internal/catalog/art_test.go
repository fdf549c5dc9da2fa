package catalog

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
)

// TestPicturesAreFetchedOnce: a row of tiles and a page of the same title want
// one picture at one time. Who leaves first takes nothing from the others.
func TestPicturesAreFetchedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, fetched := house(t, true, true), 0
		var mu sync.Mutex
		release := make(chan struct{})
		c := newClient(direct(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/art/lantern-coast/poster.svg" {
				mu.Lock()
				fetched++
				mu.Unlock()
				select {
				case <-release:
				case <-r.Context().Done():
					return nil, r.Context().Err()
				}
			}
			return to(o)(r)
		}), Options{})
		running(t, c)
		get := func(ctx context.Context, n int) (errs []error) {
			var wg sync.WaitGroup
			errs = make([]error, n)
			for i := range n {
				wg.Go(func() { _, _, errs[i] = c.Art(ctx, "demo:lantern-coast", "poster") })
			}
			wg.Wait()
			return errs
		}
		first, leave := context.WithCancel(t.Context())
		var left []error
		var wg sync.WaitGroup
		wg.Go(func() { left = get(first, 1) })
		synctest.Wait()
		var got []error
		wg.Go(func() { got = get(t.Context(), 20) })
		synctest.Wait()
		if fetched != 1 {
			t.Errorf("%d fetches for 21 who wait, want 1", fetched)
		}
		leave()
		synctest.Wait()
		if fetched != 2 || left[0] == nil {
			t.Errorf("%d fetches after the first left with %v, want 2", fetched, left)
		}
		close(release)
		wg.Wait()
		if err := errors.Join(got...); err != nil {
			t.Error(err)
		}
		if err := errors.Join(get(t.Context(), 3)...); err != nil || fetched != 2 {
			t.Errorf("%d fetches of what is kept, %v", fetched, err)
		}
	})
}
