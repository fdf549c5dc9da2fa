package vlc_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"usher/player"
	"usher/player/launch"
	"usher/player/mpris"
	"usher/player/vlc"
)

// TestRealVLC opens a film with two subtitle files in a real VLC, in the
// middle, and switches subtitles and delays.
func TestRealVLC(t *testing.T) {
	program := launch.VLC{Headless: true, Args: []string{"--aout=adummy"}}
	if err := program.Check(); err != nil {
		t.Skipf("SKIP: %v; make test installs it", err)
	}
	for _, tool := range []string{"ffmpeg", "dbus-daemon"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("SKIP: %s not installed; make test installs it", tool)
		}
	}
	url := stream(t)
	dir, err := os.MkdirTemp("", "usher-vlc-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo}))
	l := launch.New(launch.Options{Dir: dir, Program: program, Logger: log})
	w := vlc.New(l.Web)
	d := mpris.New(mpris.Options{Bus: l.Address(), Match: mpris.Match{Name: "vlc", PID: l.PID}, Open: w.Open, Logger: log})
	run(t, l.Run)
	run(t, d.Run)
	d.Do(player.Command{Session: 1, Op: player.Open, Media: player.Media{
		URL: url + "/index.m3u8", Start: 20 * time.Second, Subtitle: []string{"zh"},
		Captions: []player.Captions{{URL: url + "/en.vtt", Language: "en", Name: "English"}, {URL: url + "/zh.vtt", Language: "zh", Name: "中文"}},
	}})
	s := playing(t, d)
	if s.Position < 15*time.Second || s.Position > 22*time.Second {
		t.Errorf("begins at %v", s.Position)
	}
	list := until(t, w, "two subtitles, the second shown", func(l player.TrackList) bool {
		return len(l.Subtitles) == 2 && l.Subtitles[1].Selected && len(l.Audio) == 1 && l.Audio[0].Selected
	})
	if err := w.Choose(t.Context(), player.SubtitleTrack, list.Subtitles[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := w.Delay(t.Context(), player.SubtitleTrack, 1500*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	until(t, w, "the first shown, later", func(l player.TrackList) bool {
		return l.Subtitles[0].Selected && !l.Subtitles[1].Selected && l.SubtitleDelay == 1500*time.Millisecond
	})
}

func run(t *testing.T, part func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = part(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
}

func playing(t *testing.T, d *mpris.Driver) player.Status {
	t.Helper()
	limit := time.After(2 * time.Minute)
	for {
		select {
		case e := <-d.Events():
			if c, ok := e.(player.Changed); ok && c.Status.Phase == player.Playing {
				return c.Status
			}
		case <-limit:
			t.Fatal("it does not play within two minutes")
		}
	}
}

func until(t *testing.T, w *vlc.Web, what string, ok func(player.TrackList) bool) player.TrackList {
	t.Helper()
	var list player.TrackList
	var err error
	for limit := time.Now().Add(time.Minute); time.Now().Before(limit); time.Sleep(50 * time.Millisecond) {
		if list, err = w.Tracks(t.Context()); err == nil && ok(list) {
			return list
		}
	}
	t.Fatalf("not %s: %+v %v", what, list, err)
	return list
}

// stream serves half a minute of HLS and two subtitle files.
func stream(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-f", "lavfi", "-i", "sine",
		"-t", "32", "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-c:a", "aac", "-hls_time", "2", "-hls_playlist_type", "vod", "index.m3u8")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make a stream: %v\n%s", err, out)
	}
	for _, name := range []string{"en.vtt", "zh.vtt"} {
		text := "WEBVTT\n\n00:00:01.000 --> 00:00:30.000\n" + strings.TrimSuffix(name, ".vtt") + "\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(s.Close)
	return s.URL
}
