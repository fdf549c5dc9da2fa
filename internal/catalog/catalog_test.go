package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"usher/cmd/boxoffice/office"
	"usher/internal/box"
	"usher/internal/offer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// direct is a transport without a network, so that tests run on fake time.
type direct func(*http.Request) (*http.Response, error)

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return d(r)
}

func to(h http.Handler) direct {
	return func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		resp := w.Result()
		resp.Request = r
		return resp, nil
	}
}

// house is the reference service; ready says whether it has streams.
func house(t *testing.T, open, ready bool) *office.Office {
	t.Helper()
	dir := t.TempDir()
	if ready {
		text := `{"version":"t","streams":{"ladder":{"durationMs":24000},"carpet":{"durationMs":24000},"single":{"durationMs":24000},"vault":{"durationMs":24000},"tongues":{"durationMs":24000},"loop":{"durationMs":24000}}}`
		if err := os.WriteFile(filepath.Join(dir, "streams.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o, err := office.New(office.Options{OpenHouse: open, Streams: dir})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// seen collects what a client reports.
type seen struct {
	mu   sync.Mutex
	list []box.Service
}

func (s *seen) add(b box.Service) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, b)
}

func (s *seen) all() []box.Service {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}

func newClient(transport http.RoundTripper, o Options) *Client {
	if o.Services == nil {
		o.Services = []Config{{ID: "demo", URL: "http://service.test"}}
	}
	o.Client = &http.Client{Transport: transport}
	return New(o)
}

// running runs a client inside the present bubble or test.
func running(t *testing.T, c *Client) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func codeOf(err error) string {
	if p, ok := errors.AsType[*box.Problem](err); ok && p.Text != "" && p.Hint != "" {
		return p.Code
	}
	return ""
}

func TestReferenceServiceIsQualified(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told seen
		c := newClient(to(house(t, true, true)), Options{Seen: told.add})
		running(t, c)
		cat, err := c.Catalogue(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range cat.Rails {
			for _, id := range r.Titles {
				if title, err := c.Title(t.Context(), id); err != nil || title.ID != id || !strings.HasPrefix(id, "demo:") {
					t.Errorf("rail %s: %s: %v", r.ID, id, err)
				}
			}
		}
		ep, err := c.Title(t.Context(), "demo:harbour-street-12-s2e1")
		want := offer.Title{ID: ep.ID, SeriesID: "demo:harbour-street-12", Season: 2, Number: 1, Kind: offer.Episode, Poster: "/art/demo:harbour-street-12-s2e1/poster"}
		got := offer.Title{ID: ep.ID, SeriesID: ep.SeriesID, Season: ep.Season, Number: ep.Number, Kind: ep.Kind, Poster: ep.Poster}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
		synctest.Wait() // it is told just after the catalogue can be had
		stand := box.Service{ID: "demo", Name: "Lantern Pictures", Reachable: true, Revision: cat.Revision, Titles: len(cat.Titles)}
		if diff := cmp.Diff([]box.Service{stand}, told.all()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]box.Service{stand}, c.Services()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestUnknownServiceAndTitle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(to(house(t, true, true)), Options{})
		running(t, c)
		for _, id := range []string{"", "demo", "demo:", "demo:none", "other:lantern-coast", ":lantern-coast", "demo:../../etc"} {
			_, err := c.Title(t.Context(), id)
			_, err2 := c.Resolve(t.Context(), id, nil)
			if codeOf(err) != codeNotFound || codeOf(err2) != codeNotFound {
				t.Errorf("%q: %v, %v", id, err, err2)
			}
		}
		if _, err := c.Catalogue(t.Context(), "other"); codeOf(err) != codeNotFound {
			t.Error(err)
		}
	})
}

func TestResolve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(to(house(t, true, true)), Options{})
		running(t, c)
		film, err := c.Resolve(t.Context(), "demo:lantern-coast", nil)
		if err != nil || film.Playback.URL != "http://service.test/streams/ladder/master.m3u8" || film.Playback.TitleID != "demo:lantern-coast" || film.Series != nil || film.Next != nil {
			t.Errorf("%+v, %v", film, err)
		}
		if err := c.Heartbeat(t.Context(), film.Playback.ID, 5000, "playing"); err != nil {
			t.Errorf("heartbeat: %v", err)
		}
		if err := c.Heartbeat(t.Context(), "demo:none", 5000, "playing"); codeOf(err) != "playback_unknown" {
			t.Errorf("heartbeat of nothing: %v", err)
		}
		live, err := c.Resolve(t.Context(), "demo:lantern-tv", nil)
		if err != nil || !live.Playback.Live {
			t.Errorf("%+v, %v", live.Playback, err)
		}
		done := map[string]box.Progress{"demo:harbour-street-12-s1e3": {Finished: true, UpdatedMS: 5}}
		ep, err := c.Resolve(t.Context(), "demo:harbour-street-12", done)
		if err != nil || ep.Title.ID != "demo:harbour-street-12-s2e1" || ep.Series.ID != "demo:harbour-street-12" || ep.Next.ID != "demo:harbour-street-12-s2e2" {
			t.Errorf("series: %+v, %v", ep.Title, err)
		}
		across, err := c.Resolve(t.Context(), "demo:harbour-street-12-s1e3", nil)
		if err != nil || across.Next.ID != "demo:harbour-street-12-s2e1" {
			t.Errorf("across seasons: %+v, %v", across.Next, err)
		}
		last, err := c.Resolve(t.Context(), "demo:harbour-street-12-s2e3", nil)
		if err != nil || last.Next != nil {
			t.Errorf("last: %+v, %v", last.Next, err)
		}
	})
}

func TestRefusals(t *testing.T) {
	for _, tc := range []struct {
		title, country, code string
		open, ready          bool
	}{
		{"comet-year", "", "window", true, true},
		{"golden-reel", "DE", "window", true, true},
		{"mountain-post", "DE", "territory", true, true},
		{"harvest-of-clouds", "US", "territory", true, true},
		{"nine-bridges", "", "pairing_required", false, true},
		{"glass-harbour", "", "pairing_required", false, true},
		{"lantern-coast", "", "streams_missing", true, false},
		{"mountain-post", "CN", "", true, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := newClient(to(house(t, tc.open, tc.ready)), Options{Country: tc.country})
			running(t, c)
			if _, err := c.Resolve(t.Context(), "demo:"+tc.title, nil); codeOf(err) != tc.code || tc.code == "" && err != nil {
				t.Errorf("%s in %q: %v, want %s", tc.title, tc.country, err, tc.code)
			}
			if tc.code == "territory" {
				return // not in the catalogue, and a prepared title must be
			}
			if got, err := c.Prepare(t.Context(), "demo:"+tc.title, nil); codeOf(err) != tc.code || got.Playback.ID != "" {
				t.Errorf("prepare %s: %v, want %s", tc.title, err, tc.code)
			}
		})
	}
}

func TestNextUnfinished(t *testing.T) {
	var series offer.Title
	if err := json.Unmarshal([]byte(`{"seasons":[{"episodes":[{"id":"a"},{"id":"b"}]},{"episodes":[{"id":"c"}]}]}`), &series); err != nil {
		t.Fatal(err)
	}
	type seen = map[string]box.Progress
	for name, tc := range map[string]struct {
		progress seen
		want     string
	}{
		"nothing seen":              {nil, "a"},
		"in the midst of one":       {seen{"b": {UpdatedMS: 2}, "a": {UpdatedMS: 1, Finished: true}}, "b"},
		"one finished":              {seen{"a": {UpdatedMS: 1, Finished: true}}, "b"},
		"season finished":           {seen{"b": {UpdatedMS: 1, Finished: true}}, "c"},
		"an older one left halfway": {seen{"a": {UpdatedMS: 1}, "b": {UpdatedMS: 2, Finished: true}}, "c"},
		"the last one seen first":   {seen{"c": {UpdatedMS: 1, Finished: true}}, "a"},
		"all finished":              {seen{"a": {Finished: true}, "b": {Finished: true, UpdatedMS: 3}, "c": {Finished: true}}, "a"},
	} {
		if got := nextUnfinished(series, tc.progress); got.ID != tc.want {
			t.Errorf("%s: %s, want %s", name, got.ID, tc.want)
		}
	}
	if nextUnfinished(offer.Title{}, nil) != nil || following(offer.Title{}, "a") != nil {
		t.Error("a series without episodes has one")
	}
}

func TestSearch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(to(house(t, true, true)), Options{})
		running(t, c)
		if _, err := c.Catalogue(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		for query, want := range map[string]string{
			"lantern":               "demo:lantern-tv", // its name begins so
			"the lantern":           "demo:lantern-coast",
			"LATERNENKÜSTE":         "demo:lantern-coast",
			"laternenkuste":         "demo:lantern-coast",
			"灯火海":                   "demo:lantern-coast",
			"海岸":                    "demo:lantern-coast", // inside a name
			"แก้ว":                  "demo:glass-harbour",
			"dhha":                  "demo:lantern-coast", // 灯火海岸 by its first letters
			"cartographers":         "demo:cartographers-daughter",
			"Hafenstraße":           "demo:harbour-street-12",
			"hafenstrasse":          "demo:harbour-street-12",
			"ortuno":                "demo:whale-song-atlas", // cast
			"duck":                  "demo:last-ferry-home",  // synopsis
			"missing ladle":         "demo:night-market-detectives-s1e1",
			"atlas ozeanen":         "demo:whale-song-atlas", // two places
			"  The   Paper, train!": "demo:paper-train",
		} {
			got, err := c.Search(t.Context(), query, "", 5)
			if err != nil || len(got) == 0 || got[0].ID != want {
				t.Errorf("%q: %v, %v, want %s", query, ids(got), err, want)
			}
		}
		for lang, want := range map[string][]string{
			"":   {"demo:lantern-tv", "demo:harbour-street-12-s2e1"}, // Lantai Dua Kosong begins so
			"en": {"demo:lantern-tv", "demo:lantern-coast"},
			"id": {"demo:harbour-street-12-s2e1"},
		} {
			if got, _ := c.Search(t.Context(), "lan", lang, 9); !slices.Equal(ids(got)[:len(want)], want) {
				t.Errorf("lan in %q: %v, want %v first", lang, ids(got), want)
			}
		}
		for query, limit := range map[string]int{"": 5, "  ": 5, "qqqqq": 5, "lantern qqqqq": 5, "…": 5, strings.Repeat("zzzz ", 1000): 5} {
			if got, err := c.Search(t.Context(), query, "", limit); len(got) > 0 || err != nil {
				t.Errorf("%q: %v, %v", query, ids(got), err)
			}
		}
		all, _ := c.Search(t.Context(), "e", "", 1000)
		none, _ := c.Search(t.Context(), "e", "", 0)
		if two, _ := c.Search(t.Context(), "e", "", 2); len(two) != 2 || len(all) > searchMost || len(none) != searchDefault {
			t.Errorf("limits: %d, %d, %d", len(two), len(all), len(none))
		}
	})
}

func ids(titles []offer.Title) []string {
	var list []string
	for _, t := range titles {
		list = append(list, t.ID)
	}
	return list
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"Größe": "grosse", "İstanbul": "istanbul", "Cafe\u0301": "cafe", "Rafael Ortuño": "rafael ortuno", "Łódź": "lodz",
		"  12,  Harbour-Street ": "12 harbour street", "L’Été": "lete", "灯火 海岸": "灯火 海岸", "ชายฝั่ง": "ชายฝั่ง", "ư": "u", "Ž": "z",
	} {
		if got := fold(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestArt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fetched, o := 0, house(t, true, true)
		huge := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/art/") {
				fetched++
			}
			switch r.URL.Path {
			case "/art/nine-bridges/poster.svg":
				w.Header().Set("Content-Type", "image/png")
				_, _ = w.Write(make([]byte, 1<<20+1))
			case "/art/nine-bridges/backdrop.svg":
				w.Header().Set("Content-Type", "text/html")
				_, _ = w.Write([]byte("<html>"))
			default:
				o.ServeHTTP(w, r)
			}
		})
		c := newClient(to(huge), Options{})
		running(t, c)
		for range 3 {
			data, kind, err := c.Art(t.Context(), "demo:lantern-coast", "poster")
			if err != nil || kind != "image/svg+xml" || !strings.HasPrefix(string(data), "<svg") {
				t.Errorf("%s, %d bytes, %v", kind, len(data), err)
			}
		}
		if fetched != 1 {
			t.Errorf("fetched %d times", fetched)
		}
		for _, kind := range []string{"poster", "backdrop"} {
			if _, _, err := c.Art(t.Context(), "demo:nine-bridges", kind); codeOf(err) != codeGarbage {
				t.Errorf("%s: %v", kind, err)
			}
		}
		for _, id := range []string{"demo:none", "none"} {
			if _, _, err := c.Art(t.Context(), id, "poster"); codeOf(err) != codeNotFound {
				t.Errorf("%s: %v", id, err)
			}
		}
		if _, _, err := c.Art(t.Context(), "demo:lantern-coast", "logo"); codeOf(err) != codeNotFound {
			t.Error(err)
		}
	})
}

func TestPicturesAreBounded(t *testing.T) {
	p := newPictures()
	for i := range 10 {
		p.put(picture{key: string(rune('a' + i)), data: make([]byte, 1<<20)})
		p.get("a") // used all the time
		if p.bytes > picturesLimit {
			t.Fatalf("%d bytes kept", p.bytes)
		}
	}
	_, a := p.get("a")
	_, b := p.get("b")
	_, j := p.get("j")
	if !a || b || !j || len(p.byKey) != p.order.Len() {
		t.Errorf("kept: a %v, b %v, j %v", a, b, j)
	}
}

func TestConfigurationErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(to(house(t, true, true)), Options{Services: []Config{
			{ID: "a", URL: "ftp://x"}, {ID: "a", URL: "http://twice"}, {ID: "b:c", URL: "http://x"}, {ID: "d", URL: ":"},
		}})
		running(t, c)
		for _, id := range []string{"a", "d"} {
			if _, err := c.Catalogue(t.Context(), id); codeOf(err) != codeGarbage || !strings.Contains(err.Error(), "address") {
				t.Errorf("%s: %v", id, err)
			}
		}
		if n := len(c.Services()); n != 2 {
			t.Errorf("%d services", n)
		}
		none := newClient(nil, Options{Services: []Config{}})
		running(t, none)
		if _, err := none.Catalogue(t.Context(), ""); codeOf(err) != codeNotFound {
			t.Error(err)
		}
	})
}
