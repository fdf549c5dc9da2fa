package serve_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"usher/cache"
	"usher/cache/serve"
)

// TestMPV plays real streams made by ffmpeg through the origin with a real
// mpv and wants no error, the whole length, and one fetch of each object.
func TestMPV(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIP: -short leaves out the real player")
	}
	need(t, "mpv", "ffmpeg")
	dir := t.TempDir()
	makeStreams(t, dir)
	for _, c := range []struct {
		name, path string
		req        serve.Request
		seconds    float64
	}{
		{"ts ladder", "ts/master.m3u8", serve.Request{}, 6},
		{"separate audio", "cmaf/master.m3u8", serve.Request{Audio: []string{"de"}}, 6},
		{"aes", "aes/e.m3u8", serve.Request{}, 6},
		{"byte ranges", "br/br.m3u8", serve.Request{}, 6},
		{"byte ranges fmp4", "brf/br.m3u8", serve.Request{}, 6},
		{"trimmed", "ts/lo.m3u8", serve.Request{Trim: 3500 * time.Millisecond}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			up := newFiles(t, dir)
			g := newOrigin(t, serve.Options{AllowPrivate: true})
			c.req.Tag, c.req.URL = 1, up.URL+"/"+c.path
			got, err := g.Open(t.Context(), c.req)
			if err != nil {
				t.Fatal(err)
			}
			played := playMPV(t, got.URL)
			if played < c.seconds-0.3 || played > c.seconds+0.6 {
				t.Errorf("played %.2f s, want %.1f", played, c.seconds)
			}
			up.checkOnce(t)
		})
	}
}

func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("SKIP: %s not installed; make test installs it", p)
		}
	}
}

// origin is an Origin behind a real listener.
type origin struct {
	*serve.Origin
	URL   string
	store *cache.Cache
	log   *bytes.Buffer
}

func newOrigin(t *testing.T, o serve.Options) *origin {
	t.Helper()
	store, err := cache.Open(cache.Options{Memory: 32 << 20, MaxObject: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	var g *serve.Origin
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.ServeHTTP(w, r) }))
	var buf bytes.Buffer
	o.Store, o.Base = store, srv.URL
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(&buf, nil))
	}
	g = serve.New(o)
	t.Cleanup(func() {
		g.Shutdown()
		srv.CloseClientConnections()
		srv.Close()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return &origin{Origin: g, URL: srv.URL, store: store, log: &buf}
}

// files serves a folder and counts what was fetched.
type files struct {
	URL string
	mu  sync.Mutex
	got map[string]int
}

func newFiles(t *testing.T, dir string) *files {
	t.Helper()
	f := &files{got: map[string]int{}}
	h := http.FileServer(http.Dir(dir))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.got[r.URL.Path+" "+r.Header.Get("Range")]++
		f.mu.Unlock()
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	f.URL = srv.URL
	return f
}

func (f *files) checkOnce(t *testing.T) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for what, n := range f.got {
		if n != 1 {
			t.Errorf("%s fetched %d times, want once", what, n)
		}
	}
}

// playMPV plays a URL as fast as it can and gives the time of the last
// picture. Any error or warning of the demuxer fails the test.
func playMPV(t *testing.T, url string) float64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "mpv", "--no-config", "--vo=null", "--ao=null", "--untimed", "--ao-null-untimed",
		"--no-input-terminal", "--msg-level=all=warn,ffmpeg=info,statusline=status", "--term-status-msg=at=${=time-pos}\n", url)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("mpv: %v\n%s", err, out)
	}
	bad := regexp.MustCompile(`(?im)^.*(error|fail|corrupt|invalid|HTTP/|skip).*$`)
	if m := bad.FindAll(out, -1); m != nil {
		t.Errorf("mpv complains:\n%s", bytes.Join(m, []byte("\n")))
	}
	last := 0.0
	for _, m := range regexp.MustCompile(`at=([0-9.]+)`).FindAllSubmatch(out, -1) {
		var v float64
		if _, err := fmt.Sscan(string(m[1]), &v); err == nil {
			last = max(last, v)
		}
	}
	return last
}

// makeStreams makes six seconds of film in the shapes that services use.
func makeStreams(t *testing.T, dir string) {
	t.Helper()
	const in = "-hide_banner -loglevel error -f lavfi -i testsrc2=size=320x180:rate=25 -f lavfi -i sine -t 6 "
	const video = "-c:v libx264 -preset ultrafast -b:v 200k -g 25 -keyint_min 25 -sc_threshold 0 "
	const vod = "-f hls -hls_time 1 -hls_playlist_type vod "
	for _, d := range []string{"ts", "cmaf", "aes", "br", "brf"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, "aes/k.key", "0123456789abcdef")
	write(t, dir, "aes/info", "k.key\n"+filepath.Join(dir, "aes/k.key")+"\n")
	for _, args := range []string{
		in + video + "-c:a aac " + vod + "-hls_segment_filename ts/lo_%d.ts ts/lo.m3u8",
		in + video + "-c:a aac " + vod + "-hls_flags single_file br/br.m3u8",
		in + video + "-c:a aac " + vod + "-hls_flags single_file -hls_segment_type fmp4 brf/br.m3u8",
		in + video + "-c:a aac " + vod + "-hls_key_info_file aes/info -hls_segment_filename aes/e_%d.ts aes/e.m3u8",
		in + video + "-an " + vod + "-hls_segment_type fmp4 -hls_fmp4_init_filename v.mp4 -hls_segment_filename cmaf/v_%d.m4s cmaf/v.m3u8",
		in + "-vn -c:a aac " + vod + "-hls_segment_type fmp4 -hls_fmp4_init_filename a.mp4 -hls_segment_filename cmaf/a_%d.m4s cmaf/a.m3u8",
	} {
		cmd := exec.CommandContext(t.Context(), "ffmpeg", strings.Fields(args)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("ffmpeg %s: %v\n%s", args, err, out)
		}
	}
	write(t, dir, "ts/master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=300000,RESOLUTION=320x180\nlo.m3u8\n"+
		"#EXT-X-STREAM-INF:BANDWIDTH=9000000,RESOLUTION=3840x2160\nmissing.m3u8\n")
	write(t, dir, "cmaf/master.m3u8", `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",LANGUAGE="en",DEFAULT=YES,URI="missing.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Deutsch",LANGUAGE="de",AUTOSELECT=YES,URI="a.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=300000,RESOLUTION=320x180,AUDIO="a"
v.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=200000,RESOLUTION=160x90,AUDIO="a"
missing.m3u8
`)
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
