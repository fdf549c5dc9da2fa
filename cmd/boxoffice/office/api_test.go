package office

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"usher/internal/offer"
)

// fakeStreams writes a streams folder with a manifest and a loop of two
// segments; the bytes are no media.
func fakeStreams(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"streams.json":         `{"version":"t","streams":{"ladder":{"durationMs":24000},"tongues":{"durationMs":24000},"carpet":{"durationMs":24000},"vault":{"durationMs":24000},"single":{"durationMs":24000},"loop":{"durationMs":8000}}}`,
		"ladder/master.m3u8":   "#EXTM3U\n",
		"ladder/240p/00000.ts": "0123456789",
		"vault/key.bin":        "0123456789abcdef",
		"tongues/s-en/0.vtt":   "WEBVTT\n",
		"tongues/a/init.mp4":   "ftyp",
		"ladder/secret.txt":    "no",
		"loop/master.m3u8":     "#EXTM3U\n",
		"loop/240p/index.m3u8": "#EXTM3U\n#EXTINF:4.000000,\n00000.ts\n#EXTINF:4.000000,\n00001.ts\n#EXT-X-ENDLIST\n",
		"loop/240p/00000.ts":   "zero",
		"loop/240p/00001.ts":   "one",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func noon() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

func newOffice(t *testing.T, o Options) *Office {
	t.Helper()
	if o.Now == nil {
		o.Now = noon
	}
	if o.Streams == "" {
		o.Streams = fakeStreams(t)
	}
	house, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return house
}

func ask(h http.Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if method == "POST" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestAnswersFitTheContract asks the real handler and checks status, type and
// body by docs/openapi.yaml.
func TestAnswersFitTheContract(t *testing.T) {
	c := readContract(t)
	open, shut := newOffice(t, Options{OpenHouse: true}), newOffice(t, Options{})
	empty := newOffice(t, Options{OpenHouse: true, Streams: t.TempDir()})
	play := ask(open, "POST", "/v1/playback", `{"titleId":"lantern-coast"}`)
	var granted offer.Playback
	if err := json.Unmarshal(play.Body.Bytes(), &granted); err != nil {
		t.Fatal(err)
	}
	const playback, prepare, beat = "/v1/playback", "/v1/playback/prepare", "/v1/playback/{id}/heartbeat"
	for _, tc := range []struct {
		name, operation, method, path, body string
		house                               *Office
		status, code                        string
	}{
		{"service", "/.well-known/usher-service", "GET", "/.well-known/usher-service", "", open, "200", ""},
		{"keys", "/oauth/jwks", "GET", "/oauth/jwks", "", open, "200", ""},
		{"catalogue", "/v1/catalogue", "GET", "/v1/catalogue", "", open, "200", ""},
		{"catalogue of China", "/v1/catalogue", "GET", "/v1/catalogue?country=CN", "", open, "200", ""},
		{"page of the catalogue", "/v1/catalogue", "GET", "/v1/catalogue?limit=5", "", open, "200", ""},
		{"page that is gone", "/v1/catalogue", "GET", "/v1/catalogue?cursor=0123.5", "", open, "410", codeGone},
		{"page before the first", "/v1/catalogue", "GET", "/v1/catalogue?cursor=0123.-5", "", open, "400", codeBadRequest},
		{"page too long", "/v1/catalogue", "GET", "/v1/catalogue?limit=2001", "", open, "400", codeBadRequest},
		{"schema.org", "/v1/exports/schema.org", "GET", "/v1/exports/schema.org", "", open, "200", ""},
		{"schema.org of nonsense", "/v1/exports/schema.org", "GET", "/v1/exports/schema.org?country=x", "", open, "400", codeBadRequest},
		{"avails", "/v1/exports/avails", "GET", "/v1/exports/avails?country=CN", "", open, "200", ""},
		{"catalogue nowhere", "/v1/catalogue", "GET", "/v1/catalogue?country=ZZ", "", open, "200", ""},
		{"catalogue of nonsense", "/v1/catalogue", "GET", "/v1/catalogue?country=china", "", open, "400", codeBadRequest},
		{"film", "/v1/titles/{id}", "GET", "/v1/titles/lantern-coast", "", open, "200", ""},
		{"series", "/v1/titles/{id}", "GET", "/v1/titles/harbour-street-12", "", open, "200", ""},
		{"episode", "/v1/titles/{id}", "GET", "/v1/titles/harbour-street-12-s1e2", "", open, "200", ""},
		{"no title", "/v1/titles/{id}", "GET", "/v1/titles/none", "", open, "404", codeNotFound},
		{"title elsewhere", "/v1/titles/{id}", "GET", "/v1/titles/mountain-post", "", open, "451", codeTerritory},
		{"search", "/v1/search", "GET", "/v1/search?q=Lantern&limit=3", "", open, "200", ""},
		{"search finds nothing", "/v1/search", "GET", "/v1/search?q=zzzz", "", open, "200", ""},
		{"search for nothing", "/v1/search", "GET", "/v1/search?q=", "", open, "400", codeBadRequest},
		{"search too much", "/v1/search", "GET", "/v1/search?q=a&limit=1000", "", open, "400", codeBadRequest},
		{"play film", playback, "POST", playback, `{"titleId":"lantern-coast"}`, open, "200", ""},
		{"play series", playback, "POST", playback, `{"titleId":"harbour-street-12"}`, open, "200", ""},
		{"play live", playback, "POST", playback, `{"titleId":"lantern-tv"}`, open, "200", ""},
		{"play free in a shut house", playback, "POST", playback, `{"titleId":"lantern-coast"}`, shut, "200", ""},
		{"play subscription unpaired", playback, "POST", playback, `{"titleId":"nine-bridges"}`, shut, "401", codePairing},
		{"play rental unpaired", playback, "POST", playback, `{"titleId":"glass-harbour"}`, shut, "401", codePairing},
		{"play before window", playback, "POST", playback, `{"titleId":"comet-year"}`, open, "403", codeWindow},
		{"play after window", playback, "POST", playback, `{"titleId":"golden-reel"}`, open, "403", codeWindow},
		{"play elsewhere", playback, "POST", playback, `{"titleId":"harvest-of-clouds","country":"US"}`, open, "451", codeTerritory},
		{"play without streams", playback, "POST", playback, `{"titleId":"lantern-coast"}`, empty, "503", codeStreams},
		{"play none", playback, "POST", playback, `{"titleId":"none"}`, open, "404", codeNotFound},
		{"play nothing", playback, "POST", playback, `{}`, open, "400", codeBadRequest},
		{"play garbage", playback, "POST", playback, `{"titleId":`, open, "400", codeBadRequest},
		{"play twice in one", playback, "POST", playback, `{"titleId":"lantern-coast"}{}`, open, "400", codeBadRequest},
		{"play too long", playback, "POST", playback, `{"titleId":"` + strings.Repeat("a", bodyLimit) + `"}`, open, "413", codeTooLarge},
		{"prepare film", prepare, "POST", prepare, `{"titleId":"lantern-coast"}`, open, "200", ""},
		{"prepare rental unpaired", prepare, "POST", prepare, `{"titleId":"glass-harbour"}`, shut, "401", codePairing},
		{"prepare before window", prepare, "POST", prepare, `{"titleId":"comet-year"}`, open, "403", codeWindow},
		{"prepare nothing", prepare, "POST", prepare, `{}`, open, "400", codeBadRequest},
		{"beat", beat, "POST", "/v1/playback/" + granted.ID + "/heartbeat", `{"positionMs":5,"phase":"playing"}`, open, "204", ""},
		{"end", "/v1/playback/{id}", "DELETE", "/v1/playback/none", "", open, "204", ""},
		{"entitlements unpaired", "/v1/entitlements", "GET", "/v1/entitlements", "", open, "401", codePairing},
		{"account unpaired", "/v1/account", "GET", "/v1/account", "", open, "401", codePairing},
		{"beat of none", beat, "POST", "/v1/playback/none/heartbeat", `{"positionMs":5,"phase":"playing"}`, open, "404", codePlayback},
		{"beat before the start", beat, "POST", "/v1/playback/" + granted.ID + "/heartbeat", `{"positionMs":-5,"phase":"playing"}`, open, "400", codeBadRequest},
		{"beat in no phase", beat, "POST", "/v1/playback/" + granted.ID + "/heartbeat", `{"positionMs":5,"phase":"dancing"}`, open, "400", codeBadRequest},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := ask(tc.house, tc.method, tc.path, tc.body)
			if tc.status != itoa(w.Code) {
				t.Fatalf("status %d, want %s: %s", w.Code, tc.status, w.Body)
			}
			checkAnswer(t, c, tc.operation, strings.ToLower(tc.method), tc.status, w)
			if tc.code != "" && problemOf(t, w).Code != tc.code {
				t.Errorf("code %q, want %q", problemOf(t, w).Code, tc.code)
			}
		})
	}
}

func itoa(n int) string { raw, _ := json.Marshal(n); return string(raw) }

// checkAnswer compares an answer to the operation's documented one.
func checkAnswer(t *testing.T, c contract, path, method, status string, w *httptest.ResponseRecorder) {
	t.Helper()
	r, ok := c.at("paths", path, method, "responses", status)
	if !ok {
		t.Fatalf("status %s of %s %s is not documented", status, method, path)
	}
	content, ok := r.(map[string]any)["content"].(map[string]any)
	if !ok {
		if w.Body.Len() > 0 {
			t.Errorf("body %q, documented none", w.Body)
		}
		return
	}
	media, ok := content[w.Header().Get("Content-Type")].(map[string]any)
	if !ok {
		t.Fatalf("content type %q is not documented", w.Header().Get("Content-Type"))
	}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/") {
		return
	}
	var v any
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	if err := c.check(media["schema"], v, path); err != nil {
		t.Error(err)
	}
}

func problemOf(t *testing.T, w *httptest.ResponseRecorder) Problem {
	t.Helper()
	var p Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("no problem document: %v: %s", err, w.Body)
	}
	return p
}

// TestEveryOperationIsServed finds operations that are documented only.
func TestEveryOperationIsServed(t *testing.T) {
	c, house := readContract(t), newOffice(t, Options{})
	paths, _ := c.at("paths")
	for path, operations := range paths.(map[string]any) {
		w := ask(house, "PATCH", strings.ReplaceAll(path, "{id}", "x"), "")
		allow := strings.Split(strings.ToLower(w.Header().Get("Allow")), ", ")
		slices.Sort(allow)
		if want := slices.Sorted(maps.Keys(operations.(map[string]any))); w.Code != http.StatusMethodNotAllowed || !slices.Equal(allow, want) {
			t.Errorf("%s: %d, allows %q, documented %q", path, w.Code, allow, want)
		}
	}
}

// TestEveryCodeIsDocumented keeps codes, examples and statuses together.
func TestEveryCodeIsDocumented(t *testing.T) {
	c := readContract(t)
	examples, _ := c.at("components", "responses", "Problem", "content", "application/problem+json", "examples")
	for _, code := range []string{codeBadRequest, codeNotFound, codeMethod, codeTooLarge, codeMediaType, codeWindow, codeTerritory, codeSubscription, codePayment, codePairing, codeToken, codeExpired, codeStartBy, codePlayWindow, codeRevoked, codeTooMany, codeIntent, codeOwned, codeLimit, codePurchase, codeConsent, codeGone, codeTooOften, codeStreams, codePlayback, codeLate, codeInternal} {
		p := problem(code, "x")
		e, ok := examples.(map[string]any)[code].(map[string]any)
		if !ok {
			t.Errorf("%s has no example", code)
			continue
		}
		v := e["value"].(map[string]any)
		if v["status"] != float64(p.Status) || v["title"] != p.Title || v["hint"] != p.Hint || v["type"] != p.Type {
			t.Errorf("%s: example %v, served %+v", code, v, p)
		}
	}
}

func TestCatalogueIsNotSentTwice(t *testing.T) {
	house := newOffice(t, Options{})
	first := ask(house, "GET", "/v1/catalogue", "")
	again := ask(house, "GET", "/v1/catalogue", "", "If-None-Match", first.Header().Get("ETag"))
	if again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("second reading: %d with %d bytes", again.Code, again.Body.Len())
	}
	other := ask(house, "GET", "/v1/catalogue?country=CN", "", "If-None-Match", first.Header().Get("ETag"))
	if other.Code != http.StatusOK {
		t.Errorf("catalogue of another country: %d", other.Code)
	}
}

func TestWrongContentTypeIsRefused(t *testing.T) {
	w := ask(newOffice(t, Options{}), "POST", "/v1/playback", `{"titleId":"lantern-coast"}`, "Content-Type", "text/plain")
	if w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("status %d", w.Code)
	}
}

func TestPlaybacksAreBounded(t *testing.T) {
	now := noon()
	p := newPlaybacks(func() time.Time { return now })
	rec := &record{ID: "a", Stream: "ladder"}
	first, _ := p.grant(rec, pass{})
	for range playbackLimit {
		p.grant(rec, pass{})
	}
	if _, ok := p.find(first.ID); len(p.live) != playbackLimit || ok {
		t.Errorf("%d playbacks kept, the first among them: %v", len(p.live), ok)
	}
	now = now.Add(playbackLasts)
	if p.grant(rec, pass{}); len(p.live) != 1 {
		t.Errorf("%d playbacks kept after all expired", len(p.live))
	}
}

func TestNewRefusesNoCountry(t *testing.T) {
	if _, err := New(Options{Country: "Germany"}); err == nil {
		t.Error("accepted")
	}
}
