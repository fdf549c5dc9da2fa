package serve_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"usher/cache"
	"usher/cache/cachetest"
	"usher/cache/serve"
)

// still is an origin without a network, so that time can be made to pass: the
// service answers in the same process, until it is away.
type still struct {
	*serve.Origin
	store *cache.Cache
	up    *cachetest.Origin
	away  atomic.Bool
}

const stillBase = "http://127.0.0.1:8788"

func newStill(t *testing.T, s cachetest.Stream) *still {
	t.Helper()
	store, err := cache.Open(cache.Options{Memory: 32 << 20})
	if err != nil {
		t.Fatal(err)
	}
	b := &still{up: cachetest.NewOrigin(s), store: store}
	b.Origin = serve.New(serve.Options{Store: store, Base: stillBase, Transport: b, AllowPrivate: true})
	t.Cleanup(func() {
		b.Shutdown()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// RoundTrip implements http.RoundTripper.
func (b *still) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.away.Load() {
		return nil, errors.New("no route to host")
	}
	rec := httptest.NewRecorder()
	b.up.ServeHTTP(rec, r)
	resp := rec.Result()
	resp.Request = r
	return resp, nil
}

func (b *still) get(address string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, address, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	b.ServeHTTP(rec, r)
	return rec
}

// list opens the title and gives the address of its media playlist.
func (b *still) list(t *testing.T) string {
	t.Helper()
	got, err := b.Open(t.Context(), serve.Request{Tag: 1, URL: "http://10.0.0.7/v/list.m3u8"})
	if err != nil {
		t.Fatal(err)
	}
	return got.URL
}

func (b *still) links(list string) map[string]string {
	m := map[string]string{}
	for _, p := range regexp.MustCompile(`/s/[a-z2-7]+/[^"\s]+`).FindAllString(b.get(list).Body.String(), -1) {
		m[path.Base(p)] = stillBase + p
	}
	return m
}

// TestFilmPlaylistOutlivesTheService: a film's playlist is asked for again when
// its time is over, is used on as it was while the service is away, and is asked
// for again when the service is back.
func TestFilmPlaylistOutlivesTheService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newStill(t, cachetest.Stream{})
		list := b.list(t)
		text := b.get(list).Body.String()
		time.Sleep(11 * time.Minute)
		before := b.up.Count("/v/list.m3u8")
		for _, c := range []struct {
			away    bool
			how     string
			fetches int
		}{
			{false, "hit; unchanged", 1},
			{true, "hit; fresh", 1},
			{true, "stale; unreachable", 1},
			{false, "hit; unchanged", 2},
		} {
			b.away.Store(c.away)
			r := b.get(list)
			if how := r.Header().Get("X-Usher"); r.Code != 200 || r.Body.String() != text || how != c.how {
				t.Errorf("%d %s, want 200 %s", r.Code, how, c.how)
			}
			if n := b.up.Count("/v/list.m3u8") - before; n != c.fetches {
				t.Errorf("%s: fetched %d times, want %d", c.how, n, c.fetches)
			}
			if strings.HasPrefix(c.how, "hit; fresh") {
				time.Sleep(11 * time.Minute)
			} else {
				time.Sleep(3 * time.Second)
			}
		}
	})
}

// TestSegmentsOutliveTheWindow: a segment that left the window of a live stream
// can still be read for a while, and then its address ends, so that a channel
// that is on for weeks does not fill the memory with addresses.
func TestSegmentsOutliveTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newStill(t, cachetest.Stream{Live: true, Segments: 3})
		list := b.list(t)
		old := b.links(list)["seg0.ts"]
		for _, c := range []struct {
			after time.Duration
			code  int
		}{{time.Minute, 200}, {2 * time.Minute, 404}} {
			b.up.Advance(3)
			time.Sleep(c.after)
			if len(b.links(list)) != 3 {
				t.Errorf("after %v: the window is %v", c.after, b.links(list))
			}
			if r := b.get(old); r.Code != c.code {
				t.Errorf("after %v: %d, want %d", c.after, r.Code, c.code)
			}
		}
		if len(b.links(list)) != 3 {
			t.Error("the channel ended with its old segment")
		}
	})
}

// TestLivePlaylistMayBeMissing: a packager that begins again answers 404 for a
// moment, which is no end; after 10 s it is one, and the player is told.
func TestLivePlaylistMayBeMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newStill(t, cachetest.Stream{Live: true, Segments: 3})
		list := b.list(t)
		b.get(list)
		for _, c := range []struct {
			missing time.Duration
			code    int
		}{{5 * time.Second, 200}, {time.Minute, 404}} {
			time.Sleep(10 * time.Second)
			b.up.Misbehave(cachetest.Fault{Kind: cachetest.Status, Status: 404, Path: "/v/list.m3u8"})
			heal := time.AfterFunc(c.missing, b.up.Heal)
			began := time.Now()
			if r := b.get(list); r.Code != c.code {
				t.Errorf("missing for %v: %d after %v, want %d", c.missing, r.Code, time.Since(began), c.code)
			}
			if d := time.Since(began); d > 20*time.Second {
				t.Errorf("missing for %v: the player was held for %v", c.missing, d)
			}
			heal.Stop()
			b.up.Heal()
		}
	})
}

// TestConditionsByDate: services without ETag are asked, and players answered,
// by date (RFC 9110 sections 13.1.3 and 13.1.5).
func TestConditionsByDate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newStill(t, cachetest.Stream{Anonymous: true})
		const at, before, after = "Sat, 21 Nov 2026 07:00:00 GMT", "Sat, 21 Nov 2026 06:59:59 GMT", "Sat, 21 Nov 2026 07:00:01 GMT"
		b.up.Misbehave(cachetest.Fault{Kind: cachetest.Drip, Path: "/v/seg", After: 1 << 20, Header: http.Header{"Last-Modified": {at}}})
		seg := b.links(b.list(t))["seg0.ts"]
		for _, c := range []struct {
			name   string
			header []string
			code   int
			size   int
		}{
			{"first", nil, 200, 65536},
			{"unchanged", []string{"If-Modified-Since", at}, 304, 0},
			{"read later", []string{"If-Modified-Since", after}, 304, 0},
			{"read earlier", []string{"If-Modified-Since", before}, 200, 65536},
			{"no date", []string{"If-Modified-Since", "yesterday"}, 200, 65536},
			{"a name goes before a date", []string{"If-None-Match", `"x"`, "If-Modified-Since", at}, 200, 65536},
			{"the same for a range", []string{"Range", "bytes=0-9", "If-Range", at}, 206, 10},
			{"another for a range", []string{"Range", "bytes=0-9", "If-Range", before}, 200, 65536},
			{"suffix of everything", []string{"Range", "bytes=-99999"}, 206, 65536},
			{"suffix of nothing", []string{"Range", "bytes=-0"}, 416, -1},
			{"suffix of nonsense", []string{"Range", "bytes=-x"}, 200, 65536},
		} {
			if r := b.get(seg, c.header...); r.Code != c.code || c.size >= 0 && r.Body.Len() != c.size {
				t.Errorf("%s: %d, %d bytes; want %d, %d bytes", c.name, r.Code, r.Body.Len(), c.code, c.size)
			}
		}
	})
}
