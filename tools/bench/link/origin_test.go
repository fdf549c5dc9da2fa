package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// film is a folder like that of make-title.sh, very small.
func film(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"ts/master.m3u8": "#EXTM3U\n", "ts/r0/index.m3u8": "#EXTM3U\n", "ts/r0/00000.ts": strings.Repeat("t", 1000), "cmaf/r0/00001.m4s": strings.Repeat("c", 500),
	} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// ask makes a request and gives its status and body.
func ask(t *testing.T, method, url, span string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if span != "" {
		r.Header.Set("Range", span)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestOriginServesAndCounts(t *testing.T) {
	o, err := openOrigin(film(t), steady(1e9, 0))
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	began := time.Now()
	for _, c := range []struct {
		path, span string
		status     int
		bytes      int
	}{
		{"/streams/ladder-x/master.m3u8", "", 200, 8},
		{"/streams/ladder-x/r0/00000.ts", "", 200, 1000},
		{"/streams/ladder-x/r0/00000.ts", "bytes=900-", 206, 100},
		{"/streams/tongues-y/r0/00001.m4s", "", 200, 500},
		{"/streams/ladder-x/r0", "", 404, -1},
		{"/streams/ladder-x/r0/../../../VERSION", "", 404, -1},
		{"/v1/catalogue", "", 404, -1},
	} {
		status, body := ask(t, http.MethodGet, o.base+c.path, c.span)
		if status != c.status || c.bytes >= 0 && len(body) != c.bytes {
			t.Errorf("%s %s: %d with %d bytes, want %d with %d", c.path, c.span, status, len(body), c.status, c.bytes)
		}
	}
	soon(t, "the account", func() bool { l := o.log(began); return len(l) == 4 && !l[3].ended.IsZero() })
	list := o.log(began)
	for i, want := range []fetch{
		{stream: "ladder-x", rung: "master.m3u8", segment: -1, bytes: 8, size: 8},
		{stream: "ladder-x", rung: "r0", segment: 0, bytes: 1000, size: 1000},
		{stream: "ladder-x", rung: "r0", segment: 0, bytes: 100, size: 1000},
		{stream: "tongues-y", rung: "r0", segment: 1, bytes: 500, size: 500},
	} {
		got := list[i]
		got.began, got.ended = time.Time{}, time.Time{}
		if got != want {
			t.Errorf("fetch %d: %+v, want %+v", i, got, want)
		}
	}
	if list[0].title() != "x" || len(o.log(time.Now())) != 0 {
		t.Errorf("title %q", list[0].title())
	}
}

// TestEveryTitleHasAStreamOfItsOwn: also when it is only prepared; other
// answers of the service stay as they are.
func TestEveryTitleHasAStreamOfItsOwn(t *testing.T) {
	const playback = `{"titleId":"paper-train","url":"/streams/ladder/master.m3u8","live":false}`
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/refused/playback" {
			w.WriteHeader(http.StatusForbidden)
		}
		_, _ = io.WriteString(w, playback)
	}))
	defer service.Close()
	o, err := openOrigin(film(t), steady(1e9, 0))
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	if err := o.behind(service.URL); err != nil {
		t.Fatal(err)
	}
	for path, changed := range map[string]bool{"/v1/playback": true, "/v1/playback/prepare": true, "/v1/catalogue": false, "/v1/refused/playback": false} {
		_, body := ask(t, http.MethodPost, o.base+path, "")
		if got := strings.Contains(body, `"/streams/ladder-paper-train/master.m3u8"`); got != changed {
			t.Errorf("%s: %s", path, body)
		}
	}
}

func TestBrowsingIsJudged(t *testing.T) {
	b := browsing{moves: 200, visits: []visit{
		{name: "with start kits", starts: []float64{0.1, 0.2, 0.1, 0.9}, fetched: 10e6, unused: 1e6},
		{name: "without", starts: []float64{0.5, 0.6}, fetched: 9e6},
	}, problem: "a film behind: usherd is gone"}
	if text := b.table().String(); !strings.Contains(text, "75 %") || !strings.Contains(text, "10.0 %") || !strings.Contains(text, "NOT MEASURED: a film behind") {
		t.Error(text)
	}
	met := map[string]bool{}
	b.judge(func(what, _, _ string, ok bool) { met[what] = ok })
	if len(met) != 1 || !met["starts within 0.3 s after browsing"] {
		t.Error(met)
	}
	b.visits[0].starts = []float64{0.5, 0.6, 0.1}
	b.judge(func(what, _, _ string, ok bool) { met[what] = ok })
	if met["starts within 0.3 s after browsing"] {
		t.Error("a third is most of them")
	}
}

func TestDurationsAreAFlag(t *testing.T) {
	var d durations
	if err := d.Set("15s,2m"); err != nil || d.String() != "15s,2m0s" {
		t.Errorf("%v %v", d.String(), err)
	}
	if err := d.Set("15"); err == nil {
		t.Error("15 is a duration")
	}
}
