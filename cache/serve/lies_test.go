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

	"usher/cache/cachetest"
	"usher/cache/hls"
	"usher/cache/serve"
)

// liar is a service with one segment, whose first answer breaks off and whose
// next answers are scripted; then it is honest.
type liar struct {
	body   []byte
	mu     sync.Mutex
	script []http.HandlerFunc
}

func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, ".m3u8") {
		fmt.Fprint(w, "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n0.ts\n#EXT-X-ENDLIST\n")
		return
	}
	l.mu.Lock()
	var next http.HandlerFunc
	if len(l.script) > 0 {
		next, l.script = l.script[0], l.script[1:]
	}
	l.mu.Unlock()
	if next != nil {
		next(w, r)
		return
	}
	l.whole(w, r)
}

func (l *liar) whole(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("ETag", `"1"`)
	w.Write(l.body) // the reader may leave
}

// cut sends a good third and closes the connection.
func (l *liar) cut(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("ETag", `"1"`)
	w.Header().Set("Content-Length", fmt.Sprint(len(l.body)))
	w.Write(l.body[:20_000])              // the reader may leave
	http.NewResponseController(w).Flush() // the same
	panic(http.ErrAbortHandler)
}

// partial answers 206 with a Content-Range of its own making.
func (l *liar) partial(contentRange string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Content-Range", contentRange)
		w.WriteHeader(http.StatusPartialContent)
		w.Write(body) // the reader may leave
	}
}

// TestServiceThatLies: after a cut the service goes on with the wrong part, the
// wrong length, or not at all. The player gets the right bytes up to an end
// that is clean only when all are there; the next player gets all of them.
func TestServiceThatLies(t *testing.T) {
	l := &liar{body: cachetest.NewOrigin(cachetest.Stream{}).Body(seg0)}
	size := len(l.body)
	for name, lie := range map[string]http.HandlerFunc{
		"another part":        l.partial(fmt.Sprintf("bytes 0-%d/%d", size-20_001, size), l.body[:size-20_000]),
		"a later part":        l.partial(fmt.Sprintf("bytes 30000-%d/%d", size-1, size), l.body[30_000:]),
		"another total":       l.partial(fmt.Sprintf("bytes 20000-%d/%d", size+999, size+1000), make([]byte, size-19_000)),
		"a range upside down": l.partial(fmt.Sprintf("bytes %d-20000/%d", size-1, size), l.body[20_000:]),
		"no range at all":     l.partial("", l.body[20_000:]),
		"less than it says":   l.partial(fmt.Sprintf("bytes 20000-%d/%d", size-1, size), l.body[20_000:30_000]),
		"416": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "no", http.StatusRequestedRangeNotSatisfiable)
		},
		"304 that nobody asked": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) },
		"a shorter whole": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"1"`)
			w.Write(l.body[:size-1]) // the reader may leave
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			up := &liar{body: l.body, script: []http.HandlerFunc{l.cut, lie}}
			srv := httptest.NewServer(up)
			defer srv.Close()
			b := newBench(t, cachetest.Stream{}, serve.Options{})
			seg := b.links(t, b.open(t, serve.Request{URL: srv.URL + "/v.m3u8"}).URL)["0.ts"]
			r := b.get(t, seg)
			if r.err == nil && !bytes.Equal(r.body, l.body) || !bytes.HasPrefix(l.body, r.body) {
				t.Errorf("%d, %d bytes, %v", r.status, len(r.body), r.err)
			}
			if r := b.get(t, seg); r.err != nil || r.status != 200 || !bytes.Equal(r.body, l.body) {
				t.Errorf("the next player: %d, %d bytes, %v", r.status, len(r.body), r.err)
			}
		})
	}
}

// TestLimitsOfAnswers: what a service sends is bounded before it is read.
func TestLimitsOfAnswers(t *testing.T) {
	hops := 0
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/long-line.m3u8":
			fmt.Fprint(w, "#EXTM3U\n#EXTINF:4,\n", strings.Repeat("a", 2000), ".ts\n")
		case "/large.m3u8":
			fmt.Fprint(w, "#EXTM3U\n", strings.Repeat("#EXTINF:4,\na.ts\n", 700))
		case "/header.m3u8":
			w.Header().Set("X-Filler", strings.Repeat("a", 100<<10))
			fmt.Fprint(w, "#EXTM3U\n#EXTINF:4,\n0.ts\n#EXT-X-ENDLIST\n")
		case "/round.m3u8":
			hops++
			http.Redirect(w, r, "/round.m3u8", http.StatusFound)
		}
	}))
	defer up.Close()
	b := newBench(t, cachetest.Stream{}, serve.Options{Limits: hls.Limits{Bytes: 10_000, LineBytes: 1000}})
	for path, code := range map[string]serve.Code{
		"/long-line.m3u8": serve.TooLarge,
		"/large.m3u8":     serve.TooLarge,
		"/header.m3u8":    serve.Unreachable,
		"/round.m3u8":     serve.Unreachable,
	} {
		_, err := b.Open(t.Context(), serve.Request{Tag: 1, URL: up.URL + path})
		if tr := (*serve.Trouble)(nil); !errors.As(err, &tr) || tr.Code != code {
			t.Errorf("%s: %v, want %s", path, err, code)
		}
	}
	if hops == 0 || hops > 3*9 { // three tries, eight redirects each
		t.Errorf("%d redirects were followed", hops)
	}
}

// TestDocumentsThatFail: a steering server that is away, or sends something
// else, or leads into the house, is refused with a reason; how long it wants to
// be left alone is passed on (rfc8216bis section 7.1).
func TestDocumentsThatFail(t *testing.T) {
	answer := func(http.ResponseWriter) {}
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/m.m3u8":
			fmt.Fprint(w, "#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"steer\",PATHWAY-ID=\"a\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n")
		case "/v.m3u8":
			fmt.Fprint(w, "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-DATERANGE:ID=\"1\",X-ASSET-LIST=\"steer\"\n#EXTINF:4,\ns.ts\n#EXT-X-ENDLIST\n")
		case "/steer":
			answer(w)
		}
	}))
	defer up.Close()
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	top := b.links(t, b.link(t, up.URL+"/m.m3u8"))
	steer, ads := top["steer.json"], b.links(t, top["v.m3u8"])["steer.json"]
	if steer == "" || ads == "" || steer == ads {
		t.Fatalf("steering %q, assets %q", steer, ads)
	}
	for _, c := range []struct {
		name, link string
		answer     func(http.ResponseWriter)
		code       int
		how        string
	}{
		{"away", steer, func(w http.ResponseWriter) { w.Header().Set("Retry-After", "7"); w.WriteHeader(503) }, 503, "pass; http status 503"},
		{"no document", steer, func(w http.ResponseWriter) { fmt.Fprint(w, "<html>") }, 502, "pass; not playlist"},
		{"a list", steer, func(w http.ResponseWriter) { fmt.Fprint(w, "[1]") }, 502, "pass; not playlist"},
		{"too large", steer, func(w http.ResponseWriter) { fmt.Fprintf(w, `{"x":"%s"}`, strings.Repeat("a", 1<<20)) }, 502, "pass; too large"},
		{"no assets", ads, func(w http.ResponseWriter) { fmt.Fprint(w, `{"ASSETS":{}}`) }, 502, "pass; not playlist"},
		{"a file", steer, func(w http.ResponseWriter) { fmt.Fprint(w, `{"RELOAD-URI":"file:///etc/passwd"}`) }, 200, "pass; made for the moment"},
	} {
		answer = c.answer
		r := b.get(t, c.link)
		if r.status != c.code || r.header.Get("X-Usher") != c.how {
			t.Errorf("%s: %d %q, want %d %q", c.name, r.status, r.header.Get("X-Usher"), c.code, c.how)
		}
		if c.code == 503 && r.header.Get("Retry-After") != "7" {
			t.Errorf("Retry-After %q", r.header.Get("Retry-After"))
		}
		if strings.Contains(string(r.body), b.URL) {
			t.Errorf("%s: an address was given out: %s", c.name, r.body)
		}
	}
}
