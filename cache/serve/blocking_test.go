package serve_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"usher/cache/cachetest"
	"usher/cache/serve"
)

// lowLatency is an origin in front of an LL-HLS service, and the loopback
// address of its playlist.
func lowLatency(t *testing.T, up *cachetest.LowLatency) (b *bench, list string) {
	t.Helper()
	up.Publish(6) // segment 0, and two parts of segment 1
	srv := httptest.NewServer(up)
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	b = newBench(t, cachetest.Stream{}, serve.Options{})
	return b, b.link(t, srv.URL+"/a/list.m3u8?token=x")
}

func TestBlockingReloadsMeet(t *testing.T) {
	up := &cachetest.LowLatency{}
	b, list := lowLatency(t, up)
	answers := make(chan reply)
	for _, q := range []string{"?_HLS_msn=1&_HLS_part=2", "?_HLS_part=2&_HLS_msn=1", "?_HLS_msn=01&_HLS_part=2&_HLS_skip=YES&evil=1"} {
		go func() { answers <- b.get(t, list+q) }()
	}
	const asked = "token=x&_HLS_msn=1&_HLS_part=2"
	for up.Asked("/a/list.m3u8", asked) == 0 {
		time.Sleep(time.Millisecond)
	}
	select {
	case r := <-answers:
		t.Errorf("answered before the part was there:\n%s", r.body)
	case <-time.After(20 * time.Millisecond):
	}
	up.Publish(1)
	for range 3 {
		if r := <-answers; r.status != 200 || strings.Count(string(r.body), "#EXT-X-PART:") != 7 {
			t.Errorf("%d, %v\n%s", r.status, r.err, r.body)
		}
	}
	if n := up.Asked("/a/list.m3u8", asked); n != 1 {
		t.Errorf("the service was asked %d times", n)
	}
}

func TestBlockingReloadIsNeverOlder(t *testing.T) {
	up := &cachetest.LowLatency{}
	b, list := lowLatency(t, up)
	up.Publish(2) // segment 1 is whole
	if r := b.get(t, list+"?_HLS_msn=1&_HLS_part=3"); strings.Count(string(r.body), "#EXTINF") != 2 {
		t.Fatalf("%d\n%s", r.status, r.body)
	}
	before := len(up.Got())
	for _, q := range []string{"?_HLS_msn=1", "?_HLS_msn=1&_HLS_part=0", "?_HLS_msn=0", ""} {
		r := b.get(t, list+q)
		if strings.Count(string(r.body), "#EXTINF") != 2 || !strings.HasPrefix(r.header.Get("X-Usher"), "hit; ") {
			t.Errorf("%q: %s\n%s", q, r.header.Get("X-Usher"), r.body)
		}
	}
	if more := up.Got()[before:]; len(more) != 0 {
		t.Errorf("the service was asked for %v", more)
	}
}

func TestRefusedReloadsAreRemembered(t *testing.T) {
	up := &cachetest.LowLatency{}
	b, list := lowLatency(t, up)
	for range 3 {
		if r := b.get(t, list+"?_HLS_msn=99"); r.status != 400 || r.header.Get("X-Usher") != "pass; http status 400" {
			t.Errorf("%d %s", r.status, r.header.Get("X-Usher"))
		}
	}
	if n := up.Asked("/a/list.m3u8", "token=x&_HLS_msn=99"); n != 1 {
		t.Errorf("the service was asked %d times", n)
	}
}

func TestDirectivesThatNobodyOffered(t *testing.T) {
	b := newBench(t, cachetest.Stream{Live: true, Segments: 3}, serve.Options{})
	got := b.open(t, serve.Request{})
	b.get(t, got.URL+"?_HLS_msn=3&_HLS_part=0")
	for _, g := range b.up.Got() {
		if g.Query != "" {
			t.Errorf("the service was asked with %q", g.Query)
		}
	}
}

func TestPartsHintsAndReports(t *testing.T) {
	up := &cachetest.LowLatency{}
	b, list := lowLatency(t, up)
	text := string(b.get(t, list).body)
	uris := regexp.MustCompile(`URI="([^"]*)"`).FindAllStringSubmatch(text, -1)
	if len(uris) != 1+6+1+1 {
		t.Fatalf("%d URIs in\n%s", len(uris), text)
	}
	at := func(i int) string { return b.URL + uris[i][1] }
	if r := b.get(t, at(6)); !bytes.Equal(r.body, up.Part("a", 5)) {
		t.Errorf("part: %d, %d bytes", r.status, len(r.body))
	}
	if r := b.get(t, at(8)); strings.Contains(string(r.body), "../") || !strings.Contains(string(r.body), "#EXT-X-MAP") {
		t.Errorf("the other rendition: %d\n%s", r.status, r.body)
	}
	hint := make(chan reply)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { hint <- b.get(t, at(7)) })
	}
	for count(up, "/a/seg1.part2.m4s") == 0 {
		time.Sleep(time.Millisecond)
	}
	up.Publish(1)
	for range 2 {
		if r := <-hint; r.status != 200 || !bytes.Equal(r.body, up.Part("a", 6)) {
			t.Errorf("hint: %d, %d bytes, %v", r.status, len(r.body), r.err)
		}
	}
	wg.Wait()
	// The part that was hinted at is named now, and there already.
	text = string(b.get(t, list+"?_HLS_msn=1&_HLS_part=2").body)
	if !strings.Contains(text, "#EXT-X-PART:DURATION=1.0,INDEPENDENT=YES,URI=\""+uris[7][1]) {
		t.Errorf("the part has another address than the hint:\n%s", text)
	}
	if r := b.get(t, at(7)); r.header.Get("X-Usher") != "hit; kept" || count(up, "/a/seg1.part2.m4s") != 1 {
		t.Errorf("%s, fetched %d times", r.header.Get("X-Usher"), count(up, "/a/seg1.part2.m4s"))
	}
}

func count(up *cachetest.LowLatency, p string) (n int) {
	for _, g := range up.Got() {
		if g.Path == p {
			n++
		}
	}
	return n
}

// TestHintWithoutEnd reads parts of a segment that is being made, each at once.
func TestHintWithoutEnd(t *testing.T) {
	for _, last := range []string{"", "9007199254740991"} {
		up := &cachetest.LowLatency{Ranges: true}
		b, list := lowLatency(t, up)
		seg := regexp.MustCompile(`PRELOAD-HINT:TYPE=PART,URI="([^"]*)",BYTERANGE-START=8192`).FindStringSubmatch(string(b.get(t, list).body))
		if seg == nil {
			t.Fatal("no hint")
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.URL+seg[1], nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Range", "bytes=8192-"+last)
		resp, err := b.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body := bufio.NewReader(resp.Body)
		for n := 6; n < 8; n++ { // the parts that are missing
			up.Publish(1)
			got := make([]byte, 4096)
			if _, err := io.ReadFull(body, got); err != nil || !bytes.Equal(got, up.Part("a", n)) {
				t.Errorf("part %d: %v", n, err)
			}
		}
		if rest, err := io.ReadAll(body); len(rest) != 0 || err != nil || resp.StatusCode != 206 {
			t.Errorf("%d, then %d bytes, %v", resp.StatusCode, len(rest), err)
		}
		resp.Body.Close()
		part := b.get(t, b.URL+seg[1], "Range", "bytes=4096-8191")
		if part.status != 206 || !bytes.Equal(part.body, up.Part("a", 5)) {
			t.Errorf("a part by range: %d, %d bytes", part.status, len(part.body))
		}
	}
}

func TestMissingSegmentOfALiveStream(t *testing.T) {
	b := newBench(t, cachetest.Stream{Live: true}, serve.Options{})
	seg := b.segment(t)
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Status, Status: 404, Path: "/v/seg0"})
	for range 3 {
		if r := b.get(t, seg); r.status != 404 {
			t.Errorf("%d", r.status)
		}
	}
	if n := b.up.Count("/v/seg0.ts"); n != 1 {
		t.Errorf("the service was asked %d times within a target duration", n)
	}
}

// TestLiveStreamBeginsAgain has the encoder restart: its sequence numbers go
// back, and its file names come again with another programme.
func TestLiveStreamBeginsAgain(t *testing.T) {
	b := newBench(t, cachetest.Stream{Live: true}, serve.Options{})
	b.up.Advance(5)
	list := b.open(t, serve.Request{}).URL
	seg := b.links(t, list)["seg7.ts"]
	old := b.get(t, seg)
	b.up.Change()
	b.up.Advance(-3)
	serve.Age(b.Origin, time.Hour)
	again := b.links(t, list)["seg7.ts"]
	if r := b.get(t, again); !bytes.Equal(r.body, b.up.Body("/v/seg7.ts")) || bytes.Equal(r.body, old.body) {
		t.Errorf("the old programme was replayed: %s", r.header.Get("X-Usher"))
	}
	if r := b.get(t, seg); !bytes.Equal(r.body, old.body) {
		t.Error("what the player knew changed under its hands")
	}
	b.Close(1)
	b.up.Change()
	if r := b.get(t, b.links(t, b.open(t, serve.Request{}).URL)["seg7.ts"]); !bytes.Equal(r.body, b.up.Body("/v/seg7.ts")) {
		t.Error("the next session got the programme of the last one")
	}
}

// TestEndOfALiveStream wants no more questions once ENDLIST was seen.
func TestEndOfALiveStream(t *testing.T) {
	asked, list := 0, "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:EVENT\n#EXTINF:4,\na.ts\n"
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		io.WriteString(w, list)
	}))
	defer up.Close()
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	link := b.link(t, up.URL+"/v.m3u8")
	list += "#EXTINF:4,\nb.ts\n#EXT-X-ENDLIST\n"
	serve.Age(b.Origin, 3*time.Second) // half the target duration and more
	if text := string(b.get(t, link).body); asked != 2 || !strings.HasSuffix(text, "b.ts\n#EXT-X-ENDLIST\n") {
		t.Errorf("asked %d times:\n%s", asked, text)
	}
	serve.Age(b.Origin, time.Minute)
	if r := b.get(t, link); asked != 2 || r.header.Get("X-Usher") != "hit; fresh" {
		t.Errorf("asked %d times, %s", asked, r.header.Get("X-Usher"))
	}
}
