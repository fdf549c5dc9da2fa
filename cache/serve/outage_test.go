package serve_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"usher/cache/cachetest"
	"usher/cache/serve"
)

const seg0 = "/v/seg0.ts"

// segment opens the title and gives the loopback URL of the first segment.
func (b *bench) segment(t *testing.T) string {
	t.Helper()
	return b.links(t, b.open(t, serve.Request{}).URL)["seg0.ts"]
}

// TestInterruptions wants the player to get every byte although the service
// breaks off, refuses, or sends something else for a while.
func TestInterruptions(t *testing.T) {
	for _, c := range []struct {
		name   string
		stream cachetest.Stream
		faults []cachetest.Fault
	}{
		{"cut", cachetest.Stream{}, []cachetest.Fault{{Kind: cachetest.Cut, Times: 2, After: 20_000}}},
		{"cut before the first byte", cachetest.Stream{}, []cachetest.Fault{{Kind: cachetest.Cut, Times: 1}}},
		{"cut without validators", cachetest.Stream{Anonymous: true}, []cachetest.Fault{{Kind: cachetest.Cut, Times: 2, After: 20_000}}},
		{"cut of unknown length", cachetest.Stream{Chunked: true}, []cachetest.Fault{{Kind: cachetest.Cut, Times: 1, After: 20_000}}},
		{"cut, then no ranges", cachetest.Stream{}, []cachetest.Fault{
			{Kind: cachetest.Cut, Times: 1, After: 20_000}, {Kind: cachetest.NoRange, Times: 1},
		}},
		{"no answer", cachetest.Stream{}, []cachetest.Fault{{Kind: cachetest.Refuse, Times: 2}}},
		{"503", cachetest.Stream{}, []cachetest.Fault{{Kind: cachetest.Status, Times: 2, Status: 503}}},
		{"429", cachetest.Stream{}, []cachetest.Fault{{Kind: cachetest.Status, Times: 1, Status: 429, Header: http.Header{"Retry-After": {"0"}}}}},
		{"captive portal", cachetest.Stream{}, []cachetest.Fault{{Kind: cachetest.Portal, Times: 2}}},
		{"portal in mid-segment", cachetest.Stream{}, []cachetest.Fault{
			{Kind: cachetest.Cut, Times: 1, After: 20_000}, {Kind: cachetest.Portal, Times: 1},
		}},
		{"slow drip", cachetest.Stream{}, []cachetest.Fault{{Kind: cachetest.Drip, Times: 1, After: 8000, Every: 5 * time.Millisecond}}},
		{"moved", cachetest.Stream{}, []cachetest.Fault{{Kind: cachetest.Move, Times: 1, To: "/v/seg0.ts?moved"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, c.stream, serve.Options{})
			seg := b.segment(t)
			for _, f := range c.faults {
				f.Path = seg0
				b.up.Misbehave(f)
			}
			for range 2 {
				r := b.get(t, seg, "Range", "bytes=0-")
				if r.err != nil || r.status/100 != 2 || !bytes.Equal(r.body, b.up.Body(seg0)) {
					t.Fatalf("%d, %d bytes, %v", r.status, len(r.body), r.err)
				}
			}
			if tr := b.troubles(); len(tr) > 0 && tr[len(tr)-1] != nil {
				t.Errorf("the end of the trouble was not told: %v", tr)
			}
		})
	}
}

func TestResumeAsksForTheRest(t *testing.T) {
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	seg := b.segment(t)
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Cut, Path: seg0, Times: 1, After: 20_000})
	if r := b.get(t, seg); !bytes.Equal(r.body, b.up.Body(seg0)) {
		t.Fatalf("%d, %v", r.status, r.err)
	}
	got := b.up.Got()
	last := got[len(got)-1]
	if last.Range != "bytes=20000-" || last.IfRange != `"seg0.ts-0"` {
		t.Errorf("resumed with Range %q, If-Range %q", last.Range, last.IfRange)
	}
}

// TestChangedInBetween wants an aborted connection, never a splice of two
// encodes and never a clean end.
func TestChangedInBetween(t *testing.T) {
	for _, stream := range []cachetest.Stream{{}, {Anonymous: true}} {
		t.Run(fmt.Sprintf("anonymous %v", stream.Anonymous), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, stream, serve.Options{})
			seg := b.segment(t)
			until := make(chan struct{})
			b.up.Misbehave(cachetest.Fault{Kind: cachetest.Cut, Path: seg0, Times: 1, After: 20_000})
			b.up.Misbehave(cachetest.Fault{Kind: cachetest.Refuse, Path: seg0}) // until it changed
			old := b.up.Body(seg0)
			go func() {
				defer close(until)
				for b.up.Count(seg0) < 2 {
					time.Sleep(time.Millisecond)
				}
				b.up.Change()
				b.up.Heal()
			}()
			r := b.get(t, seg)
			<-until
			if r.err == nil || !bytes.HasPrefix(old, r.body) {
				t.Errorf("%d bytes, error %v; want the old ones and an error", len(r.body), r.err)
			}
			r = b.get(t, seg)
			if r.err != nil || !bytes.Equal(r.body, b.up.Body(seg0)) {
				t.Errorf("afterwards: %d bytes, %v", len(r.body), r.err)
			}
		})
	}
}

func TestNotFoundIsPassedOn(t *testing.T) {
	t.Parallel()
	for _, status := range []int{404, 403, 410} {
		b := newBench(t, cachetest.Stream{}, serve.Options{})
		seg := b.segment(t)
		b.up.Misbehave(cachetest.Fault{Kind: cachetest.Status, Path: seg0, Times: 1, Status: status})
		if r := b.get(t, seg); r.status != status {
			t.Errorf("%d, want %d", r.status, status)
		}
		if tr := b.nextNews(t); tr == nil || tr.Code != serve.HTTPStatus || tr.Status != status {
			t.Errorf("told %v", tr)
		}
		if r := b.get(t, seg); r.status != 200 {
			t.Errorf("afterwards: %d; a failure must not be kept", r.status)
		}
		if tr := b.nextNews(t); tr != nil {
			t.Errorf("told %v, want the end of the trouble", tr)
		}
	}
}

func TestOutageHoldsTheRequest(t *testing.T) {
	t.Parallel()
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	seg := b.segment(t)
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Refuse, Path: seg0})
	done := make(chan reply, 1)
	go func() { done <- b.get(t, seg) }()
	if tr := b.nextNews(t); tr == nil || tr.Code != serve.Unreachable || !tr.Passing() {
		t.Fatalf("told %v, want unreachable", tr)
	}
	select {
	case r := <-done:
		t.Fatalf("answered %d in the outage", r.status)
	default:
	}
	b.up.Heal()
	if r := <-done; r.status != 200 || !bytes.Equal(r.body, b.up.Body(seg0)) {
		t.Errorf("after the outage: %d, %v", r.status, r.err)
	}
	for tr := b.nextNews(t); tr != nil; tr = b.nextNews(t) {
		if tr.Code != serve.Unreachable {
			t.Errorf("told %v", tr)
		}
	}
}

func TestHoldHasALimit(t *testing.T) {
	t.Parallel()
	b := newBench(t, cachetest.Stream{}, serve.Options{Hold: time.Second})
	seg := b.segment(t)
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Status, Path: seg0, Status: 503})
	if r := b.get(t, seg); r.status != 503 {
		t.Errorf("%d, want what the service said", r.status)
	}
	b.up.Heal()
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Refuse, Path: "/v/seg1.ts"})
	if r := b.get(t, b.links(t, b.open(t, serve.Request{}).URL)["seg1.ts"]); r.status != 504 {
		t.Errorf("%d, want 504", r.status)
	}
}

// stalled begins reading a segment whose last half does not come.
func (b *bench) stalled(t *testing.T, seg string) (body io.ReadCloser, release func()) {
	t.Helper()
	until := make(chan struct{})
	var once sync.Once
	release = func() { once.Do(func() { close(until) }) }
	t.Cleanup(release)
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Stall, Path: seg0, Times: 1, After: 32_768, Until: until})
	resp, err := b.client.Get(seg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, resp.Body, 32_768); err != nil {
		t.Fatal(err)
	}
	return resp.Body, release
}

func TestReadersOfAFillingObject(t *testing.T) {
	t.Parallel()
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	seg := b.segment(t)
	want := b.up.Body(seg0)
	leader, release := b.stalled(t, seg)
	began := time.Now()
	follower, err := b.client.Get(seg)
	if err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 1000)
	if _, err := io.ReadFull(follower.Body, first); err != nil || !bytes.Equal(first, want[:1000]) {
		t.Fatalf("follower: %v", err)
	}
	t.Logf("follower's first bytes after %v", time.Since(began)) // the leader is stalled: they are there, or never
	if r := b.get(t, seg, "Range", "bytes=30000-30009"); r.status != 206 || !bytes.Equal(r.body, want[30000:30010]) ||
		r.header.Get("X-Usher") != "fill; joined" {
		t.Errorf("range of what is there: %d %s", r.status, r.header.Get("X-Usher"))
	}
	if r := b.do(t, "HEAD", seg); r.status != 200 || r.header.Get("Content-Length") != "65536" {
		t.Errorf("HEAD while filling: %d %v", r.status, r.header)
	}
	leader.Close() // the leader goes, the fill stays
	release()
	rest, err := io.ReadAll(follower.Body)
	follower.Body.Close()
	if err != nil || !bytes.Equal(rest, want[1000:]) {
		t.Errorf("follower's rest: %d bytes, %v", len(rest), err)
	}
	if n := b.up.Count(seg0); n != 1 {
		t.Errorf("%d fetches for one object", n)
	}
}

func TestRangeFarAhead(t *testing.T) {
	t.Parallel()
	b := newBench(t, cachetest.Stream{Size: 3 << 20}, serve.Options{})
	seg := b.segment(t)
	leader, release := b.stalled(t, seg)
	defer leader.Close()
	want := b.up.Body(seg0)
	r := b.get(t, seg, "Range", "bytes=2000000-2000099")
	if r.status != 206 || !bytes.Equal(r.body, want[2000000:2000100]) || !strings.HasPrefix(r.header.Get("X-Usher"), "pass; ") {
		t.Errorf("%d %s, %v", r.status, r.header.Get("X-Usher"), r.err)
	}
	release()
}

// TestPassingOnHoldsToo asks for a part far ahead while the service is away.
func TestPassingOnHoldsToo(t *testing.T) {
	t.Parallel()
	b := newBench(t, cachetest.Stream{Size: 3 << 20}, serve.Options{})
	seg := b.segment(t)
	body, _ := b.stalled(t, seg)
	defer body.Close()
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Status, Status: 503, Path: seg0, Times: 2})
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Refuse, Path: seg0, Times: 2})
	r := b.get(t, seg, "Range", "bytes=2000000-2000099")
	if r.status != 206 || !bytes.Equal(r.body, b.up.Body(seg0)[2000000:2000100]) {
		t.Errorf("%d %s, %v", r.status, r.header.Get("X-Usher"), r.err)
	}
}

func TestLastReaderEndsTheFetch(t *testing.T) {
	t.Parallel()
	b := newBench(t, cachetest.Stream{Size: 3 << 20}, serve.Options{})
	seg := b.segment(t)
	leader, _ := b.stalled(t, seg) // never released: only the end of the upstream request frees it
	leader.Close()
	b.client.CloseIdleConnections()
	deadline := time.Now().Add(time.Minute)
	for b.store.Stats().Abandoned == 0 {
		if time.Now().After(deadline) {
			t.Fatal("the fetch goes on with nobody reading")
		}
		time.Sleep(5 * time.Millisecond)
	}
	if r := b.get(t, seg); r.status != 200 || !bytes.Equal(r.body, b.up.Body(seg0)) {
		t.Errorf("a reader that comes later: %d, %v", r.status, r.err)
	}
}

func TestObjectsBeyondTheLimitPass(t *testing.T) {
	t.Parallel()
	for _, stream := range []cachetest.Stream{{Size: 5 << 20, Segments: 1}, {Size: 5 << 20, Segments: 1, Chunked: true}} {
		t.Run(fmt.Sprintf("chunked %v", stream.Chunked), func(t *testing.T) {
			b := newBench(t, stream, serve.Options{})
			seg := b.segment(t)
			r := b.get(t, seg)
			if stream.Chunked {
				// No length and no ranges: found too large in the middle, the
				// rest cannot be had; found before the first byte, it passes.
				if r.err == nil && !bytes.Equal(r.body, b.up.Body(seg0)) {
					t.Errorf("%d bytes ended cleanly", len(r.body))
				}
				return
			}
			if r.status != 200 || !bytes.Equal(r.body, b.up.Body(seg0)) || !strings.HasPrefix(r.header.Get("X-Usher"), "pass; ") {
				t.Errorf("%d %s, %d bytes, %v", r.status, r.header.Get("X-Usher"), len(r.body), r.err)
			}
		})
	}
}

func TestManyPlayersOnePoll(t *testing.T) {
	t.Parallel()
	b := newBench(t, cachetest.Stream{Live: true, Segments: 3, Duration: time.Second}, serve.Options{})
	got := b.open(t, serve.Request{Trim: time.Minute})
	if !got.Live || got.Duration != 0 || got.Base != got.Window.Start {
		t.Errorf("opened %+v", got)
	}
	before := b.up.Count("/v/list.m3u8")
	b.up.Advance(1)
	time.Sleep(550 * time.Millisecond) // longer than half the target duration
	began := time.Now()
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			r := b.get(t, got.URL)
			if !strings.Contains(string(r.body), "#EXT-X-MEDIA-SEQUENCE:1\n") {
				t.Errorf("an old playlist:\n%s", r.body)
			}
		})
	}
	wg.Wait()
	most := 1 + int(time.Since(began)/(500*time.Millisecond)) // it is fresh for half the target duration
	if n := b.up.Count("/v/list.m3u8") - before; n < 1 || n > most {
		t.Errorf("%d polls for 10 players, want 1 to %d", n, most)
	}
}

func TestLiveOutageHoldsThePlaylist(t *testing.T) {
	t.Parallel()
	b := newBench(t, cachetest.Stream{Live: true, Segments: 3, Duration: time.Second}, serve.Options{})
	got := b.open(t, serve.Request{})
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Status, Path: "/v/list.m3u8", Times: 1, Status: 404})
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Portal, Path: "/v/list.m3u8", Times: 1})
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Refuse, Path: "/v/list.m3u8", Times: 1})
	b.up.Advance(5)
	time.Sleep(550 * time.Millisecond)
	if r := b.get(t, got.URL); r.status != 200 || !strings.Contains(string(r.body), "#EXT-X-MEDIA-SEQUENCE:5\n") {
		t.Errorf("%d\n%s", r.status, r.body)
	}
	if tr := b.troubles(); len(tr) < 2 || tr[len(tr)-1] != nil {
		t.Errorf("told %v", tr)
	}
}

func TestVariantFallback(t *testing.T) {
	t.Parallel()
	b := newBench(t, cachetest.Stream{Rungs: []cachetest.Rung{rung("best", 3_000_000, 720), rung("next", 1_000_000, 480)}}, serve.Options{})
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Status, Path: "/best/", Status: 404})
	if got := b.open(t, serve.Request{}); got.Height != 480 {
		t.Errorf("opened %+v", got)
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	until := make(chan struct{})
	defer close(until)
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Stall, Path: "/master", Until: until})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := b.Open(ctx, serve.Request{Tag: 1, URL: b.upURL + "/master.m3u8"}); err == nil {
		t.Error("Open gave no error")
	}
}

func TestShutdownEndsRequestsThatAreHeld(t *testing.T) {
	t.Parallel()
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	seg := b.segment(t)
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Refuse, Path: seg0})
	done := make(chan reply, 1)
	go func() { done <- b.get(t, seg) }()
	b.nextNews(t)
	b.Shutdown()
	if r := <-done; r.status == 200 {
		t.Error("the request ended well")
	}
	if _, err := b.Open(t.Context(), serve.Request{Tag: 2, URL: b.upURL + "/master.m3u8"}); err == nil {
		t.Error("opened after Shutdown")
	}
}

// TestExpiredURLs: tokens end while the film is paused. The playlist names new
// ones, under which the old loopback URLs go on.
func TestExpiredURLs(t *testing.T) {
	var mu sync.Mutex
	token := "one"
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		now := token
		mu.Unlock()
		switch {
		case r.URL.Path == "/m.m3u8":
			fmt.Fprintf(w, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8?t=%s\n", now)
		case r.URL.Query().Get("t") != now:
			http.Error(w, "expired", http.StatusForbidden)
		case r.URL.Path == "/v.m3u8":
			fmt.Fprintf(w, "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MAP:URI=\"i.mp4?t=%s\"\n#EXTINF:4,\n0.m4s?t=%s\n#EXTINF:4,\n1.m4s?t=%s\n#EXT-X-ENDLIST\n", now, now, now)
		default:
			io.WriteString(w, "content of "+r.URL.Path)
		}
	}))
	defer up.Close()
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	links := b.links(t, b.open(t, serve.Request{URL: up.URL + "/m.m3u8"}).URL)
	mu.Lock()
	token = "two"
	mu.Unlock()
	for _, name := range []string{"1.m4s", "i.mp4", "0.m4s"} {
		if r := b.get(t, links[name]); r.status != 200 || string(r.body) != "content of /"+name {
			t.Errorf("%s: %d %q", name, r.status, r.body)
		}
	}
	if tr := b.troubles(); len(tr) != 0 {
		t.Errorf("told %v", tr)
	}
}
