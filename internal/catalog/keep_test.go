package catalog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// switchable is a service that can be replaced while a client runs. Only one
// goroutine of a bubble runs requests, so it needs no lock beyond seen's.
type switchable struct {
	seen
	now   http.RoundTripper
	times []time.Time
	etags []string
}

func (s *switchable) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	now := s.now
	if strings.HasSuffix(r.URL.Path, "usher-service") {
		s.times = append(s.times, time.Now())
	} else {
		s.etags = append(s.etags, r.Header.Get("If-None-Match"))
	}
	s.mu.Unlock()
	return now.RoundTrip(r)
}

func (s *switchable) change(to http.RoundTripper) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = to
}

func (s *switchable) attempts() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]time.Time(nil), s.times...)
}

func down(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }

func TestBackOffAndRecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &switchable{now: direct(down)}
		c := newClient(s, Options{Seen: s.add})
		running(t, c)
		if _, err := c.Catalogue(t.Context(), ""); codeOf(err) != codeUnreachable {
			t.Fatalf("catalogue of a service that is away: %v", err)
		}
		if _, err := c.Search(t.Context(), "lantern", "", 5); codeOf(err) != codeUnreachable {
			t.Fatalf("search in a service that is away: %v", err)
		}
		time.Sleep(5 * time.Minute)
		at := s.attempts()
		for i, want := 1, time.Second; i < len(at); i, want = i+1, min(want*2, time.Minute) {
			if gap := at[i].Sub(at[i-1]); gap > want || gap < want*3/4 {
				t.Errorf("attempt %d after %v, want three quarters of %v or more", i, gap, want)
			}
		}
		if len(at) < 10 || len(at) > 13 {
			t.Errorf("%d attempts in five minutes", len(at))
		}
		s.change(to(house(t, true, true)))
		time.Sleep(time.Minute)
		if _, err := c.Catalogue(t.Context(), ""); err != nil {
			t.Errorf("catalogue after recovery: %v", err)
		}
		s.change(direct(down))
		time.Sleep(6 * time.Minute)
		told := s.all()
		if len(told) != 3 || told[0].Reachable || !told[1].Reachable || told[2].Reachable || told[2].Titles != told[1].Titles || told[2].Problem.Code != codeUnreachable {
			t.Errorf("told %+v", told)
		}
		if cat, err := c.Catalogue(t.Context(), ""); err != nil || len(cat.Titles) == 0 {
			t.Errorf("the old catalogue is lost: %v", err)
		}
	})
}

func TestUnchangedCatalogueIsNotReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &switchable{now: to(house(t, true, true))}
		running(t, newClient(s, Options{Seen: s.add}))
		time.Sleep(11 * time.Minute)
		if n := len(s.attempts()); n < 3 || n > 4 {
			t.Errorf("%d readings in eleven minutes", n)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.etags[0] != "" || s.etags[1] == "" || len(s.list) != 1 {
			t.Errorf("etags %q, told %d times", s.etags, len(s.list))
		}
	})
}

const goodDocument = `{"version":"1","name":"S","endpoints":{"catalogue":"/v1/catalogue","titles":"/v1/titles","playback":"/v1/playback"}}`

// scripted answers the service document and the catalogue with fixed text.
func scripted(document, catalogue, kind string, status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text := catalogue
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "usher-service") {
			text = document
		} else if w.Header().Set("Content-Type", kind); status != http.StatusOK {
			w.WriteHeader(status)
		}
		_, _ = w.Write([]byte(text))
	})
}

func TestGarbageKeepsTheOldCatalogue(t *testing.T) {
	const good = `{"revision":"2","rails":[],"titles":[]}`
	film := func(id string) string { return `{"id":"` + id + `","kind":"film","name":{"en":"F"}}` }
	for name, tc := range map[string]struct {
		service http.RoundTripper
		code    string
		says    string
	}{
		"HTML":             {to(scripted(goodDocument, "<html>sign in</html>", "text/html", 200)), codeGarbage, "text/html"},
		"HTML called JSON": {to(scripted(goodDocument, "<html>", "application/json", 200)), codeGarbage, "JSON"},
		"cut":              {to(scripted(goodDocument, good[:20], "application/json", 200)), codeGarbage, "cut off"},
		"wrong types":      {to(scripted(goodDocument, `{"revision":"2","titles":{"a":1}}`, "application/json", 200)), codeGarbage, "wrong type at titles"},
		"more behind":      {to(scripted(goodDocument, good+"{}", "application/json", 200)), codeGarbage, "follows"},
		"no revision":      {to(scripted(goodDocument, `{"titles":[]}`, "application/json", 200)), codeGarbage, "revision"},
		"id twice":         {to(scripted(goodDocument, `{"revision":"2","titles":[`+film("a")+`,`+film("a")+`]}`, "application/json", 200)), codeGarbage, "twice"},
		"id empty":         {to(scripted(goodDocument, `{"revision":"2","titles":[`+film("")+`]}`, "application/json", 200)), codeGarbage, "id"},
		"id with a break":  {to(scripted(goodDocument, `{"revision":"2","titles":[`+film(`a\nb`)+`]}`, "application/json", 200)), codeGarbage, "id"},
		"no name":          {to(scripted(goodDocument, `{"revision":"2","titles":[{"id":"a","kind":"film"}]}`, "application/json", 200)), codeGarbage, "name"},
		"too deep":         {to(scripted(goodDocument, strings.Repeat("[", 100), "application/json", 200)), codeGarbage, "deep"},
		"too large":        {to(scripted(goodDocument, strings.Repeat(" ", 16<<20+1), "application/json", 200)), codeGarbage, "larger"},
		"404":              {to(scripted(goodDocument, "nothing here", "text/plain", 404)), codeGarbage, "404"},
		"503":              {to(scripted(goodDocument, "", "text/plain", 503)), codeUnreachable, "503"},
		"version 2":        {to(scripted(strings.Replace(goodDocument, `"1"`, `"2"`, 1), good, "application/json", 200)), codeGarbage, "version"},
		"endpoint file":    {to(scripted(strings.Replace(goodDocument, "/v1/catalogue", "file:///etc/passwd", 1), good, "application/json", 200)), codeGarbage, "address"},
		"other scheme":     {to(http.RedirectHandler("https://service.test/", http.StatusFound)), codeGarbage, "redirects"},
		"round in circles": {to(http.RedirectHandler("http://service.test/x", http.StatusFound)), codeGarbage, "redirects"},
		"problem document": {to(scripted(goodDocument, `{"code":"closed_today","detail":"We are closed.","hint":"Come tomorrow."}`, "application/problem+json", 403)), "closed_today", "We are closed."},
		"short body":       {direct(shortBody), codeGarbage, "breaks off"},
		"silence":          {direct(silence), codeUnreachable, "cannot be reached"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &switchable{now: to(house(t, true, true))}
			c := newClient(s, Options{Seen: s.add})
			running(t, c)
			before, err := c.Catalogue(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			s.change(tc.service)
			time.Sleep(7 * time.Minute)
			stand := c.Services()[0]
			if stand.Problem == nil || stand.Problem.Code != tc.code || !strings.Contains(stand.Problem.Text, tc.says) || stand.Problem.Hint == "" || stand.Reachable {
				t.Errorf("%s: stands %+v, problem %v", name, stand, stand.Problem)
			}
			after, err := c.Catalogue(t.Context(), "")
			if diff := cmp.Diff(before, after); diff != "" || err != nil {
				t.Errorf("%s: catalogue changed: %v", name, err)
			}
			if n := len(s.all()); n != 2 {
				t.Errorf("%s: told %d times", name, n)
			}
		})
	}
}

func shortBody(r *http.Request) (*http.Response, error) {
	resp, _ := to(scripted(goodDocument, "", "", 200))(r)
	resp.Body = brokenBody{}
	return resp, nil
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
func (brokenBody) Close() error             { return nil }

func silence(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestCallersMayGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &switchable{now: direct(silence)}
		c := newClient(s, Options{})
		running(t, c)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Catalogue(ctx, ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting for the first catalogue: %v", err)
		}
		s.change(to(house(t, true, true)))
		time.Sleep(time.Minute)
		s.change(direct(silence))
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Resolve(ctx, "demo:lantern-coast", nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("resolve: %v", err)
		}
		if _, err := c.Resolve(t.Context(), "demo:lantern-coast", nil); codeOf(err) != codeUnreachable {
			t.Errorf("resolve without a deadline of its own: %v", err)
		}
	})
}

func TestStoredCatalogueIsShownWhileTheServiceIsAway(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(to(house(t, true, true)), Options{CacheDir: dir, Country: "DE"})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		time.Sleep(time.Second)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	raw, err := os.ReadFile(filepath.Join(dir, "demo.json"))
	if err != nil {
		t.Fatal(err)
	}
	look := func(t *testing.T, o Options) (titles int, told []string) {
		synctest.Test(t, func(t *testing.T) {
			s := &switchable{now: direct(down)}
			o.Seen, o.CacheDir = s.add, dir
			c := newClient(s, o)
			running(t, c)
			time.Sleep(time.Second / 2)
			cat, _ := c.Catalogue(t.Context(), "")
			titles = len(cat.Titles)
			for _, b := range s.all() {
				told = append(told, fmt.Sprintf("%s %v %v", b.Name, b.Reachable, b.Problem != nil))
			}
		})
		return titles, told
	}
	titles, told := look(t, Options{Country: "DE"})
	if diff := cmp.Diff([]string{"Lantern Pictures false false", "Lantern Pictures false true"}, told); titles < 24 || diff != "" {
		t.Errorf("%d titles\n%s", titles, diff)
	}
	if titles, _ := look(t, Options{Country: "CN"}); titles != 0 {
		t.Errorf("%d titles of another country", titles)
	}
	if titles, _ := look(t, Options{Country: "DE", Services: []Config{{ID: "demo", URL: "http://other.test"}}}); titles != 0 {
		t.Errorf("%d titles of another service", titles)
	}
	for _, n := range []int{0, 1, 10, len(raw) / 2, len(raw) - 1} {
		if err := os.WriteFile(filepath.Join(dir, "demo.json"), raw[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if titles, _ := look(t, Options{Country: "DE"}); titles != 0 {
			t.Errorf("%d titles out of %d bytes", titles, n)
		}
	}
}

func TestStoreThatCannotBeWrittenLosesNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		c := newClient(to(house(t, true, true)), Options{CacheDir: filepath.Join(file, "below")})
		running(t, c)
		if cat, err := c.Catalogue(t.Context(), ""); err != nil || len(cat.Titles) == 0 {
			t.Error(err)
		}
	})
}

func TestTitlesOfLaterVersionsAreLeftOut(t *testing.T) {
	v, err := decodeView("s", document{}, []byte(`{"revision":"1","rails":[{"id":"r","titles":["a","b","c"]},{"id":"empty","titles":["b"]}],
		"titles":[{"id":"a","kind":"film","name":{"en":"A"}},{"id":"b","kind":"hologram","name":{"en":"B"},"smell":true}]}`))
	if err != nil || len(v.catalogue.Titles) != 1 || len(v.catalogue.Rails) != 1 {
		t.Fatalf("%+v, %v", v, err)
	}
	if diff := cmp.Diff([]string{"s:a"}, v.catalogue.Rails[0].Titles); diff != "" {
		t.Error(diff)
	}
}

func FuzzDecodeView(f *testing.F) {
	f.Add([]byte(`{"revision":"1","rails":[{"id":"r","titles":["a"]}],"titles":[{"id":"a","kind":"series","name":{"en":"A"},"seasons":[{"number":1,"episodes":[{"id":"e","name":{"en":"E"}}]}]}]}`))
	f.Add([]byte(`{"revision":"1","titles":[{"id":"a/../b","kind":"film","name":{"de":"ß"},"poster":"//x","window":{"from":"2026-01-01T00:00:00Z"}}]}`))
	f.Add([]byte(`[[[[`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := decodeView("s", document{}, raw)
		if err != nil {
			return
		}
		for id, e := range v.titles {
			if e.title.ID != id || !strings.HasPrefix(id, "s:") || !validID(id[2:]) || len(e.title.Name) == 0 {
				t.Errorf("title %q: %+v", id, e.title)
			}
			if e.series != nil && e.title.SeriesID != e.series.ID {
				t.Errorf("episode %q of %q", id, e.title.SeriesID)
			}
		}
		for _, r := range v.catalogue.Rails {
			for _, id := range r.Titles {
				if _, ok := v.titles[id]; !ok {
					t.Errorf("rail %q: %q", r.ID, id)
				}
			}
		}
	})
}

func FuzzDecodeStored(f *testing.F) {
	f.Add([]byte(`{"version":1,"url":"http://x","country":"DE","base":"http://x/","etag":"\"a\"","document":` + goodDocument + `,"catalogue":{"revision":"1"}}`))
	f.Add([]byte(`{"version":1,"url":"http://x","country":"DE","base":":","document":null,"catalogue":null}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if v, err := decodeStored(Config{ID: "s", URL: "http://x"}, "DE", raw); err == nil && (v.doc.base == nil || v.catalogue.Revision == "") {
			t.Errorf("accepted %q", raw)
		}
	})
}

func FuzzDecodeAnswers(f *testing.F) {
	f.Add([]byte(`{"id":"p","titleId":"t","url":"/x.m3u8"}`))
	f.Add([]byte(`{"type":"/problems/window","detail":"No.","status":403}`))
	f.Add([]byte(`{"code":"a","detail":"` + strings.Repeat("ä", 400) + `"}`))
	base, err := parseService("http://x/")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if p, err := decodePlayback("s", document{base: base}, raw); err == nil && !strings.HasPrefix(p.URL, "http") {
			t.Errorf("playback at %q", p.URL)
		}
		if err := decodeProblem(raw, 400); err == nil {
			t.Error("a problem that is none")
		} else if bytes.ContainsAny([]byte(err.Error()), "\x00\n\r\x1b") {
			t.Errorf("control characters in %q", err)
		}
	})
}
