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
	"slices"
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
			played, _ := playMPV(t, got.URL)
			checkPlayed(t, played, c.seconds)
			up.checkOnce(t)
		})
	}
	t.Run("outage", func(t *testing.T) { t.Parallel(); mpvOutage(t, dir) })
	t.Run("captions", func(t *testing.T) { t.Parallel(); mpvCaptions(t, dir) })
	t.Run("live", func(t *testing.T) { t.Parallel(); mpvLive(t, dir) })
	t.Run("links", func(t *testing.T) { t.Parallel(); playLinks(t, dir) })
}

func checkPlayed(t *testing.T, played, want float64) {
	t.Helper()
	if played < want-0.3 || played > want+0.6 {
		t.Errorf("played %.2f s, want %.1f", played, want)
	}
}

// mpvOutage cuts one segment in the middle and refuses another five times,
// which is more than a second. mpv by itself skips such segments.
func mpvOutage(t *testing.T, dir string) {
	up := newFiles(t, dir)
	up.spoil = func(w http.ResponseWriter, r *http.Request, n int) {
		switch {
		case strings.HasSuffix(r.URL.Path, "lo_2.ts") && n == 1:
			half, err := os.ReadFile(filepath.Join(dir, "ts", "lo_2.ts"))
			if err != nil {
				t.Error(err)
			}
			w.Header().Set("Content-Length", fmt.Sprint(len(half)))
			w.Write(half[:len(half)/2]) // the reader may leave
			panic(http.ErrAbortHandler)
		case strings.HasSuffix(r.URL.Path, "lo_4.ts") && n <= 3:
			http.Error(w, "away", http.StatusServiceUnavailable)
		}
	}
	g := newOrigin(t, serve.Options{AllowPrivate: true})
	got, err := g.Open(t.Context(), serve.Request{Tag: 1, URL: up.URL + "/ts/lo.m3u8"})
	if err != nil {
		t.Fatal(err)
	}
	played, _ := playMPV(t, got.URL)
	checkPlayed(t, played, 6)
}

// mpvCaptions plays from 2 s on with the joined subtitles beside the film.
func mpvCaptions(t *testing.T, dir string) {
	g := newOrigin(t, serve.Options{AllowPrivate: true})
	r := serve.Request{Tag: 1, URL: newFiles(t, dir).URL + "/cmaf/master.m3u8", Audio: []string{"de"}, Subtitle: []string{"de"}, Trim: 2500 * time.Millisecond}
	got, err := g.Open(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Captions) != 1 || got.SubtitleLang != "de" || got.Base != 2*time.Second {
		t.Fatalf("opened %+v", got)
	}
	played, out := playMPV(t, got.URL, "--sub-file="+got.Captions[0].URL)
	checkPlayed(t, played, 4)
	if strings.Contains(out, "sub=Eins") || !strings.Contains(out, "sub=Vier") {
		t.Errorf("subtitles are not where they belong:\n%s", out)
	}
	at := regexp.MustCompile(`at=([0-9.]+) sub=Vier`).FindStringSubmatch(out)
	if at == nil || at[1] < "1.9" || at[1] > "2.2" { // 4 s of the film
		t.Errorf("the fourth subtitle comes at %v", at)
	}
}

// slide is a window of three segments over the film. It moves by one a second
// at most, and waits for who reads: what is tried is a window that moves, not
// how fast this machine is.
type slide struct {
	files http.Handler

	mu    sync.Mutex
	first int       // segment of the window
	moved time.Time // last
	asked int       // the newest segment that was
}

func (s *slide) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := 0
	if _, err := fmt.Sscanf(r.URL.Path, "/ts/lo_%d.ts", &n); err == nil {
		s.mu.Lock()
		s.asked = max(s.asked, n)
		s.mu.Unlock()
		s.files.ServeHTTP(w, r)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first < 3 && s.asked == s.first+2 && time.Since(s.moved) > time.Second {
		s.first, s.moved = s.first+1, time.Now()
	}
	fmt.Fprintf(w, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:%d\n", s.first)
	for i := s.first; i < s.first+3; i++ {
		fmt.Fprintf(w, "#EXTINF:1.0,\nlo_%d.ts\n", i)
	}
	if s.first == 3 && s.asked == 5 {
		fmt.Fprint(w, "#EXT-X-ENDLIST\n")
	}
}

func mpvLive(t *testing.T, dir string) {
	srv := httptest.NewServer(&slide{files: http.FileServer(http.Dir(dir))})
	t.Cleanup(srv.Close)
	g := newOrigin(t, serve.Options{AllowPrivate: true})
	got, err := g.Open(t.Context(), serve.Request{Tag: 1, URL: srv.URL + "/ts/live.m3u8", Live: true})
	if err != nil {
		t.Fatal(err)
	}
	if !got.Live {
		t.Error("not live")
	}
	played, _ := playMPV(t, got.URL)
	checkPlayed(t, played, 6)
}

// playLinks reads links with players that know nothing of Usher, twice: the
// second time nothing but playlists is fetched.
func playLinks(t *testing.T, dir string) {
	need(t, "curl")
	for path, frames := range map[string]string{
		"ts/lo.m3u8": "150", "cmaf/whole.m3u8": "150", "aes/e.m3u8": "150", "br/br.m3u8": "150", "brf/br.m3u8": "150", "ts/lo_3.ts": "25",
	} {
		t.Run(path, func(t *testing.T) {
			up := newFiles(t, dir)
			g := newOrigin(t, serve.Options{AllowPrivate: true})
			link, err := g.Link(t.Context(), up.URL+"/"+path)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				cmd := exec.CommandContext(t.Context(), "ffmpeg", "-v", "warning", "-progress", "-", "-i", link, "-map", "0:v:0", "-c", "copy", "-f", "null", "-")
				out, err := cmd.CombinedOutput()
				if err != nil || !strings.Contains(string(out), "frame="+frames+"\n") || strings.Contains(string(out), "http") {
					t.Errorf("ffmpeg: %v\n%s", err, out)
				}
			}
			if path != "ts/lo_3.ts" { // that was read once to see what it is
				up.checkOnce(t)
			}
			out, err := exec.CommandContext(t.Context(), "curl", "-sSf", "-r", "0-6", link).CombinedOutput()
			if err != nil || strings.HasSuffix(path, "m3u8") != (string(out) == "#EXTM3U") {
				t.Errorf("curl: %v %q", err, out)
			}
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
	store := o.Store
	if store == nil {
		var err error
		if store, err = cache.Open(cache.Options{Memory: 32 << 20, MaxObject: 4 << 20}); err != nil {
			t.Fatal(err)
		}
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
	// spoil may answer in place of the file; n counts the requests for it.
	spoil func(w http.ResponseWriter, r *http.Request, n int)

	mu  sync.Mutex
	got map[string]int
}

func newFiles(t *testing.T, dir string) *files {
	t.Helper()
	f := &files{got: map[string]int{}}
	h := http.FileServer(http.Dir(dir))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		what := r.URL.Path + " " + r.Header.Get("Range")
		f.got[what]++
		n := f.got[what]
		f.mu.Unlock()
		sent := &header{ResponseWriter: w}
		if f.spoil != nil {
			f.spoil(sent, r, n)
		}
		if !sent.done {
			h.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	f.URL = srv.URL
	return f
}

// header notices that an answer was begun.
type header struct {
	http.ResponseWriter
	done bool
}

func (h *header) WriteHeader(status int) {
	h.done = true
	h.ResponseWriter.WriteHeader(status)
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
// picture and the output. Any error or warning of the demuxer fails the test.
func playMPV(t *testing.T, url string, more ...string) (last float64, out string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	args := append([]string{
		"--no-config", "--vo=null", "--ao=null", "--untimed", "--ao-null-untimed", "--no-input-terminal",
		"--msg-level=all=warn,ffmpeg=info,statusline=status", "--term-status-msg=at=${=time-pos} sub=${sub-text}\n", url,
	}, more...)
	cmd := exec.CommandContext(ctx, "mpv", args...)
	b, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("mpv: %v\n%s", err, b)
	}
	out = string(b)
	bad := regexp.MustCompile(`(?im)^.*(error|fail|corrupt|invalid|HTTP/|skip|can ?not).*$`)
	m := slices.DeleteFunc(bad.FindAllString(out, -1), func(line string) bool {
		// The packet counters of two MPEG-TS encodes do not go on from each other.
		// FFmpeg says so where they meet, and shows every picture all the same.
		if strings.Contains(line, ": Packet corrupt (stream = 0") {
			return true
		}
		// It reads the init section of a channel anew with each playlist, finds that
		// it has it, and goes on; so it does without Usher.
		return strings.Contains(line, "Found duplicated MOOV Atom. Skipped it")
	})
	if len(m) > 0 {
		t.Errorf("mpv complains:\n%s", strings.Join(m, "\n"))
	}
	for _, m := range regexp.MustCompile(`at=([0-9.]+)`).FindAllStringSubmatch(out, -1) {
		var v float64
		if _, err := fmt.Sscan(m[1], &v); err == nil {
			last = max(last, v)
		}
	}
	return last, out
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
	const clock = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\n"
	write(t, dir, "cmaf/s0.vtt", clock+"00:00.000 --> 00:01.500\nEins\n")
	write(t, dir, "cmaf/s1.vtt", clock+"00:04.000 --> 00:05.000\nVier\n")
	write(t, dir, "cmaf/s.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\ns0.vtt\n#EXTINF:3,\ns1.vtt\n#EXT-X-ENDLIST\n")
	write(t, dir, "cmaf/whole.m3u8", `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Deutsch",LANGUAGE="de",DEFAULT=YES,URI="a.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=300000,RESOLUTION=320x180,AUDIO="a"
v.m3u8
`)
	write(t, dir, "cmaf/master.m3u8", `#EXTM3U
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="Deutsch",LANGUAGE="de",URI="s.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",LANGUAGE="en",DEFAULT=YES,URI="missing.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Deutsch",LANGUAGE="de",AUTOSELECT=YES,URI="a.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=300000,RESOLUTION=320x180,AUDIO="a",SUBTITLES="s"
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
