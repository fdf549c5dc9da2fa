package serve_test

import (
	"fmt"
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

// channel is a live service: segments of 4 s, a window of them that the test
// moves, with sound apart and dates when asked for.
type channel struct {
	dates, sound bool

	mu          sync.Mutex
	first, last int
}

func (c *channel) move(first, last int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.first, c.last = first, last
}

// onAir is when segment 0 began.
func onAir() time.Time { return time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC) }

func programme(msn int) time.Duration {
	return time.Duration(onAir().Add(time.Duration(msn) * 4 * time.Second).UnixNano())
}

func (c *channel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case strings.HasSuffix(r.URL.Path, "master.m3u8"):
		fmt.Fprint(w, "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"x\",LANGUAGE=\"en\",DEFAULT=YES,URI=\"sound/index.m3u8\"\n"+
			"#EXT-X-STREAM-INF:BANDWIDTH=1000,AUDIO=\"a\"\npicture/index.m3u8\n")
	case strings.HasSuffix(r.URL.Path, ".m3u8"):
		w.Header().Set("Cache-Control", "max-age=0")
		fmt.Fprintf(w, "#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:%d\n", c.first)
		for i := c.first; i <= c.last; i++ {
			if c.dates {
				fmt.Fprintf(w, "#EXT-X-PROGRAM-DATE-TIME:%s\n", onAir().Add(time.Duration(i)*4*time.Second).Format(time.RFC3339Nano))
			}
			fmt.Fprintf(w, "#EXTINF:4.000,\n%d.ts\n", i)
		}
	default:
		_, _ = fmt.Fprint(w, "segment ", r.URL.Path)
	}
}

// tuned is an origin in front of the channel.
func (c *channel) tuned(t *testing.T) (b *bench, url string, windows chan serve.Window) {
	t.Helper()
	srv := httptest.NewServer(c)
	t.Cleanup(func() { srv.CloseClientConnections(); srv.Close() })
	windows = make(chan serve.Window, 64)
	b = newBench(t, cachetest.Stream{}, serve.Options{Live: func(_ uint64, w serve.Window) { windows <- w }})
	name := "/index.m3u8"
	if c.sound {
		name = "/master.m3u8"
	}
	return b, srv.URL + name, windows
}

var segmentName = regexp.MustCompile(`(?m)^/s/\w+/(\d+)\.ts$`)

// segments are the numbers in the playlist at u, and the address of the first.
func (b *bench) segments(t *testing.T, u string) (all []string, first string) {
	t.Helper()
	for _, m := range segmentName.FindAllStringSubmatch(string(b.get(t, u).body), -1) {
		if first == "" {
			first = b.URL + m[0]
		}
		all = append(all, m[1])
	}
	return all, first
}

func TestLiveIsJoinedAtItsEnd(t *testing.T) {
	c := &channel{dates: true, first: 100, last: 249}
	b, url, _ := c.tuned(t)
	o := b.open(t, serve.Request{Tag: 1, URL: url})
	want := serve.Window{
		Start: programme(100), End: programme(250), Live: programme(247), Target: 4 * time.Second,
		At: o.Window.At, Anchor: serve.Anchor{MSN: 249, At: programme(249)},
	}
	if !o.Live || o.Window != want || o.Base != want.Live {
		t.Fatalf("%+v\nwant %+v", o, want)
	}
	if all, _ := b.segments(t, o.URL); len(all) != 150 {
		t.Fatalf("%d segments", len(all))
	}
}

// TestLiveIsJoinedBehindItsEnd: three segments until the player has read one,
// then all from there on.
func TestLiveIsJoinedBehindItsEnd(t *testing.T) {
	c := &channel{dates: true, first: 100, last: 249}
	b, url, windows := c.tuned(t)
	o := b.open(t, serve.Request{Tag: 1, URL: url, At: programme(200) + 1500*time.Millisecond})
	if o.Base != programme(200) {
		t.Fatalf("base %v, want that of 200", o.Base-programme(0))
	}
	all, first := b.segments(t, o.URL)
	if got := strings.Join(all, " "); got != "200 201 202" {
		t.Fatalf("joins at %s", got)
	}
	b.get(t, first)
	if w := <-windows; w.Begin != programme(200) {
		t.Fatalf("began at %v", w.Begin-programme(0))
	}
	if all, _ = b.segments(t, o.URL); len(all) != 50 || all[0] != "200" {
		t.Fatalf("then %d segments from %s", len(all), all[0])
	}
}

func TestLiveJoinsWhatIsThere(t *testing.T) {
	for name, tc := range map[string]struct {
		at    time.Duration
		first string
		n     int
	}{
		"before the window": {programme(50), "100", 3},
		"at the end":        {programme(120), "100", 21},
		"after the end":     {programme(999), "100", 21},
	} {
		t.Run(name, func(t *testing.T) {
			c := &channel{dates: true, first: 100, last: 120}
			b, url, _ := c.tuned(t)
			o := b.open(t, serve.Request{Tag: 1, URL: url, At: tc.at})
			if all, _ := b.segments(t, o.URL); len(all) != tc.n || all[0] != tc.first {
				t.Fatalf("%v", all)
			}
		})
	}
}

// TestLiveSoundIsJoinedWithThePicture: both lists begin at the same moment.
func TestLiveSoundIsJoinedWithThePicture(t *testing.T) {
	for _, dates := range []bool{true, false} {
		c := &channel{dates: dates, sound: true, first: 100, last: 249}
		b, url, _ := c.tuned(t)
		at := b.open(t, serve.Request{Tag: 1, URL: url}).Window.Start + 400*time.Second
		o := b.open(t, serve.Request{Tag: 1, URL: url, At: at, Anchor: serve.Anchor{MSN: 200, At: at}})
		lists := 0
		for _, u := range regexp.MustCompile(`/s/\w+/index\.m3u8`).FindAllString(string(b.get(t, o.URL).body), -1) {
			u = b.URL + u
			lists++
			if all, _ := b.segments(t, u); strings.Join(all, " ") != "200 201 202" {
				t.Errorf("dates %v: %s joins at %v", dates, u, all)
			}
		}
		if lists != 2 {
			t.Fatalf("%d lists", lists)
		}
	}
}

// TestLiveTellsWhenTheWindowMovesOtherwise: not while it moves with the clock.
func TestLiveTellsWhenTheWindowMovesOtherwise(t *testing.T) {
	c := &channel{dates: true, first: 100, last: 109}
	b, url, windows := c.tuned(t)
	o := b.open(t, serve.Request{Tag: 1, URL: url})
	_, first := b.segments(t, o.URL)
	b.get(t, first)
	<-windows // where it began
	c.move(103, 112)
	for len(windows) == 0 { // the copy that is fresh for two seconds ends
		b.get(t, o.URL)
		time.Sleep(50 * time.Millisecond)
	}
	if w := <-windows; w.End != programme(113) || w.Start != programme(103) {
		t.Fatalf("%+v", w)
	}
	c.move(0, 0) // the encoder began again, and its dates with it
	for len(windows) == 0 {
		b.get(t, o.URL)
		time.Sleep(50 * time.Millisecond)
	}
	if w := <-windows; w.End != programme(1) {
		t.Fatalf("%+v", w)
	}
}

// TestLiveWithoutDatesKeepsItsTimes: an anchor carries them to the next session.
func TestLiveWithoutDatesKeepsItsTimes(t *testing.T) {
	c := &channel{first: 100, last: 149}
	b, url, _ := c.tuned(t)
	o := b.open(t, serve.Request{Tag: 1, URL: url})
	if off := time.Since(time.Unix(0, int64(o.Window.End))); off < 0 || off > time.Minute {
		t.Fatalf("the end is %v ago", off)
	}
	for _, first := range []int{140, 300} { // the anchor is in the window, or fell out of it
		c.move(first, first+49)
		b.Close(1)
		again := b.open(t, serve.Request{Tag: 1, URL: url, Anchor: o.Window.Anchor})
		if want := o.Window.Start + time.Duration(first-100)*4*time.Second; again.Window.Start != want {
			t.Fatalf("from %d: begins %v off", first, again.Window.Start-want)
		}
	}
}
