package serve_test

import (
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"usher/cache/serve"
)

// TestMPVFollowsTheLadder plays a film that changes from a small rendition to a
// large one, and wants mpv to show all of it, both sizes, without a complaint.
func TestMPVFollowsTheLadder(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIP: -short leaves out the real player")
	}
	need(t, "mpv", "ffmpeg")
	dir := t.TempDir()
	makeLadder(t, dir)
	for _, c := range []struct{ name, master string }{
		{"MPEG-TS", "ts.m3u8"},
		{"CMAF", "cmaf.m3u8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newOrigin(t, serve.Options{AllowPrivate: true, Ahead: 90 * time.Second})
			got, err := g.Open(t.Context(), serve.Request{Tag: 1, URL: newFiles(t, dir).URL + "/" + c.master})
			if err != nil {
				t.Fatal(err)
			}
			played, out := playMPV(t, got.URL, "--demuxer-lavf-o=http_multiple=0", "--term-status-msg=at=${=time-pos} w=${width}\n")
			checkPlayed(t, played, 12)
			if got := widthsOf(out); !slices.Equal(got, []string{"320", "640"}) {
				t.Errorf("shown in widths %v, want 320, then 640", got)
			}
			if r, ok := g.Report(1); !ok || r.Switches != 1 || r.Segments != 12 {
				t.Errorf("report %+v", r)
			}
		})
	}
}

// TestMPVComesBackDownTheLadder: the rendition that the film began with follows a
// larger one, and its pictures are its own again.
func TestMPVComesBackDownTheLadder(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIP: -short leaves out the real player")
	}
	need(t, "mpv", "ffmpeg")
	dir := t.TempDir()
	makeLadder(t, dir)
	for _, master := range []string{"ts.m3u8", "cmaf.m3u8"} {
		t.Run(master, func(t *testing.T) {
			g := newOrigin(t, serve.Options{AllowPrivate: true, Ahead: 90 * time.Second, MaxHeight: 360})
			g.SetMaxHeight(180)
			g.SetResting(true) // each segment is decided when mpv asks for it
			up := newFiles(t, dir)
			up.spoil = func(_ http.ResponseWriter, r *http.Request, _ int) {
				switch {
				case strings.Contains(r.URL.Path, "320x180_3"):
					g.SetMaxHeight(360)
				case strings.Contains(r.URL.Path, "640x360_6"):
					g.SetMaxHeight(180)
				}
			}
			got, err := g.Open(t.Context(), serve.Request{Tag: 1, URL: up.URL + "/" + master})
			if err != nil {
				t.Fatal(err)
			}
			played, out := playMPV(t, got.URL, "--demuxer-lavf-o=http_multiple=0", "--term-status-msg=at=${=time-pos} w=${width}\n")
			checkPlayed(t, played, 12)
			if got := widthsOf(out); !slices.Equal(got, []string{"320", "640", "320"}) {
				t.Errorf("shown in widths %v, want 320, then 640, then 320 again", got)
			}
		})
	}
}

// widthsOf are the widths that mpv's status lines say, each once in a row.
func widthsOf(out string) (widths []string) {
	for _, m := range regexp.MustCompile(`w=(\d+)`).FindAllStringSubmatch(out, -1) {
		widths = append(widths, m[1])
	}
	return slices.Compact(widths)
}

// makeLadder makes twelve seconds in two sizes, each as MPEG-TS and as CMAF.
func makeLadder(t *testing.T, dir string) {
	t.Helper()
	for _, size := range []string{"320x180", "640x360"} {
		in := "-hide_banner -loglevel error -f lavfi -i testsrc2=size=" + size + ":rate=25 -t 12 -an -c:v libx264 -preset ultrafast -b:v 300k -g 25 -keyint_min 25 -sc_threshold 0 "
		for _, args := range []string{
			in + "-f hls -hls_time 1 -hls_playlist_type vod -hls_segment_filename " + size + "_%d.ts " + size + "-ts.m3u8",
			in + "-f hls -hls_time 1 -hls_playlist_type vod -hls_segment_type fmp4 -hls_fmp4_init_filename " + size + ".mp4 -hls_segment_filename " + size + "_%d.m4s " + size + "-cmaf.m3u8",
		} {
			cmd := exec.CommandContext(t.Context(), "ffmpeg", strings.Fields(args)...)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("ffmpeg %s: %v\n%s", args, err, out)
			}
		}
	}
	for _, kind := range []string{"ts", "cmaf"} {
		write(t, dir, kind+".m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=300000,RESOLUTION=320x180,CODECS=\"avc1.42c00d\"\n320x180-"+kind+".m3u8\n"+
			"#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=640x360,CODECS=\"avc1.42c01e\"\n640x360-"+kind+".m3u8\n")
	}
}
