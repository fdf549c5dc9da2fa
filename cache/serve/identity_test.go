package serve_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"usher/cache/cachetest"
	"usher/cache/serve"
)

// signed is a service that signs its URLs anew for each playlist. What its
// segment holds can depend on who asks.
type signed struct {
	srv      *httptest.Server
	personal bool
	etag     bool

	mu     sync.Mutex
	n      int
	bodies int // sent
}

func newSigned(t *testing.T, personal, etag bool) *signed {
	s := &signed{personal: personal, etag: etag}
	s.srv = httptest.NewServer(s)
	t.Cleanup(s.srv.Close)
	return s
}

func (s *signed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.HasSuffix(r.URL.Path, ".m3u8") {
		s.n++
		w.Header().Set("Cache-Control", "no-store")
		fmt.Fprintf(w, "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\ns.ts?track=1&hdnts=exp=1~hmac=%d\n#EXT-X-ENDLIST\n", s.n)
		return
	}
	body := "the content"
	if s.personal {
		body += r.URL.Query().Get("hdnts")
	}
	if s.etag {
		w.Header().Set("ETag", fmt.Sprintf("%q", body))
	}
	w.Header().Set("Cache-Control", "max-age=1000")
	if r.Header.Get("If-None-Match") == w.Header().Get("ETag") && s.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	s.bodies++
	io.WriteString(w, body)
}

// watch opens the title and reads its segment twice.
func (s *signed) watch(t *testing.T, b *bench) string {
	t.Helper()
	seg := b.links(t, b.open(t, serve.Request{URL: s.srv.URL + "/v.m3u8"}).URL)["s.ts"]
	text := string(b.get(t, seg).body)
	if again := b.get(t, seg); string(again.body) != text || again.header.Get("X-Usher") != "hit; kept" {
		t.Errorf("the second reading: %s %q", again.header.Get("X-Usher"), again.body)
	}
	b.Close(1)
	return text
}

func TestSignedURLs(t *testing.T) {
	rules := map[string][]string{"0.0.1": {"hdnts"}} // 127.0.0.1, by its suffix
	for _, c := range []struct {
		name     string
		personal bool
		etag     bool
		tokens   map[string][]string
		bodies   int
	}{
		{"the service confirms", false, true, nil, 1},
		{"the content differs", true, true, nil, 5}, // two of them in answer to the question,
		{"no validator", false, false, nil, 3},
		{"a rule says so", false, false, rules, 1},
		{"no guessing for this host", false, true, map[string][]string{"127.0.0.1": nil}, 3},
		{"another host's rule", false, false, map[string][]string{"27.0.0.1": {"hdnts"}, "example.com": {"hdnts"}}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			up := newSigned(t, c.personal, c.etag)
			b := newBench(t, cachetest.Stream{}, serve.Options{Tokens: c.tokens})
			for i := 1; i <= 3; i++ {
				want := "the content"
				if c.personal {
					want += fmt.Sprintf("exp=1~hmac=%d", i)
				}
				if got := up.watch(t, b); got != want {
					t.Errorf("viewing %d: %q, want %q", i, got, want)
				}
			}
			if up.bodies != c.bodies {
				t.Errorf("%d bodies were sent, want %d", up.bodies, c.bodies)
			}
		})
	}
}

// TestRevalidationIsRemembered wants one conditional request for an object
// whose time is over, and the freshness of its answer to count.
func TestRevalidationIsRemembered(t *testing.T) {
	asked := 0
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Cache-Control", "max-age=0")
		if r.Header.Get("If-None-Match") != "" {
			w.Header().Set("Cache-Control", "max-age=1000")
			w.WriteHeader(http.StatusNotModified)
			return
		}
		io.WriteString(w, "content")
	}))
	defer up.Close()
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	link := b.link(t, up.URL+"/x.ts")
	asked = 0
	for range 5 {
		if r := b.get(t, link); string(r.body) != "content" {
			t.Errorf("%d %q", r.status, r.body)
		}
	}
	if asked != 2 {
		t.Errorf("asked %d times, want one fetch and one confirmation", asked)
	}
}

// TestOutageDoesNotDelayWhatIsKept has objects whose time is over, and a
// service that takes the question and says nothing.
func TestOutageDoesNotDelayWhatIsKept(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	var silent atomic.Bool
	asked := atomic.Int32{}
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".m3u8") {
			fmt.Fprint(w, "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n0.ts\n#EXTINF:4,\n1.ts\n#EXTINF:4,\n2.ts\n#EXT-X-ENDLIST\n")
			return
		}
		if silent.Load() {
			asked.Add(1)
			select {
			case <-stop:
			case <-r.Context().Done():
			}
			return
		}
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Cache-Control", "max-age=0")
		io.WriteString(w, "content")
	}))
	defer up.Close()
	defer close(stop)
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	for _, u := range b.links(t, b.open(t, serve.Request{URL: up.URL + "/v.m3u8"}).URL) {
		b.get(t, u)
	}
	b.Close(1)
	silent.Store(true)
	began := time.Now()
	for name, u := range b.links(t, b.open(t, serve.Request{URL: up.URL + "/v.m3u8"}).URL) {
		if r := b.get(t, u); string(r.body) != "content" || r.header.Get("X-Usher") != "hit; kept" {
			t.Errorf("%s: %d %s", name, r.status, r.header.Get("X-Usher"))
		}
	}
	if d := time.Since(began); asked.Load() != 1 || d > 5*time.Second {
		t.Errorf("asked %d times, and it took %v", asked.Load(), d)
	}
}
