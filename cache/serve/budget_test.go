package serve_test

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"usher/cache/cachetest"
	"usher/cache/serve"
)

// gauge counts how many requests a service has to answer at a time.
type gauge struct {
	http.RoundTripper
	mu        sync.Mutex
	now, most int
}

func (g *gauge) RoundTrip(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	g.now++
	g.most = max(g.most, g.now)
	g.mu.Unlock()
	end := sync.OnceFunc(func() {
		g.mu.Lock()
		g.now--
		g.mu.Unlock()
	})
	resp, err := g.RoundTripper.RoundTrip(r)
	if err != nil {
		end()
		return nil, err
	}
	resp.Body = &closing{resp.Body, end}
	return resp, nil
}

type closing struct {
	io.ReadCloser
	end func()
}

func (c *closing) Close() error {
	c.end()
	return c.ReadCloser.Close()
}

func newGauge(t *testing.T) *gauge {
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &gauge{RoundTripper: tr}
}

func TestConnectionBudget(t *testing.T) {
	g := newGauge(t)
	b := newBench(t, cachetest.Stream{Segments: 12}, serve.Options{Transport: g, Connections: 2})
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Drip, After: 20000, Every: time.Millisecond})
	links := b.links(t, b.open(t, serve.Request{}).URL)
	var wg sync.WaitGroup
	for _, u := range links {
		wg.Go(func() {
			if r := b.get(t, u); r.status != 200 || len(r.body) != 65536 {
				t.Errorf("%d, %d bytes, %v", r.status, len(r.body), r.err)
			}
		})
	}
	wg.Wait()
	if len(links) != 12 || g.most != 2 {
		t.Errorf("%d objects, %d requests at a time, want 2", len(links), g.most)
	}
}

// TestPrefetchYields has a service of one connection: what is being prefetched
// makes way for a player, and goes on where it was.
func TestPrefetchYields(t *testing.T) {
	g := newGauge(t)
	b := newBench(t, cachetest.Stream{Size: 1 << 20}, serve.Options{Transport: g, Connections: 1})
	links := b.links(t, b.open(t, serve.Request{}).URL)
	until := make(chan struct{})
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Stall, Path: "/v/seg0", After: 500_000, Until: until, Times: 1})
	ahead := make(chan error, 1)
	go func() {
		_, err := b.PrefetchTitle(t.Context(), serve.Request{URL: b.upURL + "/v/list.m3u8"}, time.Second)
		ahead <- err
	}()
	for b.store.Stats().FillingBytes < 400_000 {
		time.Sleep(time.Millisecond)
	}
	if r := b.get(t, links["seg3.ts"]); !bytes.Equal(r.body, b.up.Body("/v/seg3.ts")) {
		t.Errorf("the player's: %d, %v", r.status, r.err)
	}
	if err := <-ahead; err != nil {
		t.Errorf("the prefetch: %v", err)
	}
	close(until)
	all := b.up.Got()
	if last := all[len(all)-1]; last.Path != "/v/seg0.ts" || last.Range == "" || last.Range == "bytes=0-" {
		t.Errorf("the prefetch began again: %+v", last)
	}
	if g.most != 1 {
		t.Errorf("%d connections", g.most)
	}
	if r := b.get(t, links["seg0.ts"]); r.header.Get("X-Usher") != "hit; kept" || !bytes.Equal(r.body, b.up.Body("/v/seg0.ts")) {
		t.Errorf("what was prefetched: %s", r.header.Get("X-Usher"))
	}
}

// TestWantedPrefetchDoesNotYield has a player wait for what is being
// prefetched: from then on it is the player's.
func TestWantedPrefetchDoesNotYield(t *testing.T) {
	b := newBench(t, cachetest.Stream{}, serve.Options{Connections: 1})
	links := b.links(t, b.open(t, serve.Request{}).URL)
	until := make(chan struct{})
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Stall, Path: "/v/seg0", After: 30_000, Until: until})
	go b.PrefetchTitle(t.Context(), serve.Request{URL: b.upURL + "/v/list.m3u8"}, time.Second)
	for b.up.Count("/v/seg0.ts") == 0 {
		time.Sleep(time.Millisecond)
	}
	got := make(chan reply, 2)
	go func() { got <- b.get(t, links["seg0.ts"]) }()
	for b.store.Stats().Collapsed == 0 {
		time.Sleep(time.Millisecond)
	}
	go func() { got <- b.get(t, links["seg1.ts"]) }()
	time.Sleep(20 * time.Millisecond)
	close(until)
	for range 2 {
		if r := <-got; r.status != 200 || len(r.body) != 65536 {
			t.Errorf("%d, %d bytes, %v", r.status, len(r.body), r.err)
		}
	}
	if n := b.up.Count("/v/seg0.ts"); n != 1 {
		t.Errorf("seg0 was fetched %d times", n)
	}
}

func TestTooManyRequestsStopsPrefetching(t *testing.T) {
	t.Parallel()
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	b.up.Misbehave(cachetest.Fault{
		Kind: cachetest.Status, Status: 429, Path: "/v/seg0", Times: 1, Header: http.Header{"Retry-After": {"1"}},
	})
	began := time.Now()
	if _, err := b.Prefetch(t.Context(), b.upURL+"/v/list.m3u8", time.Second); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(began); d < 900*time.Millisecond || d > 20*time.Second {
		t.Errorf("the service was left alone for %v, want one second", d)
	}
}

// TestReadersOutliveTheSessionThatFetches closes the session that began a
// fetch which another one reads too.
func TestReadersOutliveTheSessionThatFetches(t *testing.T) {
	b := newBench(t, cachetest.Stream{Size: 1 << 20}, serve.Options{})
	first := b.links(t, b.open(t, serve.Request{Tag: 1}).URL)["seg0.ts"]
	second := b.links(t, b.open(t, serve.Request{Tag: 2}).URL)["seg0.ts"]
	body, _ := b.stalled(t, first)
	defer body.Close()
	got := make(chan reply, 1)
	go func() { got <- b.get(t, second) }()
	for b.store.Stats().Collapsed == 0 {
		time.Sleep(time.Millisecond)
	}
	b.up.Heal()
	b.Close(1)
	if r := <-got; r.status != 200 || r.err != nil || !bytes.Equal(r.body, b.up.Body("/v/seg0.ts")) {
		t.Errorf("%d, %d bytes, %v", r.status, len(r.body), r.err)
	}
}
