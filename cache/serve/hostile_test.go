package serve_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"usher/cache"
	"usher/cache/cachetest"
	"usher/cache/serve"
)

// TestAddressesAreBounded: a playlist of a hundred kilobytes whose variable
// makes addresses of many megabytes is refused.
func TestAddressesAreBounded(t *testing.T) {
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "#EXTM3U\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"%s\"\n", strings.Repeat("x", 15_000))
		for i := range 5000 {
			fmt.Fprintf(w, "#EXTINF:1,\n{$a}%d.ts\n", i)
		}
		fmt.Fprint(w, "#EXT-X-ENDLIST\n")
	}))
	defer up.Close()
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	_, err := b.Open(t.Context(), serve.Request{Tag: 1, URL: up.URL + "/v.m3u8"})
	if tr := (*serve.Trouble)(nil); !errors.As(err, &tr) || tr.Code != serve.TooLarge {
		t.Errorf("%v, want %s", err, serve.TooLarge)
	}
}

// meddler changes things between the player's side and the service.
type meddler struct {
	mu     sync.Mutex
	before map[int]func() // by how many requests for media there were
	n      int
}

// RoundTrip implements http.RoundTripper.
func (m *meddler) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, ".ts") {
		m.mu.Lock()
		if f := m.before[m.n]; f != nil {
			f()
		}
		m.n++
		m.mu.Unlock()
	}
	return http.DefaultTransport.RoundTrip(r)
}

// TestMemoryIsFullInMidBody: other fetches take the memory while a segment is
// on its way. The player gets the rest past the cache, from the right place,
// and never of another encode.
func TestMemoryIsFullInMidBody(t *testing.T) {
	const size, page = 1 << 20, 256 << 10
	for _, c := range []struct {
		name   string
		stream cachetest.Stream
		change bool
	}{
		{"segment", cachetest.Stream{}, false},
		{"segment that changes", cachetest.Stream{}, true},
		{"segment without validators", cachetest.Stream{Anonymous: true}, false},
		{"segment without validators that changes", cachetest.Stream{Anonymous: true}, true},
		{"byte range", cachetest.Stream{Ranges: true}, false},
		{"byte range that changes", cachetest.Stream{Ranges: true}, true},
		{"byte range without validators", cachetest.Stream{Ranges: true, Anonymous: true}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, err := cache.Open(cache.Options{Memory: 8 * page, MaxObject: 8 * page})
			if err != nil {
				t.Fatal(err)
			}
			c.stream.Size, c.stream.Segments = size, 2
			m := &meddler{before: map[int]func(){}}
			b := newBench(t, c.stream, serve.Options{Store: store, Transport: m})
			list := b.open(t, serve.Request{}).URL
			r, fill := store.Acquire(cache.KeyOf("another film"), cache.Media)
			defer r.Close()
			if fill == nil || fill.Describe(cache.Meta{Size: -1}) != nil {
				t.Fatal("no fill")
			}
			defer fill.Abort(cache.ErrAbandoned)
			if _, err := fill.Write(make([]byte, 4*page+1)); err != nil {
				t.Fatal(err)
			}
			seg, want := b.links(t, list)["seg1.ts"], b.up.Body("/v/seg1.ts")
			header := []string{"Range", "bytes=0-"}
			if c.stream.Ranges {
				seg, want = b.links(t, list)["all.ts"], b.up.Body("/v/all.ts")[size:]
				header[1] = fmt.Sprintf("bytes=%d-%d", size, 2*size-1)
			}
			if c.change {
				m.before[1] = b.up.Change
			}
			// Slowly, so that the player has begun when it fails; else all of it passes.
			b.up.Misbehave(cachetest.Fault{Kind: cachetest.Drip, Path: "/v/", Times: 1, After: page, Every: 50 * time.Millisecond})
			got := b.get(t, seg, header...)
			if m.n != 2 {
				t.Fatalf("%d requests to the service, want 2: %d, %d bytes, %v", m.n, got.status, len(got.body), got.err)
			}
			if c.change && got.header.Get("X-Usher") == "fill; first" && (got.err == nil || !bytes.HasPrefix(want, got.body)) {
				t.Errorf("%d, %d bytes, %v; want some of the old ones and an error", got.status, len(got.body), got.err)
			}
			if !c.change && (got.err != nil || got.status != 206 || !bytes.Equal(got.body, want)) {
				t.Errorf("%d, %d bytes, %v; right up to %d", got.status, len(got.body), got.err, common(got.body, want))
			}
		})
	}
}

// common is how many bytes at the beginning are the same.
func common(a, b []byte) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// TestPortalWhilePassingOn: what is not kept is no page of a portal either.
func TestPortalWhilePassingOn(t *testing.T) {
	b := newBench(t, cachetest.Stream{Ranges: true}, serve.Options{})
	all := b.links(t, b.open(t, serve.Request{}).URL)["all.ts"]
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Portal, Path: "/v/all.ts", Times: 2})
	r := b.get(t, all, "Range", "bytes=65000-66000") // of two segments: no playlist names it
	if want := b.up.Body("/v/all.ts")[65000:66001]; r.status != 206 || !bytes.Equal(r.body, want) {
		t.Errorf("%d, %q", r.status, r.body[:min(len(r.body), 60)])
	}
	if how := r.header.Get("X-Usher"); how != "pass; no playlist names this range" {
		t.Errorf("X-Usher: %q", how)
	}
}

// TestClockThatIsBehind: a box keeps a start kit, and when it is switched on
// again its clock is decades behind. What was kept in the future may be old all
// the same: the service is asked, once, and what changed is fetched.
func TestClockThatIsBehind(t *testing.T) {
	dir, up := t.TempDir(), cachetest.NewOrigin(cachetest.Stream{Segments: 2})
	title := serve.Request{Tag: 1, URL: "http://10.0.0.7/v/list.m3u8"}
	up.Misbehave(cachetest.Fault{Kind: cachetest.Drip, Path: "/v/seg", After: 1 << 20, Header: http.Header{"Cache-Control": {"max-age=86400"}}})
	today := newStillOn(t, up, dir)
	if _, err := today.PrefetchTitle(t.Context(), title, -1); err != nil {
		t.Fatal(err)
	}
	today.end()
	synctest.Test(t, func(t *testing.T) {
		if !time.Now().Before(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Fatal("the clock is not behind")
		}
		b := newStillOn(t, up, dir)
		defer func() { b.end() }()
		for _, c := range []struct {
			change bool
			asked  int // more times
		}{{false, 1}, {false, 0}, {true, 2}} { // asked whether it is the same, and for the other one
			if c.change {
				up.Change()
				b.Close(1)
				b.end()
				b = newStillOn(t, up, dir)
			}
			before := up.Count(seg0)
			r := b.get(b.links(b.list(t))["seg0.ts"])
			if r.Code != 200 || !bytes.Equal(r.Body.Bytes(), up.Body(seg0)) {
				t.Errorf("change %v: %d, %d bytes", c.change, r.Code, r.Body.Len())
			}
			if n := up.Count(seg0) - before; n != c.asked {
				t.Errorf("change %v: asked %d times, want %d", c.change, n, c.asked)
			}
		}
	})
}

// newStillOn is newStill for a service and a folder that are there already. End it.
func newStillOn(t *testing.T, up *cachetest.Origin, dir string) *still {
	t.Helper()
	store, err := cache.Open(cache.Options{Memory: 32 << 20, Folder: dir})
	if err != nil {
		t.Fatal(err)
	}
	b := &still{up: up, store: store}
	b.Origin = serve.New(serve.Options{Store: store, Base: stillBase, Transport: b, AllowPrivate: true})
	return b
}

func (b *still) end() {
	b.Shutdown()
	_ = b.store.Close() // twice is no error
}
