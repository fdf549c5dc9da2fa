package serve_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"usher/cache/abr"
	"usher/cache/cachetest"
	"usher/cache/serve"
)

// eventually waits for what another goroutine does.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// ladder is a film of two renditions and many segments.
func ladder(n int) cachetest.Stream {
	return cachetest.Stream{
		Segments: n, Duration: 2 * time.Second, Size: 256 << 10,
		Rungs: []cachetest.Rung{rung("low", 300_000, 360), rung("high", 3_000_000, 720)},
	}
}

// slot reads one segment and says of which rendition it was.
func (b *bench) slot(t *testing.T, links map[string]string, i int) string {
	t.Helper()
	name := fmt.Sprintf("seg%d.ts", i)
	r := b.get(t, links[name], "Range", "bytes=0-")
	if r.err != nil || r.status != 206 {
		t.Fatalf("%s: %d, %v", name, r.status, r.err)
	}
	for _, rendition := range []string{"low", "high"} {
		if bytes.Equal(r.body, b.up.Body("/"+rendition+"/"+name)) {
			return rendition
		}
	}
	t.Fatalf("%s is of no rendition: %d bytes", name, len(r.body))
	return ""
}

func TestARenditionIsChosenWhenItIsAskedFor(t *testing.T) {
	t.Parallel()
	b := newBench(t, ladder(12), serve.Options{})
	got := b.open(t, serve.Request{})
	text := string(b.get(t, got.URL).body)
	if strings.Count(text, "#EXTINF:2.000000,") != 12 || !strings.Contains(text, "#EXT-X-ENDLIST") || !strings.Contains(text, "#EXT-X-PLAYLIST-TYPE:VOD") {
		t.Fatalf("list of slots:\n%s", text)
	}
	links := b.links(t, got.URL)
	if first := b.slot(t, links, 0); first != "low" {
		t.Fatalf("begins with %s although nothing is known of the link", first)
	}
	i := 1
	for ; i < 11 && b.slot(t, links, i) == "low"; i++ {
		time.Sleep(100 * time.Millisecond) // the other playlist is being read
	}
	if i == 11 {
		r, _ := b.Report(1)
		t.Fatalf("never changed to the better rendition on a fast link: %+v", r)
	}
	if again := b.slot(t, links, 0); again != "low" {
		t.Errorf("read again, the first segment is %s", again)
	}
	r, ok := b.Report(1)
	if !ok || r.Switches != 1 || r.Rungs != 2 || r.MeanRate < 300_000 || r.Decision == "" {
		t.Errorf("report %+v", r)
	}
}

func TestARenditionThatDoesNotFitIsLeftOut(t *testing.T) {
	t.Parallel()
	b := newBench(t, ladder(8), serve.Options{Ahead: time.Minute})
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Status, Path: "/high/list.m3u8", Status: 404})
	links := b.links(t, b.open(t, serve.Request{}).URL)
	for i := range 8 {
		if got := b.slot(t, links, i); got != "low" {
			t.Fatalf("segment %d is %s", i, got)
		}
	}
}

// TestReadsAheadUpToTheWindow also wants the window to follow the player, and
// a jump to be served first.
func TestReadsAheadUpToTheWindow(t *testing.T) {
	t.Parallel()
	s := cachetest.Stream{Segments: 60, Duration: 2 * time.Second, Size: 64 << 10}
	b := newBench(t, s, serve.Options{Ahead: 20 * time.Second})
	links := b.links(t, b.open(t, serve.Request{}).URL)
	at := func(pos time.Duration) { b.Playhead(1, serve.Playhead{Position: pos, At: time.Now()}) }
	at(0)
	if b.up.Count("/v/seg1.ts") != 0 {
		t.Fatal("read ahead before the player began")
	}
	b.get(t, links["seg0.ts"])
	count := func(i int) int { return b.up.Count(fmt.Sprintf("/v/seg%d.ts", i)) }
	eventually(t, "the window is full", func() bool { return count(9) == 1 })
	at(10 * time.Second)
	eventually(t, "the window moves on", func() bool { return count(14) == 1 })
	if count(16) != 0 {
		t.Error("read beyond the window")
	}
	at(80 * time.Second)
	eventually(t, "the window follows a jump", func() bool { return count(49) == 1 })
	if count(30) != 0 {
		t.Error("what was jumped over was read")
	}
	for i := 40; i < 50; i++ {
		if r := b.get(t, links[fmt.Sprintf("seg%d.ts", i)]); r.header.Get("X-Usher") != "hit; kept" {
			t.Errorf("segment %d: %s", i, r.header.Get("X-Usher"))
		}
	}
	r, _ := b.Report(1)
	if r.Wanted != r.InTime && r.Segments != 11 || r.Held < 20*time.Second {
		t.Errorf("report %+v", r)
	}
}

func TestTheWindowOutlastsAnOutage(t *testing.T) {
	t.Parallel()
	b := newBench(t, ladder(20), serve.Options{Ahead: 16 * time.Second})
	links := b.links(t, b.open(t, serve.Request{}).URL)
	b.Playhead(1, serve.Playhead{At: time.Now()})
	b.slot(t, links, 0)
	eventually(t, "the window is full", func() bool { r, _ := b.Report(1); return r.Held >= 16*time.Second })
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Refuse, Path: "/"})
	for i := 1; i < 8; i++ {
		b.slot(t, links, i)
	}
	before, _ := b.Report(1)
	b.up.Heal()
	b.Playhead(1, serve.Playhead{Position: 12 * time.Second, At: time.Now()})
	eventually(t, "the window refills", func() bool { r, _ := b.Report(1); return r.Held >= 16*time.Second })
	if got := b.slot(t, links, 12); got != "high" {
		t.Errorf("after the outage: %s; it was %+v before", got, before)
	}
}

func TestSilenceIsTold(t *testing.T) {
	t.Parallel()
	b := newBench(t, cachetest.Stream{}, serve.Options{})
	seg := b.segment(t)
	until := make(chan struct{})
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Stall, Path: seg0, Times: 1, After: 20_000, Until: until})
	began, done := time.Now(), make(chan reply, 1)
	go func() { done <- b.get(t, seg) }()
	if tr := b.nextNews(t); tr == nil || tr.Code != serve.Unreachable {
		t.Fatalf("told %v", tr)
	}
	if took := time.Since(began); took < 2*time.Second || took > 30*time.Second {
		t.Errorf("told after %v, want about 3 s", took)
	}
	close(until)
	if r := <-done; !bytes.Equal(r.body, b.up.Body(seg0)) {
		t.Errorf("afterwards: %d, %v", r.status, r.err)
	}
	for tr := b.nextNews(t); tr != nil; tr = b.nextNews(t) {
		if tr.Code != serve.Unreachable {
			t.Errorf("told %v", tr)
		}
	}
}

func TestByteRangesOfALadder(t *testing.T) {
	t.Parallel()
	s := ladder(6)
	s.Ranges = true
	b := newBench(t, s, serve.Options{})
	got := b.open(t, serve.Request{})
	text := string(b.get(t, got.URL).body)
	if strings.Contains(text, "BYTERANGE") {
		t.Fatalf("slots are objects of their own:\n%s", text)
	}
	paths := slotPaths(text)
	if len(paths) != 6 {
		t.Fatalf("%d slots", len(paths))
	}
	whole := b.up.Body("/low/all.ts")
	for i, p := range paths[:2] {
		r := b.get(t, b.URL+p, "Range", "bytes=100-")
		part := whole[i*s.Size : (i+1)*s.Size]
		if i == 0 && (r.status != 206 || !bytes.Equal(r.body, part[100:])) {
			t.Errorf("slot %d: %d, %d bytes", i, r.status, len(r.body))
		}
		if len(r.body) != s.Size-100 {
			t.Errorf("slot %d has %d bytes", i, len(r.body))
		}
	}
}

func slotPaths(text string) (paths []string) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "/s/") {
			paths = append(paths, strings.TrimSpace(line))
		}
	}
	return paths
}

func TestTheLinkIsRemembered(t *testing.T) {
	t.Parallel()
	b := newBench(t, cachetest.Stream{Size: 4 << 20}, serve.Options{})
	links := b.links(t, b.open(t, serve.Request{}).URL)
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Drip, After: 200_000, Every: 50 * time.Millisecond})
	b.get(t, links["seg0.ts"])
	if rate := b.LinkRate(); rate < 500_000 || rate > 60_000_000 { // 32 Mb/s; less where the machine is busy elsewhere
		t.Errorf("measured %d bit/s", rate)
	}
	next := newBench(t, ladder(4), serve.Options{})
	if err := next.RestoreLink(b.LinkState()); err != nil || next.LinkRate() == 0 {
		t.Errorf("restored %d bit/s, %v", next.LinkRate(), err)
	}
	if err := next.RestoreLink(fastLink(t)); err != nil {
		t.Fatal(err)
	}
	if got := next.LinkRate(); got < 29_000_000 || got > 35_000_000 {
		t.Errorf("restored %d bit/s", got)
	}
	if got := next.open(t, serve.Request{}); got.Height != 720 {
		t.Errorf("begins with %d lines on a link that is known to be fast", got.Height)
	}
	if err := next.RestoreLink([]byte("nonsense")); err == nil {
		t.Error("nonsense was taken")
	}
	if next.RestoreLink(nil) != nil || next.LinkRate() != 0 {
		t.Errorf("another network: %d bit/s", next.LinkRate())
	}
}

// fastLink is what is kept of a link on which 32 Mb/s came for ten seconds.
func fastLink(t *testing.T) []byte {
	t.Helper()
	var m abr.Meter
	now := time.Now().Add(-10 * time.Second)
	f := m.Begin(now)
	for range 100 {
		now = now.Add(100 * time.Millisecond)
		f.Bytes(now, 400_000)
	}
	f.End(now)
	state, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return state
}
