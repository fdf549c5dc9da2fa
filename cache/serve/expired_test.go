package serve_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"usher/cache/cachetest"
	"usher/cache/serve"
)

// TestExpiryIsForeseen: URLs that say when they end are not used any more when
// that is near, by the service's clock: neither those of segments, nor that of
// the playlist between, nor for what is only passed on.
func TestExpiryIsForeseen(t *testing.T) {
	t.Parallel()
	const life, margin = 6 * time.Second, 5 * time.Second
	began := time.Now()
	service := func() time.Time { return time.Unix(1_900_000_000, 0).Add(time.Since(began)) } // far from this machine's
	var late, playlists atomic.Int32
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := service()
		w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
		end := now.Add(life).Unix() + 1
		if got, err := strconv.ParseInt(r.URL.Query().Get("Expires"), 10, 64); err == nil && time.Unix(got, 0).Sub(now) < margin-2*time.Second {
			late.Add(1)
			http.Error(w, "expired", http.StatusForbidden)
			return
		}
		switch r.URL.Path {
		case "/m.m3u8":
			fmt.Fprintf(w, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8?Expires=%d\n", end)
		case "/v.m3u8":
			playlists.Add(1)
			fmt.Fprintf(w, "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n0.ts?Expires=%d\n#EXTINF:4,\n1.ts?Expires=%d\n#EXT-X-ENDLIST\n", end, end)
		default:
			io.WriteString(w, "content of "+r.URL.Path)
		}
	}))
	defer up.Close()
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	links := b.links(t, b.open(t, serve.Request{URL: up.URL + "/m.m3u8"}).URL)
	time.Sleep(time.Until(began.Add(5 * time.Second))) // all URLs have ended, and nobody was told
	if r := b.get(t, links["1.ts"]); r.status != 200 || string(r.body) != "content of /1.ts" {
		t.Errorf("%d %q", r.status, r.body)
	}
	if r := b.do(t, http.MethodHead, links["0.ts"]); r.status != 200 {
		t.Errorf("HEAD: %d", r.status)
	}
	if late.Load() != 0 || playlists.Load() < 2 {
		t.Errorf("%d requests with URLs that had ended; the playlist was read %d times, want 2", late.Load(), playlists.Load())
	}
}
