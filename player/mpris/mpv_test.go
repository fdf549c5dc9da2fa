package mpris_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"usher/player"
	"usher/player/launch"
	"usher/player/mpris"
)

// film makes a tiny HLS title of 12 s in a folder that all tests share.
var film = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "usher-film-")
	if err != nil {
		return "", err
	}
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25",
		"-f", "lavfi", "-i", "sine=440:sample_rate=44100", "-t", "12", "-c:v", "libx264", "-preset", "ultrafast", "-g", "50",
		"-c:a", "aac", "-hls_time", "2", "-hls_playlist_type", "vod", "-f", "hls", filepath.Join(dir, "index.m3u8")).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("make film: %w: %s", err, out)
	}
	return dir, nil
})

func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("SKIP: %s not installed; make test installs it", p)
		}
	}
	if err := (launch.MPV{}).Check(); err != nil {
		t.Skipf("SKIP: %v", err)
	}
}

// origin serves the film.
func origin(t *testing.T) string {
	t.Helper()
	dir, err := film()
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(s.Close)
	return s.URL
}

// running starts f and waits for it when the test ends.
func running(t *testing.T, f func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = f(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
}

func logger(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// mpv starts a real mpv on a bus of its own, and a driver for it.
func mpv(t *testing.T, ipc bool) (*mpris.Driver, *launch.Player) {
	need(t, "ffmpeg", "mpv", "dbus-daemon")
	dir, err := os.MkdirTemp("", "usher-mpv-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l := launch.New(launch.Options{Dir: dir, MPV: launch.MPV{Headless: true}, Logger: logger(t)})
	o := mpris.Options{Bus: l.Address(), Match: mpris.Match{Name: "mpv", PID: l.PID}, Logger: logger(t), Hung: l.Kill}
	if ipc {
		o.Socket = l.Socket()
	}
	d := mpris.New(o)
	running(t, l.Run)
	running(t, d.Run)
	return d, l
}

// until reads events up to one that satisfies want.
func until(t *testing.T, d player.Conn, what string, want func(player.Event) bool) player.Event {
	t.Helper()
	limit := time.After(10 * time.Second)
	for {
		select {
		case e := <-d.Events():
			t.Logf("%T %+v", e, e)
			if want(e) {
				return e
			}
		case <-limit:
			t.Fatalf("no %s within 10 s", what)
		}
	}
}

func phase(session uint64, p player.Phase) func(player.Event) bool {
	return func(e player.Event) bool {
		c, ok := e.(player.Changed)
		return ok && c.Status.Session == session && c.Status.Phase == p
	}
}

func ready(e player.Event) bool { _, ok := e.(player.Ready); return ok }

func TestMPVPlaysAFilm(t *testing.T) {
	for _, ipc := range []bool{true, false} {
		t.Run(fmt.Sprintf("ipc=%v", ipc), func(t *testing.T) {
			d, _ := mpv(t, ipc)
			url := origin(t) + "/index.m3u8"
			until(t, d, "ready", ready)
			begun := time.Now()
			d.Do(player.Command{Session: 1, Op: player.Open, Media: player.Media{URL: url, Volume: 0.5, Start: 4 * time.Second}})
			e := until(t, d, "playing", phase(1, player.Playing)).(player.Changed)
			t.Logf("open to playing %v", time.Since(begun))
			if e.Status.Position < 3500*time.Millisecond || e.Status.Position > 5*time.Second {
				t.Errorf("started at %v, want 4 s", e.Status.Position)
			}
			d.Do(player.Command{Session: 1, Op: player.Pause})
			until(t, d, "paused", phase(1, player.Paused))
			d.Do(player.Command{Session: 1, Op: player.Seek, Position: 9 * time.Second})
			until(t, d, "seek landed", func(e player.Event) bool {
				c, ok := e.(player.Changed)
				return ok && (c.Status.Position-9*time.Second).Abs() < 500*time.Millisecond
			})
			d.Do(player.Command{Session: 1, Op: player.Play})
			until(t, d, "playing", phase(1, player.Playing))
			until(t, d, "end", phase(1, player.Ended))
			d.Do(player.Command{Session: 2, Op: player.Open, Media: player.Media{URL: origin(t) + "/none.m3u8", Volume: -1}})
			e = until(t, d, "failure", phase(2, player.Failed)).(player.Changed)
			if e.Status.Reason != player.ReasonStream {
				t.Errorf("reason %q, want %q", e.Status.Reason, player.ReasonStream)
			}
		})
	}
}
