package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"usher/cache"
	"usher/cache/serve"
	"usher/internal/box"
	"usher/internal/catalog"
	"usher/internal/offer"
)

// openEdge is the real store and the real origin in front of a service that
// has one film of three segments.
func openEdge(t *testing.T) (e cacheEdge, service string) {
	t.Helper()
	film := http.NewServeMux()
	film.HandleFunc("/film.m3u8", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n0.ts\n#EXTINF:4,\n1.ts\n#EXTINF:4,\n2.ts\n#EXT-X-ENDLIST\n")
	})
	film.HandleFunc("/{segment}", func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, ".ts") {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "max-age=3600")
		w.Header().Set("Content-Type", "video/mp2t")
		fmt.Fprint(w, strings.Repeat("G", 1000))
	})
	s := httptest.NewServer(film)
	t.Cleanup(s.Close)
	store, err := cache.Open(cache.Options{Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	origin := serve.New(serve.Options{Store: store, Base: "http://127.0.0.1:8788", AllowPrivate: true})
	t.Cleanup(origin.Shutdown)
	return cacheEdge{store: store, origin: origin, titles: shop{s.URL + "/film.m3u8"}}, s.URL
}

// shop has one title.
type shop struct{ url string }

func (s shop) Resolve(_ context.Context, id string, _ map[string]box.Progress) (box.Resolved, error) {
	if id != "films:lantern" {
		return box.Resolved{}, &box.Problem{Code: "not_found"}
	}
	return box.Resolved{Title: offer.Title{ID: id}, Playback: offer.Playback{URL: s.url}}, nil
}

// Prepare is not offered by this service.
func (shop) Prepare(context.Context, string, map[string]box.Progress) (box.Resolved, error) {
	return box.Resolved{}, catalog.ErrNoPrepare
}

// TestTitlesAreWarmedAsTheyAreOpened: what was prefetched and pinned by the id
// of a title is what the daemon finds when it opens that title; what was
// prefetched by the address is not, since another service may mean another film.
func TestTitlesAreWarmedAsTheyAreOpened(t *testing.T) {
	e, _ := openEdge(t)
	const film = "films:lantern"
	url := e.titles.(shop).url
	if _, err := e.Prefetch(t.Context(), url, 8*time.Second); err != nil {
		t.Fatal(err)
	}
	got, err := e.Prefetch(t.Context(), film, 8*time.Second)
	if err != nil || got.Objects != 3 {
		t.Errorf("prefetched %+v %v", got, err)
	}
	until(t, "those of the title besides", func() bool { return e.Status().PrefetchedBytes == 4000 })
	if n, err := e.Pin(t.Context(), film, true); n != 3 || err != nil {
		t.Errorf("pinned %d %v", n, err)
	}
	before := e.Status().FetchedBytes
	o, err := originEdge{origin: e.origin}.Open(t.Context(), box.OpenOrigin{Session: 1, TitleID: film, URL: url})
	if err != nil {
		t.Fatal(err)
	}
	w, played := httptest.NewRecorder(), 0
	e.origin.ServeHTTP(w, httptest.NewRequest(http.MethodGet, o.URL, nil))
	for line := range strings.Lines(w.Body.String()) {
		if line = strings.TrimSpace(line); !strings.HasSuffix(line, "/0.ts") && !strings.HasSuffix(line, "/1.ts") {
			continue
		}
		seg := httptest.NewRecorder()
		e.origin.ServeHTTP(seg, httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8788"+line, nil))
		if how := seg.Header().Get("X-Usher"); how != "hit; kept" {
			t.Errorf("%s: %s", line, how)
		}
		played++
	}
	if played != 2 {
		t.Fatalf("%d segments are in the playlist:\n%s", played, w.Body)
	}
	if now := e.Status().FetchedBytes; now != before {
		t.Errorf("%d bytes were fetched again", now-before)
	}
	var p *box.Problem
	for what, code := range map[string]string{"lantern": "not_http", "films:": "not_http", "films:other": "not_found"} {
		if _, err := e.Prefetch(t.Context(), what, time.Second); !errors.As(err, &p) || p.Code != code {
			t.Errorf("prefetch of %q: %v, want %s", what, err, code)
		}
		if _, err := e.Pin(t.Context(), what, true); !errors.As(err, &p) || p.Code != code {
			t.Errorf("pin of %q: %v, want %s", what, err, code)
		}
	}
}

func TestCacheEdgeOnTheRealCache(t *testing.T) {
	e, service := openEdge(t)
	film := service + "/film.m3u8"
	link, err := e.URL(t.Context(), film)
	if err != nil || !strings.HasPrefix(link, "http://127.0.0.1:8788/s/") || !strings.HasSuffix(link, "/film.m3u8") {
		t.Fatalf("link %q %v", link, err)
	}
	if again, err := e.URL(t.Context(), film); again != link || err != nil {
		t.Errorf("another link %q %v", again, err)
	}
	got, err := e.Prefetch(t.Context(), film, 8*time.Second)
	if err != nil || got.Objects != 3 || got.Bytes < 2000 {
		t.Errorf("prefetched %+v %v, want a playlist and two segments", got, err)
	}
	if n, err := e.Pin(t.Context(), film, true); n != 3 || err != nil {
		t.Errorf("pinned %d %v", n, err)
	}
	s := e.Status()
	if s.PrefetchedBytes != 2000 || s.PrefetchedUnreadBytes != 2000 || s.PinnedBytes != 2000 || s.FlashBytes < 2000 {
		t.Errorf("status %+v", s)
	}
	if seen, err := e.Verify(t.Context()); err != nil || seen.Objects != 2 || seen.Bad != 0 {
		t.Errorf("verified %+v %v", seen, err)
	}
	if gone, err := e.Clear([]string{"media"}, false); err != nil || e.Status().DiskObjects != 2 {
		t.Errorf("cleared %+v %v, %d left on disk; pinned ones must stay", gone, err, e.Status().DiskObjects)
	}
	if _, err := e.Clear(nil, true); err != nil || e.Status().DiskObjects != 0 {
		t.Errorf("cleared %v, %d left on disk", err, e.Status().DiskObjects)
	}
}

// TestCacheStatusHasEveryClass: the names are those that the document lists.
func TestCacheStatusHasEveryClass(t *testing.T) {
	e, _ := openEdge(t)
	names := []string{}
	for _, c := range e.Status().Classes {
		names = append(names, c.Class)
	}
	if got := strings.Join(names, " "); got != "playlist init media key subtitle art other" {
		t.Errorf("classes %s", got)
	}
	if got := len(named(names)); got != len(names) {
		t.Errorf("%d of %d classes are found by name", got, len(names))
	}
}

func TestLinkProblem(t *testing.T) {
	e, service := openEdge(t)
	for _, c := range []struct{ url, code string }{
		{"ftp://cdn.example/film.m3u8", "not_http"},
		{"film.m3u8", "not_http"},
		{service + "/none", "service_error"},
		{"http://127.0.0.1:1/film.m3u8", "network_lost"},
	} {
		_, err := e.URL(t.Context(), c.url)
		var p *box.Problem
		if !errors.As(err, &p) || p.Code != c.code || p.Hint == "" {
			t.Errorf("%s: %v, want %s", c.url, err, c.code)
		}
	}
	closed := serve.New(serve.Options{Store: e.store, Base: "http://127.0.0.1:8788"})
	defer closed.Shutdown()
	var p *box.Problem
	if _, err := (cacheEdge{store: e.store, origin: closed}).URL(t.Context(), service+"/film.m3u8"); !errors.As(err, &p) || p.Code != "forbidden_address" {
		t.Errorf("an address in the house: %v", err)
	}
	for err, code := range map[error]string{
		cache.ErrNoDisk: "cache_no_disk", cache.ErrFull: "cache_full", serve.ErrTooManyLinks: "cache_busy",
		&serve.Trouble{Code: serve.NotMedia}: "not_a_film", &serve.Trouble{Code: serve.TooLarge}: "too_large",
		&serve.Trouble{Code: serve.NoVariants}: "no_variants", &serve.Trouble{Code: serve.Changed}: "stream_error",
	} {
		if got := linkProblem(fmt.Errorf("link: %w", err)); !errors.As(got, &p) || p.Code != code || p.Text == "" || p.Hint == "" {
			t.Errorf("%v: %v, want %s", err, got, code)
		}
	}
	if err := linkProblem(context.Canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("the caller's own error became %v", err)
	}
}
