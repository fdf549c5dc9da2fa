package cache_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"syscall"
	"testing"
	"time"

	"usher/cache"
	"usher/cache/cachetest"
	"usher/cache/serve"
)

// house is a service, and an origin over a cache in front of it.
type house struct {
	up      *cachetest.Origin
	service string
	client  http.Client
}

func newHouse(t *testing.T, s cachetest.Stream) *house {
	t.Helper()
	h := &house{up: cachetest.NewOrigin(s), client: http.Client{Transport: &http.Transport{}}}
	srv := httptest.NewServer(h.up)
	t.Cleanup(srv.Close)
	t.Cleanup(h.client.CloseIdleConnections)
	h.service = srv.URL
	return h
}

// origin serves from a cache until done.
func (h *house) origin(store *cache.Cache) (o *serve.Origin, base string, done func()) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { o.ServeHTTP(w, r) }))
	o = serve.New(serve.Options{Store: store, Base: srv.URL, AllowPrivate: true})
	return o, srv.URL, func() {
		o.Shutdown()
		h.client.CloseIdleConnections()
		srv.Close()
	}
}

func (h *house) get(t *testing.T, address string) (body []byte, how string) {
	t.Helper()
	resp, err := h.client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %d bytes, %v", address, resp.Status, len(body), err)
	}
	return body, resp.Header.Get("X-Usher")
}

// links are the addresses in a playlist, by file name.
func (h *house) links(t *testing.T, base, list string) map[string]string {
	t.Helper()
	text, _ := h.get(t, list)
	m := map[string]string{}
	for _, p := range regexp.MustCompile(`/s/[a-z2-7]+/[^"\s]+`).FindAllString(string(text), -1) {
		m[path.Base(p)] = base + p
	}
	return m
}

// TestBadSectorUnderTheOrigin: the kernel answers EIO while the player reads
// what the disk holds. Of film the first half is gone out by then: the rest
// comes from the service, in the same answer. An initialization section, like
// all that is small, is read whole before its first byte, so the answer is
// another one from the beginning. Either way the player has every byte, the
// box says that the disk is broken, and the next player reads from the cache.
func TestBadSectorUnderTheOrigin(t *testing.T) {
	for _, c := range []struct {
		name, file string
		sound      int // bytes of each file that can be read
		how        string
	}{
		{"in the middle of a segment", "seg0.ts", 600 << 10, "hit; kept"},
		{"at the beginning of a segment", "seg0.ts", 0, "fill; first"},
		{"in an initialization section", "init.mp4", 900, "fill; first"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, dir := newHouse(t, cachetest.Stream{Segments: 2, Size: 1 << 20, FMP4: true}), t.TempDir()
			title := serve.Request{URL: h.service + "/master.m3u8", Tag: 1}
			h.keep(t, dir, title)
			told := make(chan string, 16)
			store, fail, err := cache.OpenOnBadDisk(dir, cache.Options{Memory: 32 << 20, MaxObject: 4 << 20, Disk: 64 << 20, Health: func(p *cache.Problem) {
				if p != nil {
					told <- p.Code
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			o, base, done := h.origin(store)
			defer done()
			opened, err := o.Open(t.Context(), title)
			if err != nil {
				t.Fatal(err)
			}
			link := h.links(t, base, opened.URL)[c.file]
			before := h.up.Count("/v/" + c.file)
			fail(syscall.EIO, c.sound)
			h.wantWhole(t, link, c.file, c.how)
			// It is told once; that writing goes well ends it again.
			select {
			case code := <-told:
				if code != cache.DiskBroken {
					t.Errorf("told of %s, want %s", code, cache.DiskBroken)
				}
			case <-time.After(20 * time.Second):
				t.Error("the problem of the disk is not told")
			}
			fail(nil, 0)
			h.wantWhole(t, link, c.file, "hit; kept")
			if n := h.up.Count("/v/"+c.file) - before; n != 1 {
				t.Errorf("fetched %d times, want 1", n)
			}
		})
	}
}

// keep puts a title on disk.
func (h *house) keep(t *testing.T, dir string, title serve.Request) {
	t.Helper()
	store, err := cache.Open(cache.Options{Folder: dir, Memory: 32 << 20, MaxObject: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	o, _, done := h.origin(store)
	defer done()
	if _, err := o.PrefetchTitle(t.Context(), title, -1); err != nil {
		t.Fatal(err)
	}
	o.Shutdown() // a fill is on the disk a moment after its last reader has it
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

func (h *house) wantWhole(t *testing.T, link, file, how string) {
	t.Helper()
	body, got := h.get(t, link)
	if !bytes.Equal(body, h.up.Body("/v/"+file)) {
		t.Errorf("%s: %d bytes, not those of the service", file, len(body))
	}
	if got != how {
		t.Errorf("%s: X-Usher: %q, want %q", file, got, how)
	}
}
