package serve_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"usher/cache/cachetest"
	"usher/cache/serve"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a service, an origin in front of it, and what it was told.
type bench struct {
	*origin
	up     *cachetest.Origin
	upURL  string
	client *http.Client

	mu   sync.Mutex
	told []*serve.Trouble
	news chan struct{} // one for each call of Notify
}

func newBench(t *testing.T, s cachetest.Stream, o serve.Options) *bench {
	t.Helper()
	b := &bench{up: cachetest.NewOrigin(s), news: make(chan struct{}, 100)}
	srv := httptest.NewServer(b.up)
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	b.upURL = srv.URL
	b.client = &http.Client{Transport: &http.Transport{DisableCompression: true}}
	t.Cleanup(b.client.CloseIdleConnections)
	o.AllowPrivate = true
	if o.Retry == 0 {
		o.Retry = 20 * time.Millisecond
	}
	o.Notify = func(_ uint64, tr *serve.Trouble) {
		b.mu.Lock()
		b.told = append(b.told, tr)
		b.mu.Unlock()
		b.news <- struct{}{}
	}
	b.origin = newOrigin(t, o)
	return b
}

func (b *bench) open(t *testing.T, r serve.Request) serve.Opened {
	t.Helper()
	if r.Tag == 0 {
		r.Tag = 1
	}
	if r.URL == "" {
		r.URL = b.upURL + "/master.m3u8"
	}
	got, err := b.Open(t.Context(), r)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return got
}

type reply struct {
	status int
	header http.Header
	body   []byte
	err    error // of reading the body
}

func (b *bench) do(t *testing.T, method, u string, header ...string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, u, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		} else {
			r.Header.Set(header[i], header[i+1])
		}
	}
	resp, err := b.client.Do(r)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, body, err}
}

func (b *bench) get(t *testing.T, u string, header ...string) reply {
	t.Helper()
	return b.do(t, http.MethodGet, u, header...)
}

// links are the loopback URLs in a playlist, by file name.
func (b *bench) links(t *testing.T, list string) map[string]string {
	t.Helper()
	r := b.get(t, list)
	if r.status != http.StatusOK {
		t.Fatalf("playlist: %d, %v", r.status, r.err)
	}
	m := map[string]string{}
	for _, p := range regexp.MustCompile(`/s/[a-z2-7]+/[^"\s]+`).FindAllString(string(r.body), -1) {
		m[path.Base(p)] = b.URL + p
	}
	return m
}

func (b *bench) troubles() []*serve.Trouble {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]*serve.Trouble(nil), b.told...)
}

// nextNews waits for the next call of Notify.
func (b *bench) nextNews(t *testing.T) *serve.Trouble {
	t.Helper()
	select {
	case <-b.news:
	case <-time.After(time.Minute):
		t.Fatal("no news within a minute")
	}
	tr := b.troubles()
	return tr[len(tr)-1]
}

func TestOpenDescribesTheTitle(t *testing.T) {
	b := newBench(t, cachetest.Stream{
		FMP4: true, Audio: []string{"en", "de"}, Subtitles: []string{"id", "de"},
		Rungs: []cachetest.Rung{rung("low", 800_000, 360), rung("mid", 3_000_000, 720), rung("high", 6_000_000, 1080), rung("uhd", 3_000_000, 2160)},
	}, serve.Options{})
	got := b.open(t, serve.Request{Audio: []string{"de-AT"}, Subtitle: []string{"de"}, Trim: 5 * time.Second})
	if got.Duration != 12*time.Second || got.Live || !got.FMP4 || got.Base != 4*time.Second || got.Height != 360 || // nothing is known of the link yet
		got.Bandwidth != 800_000 || got.AudioLang != "de" || got.SubtitleLang != "de" {
		t.Errorf("opened %+v", got)
	}
	if len(got.Captions) != 2 || got.Captions[0].Language != "de" || got.Captions[1].Language != "id" {
		t.Errorf("captions %+v", got.Captions)
	}
	text := string(b.get(t, got.URL).body)
	if strings.Count(text, "#EXT-X-STREAM-INF") != 1 || strings.Count(text, "#EXT-X-MEDIA:") != 1 ||
		!strings.Contains(text, `LANGUAGE="de"`) || strings.Contains(text, "SUBTITLES=") {
		t.Errorf("pinned playlist:\n%s", text)
	}
	for name, link := range b.links(t, got.URL) {
		list := string(b.get(t, link).body)
		if !strings.Contains(list, "#EXT-X-MEDIA-SEQUENCE:2\n") || strings.Count(list, "#EXTINF") != 4 {
			t.Errorf("%s is not trimmed:\n%s", name, list)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	bad := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/html":
			io.WriteString(w, "<!DOCTYPE html><title>Welcome</title>")
		case "/empty":
		case "/none.m3u8":
			io.WriteString(w, "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"x\"\n")
		case "/nested.m3u8":
			io.WriteString(w, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nnested.m3u8\n")
		case "/huge.m3u8":
			io.WriteString(w, "#EXTM3U\n"+strings.Repeat("# comment\n", 300_000))
		case "/many.m3u8":
			io.WriteString(w, "#EXTM3U\n"+strings.Repeat("#EXTINF:1,\na\n", 210_000))
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/file":
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	}))
	defer bad.Close()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for _, c := range []struct {
		url  string
		code serve.Code
	}{
		{bad.URL + "/html", serve.NotPlaylist},
		{bad.URL + "/many.m3u8", serve.TooLarge},
		{bad.URL + "/empty", serve.NotPlaylist},
		{bad.URL + "/missing?token=secret", serve.HTTPStatus},
		{bad.URL + "/none.m3u8", serve.NoVariants},
		{bad.URL + "/nested.m3u8", serve.NotPlaylist},
		{bad.URL + "/loop", serve.Unreachable},
		{bad.URL + "/file", serve.BadURL},
		{closed.URL + "/x.m3u8", serve.Unreachable},
		{"file:///etc/passwd", serve.BadURL},
		{"master.m3u8", serve.BadURL},
		{"http://%zz", serve.BadURL},
		{"", serve.BadURL},
	} {
		_, err := b.Open(t.Context(), serve.Request{Tag: 9, URL: c.url})
		var tr *serve.Trouble
		if !errors.As(err, &tr) || tr.Code != c.code {
			t.Errorf("%q: %v, want %s", c.url, err, c.code)
			continue
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error tells the token: %v", err)
		}
	}
	if tr := b.troubles(); len(tr) != 0 {
		t.Errorf("Notify was called for what Open says: %v", tr)
	}
}

func TestPrivateAddresses(t *testing.T) {
	up := httptest.NewServer(cachetest.NewOrigin(cachetest.Stream{}))
	defer up.Close()
	port := up.Listener.Addr().String()[strings.LastIndex(up.Listener.Addr().String(), ":"):]
	g := newOrigin(t, serve.Options{})
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "[fe80::1]", "0.0.0.0"} {
		_, err := g.Open(t.Context(), serve.Request{Tag: 1, URL: "http://" + host + port + "/master.m3u8"})
		var tr *serve.Trouble
		if !errors.As(err, &tr) || tr.Code != serve.Forbidden && host != "localhost" && host != "[::1]" {
			t.Errorf("%s: %v, want %s", host, err, serve.Forbidden)
		}
	}
}

func TestServesBytesAsTheyAre(t *testing.T) {
	b := newBench(t, cachetest.Stream{FMP4: true, Encrypted: true}, serve.Options{})
	list := b.open(t, serve.Request{}).URL
	links := b.links(t, list)
	for name, p := range map[string]string{"seg0.ts": "/v/seg0.ts", "seg5.ts": "/v/seg5.ts", "init.mp4": "/v/init.mp4", "k.key": "/k.key"} {
		for i, how := range []string{"fill", "hit"} {
			r := b.get(t, links[name], "Range", "bytes=0-")
			want := b.up.Body(p)
			if r.status != http.StatusPartialContent || !bytes.Equal(r.body, want) || !strings.HasPrefix(r.header.Get("X-Usher"), how) {
				t.Errorf("%s, reading %d: %d %s, %d of %d bytes, %v", name, i, r.status, r.header.Get("X-Usher"), len(r.body), len(want), r.err)
			}
			if cr := fmt.Sprintf("bytes 0-%d/%d", len(want)-1, len(want)); r.header.Get("Content-Range") != cr {
				t.Errorf("%s: Content-Range %q, want %q", name, r.header.Get("Content-Range"), cr)
			}
		}
		if n := b.up.Count(p); n != 1 {
			t.Errorf("%s fetched %d times", p, n)
		}
	}
	for _, g := range b.up.Got() {
		if strings.HasSuffix(g.Path, ".ts") && g.AcceptEncoding != "identity" {
			t.Errorf("media asked for with Accept-Encoding %q", g.AcceptEncoding)
		}
	}
}

func TestHTTP(t *testing.T) {
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	list := b.open(t, serve.Request{}).URL
	seg := b.links(t, list)["seg0.ts"]
	body := b.up.Body("/v/seg0.ts")
	b.get(t, seg)
	etag := b.get(t, seg).header.Get("ETag")
	listTag := b.get(t, list).header.Get("ETag")
	for _, c := range []struct {
		name, method, url string
		header            []string
		status            int
		want              []byte
		contentRange      string
	}{
		{"whole", "GET", seg, nil, 200, body, ""},
		{"middle", "GET", seg, []string{"Range", "bytes=10-19"}, 206, body[10:20], "bytes 10-19/65536"},
		{"beyond the end", "GET", seg, []string{"Range", "bytes=65530-99999"}, 206, body[65530:], "bytes 65530-65535/65536"},
		{"suffix", "GET", seg, []string{"Range", "bytes=-6"}, 206, body[65530:], "bytes 65530-65535/65536"},
		{"outside", "GET", seg, []string{"Range", "bytes=65536-"}, 416, nil, "bytes */65536"},
		{"two ranges", "GET", seg, []string{"Range", "bytes=0-1,3-4"}, 200, body, ""},
		{"nonsense", "GET", seg, []string{"Range", "bytes=9-2"}, 200, body, ""},
		{"signs", "GET", seg, []string{"Range", "bytes=+1-2"}, 200, body, ""},
		{"if-range same", "GET", seg, []string{"Range", "bytes=0-1", "If-Range", etag}, 206, body[:2], "bytes 0-1/65536"},
		{"if-range other", "GET", seg, []string{"Range", "bytes=0-1", "If-Range", `"other"`}, 200, body, ""},
		{"if-none-match", "GET", seg, []string{"If-None-Match", `"x", ` + etag}, 304, []byte{}, ""},
		{"head", "HEAD", seg, nil, 200, []byte{}, ""},
		{"head range", "HEAD", seg, []string{"Range", "bytes=0-9"}, 206, []byte{}, "bytes 0-9/65536"},
		{"list unchanged", "GET", list, []string{"If-None-Match", listTag}, 304, []byte{}, ""},
		{"list suffix", "GET", list, []string{"Range", "bytes=-15"}, 206, []byte("#EXT-X-ENDLIST\n"), ""},
		{"list outside", "GET", list, []string{"Range", "bytes=99999-"}, 416, nil, ""},
		{"post", "POST", seg, nil, 405, nil, ""},
		{"options", "OPTIONS", seg, nil, 405, nil, ""},
		{"other host", "GET", seg, []string{"Host", "evil.example:80"}, 421, nil, ""},
		{"other port", "GET", seg, []string{"Host", "127.0.0.1:1"}, 421, nil, ""},
		{"no such id", "GET", b.URL + "/s/aaaaaaaaaaaaaaaaaaaaaaaa/seg0.ts", nil, 404, nil, ""},
		{"no proxy", "GET", b.URL + "/s/" + url.PathEscape(b.upURL) + "/x", nil, 404, nil, ""},
		{"root", "GET", b.URL + "/", nil, 404, nil, ""},
	} {
		r := b.do(t, c.method, c.url, c.header...)
		if r.err != nil || r.status != c.status || c.want != nil && !bytes.Equal(r.body, c.want) {
			t.Errorf("%s: %d, %d bytes, %v; want %d, %d bytes", c.name, r.status, len(r.body), r.err, c.status, len(c.want))
		}
		if c.contentRange != "" && r.header.Get("Content-Range") != c.contentRange {
			t.Errorf("%s: Content-Range %q, want %q", c.name, r.header.Get("Content-Range"), c.contentRange)
		}
	}
	if n := b.up.Count("/v/seg0.ts"); n != 1 {
		t.Errorf("the segment was fetched %d times", n)
	}
}

func TestHeadBeginsNoFill(t *testing.T) {
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	seg := b.links(t, b.open(t, serve.Request{}).URL)["seg0.ts"]
	r := b.do(t, "HEAD", seg)
	if r.status != 200 || r.header.Get("Content-Length") != "65536" || !strings.HasPrefix(r.header.Get("X-Usher"), "pass; ") {
		t.Errorf("HEAD: %d, %v", r.status, r.header)
	}
	for _, g := range b.up.Got() {
		if g.Path == "/v/seg0.ts" && g.Method != "HEAD" {
			t.Errorf("HEAD led to %s", g.Method)
		}
	}
}

func TestByteRanges(t *testing.T) {
	b := newBench(t, cachetest.Stream{Ranges: true}, serve.Options{})
	link := b.links(t, b.open(t, serve.Request{}).URL)["all.ts"]
	body := b.up.Body("/v/all.ts")
	for range 2 {
		for i := range 6 {
			lo, hi := i*65536, (i+1)*65536
			r := b.get(t, link, "Range", fmt.Sprintf("bytes=%d-%d", lo, hi-1))
			if r.status != 206 || !bytes.Equal(r.body, body[lo:hi]) || r.header.Get("Content-Range") != fmt.Sprintf("bytes %d-%d/%d", lo, hi-1, len(body)) {
				t.Errorf("range %d: %d, %d bytes, %s", i, r.status, len(r.body), r.header.Get("Content-Range"))
			}
		}
	}
	if n := b.up.Count("/v/all.ts"); n != 6 {
		t.Errorf("%d fetches of 6 ranges", n)
	}
	r := b.get(t, link, "Range", "bytes=65546-65555") // inside one
	if r.status != 206 || !bytes.Equal(r.body, body[65546:65556]) || r.header.Get("X-Usher") != "hit; kept" {
		t.Errorf("part of a range: %d %s", r.status, r.header.Get("X-Usher"))
	}
	r = b.get(t, link, "Range", "bytes=65000-66000") // across two
	if r.status != 206 || !bytes.Equal(r.body, body[65000:66001]) || !strings.HasPrefix(r.header.Get("X-Usher"), "pass; ") {
		t.Errorf("across ranges: %d %s", r.status, r.header.Get("X-Usher"))
	}
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.NoRange, Path: "/v/all.ts"})
	b2 := b.open(t, serve.Request{Scope: "other"}) // nothing is shared across scopes
	r = b.get(t, b.links(t, b2.URL)["all.ts"], "Range", "bytes=131072-196607")
	if r.status != 206 || !bytes.Equal(r.body, body[131072:196608]) {
		t.Errorf("service without ranges: %d, %d bytes", r.status, len(r.body))
	}
}

func TestSecondSessionFetchesPlaylistsOnly(t *testing.T) {
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	for tag := range uint64(2) {
		for name, link := range b.links(t, b.open(t, serve.Request{Tag: tag + 1}).URL) {
			if r := b.get(t, link); r.status != 200 {
				t.Errorf("%s: %d", name, r.status)
			}
		}
	}
	for i := range 6 {
		if n := b.up.Count(fmt.Sprintf("/v/seg%d.ts", i)); n != 1 {
			t.Errorf("segment %d fetched %d times", i, n)
		}
	}
}

func TestCloseEndsTheURLs(t *testing.T) {
	b := newBench(t, cachetest.Stream{Encrypted: true}, serve.Options{})
	list := b.open(t, serve.Request{}).URL
	links := b.links(t, list)
	b.get(t, links["k.key"])
	if k := b.store.Stats().Kept["key"]; k.Objects != 1 {
		t.Errorf("%d keys kept while playing", k.Objects)
	}
	b.Close(1)
	for _, u := range []string{list, links["seg0.ts"], links["k.key"]} {
		if r := b.get(t, u); r.status != 404 {
			t.Errorf("%s after Close: %d", u, r.status)
		}
	}
	if k := b.store.Stats().Kept["key"]; k.Objects != 0 {
		t.Errorf("%d keys kept after Close", k.Objects)
	}
}

// TestOpenAgain: the newest of several Opens with one tag stays, and a failing
// one ends nothing but itself.
func TestOpenAgain(t *testing.T) {
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { b.Open(t.Context(), serve.Request{Tag: 1, URL: b.upURL + "/master.m3u8"}) }) // ended by the next: an error is fine
	}
	wg.Wait()
	first := b.open(t, serve.Request{}).URL
	second := b.open(t, serve.Request{}).URL
	if r := b.get(t, first); r.status != 404 {
		t.Errorf("the older session answers %d", r.status)
	}
	if r := b.get(t, second); r.status != 200 {
		t.Errorf("the newer session answers %d", r.status)
	}
	if _, err := b.Open(t.Context(), serve.Request{Tag: 2, URL: b.upURL + "/missing"}); err == nil {
		t.Error("opened what is missing")
	}
	if r := b.get(t, second); r.status != 200 {
		t.Errorf("after another failed: %d", r.status)
	}
}

func TestIDsCannotBeTold(t *testing.T) {
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	first := b.links(t, b.open(t, serve.Request{Tag: 1}).URL)["seg0.ts"]
	second := b.links(t, b.open(t, serve.Request{Tag: 2}).URL)["seg0.ts"]
	if first == second {
		t.Error("two sessions share an id")
	}
	if m := regexp.MustCompile(`/s/[a-z2-7]{24}/seg0\.ts$`); !m.MatchString(first) {
		t.Errorf("path %s", first)
	}
}

func TestCookiesAndRedirects(t *testing.T) {
	inner := cachetest.NewOrigin(cachetest.Stream{})
	cdn := httptest.NewServer(http.StripPrefix("/deep/er", inner))
	defer cdn.Close()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "pass", Value: "yes", Path: "/"})
		http.Redirect(w, r, cdn.URL+"/deep/er/v/list.m3u8", http.StatusFound)
	}))
	defer front.Close()
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	got := b.open(t, serve.Request{URL: front.URL + "/film.m3u8?x=1"})
	r := b.get(t, b.links(t, got.URL)["seg3.ts"])
	if r.status != 200 || !bytes.Equal(r.body, inner.Body("/v/seg3.ts")) {
		t.Errorf("segment after a redirect: %d, %d bytes", r.status, len(r.body))
	}
	if r.header.Get("Set-Cookie") != "" {
		t.Error("the cookie went to the player")
	}
	last := inner.Got()[len(inner.Got())-1]
	if last.Cookie != "pass=yes" { // both are 127.0.0.1: one cookie host
		t.Errorf("cookie %q", last.Cookie)
	}
}

func TestCaptionsAreJoined(t *testing.T) {
	b := newBench(t, cachetest.Stream{Subtitles: []string{"th"}}, serve.Options{})
	got := b.open(t, serve.Request{Trim: 4 * time.Second})
	want := "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nsub-th 2\n\n00:00:02.000 --> 00:00:04.000\nsub-th 3\n\n" +
		"00:00:04.000 --> 00:00:06.000\nsub-th 4\n\n00:00:06.000 --> 00:00:08.000\nsub-th 5\n\n"
	for _, how := range []string{"fill", "hit"} {
		r := b.get(t, got.Captions[0].URL, "Range", "bytes=0-")
		if r.status != 206 || string(r.body) != want || !strings.HasPrefix(r.header.Get("X-Usher"), how) {
			t.Errorf("captions: %d %s\n%s", r.status, r.header.Get("X-Usher"), r.body)
		}
	}
	if !strings.HasSuffix(got.Captions[0].URL, "/subs.vtt") {
		t.Errorf("path %s", got.Captions[0].URL)
	}
}

func rung(name string, bandwidth, height int) cachetest.Rung {
	return cachetest.Rung{Name: name, Bandwidth: bandwidth, Height: height}
}
