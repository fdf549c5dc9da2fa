package serve_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"testing"

	"usher/cache"
	"usher/cache/cachetest"
	"usher/cache/serve"
)

// BenchmarkHit reads a segment that is in memory (media) or in a file (init
// sections go to disk) over a loopback connection.
func BenchmarkHit(b *testing.B) {
	for _, size := range []int{200 << 10, 2 << 20} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			up := httptest.NewServer(cachetest.NewOrigin(cachetest.Stream{Size: size, Segments: 1}))
			defer up.Close()
			store, err := cache.Open(cache.Options{})
			if err != nil {
				b.Fatal(err)
			}
			var g *serve.Origin
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.ServeHTTP(w, r) }))
			defer srv.Close()
			g = serve.New(serve.Options{Store: store, Base: srv.URL, AllowPrivate: true})
			defer g.Shutdown()
			o, err := g.Open(b.Context(), serve.Request{Tag: 1, URL: up.URL + "/v/list.m3u8"})
			if err != nil {
				b.Fatal(err)
			}
			list := fetch(b, o.URL, nil)
			seg := regexp.MustCompile(`/s/\S+seg0.ts`).FindString(string(list))
			if path.Base(seg) != "seg0.ts" {
				b.Fatal("no segment in the playlist")
			}
			buf := make([]byte, 256<<10)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				fetch(b, srv.URL+seg, buf)
			}
		})
	}
}

// fetch reads a URL, into buf when there is one.
func fetch(b *testing.B, url string, buf []byte) []byte {
	b.Helper()
	resp, err := http.Get(url)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if buf == nil {
		all, err := io.ReadAll(resp.Body)
		if err != nil {
			b.Fatal(err)
		}
		return all
	}
	if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, resp.Body, buf); err != nil {
		b.Fatal(err)
	}
	return nil
}
