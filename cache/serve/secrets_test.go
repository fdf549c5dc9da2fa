package serve_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"usher/cache/cachetest"
	"usher/cache/serve"
)

// TestSecretsStayInMemory: an encrypted title with a token in its URL is
// prefetched, pinned and played. Afterwards neither the key nor the token is
// anywhere on disk, and neither they nor the address are in the log.
func TestSecretsStayInMemory(t *testing.T) {
	const token = "s3cr3t-t0ken"
	dir := t.TempDir()
	var log lockedBuffer
	b := newBench(t, cachetest.Stream{Encrypted: true, Segments: 2, Size: 200 << 10}, serve.Options{Store: openStore(t, dir), Logger: log.logger()})
	title := serve.Request{URL: b.upURL + "/master.m3u8?token=" + token}
	if _, err := b.PrefetchTitle(t.Context(), title, -1); err != nil {
		t.Fatal(err)
	}
	if n, err := b.PinTitle(t.Context(), title, true); n == 0 || err != nil {
		t.Fatalf("%d objects pinned, %v", n, err)
	}
	links := b.links(t, b.open(t, title).URL)
	key := b.get(t, links["k.key"]).body
	if !bytes.Equal(key, b.up.Body("/k.key")) {
		t.Fatalf("the player got the key %q", key)
	}
	b.get(t, links["seg0.ts"])
	b.Close(1)
	b.Shutdown()
	if err := b.store.Close(); err != nil {
		t.Fatal(err)
	}
	film := b.up.Body(seg0)[1000:1100]
	if n := filesWith(t, dir, film); n != 1 {
		t.Errorf("the segment is in %d files, want 1: nothing was tested", n)
	}
	for _, secret := range [][]byte{key, []byte(token)} {
		if n := filesWith(t, dir, secret); n != 0 {
			t.Errorf("%q is in %d files", secret, n)
		}
		if text := log.String(); text == "" || strings.Contains(text, string(secret)) {
			t.Errorf("%q is in the log, or there is none:\n%s", secret, text)
		}
	}
}

// filesWith counts the files below dir that hold some bytes.
func filesWith(t *testing.T, dir string, want []byte) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, want) {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestCookiesAreOfTheSession: each session is given a cookie of its own with
// the playlist, and the service wants to see that one, and no other, with the
// segments.
func TestCookiesAreOfTheSession(t *testing.T) {
	var mu sync.Mutex
	given, seen := 0, map[string][]string{} // by segment
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if strings.HasSuffix(r.URL.Path, ".m3u8") {
			given++
			http.SetCookie(w, &http.Cookie{Name: "pass", Value: fmt.Sprint(given), Path: "/"})
			w.Header().Set("Cache-Control", "no-store")
			fmt.Fprint(w, "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n0.ts\n#EXTINF:4,\n1.ts\n#EXT-X-ENDLIST\n")
			return
		}
		seen[r.URL.Path] = append(seen[r.URL.Path], r.Header.Get("Cookie"))
		fmt.Fprint(w, "content of ", r.URL.Path)
	}))
	defer up.Close()
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	first := b.links(t, b.open(t, serve.Request{Tag: 1, URL: up.URL + "/v.m3u8"}).URL)
	second := b.links(t, b.open(t, serve.Request{Tag: 2, URL: up.URL + "/v.m3u8"}).URL)
	b.get(t, second["1.ts"])
	b.get(t, first["0.ts"])
	mu.Lock()
	defer mu.Unlock()
	if got := fmt.Sprint(seen["/0.ts"], seen["/1.ts"]); got != "[pass=1] [pass=2]" {
		t.Errorf("the cookies were %s", got)
	}
}
