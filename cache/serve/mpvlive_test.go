package serve_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"usher/cache/serve"
)

// liveSeconds is how long the channel of makeLadder is on the air, in segments
// of a second.
const liveSeconds = 12

// onAirLadder puts the film of makeLadder on the air from the first segment on
// that somebody reads: a window of six segments that slides, and then the end.
// The larger rendition counts its segments otherwise.
type onAirLadder struct {
	files http.Handler
	kind  string // "ts" or "cmaf"
	asked func(size string, segment int)

	mu     sync.Mutex
	began  time.Time
	newest int // the newest segment that was asked for
}

func (c *onAirLadder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	size, isList := strings.CutSuffix(name, "-"+c.kind+".m3u8")
	c.mu.Lock()
	if !isList && strings.Contains(name, "_") && c.began.IsZero() {
		c.began = time.Now()
	}
	began, newest := c.began, c.newest
	c.mu.Unlock()
	if !isList {
		c.tell(name)
		c.files.ServeHTTP(w, r)
		return
	}
	last, shift := 2, 0
	if !began.IsZero() {
		last = min(2+int(time.Since(began)/time.Second), newest+3, liveSeconds-1) // a loaded machine is waited for
	}
	if size == "640x360" {
		shift = 700
	}
	fmt.Fprint(w, c.list(size, max(0, last-5), last, shift))
}

// tell says which segment is asked for.
func (c *onAirLadder) tell(name string) {
	size, rest, _ := strings.Cut(name, "_")
	number, _, _ := strings.Cut(rest, ".")
	if i, err := strconv.Atoi(number); err == nil {
		c.mu.Lock()
		c.newest = max(c.newest, i)
		c.mu.Unlock()
		c.asked(size, i)
	}
}

func (c *onAirLadder) list(size string, first, last, shift int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:%d\n", first+shift)
	fmt.Fprintf(&b, "#EXT-X-PROGRAM-DATE-TIME:%s\n", onAir().Add(time.Duration(first)*time.Second).Format(time.RFC3339Nano))
	ext := ".ts"
	if c.kind == "cmaf" {
		ext = ".m4s"
		fmt.Fprintf(&b, "#EXT-X-MAP:URI=\"%s.mp4\"\n", size)
	}
	for i := first; i <= last; i++ {
		fmt.Fprintf(&b, "#EXTINF:1.000,\n%s_%d%s\n", size, i, ext)
	}
	if last == liveSeconds-1 {
		b.WriteString("#EXT-X-ENDLIST\n")
	}
	return b.String()
}

// TestMPVFollowsALiveLadder plays a channel on a screen that becomes larger for
// some seconds, and wants mpv to show all of it, in the small rendition, the
// large one and the small one again, without a complaint.
func TestMPVFollowsALiveLadder(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIP: -short leaves out the real player")
	}
	need(t, "mpv", "ffmpeg")
	dir := t.TempDir()
	makeLadder(t, dir)
	for _, kind := range []string{"ts", "cmaf"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			liveLadder(t, dir, kind)
		})
	}
}

func liveLadder(t *testing.T, dir, kind string) {
	g := newOrigin(t, serve.Options{AllowPrivate: true, MaxHeight: 360})
	g.SetMaxHeight(180)
	c := &onAirLadder{files: http.FileServer(http.Dir(dir)), kind: kind}
	c.asked = func(size string, segment int) {
		switch {
		case size == "320x180" && segment == 3:
			g.SetMaxHeight(360)
		case size == "640x360" && segment >= 6:
			g.SetMaxHeight(180)
		}
	}
	srv := httptest.NewServer(c)
	t.Cleanup(srv.Close)
	got, err := g.Open(t.Context(), serve.Request{Tag: 1, URL: srv.URL + "/" + kind + ".m3u8", Live: true})
	if err != nil {
		t.Fatal(err)
	}
	if !got.Live || got.Height != 180 {
		t.Fatalf("opened %+v", got)
	}
	played, out := playMPV(t, got.URL, "--demuxer-lavf-o=http_multiple=0", "--term-status-msg=at=${=time-pos} w=${width}\n")
	checkPlayed(t, played, liveSeconds)
	if got := widthsOf(out); !slices.Equal(got, []string{"320", "640", "320"}) {
		t.Errorf("shown in widths %v, want 320, then 640, then 320 again", got)
	}
	if r, ok := g.Report(1); !ok || r.Rungs != 2 || r.Switches != 2 || r.Segments != liveSeconds {
		t.Errorf("report %+v", r)
	}
}
