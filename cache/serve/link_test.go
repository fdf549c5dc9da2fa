package serve_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"usher/cache"
	"usher/cache/cachetest"
	"usher/cache/serve"
)

func (b *bench) link(t *testing.T, raw string) string {
	t.Helper()
	got, err := b.Link(t.Context(), raw)
	if err != nil {
		t.Fatalf("Link(%s): %v", raw, err)
	}
	return got
}

func TestLinkLeavesTheChoiceToThePlayer(t *testing.T) {
	b := newBench(t, cachetest.Stream{
		FMP4: true, Audio: []string{"en", "de"}, Subtitles: []string{"id"},
		Rungs: []cachetest.Rung{rung("low", 800_000, 360), rung("high", 9_000_000, 2160)},
	}, serve.Options{})
	link := b.link(t, b.upURL+"/master.m3u8")
	if again := b.link(t, b.upURL+"/master.m3u8"); again != link {
		t.Errorf("the second time %s, the first %s", again, link)
	}
	text := string(b.get(t, link).body)
	if strings.Count(text, "#EXT-X-STREAM-INF") != 2 || strings.Count(text, "TYPE=AUDIO") != 2 || strings.Count(text, "/s/") != 5 {
		t.Errorf("something is missing or not rewritten:\n%s", text)
	}
	list := string(b.get(t, b.URL+strings.Fields(text[strings.LastIndex(text, "\n/s/"):])[0]).body)
	if strings.Count(list, "\n/s/") != 6 || !strings.Contains(list, `URI="/s/`) {
		t.Errorf("list:\n%s", list)
	}
}

func TestLinkOfASegment(t *testing.T) {
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	link := b.link(t, b.upURL+"/v/seg3.ts")
	for i, how := range []string{"fill; first", "hit; kept"} {
		r := b.get(t, link, "Range", "bytes=0-")
		if r.status != 206 || !bytes.Equal(r.body, b.up.Body("/v/seg3.ts")) || r.header.Get("X-Usher") != how {
			t.Errorf("reading %d: %d %s, %v", i, r.status, r.header.Get("X-Usher"), r.err)
		}
	}
	if n := b.up.Count("/v/seg3.ts"); n > 2 { // to see what it is, and to fetch it
		t.Errorf("fetched %d times", n)
	}
}

func TestUnlink(t *testing.T) {
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	raw := b.upURL + "/master.m3u8"
	link := b.link(t, raw)
	if !b.Unlink(raw) || b.Unlink(raw) {
		t.Error("a link ends once")
	}
	if r := b.get(t, link); r.status != http.StatusNotFound {
		t.Errorf("after Unlink: %d", r.status)
	}
	if again := b.link(t, raw); again == link {
		t.Error("an address came back")
	}
}

func TestLinkErrorsLeaveNothing(t *testing.T) {
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	for raw, code := range map[string]serve.Code{
		"ftp://e.x/a":              serve.BadURL,
		b.upURL + "/missing":       serve.HTTPStatus,
		"http://no-such-host.test": serve.Unreachable,
	} {
		_, err := b.Link(t.Context(), raw)
		var tr *serve.Trouble
		if !errors.As(err, &tr) || tr.Code != code {
			t.Errorf("%s: %v, want %s", raw, err, code)
		}
		if b.Unlink(raw) {
			t.Errorf("%s: something was left", raw)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Link(ended, b.upURL+"/master.m3u8"); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: %v", err)
	}
	if len(b.troubles()) != 0 {
		t.Errorf("told %v", b.troubles())
	}
}

func TestLinksAreBounded(t *testing.T) {
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	url := func(i int) string { return fmt.Sprintf("%s/v/list.m3u8?n=%d", b.upURL, i) }
	first, second := b.link(t, url(0)), b.link(t, url(1))
	for i := 2; i < serve.MaxLinks; i++ {
		b.link(t, url(i))
	}
	b.get(t, first) // now the second was idle for longest
	b.link(t, url(serve.MaxLinks))
	if r := b.get(t, first); r.status != 200 {
		t.Errorf("a link in use: %d", r.status)
	}
	if r := b.get(t, second); r.status != 404 {
		t.Errorf("the oldest idle link: %d", r.status)
	}
}

func TestLinkIsMadeOnce(t *testing.T) {
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	var mu sync.Mutex
	all := map[string]int{}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			got, err := b.Link(t.Context(), b.upURL+"/master.m3u8")
			mu.Lock()
			defer mu.Unlock()
			all[fmt.Sprint(got, err)]++
		})
	}
	wg.Wait()
	if n := b.up.Count("/master.m3u8"); n != 1 || len(all) != 1 {
		t.Errorf("fetched %d times, answers %v", n, all)
	}
}

// TestLinkWhileEnding ends everything while a link is being made.
func TestLinkWhileEnding(t *testing.T) {
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	until := make(chan struct{})
	defer close(until)
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Stall, Until: until})
	made := make(chan error)
	go func() {
		_, err := b.Link(t.Context(), b.upURL+"/master.m3u8")
		made <- err
	}()
	for b.up.Count("/master.m3u8") == 0 {
		time.Sleep(time.Millisecond)
	}
	b.Shutdown()
	if err := <-made; err == nil {
		t.Error("a link was made by an origin that ended")
	}
	if _, err := b.Link(t.Context(), b.upURL); err == nil {
		t.Error("a link after Shutdown")
	}
}

func TestPrefetchIsTheStartKit(t *testing.T) {
	b := newBench(t, cachetest.Stream{
		FMP4: true, Encrypted: true, Audio: []string{"en"},
		Rungs: []cachetest.Rung{rung("low", 800_000, 360), rung("high", 9_000_000, 2160)},
	}, serve.Options{})
	got, err := b.Prefetch(t.Context(), b.upURL+"/master.m3u8", 3*time.Second)
	// Three playlists, one key, two init sections, two segments of each.
	if err != nil || got.Objects != 3+1+2+4 || got.Bytes < 4*65536 || got.Bytes > 4*65536+4000 {
		t.Fatalf("%+v, %v", got, err)
	}
	if s := b.store.Stats(); s.PrefetchedBytes < 4*65536 || s.UnreadBytes != s.PrefetchedBytes {
		t.Errorf("%d bytes prefetched, %d of them unread", s.PrefetchedBytes, s.UnreadBytes)
	}
	before := len(b.up.Got())
	opened := b.open(t, serve.Request{})
	for _, list := range b.links(t, opened.URL) {
		for name, u := range b.links(t, list) {
			if name == "seg0.ts" || name == "seg1.ts" || name == "init.mp4" || name == "k.key" {
				if r := b.get(t, u); r.status != 200 || r.header.Get("X-Usher") != "hit; kept" {
					t.Errorf("%s: %d %s", name, r.status, r.header.Get("X-Usher"))
				}
			}
		}
	}
	// Both playlists have the same name, so links knows one of them.
	if s := b.store.Stats(); s.UnreadBytes != 2*65536+1000 {
		t.Errorf("%d bytes of the kit count as unread", s.UnreadBytes)
	}
	if more := b.up.Got()[before:]; len(more) != 0 {
		t.Errorf("the start asked the service for %v", more)
	}
	b.Close(1)
	if s := b.store.Stats(); s.Kept["key"].Objects != 0 {
		t.Error("the key outlived the session")
	}
}

func TestPrefetchGivesUp(t *testing.T) {
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Status, Status: 503, Path: "/v/seg0"})
	_, err := b.Prefetch(t.Context(), b.upURL+"/master.m3u8", time.Second)
	var tr *serve.Trouble
	if !errors.As(err, &tr) || tr.Status != 503 {
		t.Errorf("%v", err)
	}
	if len(b.troubles()) != 0 {
		t.Errorf("told %v", b.troubles())
	}
}

func TestPrefetchOfLiveAndOfOneFile(t *testing.T) {
	b := newBench(t, cachetest.Stream{Live: true, FMP4: true}, serve.Options{})
	if got, err := b.Prefetch(t.Context(), b.upURL+"/master.m3u8", time.Minute); err != nil || got.Objects != 3 {
		t.Errorf("live: %+v, %v", got, err)
	}
	if got, err := b.Prefetch(t.Context(), b.upURL+"/v/seg1.ts", 0); err != nil || got.Objects != 1 || got.Bytes != 65536 {
		t.Errorf("a file: %+v, %v", got, err)
	}
}

func TestStaleWhileRevalidate(t *testing.T) {
	asked := make(chan struct{}, 10)
	n := 0
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n++
		w.Header().Set("Cache-Control", "max-age=0, stale-while-revalidate=60")
		fmt.Fprintf(w, "#EXTM3U\n# %d\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\ns.ts\n#EXT-X-ENDLIST\n", n)
		asked <- struct{}{}
	}))
	defer up.Close()
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	link := b.link(t, up.URL)
	<-asked
	serve.Age(b.Origin, time.Minute/2)
	if r := b.get(t, link); !strings.Contains(string(r.body), "# 1\n") || r.header.Get("X-Usher") != "stale; revalidating" {
		t.Errorf("%s\n%s", r.header.Get("X-Usher"), r.body)
	}
	<-asked
	if r := waitFor(t, b, link, "# 2\n"); r.header.Get("X-Usher") != "hit; fresh" {
		t.Errorf("then %s", r.header.Get("X-Usher"))
	}
}

// waitFor reads until the playlist has the text.
func waitFor(t *testing.T, b *bench, u, text string) reply {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if r := b.get(t, u); strings.Contains(string(r.body), text) {
			return r
		}
	}
	t.Fatalf("%q never came", text)
	return reply{}
}

func TestEveryAnswerIsExplained(t *testing.T) {
	var log lockedBuffer
	b := newBench(t, cachetest.Stream{}, serve.Options{Logger: log.logger()})
	link := b.link(t, b.upURL+"/v/list.m3u8?token=secret")
	seg := b.links(t, link)["seg0.ts"]
	b.get(t, seg, "Range", "bytes=5-8")
	b.do(t, http.MethodHead, b.links(t, link)["seg1.ts"])
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Status, Status: 404, Path: "/v/seg2"})
	b.get(t, b.links(t, link)["seg2.ts"])
	text := log.String()
	for _, want := range []string{
		`name=list.m3u8 range="" status=200`, `how="hit; fresh"`,
		`name=seg0.ts range="bytes=5-8" status=206 bytes=4 how="fill; first"`,
		`method=HEAD name=seg1.ts`, `how="pass; not kept, HEAD"`,
		`name=seg2.ts range="" status=404`, `how="pass; http status 404"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the log", want)
		}
	}
	id := strings.Split(seg, "/")[4]
	if strings.Contains(text, "secret") || strings.Contains(text, id) {
		t.Error("the log holds a secret")
	}
	if t.Failed() {
		t.Log(text)
	}
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *lockedBuffer) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func TestPinKeepsTheRung(t *testing.T) {
	store, err := cache.Open(cache.Options{Memory: 32 << 20, Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, cachetest.Stream{FMP4: true, Encrypted: true, Segments: 3}, serve.Options{Store: store})
	raw := b.upURL + "/master.m3u8"
	if _, err := b.Prefetch(t.Context(), raw, -1); err != nil {
		t.Fatal(err)
	}
	if n, err := b.Pin(t.Context(), raw, true); err != nil || n != 4 { // init and three segments, no key
		t.Errorf("pinned %d, %v", n, err)
	}
	if u := b.store.Stats(); u.DiskObjects != 4 {
		t.Errorf("on disk: %d objects", u.DiskObjects)
	}
	if n, err := b.Pin(t.Context(), raw, false); err != nil || n != 4 {
		t.Errorf("let go %d, %v", n, err)
	}
}

func TestGapsAreNotPrefetched(t *testing.T) {
	var paths []string
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path)
		fmt.Fprint(w, "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-GAP\n#EXTINF:4,\ngap.ts\n#EXTINF:4,\ns.ts\n#EXT-X-ENDLIST\n")
	}))
	defer up.Close()
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	if got, err := b.Prefetch(t.Context(), up.URL+"/v.m3u8", -1); err != nil || got.Objects != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	if fmt.Sprint(paths) != "[/v.m3u8 /s.ts]" {
		t.Errorf("fetched %v", paths)
	}
}
