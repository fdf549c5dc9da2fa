package serve_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"usher/cache"
	"usher/cache/serve"
)

// outside is a service on a public address whose playlist leads into the house,
// and all that was asked of the network.
type outside struct {
	mu    sync.Mutex
	hosts []string
}

// RoundTrip implements http.RoundTripper.
func (o *outside) RoundTrip(r *http.Request) (*http.Response, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hosts = append(o.hosts, r.URL.Host)
	resp := &http.Response{StatusCode: 200, Header: http.Header{}, Request: r, ContentLength: -1}
	var text string
	switch r.URL.Path {
	case "/v.m3u8":
		text = `#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-KEY:METHOD=AES-128,URI="http://192.168.1.1/k.key"
#EXT-X-MAP:URI="http://[fe80::1]/init.mp4"
#EXT-X-DATERANGE:ID="1",X-ASSET-LIST="http://10.1.2.3/ads.json"
#EXTINF:4,
http://169.254.169.254/latest/meta-data.ts
#EXTINF:4,
http://127.0.0.1:8787/rpc.ts
#EXTINF:4,
away.ts
#EXT-X-ENDLIST
`
	case "/away.ts":
		resp.StatusCode = http.StatusFound
		resp.Header.Set("Location", "http://[::ffff:10.0.0.1]/router.ts")
	default:
		text = "what is inside"
	}
	resp.Body = io.NopCloser(strings.NewReader(text))
	return resp, nil
}

// TestNothingLeadsInside: neither segments, keys, maps, asset lists nor
// redirects of a title from the internet make Usher ask the house anything, and
// the player is told why it gets nothing. That another service of the box is in
// the house changes nothing.
func TestNothingLeadsInside(t *testing.T) {
	for _, allow := range []bool{false, true} {
		t.Run(fmt.Sprintf("services in the house %t", allow), func(t *testing.T) { leadInside(t, allow) })
	}
}

func leadInside(t *testing.T, allow bool) {
	t.Helper()
	store, err := cache.Open(cache.Options{Memory: 32 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	net := &outside{}
	g := serve.New(serve.Options{Store: store, Base: stillBase, Transport: net, AllowPrivate: allow})
	defer g.Shutdown()
	link, err := g.Link(t.Context(), "http://93.184.216.34/v.m3u8")
	if err != nil {
		t.Fatal(err)
	}
	get := func(address string) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		g.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, address, nil))
		return rec
	}
	paths := regexp.MustCompile(`/s/[a-z2-7]+/[^"\s]+`).FindAllString(get(link).Body.String(), -1)
	if len(paths) != 6 {
		t.Fatalf("the playlist has %v", paths)
	}
	for _, p := range paths {
		if r := get(stillBase + p); r.Code != http.StatusForbidden || r.Header().Get("X-Usher") != "pass; forbidden address" {
			t.Errorf("%s: %d %q %q", p, r.Code, r.Header().Get("X-Usher"), r.Body)
		}
	}
	net.mu.Lock()
	defer net.mu.Unlock()
	slices.Sort(net.hosts)
	if got := fmt.Sprint(slices.Compact(net.hosts)); got != "[93.184.216.34]" {
		t.Errorf("asked %s", got)
	}
}
