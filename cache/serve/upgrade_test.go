package serve_test

import (
	"fmt"
	"testing"
	"time"

	"usher/cache/cachetest"
	"usher/cache/serve"
)

// TestWhatWasReadAheadInAHurryBecomesBetter fills the window with the small
// rendition and then lets the better one in.
func TestWhatWasReadAheadInAHurryBecomesBetter(t *testing.T) {
	t.Parallel()
	s := ladder(60)
	s.Size = 64 << 10
	b := newBench(t, s, serve.Options{Ahead: 80 * time.Second})
	b.SetMetered(true) // no more than 2.5 Mb/s
	links := b.links(t, b.open(t, serve.Request{}).URL)
	b.Playhead(1, serve.Playhead{})
	b.slot(t, links, 0)
	b.slot(t, links, 9) // it is the player's, also when it comes again
	eventually(t, "the window is full", func() bool { r, _ := b.Report(1); return r.Held >= 28*time.Second })
	b.SetMetered(false)
	b.Playhead(1, serve.Playhead{})
	eventually(t, "segments become better", func() bool { r, _ := b.Report(1); return r.Replaced >= 2 })
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Refuse, Path: "/"})
	held, _ := b.Report(1)
	better := 0
	for i := 1; i < int(held.Held/(2*time.Second)); i++ {
		if b.slot(t, links, i) == "high" && b.up.Count(fmt.Sprintf("/low/seg%d.ts", i)) > 0 {
			better++
		}
	}
	if again := b.slot(t, links, 9); again != "low" {
		t.Errorf("a segment that the player has was replaced: it is %s", again)
	}
	r, _ := b.Report(1)
	if better < 2 || r.InTime < r.Wanted-2 {
		t.Errorf("the player got %d that became better; report %+v", better, r)
	}
	if most := r.Ahead*8/100 + 512<<10; r.Thrown == 0 || r.Thrown > most+int64(s.Size) || r.Unread < r.Thrown {
		t.Errorf("%d bytes thrown away of %d, want some and at most %d; unread %d", r.Thrown, r.Ahead, most, r.Unread)
	}
}

// TestNothingIsReplacedOnAShortWindow: what is held comes first.
func TestNothingIsReplacedOnAShortWindow(t *testing.T) {
	t.Parallel()
	b := newBench(t, ladder(40), serve.Options{Ahead: 16 * time.Second})
	b.SetMetered(true)
	links := b.links(t, b.open(t, serve.Request{}).URL)
	b.Playhead(1, serve.Playhead{})
	b.slot(t, links, 0)
	held := func() bool { r, _ := b.Report(1); return r.Held >= 16*time.Second }
	eventually(t, "the window is full", held)
	b.SetMetered(false)
	b.Playhead(1, serve.Playhead{Position: 4 * time.Second})
	eventually(t, "the window moves on", func() bool { return b.up.Count("/high/seg9.ts") == 1 && held() })
	if r, _ := b.Report(1); r.Replaced != 0 || r.Thrown != 0 {
		t.Errorf("report %+v", r)
	}
}

// TestAFetchThatWouldComeTooLateIsGivenUp begins a large segment on a link that
// is fast, and then is not any more.
func TestAFetchThatWouldComeTooLateIsGivenUp(t *testing.T) {
	t.Parallel()
	b := newBench(t, ladder(60), serve.Options{Ahead: 16 * time.Second})
	links := b.links(t, b.open(t, serve.Request{}).URL)
	b.Playhead(1, serve.Playhead{})
	b.slot(t, links, 0)
	eventually(t, "the better rendition is known", func() bool { return b.up.Count("/high/seg6.ts") == 1 })
	for i := 30; i < 60; i++ { // 0.16 Mb/s
		b.up.Misbehave(cachetest.Fault{Kind: cachetest.Drip, Path: fmt.Sprintf("/high/seg%d.ts", i), After: 2000, Every: 100 * time.Millisecond})
	}
	b.Playhead(1, serve.Playhead{Position: 60 * time.Second, At: time.Now()})
	eventually(t, "it is given up", func() bool { r, _ := b.Report(1); return r.Abandoned >= 1 })
	if b.up.Count("/high/seg30.ts") != 1 {
		t.Fatal("it was never begun")
	}
	if got := b.slot(t, links, 30); got != "low" {
		t.Errorf("the player gets %s", got)
	}
	if r, _ := b.Report(1); r.Thrown == 0 || r.Unread < r.Thrown {
		t.Errorf("what came of it is not counted: %+v", r)
	}
}

// TestWhatThePlayerHasBegunStays: the rest of a segment is of the rendition of
// its beginning, however slow the link has become.
func TestWhatThePlayerHasBegunStays(t *testing.T) {
	t.Parallel()
	s := ladder(60)
	s.Size = 64 << 10
	b := newBench(t, s, serve.Options{Ahead: 16 * time.Second})
	links := b.links(t, b.open(t, serve.Request{}).URL)
	b.Playhead(1, serve.Playhead{})
	b.slot(t, links, 0)
	eventually(t, "the better rendition is known", func() bool { return b.up.Count("/high/seg6.ts") == 1 })
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Drip, Path: "/high/seg30.ts", After: 2000, Every: 100 * time.Millisecond})
	b.Playhead(1, serve.Playhead{Position: 60 * time.Second, At: time.Now()})
	if r := b.get(t, links["seg30.ts"], "Range", "bytes=0-1999"); r.err != nil || len(r.body) != 2000 {
		t.Fatalf("the beginning: %d bytes, %v", len(r.body), r.err)
	}
	time.Sleep(1200 * time.Millisecond) // the link is looked at meanwhile
	if got := b.slot(t, links, 30); got != "high" {
		t.Errorf("the rest is %s", got)
	}
	if r, _ := b.Report(1); r.Abandoned != 0 {
		t.Errorf("given up: %+v", r)
	}
}

// TestSoundAndPictureBeginSideBySide holds the picture's init section back, and
// wants everything else that the start takes to be fetched meanwhile.
func TestSoundAndPictureBeginSideBySide(t *testing.T) {
	t.Parallel()
	b := newBench(t, cachetest.Stream{Audio: []string{"en"}, FMP4: true}, serve.Options{})
	until := make(chan struct{})
	b.up.Misbehave(cachetest.Fault{Kind: cachetest.Stall, Path: "/v/init.mp4", Times: 1, Until: until})
	b.open(t, serve.Request{})
	for _, p := range []string{"/v/init.mp4", "/v/seg0.ts", "/audio-en/init.mp4", "/audio-en/seg0.ts"} {
		eventually(t, p+" is asked for", func() bool { return b.up.Count(p) == 1 })
	}
	close(until)
	if b.up.Count("/v/seg1.ts") != 0 {
		t.Error("more than what the start takes was fetched")
	}
}
