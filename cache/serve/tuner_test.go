package serve_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"usher/cache/cachetest"
	"usher/cache/serve"
)

// ladderChannel is a live service of two renditions, in which the better one
// counts its segments otherwise. Its segments say what they are.
type ladderChannel struct {
	dates  bool
	shift  time.Duration // by which the better one begins later
	mu     sync.Mutex
	first  int
	behind int // segments that the better one's playlist lacks
}

func (c *ladderChannel) set(first, behind int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.first, c.behind = first, behind
}

func (c *ladderChannel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	dir, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case dir == "master.m3u8":
		fmt.Fprint(w, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=300000,RESOLUTION=640x360\nlow/index.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=3000000,RESOLUTION=1280x720\nhigh/index.m3u8\n")
	case name == "index.m3u8":
		msn, shift, last := c.first, time.Duration(0), c.first+4
		if dir == "high" {
			msn, shift, last = c.first+700, c.shift, last-c.behind
		}
		w.Header().Set("Cache-Control", "max-age=0")
		fmt.Fprintf(w, "#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:%d\n", msn)
		for i := c.first; i <= last; i++ {
			if c.dates && i == c.first {
				fmt.Fprintf(w, "#EXT-X-PROGRAM-DATE-TIME:%s\n", onAir().Add(time.Duration(i)*4*time.Second+shift).Format(time.RFC3339Nano))
			}
			fmt.Fprintf(w, "#EXTINF:4.000,\n%d.ts\n", i)
		}
	default:
		_, _ = fmt.Fprintf(w, "%s %s ", dir, name)
		_, _ = w.Write(make([]byte, 400_000))
	}
}

// tuneIn opens the channel on a network that is paid by volume, so that it
// begins with the small rendition; read gives what segment n of the playlist is.
func (c *ladderChannel) tuneIn(t *testing.T) (b *bench, read func(n int) string) {
	t.Helper()
	c.set(100, 0)
	srv := httptest.NewServer(c)
	t.Cleanup(func() { srv.CloseClientConnections(); srv.Close() })
	b = newBench(t, cachetest.Stream{}, serve.Options{StartBandwidth: 1_000_000})
	b.SetMetered(true)
	out := b.open(t, serve.Request{URL: srv.URL + "/master.m3u8", Live: true})
	b.segments(t, out.URL)
	return b, func(n int) string {
		t.Helper()
		var list []string
		for line := range strings.SplitSeq(string(b.get(t, out.URL).body), "\n") {
			if strings.HasPrefix(line, "/s/") {
				list = append(list, b.URL+line)
			}
		}
		if len(list) <= n {
			t.Fatalf("the playlist has %d segments", len(list))
		}
		r := b.get(t, list[n])
		if r.err != nil || r.status != http.StatusOK {
			t.Fatalf("segment %d: %d, %v", n, r.status, r.err)
		}
		words := strings.Fields(string(r.body[:20]))
		return words[0] + " " + words[1]
	}
}

func TestAChannelChangesItsRendition(t *testing.T) {
	t.Parallel()
	c := &ladderChannel{dates: true}
	b, read := c.tuneIn(t)
	if got := read(2); got != "low 102.ts" {
		t.Fatalf("it begins with %s", got)
	}
	b.SetMetered(false)
	if got := read(3); got != "high 103.ts" {
		t.Errorf("with room on the link: %s", got)
	}
	if got := read(2) + ", " + read(3); got != "low 102.ts, high 103.ts" {
		t.Errorf("asked again they are other ones: %s", got)
	}
	b.SetMetered(true)
	if got := read(4); got != "low 104.ts" {
		t.Errorf("on a metered network: %s", got)
	}
	r, ok := b.Report(1)
	if !ok || r.Switches != 2 || r.Rungs != 2 || r.Wanted != 3 || r.Decision == "" {
		t.Errorf("%+v", r)
	}
}

// TestAChannelWaitsForTheOtherPlaylist: it is read a moment before the segment
// is in it.
func TestAChannelWaitsForTheOtherPlaylist(t *testing.T) {
	t.Parallel()
	c := &ladderChannel{dates: true}
	b, read := c.tuneIn(t)
	_, _ = read(1), read(2)
	b.SetMetered(false)
	c.set(100, 1)
	go func() {
		time.Sleep(300 * time.Millisecond)
		c.set(100, 0)
	}()
	if got := read(4); got != "high 104.ts" {
		t.Errorf("got %s", got)
	}
}

// TestAChannelKeepsItsRendition where nothing else fits, or it is not known what
// does.
func TestAChannelKeepsItsRendition(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]*ladderChannel{
		"without dates":             {},
		"segments begin elsewhere":  {dates: true, shift: 2 * time.Second},
		"the other one falls short": {dates: true, behind: 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			behind := c.behind
			b, read := c.tuneIn(t)
			_ = read(2)
			b.SetMetered(false)
			c.set(100, behind)
			if got := read(3); got != "low 103.ts" {
				t.Errorf("got %s", got)
			}
		})
	}
}

// TestAChannelMovesOn: the window moves, and what the player holds is counted.
func TestAChannelMovesOn(t *testing.T) {
	t.Parallel()
	c := &ladderChannel{dates: true}
	b, read := c.tuneIn(t)
	b.SetMetered(false)
	_ = read(2)
	c.set(101, 0)
	time.Sleep(2100 * time.Millisecond) // half a target duration
	if got := read(2); got != "high 103.ts" {
		t.Errorf("the third segment is %s", got)
	}
	if r, _ := b.Report(1); r.Segments != 2 || r.Held <= 4*time.Second || r.Held > 8*time.Second {
		t.Errorf("%+v", r)
	}
}
