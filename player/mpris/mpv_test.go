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
	"sync/atomic"
	"testing"
	"time"

	"usher/player/launch"
	"usher/player/mpris"
	"usher/player/playertest/conntest"
)

// filmMade says whether there is a film to remove.
var filmMade atomic.Bool

// film makes a tiny HLS title of 12 s in a folder that all tests share.
var film = sync.OnceValues(func() (string, error) {
	filmMade.Store(true)
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

func TestMPVConforms(t *testing.T) {
	t.Parallel()
	for _, ipc := range []bool{true, false} {
		t.Run(fmt.Sprintf("ipc=%v", ipc), func(t *testing.T) {
			t.Parallel()
			conntest.TestConn(t, func(t *testing.T) conntest.Setup {
				d, l := mpv(t, ipc)
				url := origin(t)
				return conntest.Setup{
					Conn: d, Film: url + "/index.m3u8", Other: url + "/./index.m3u8?again", Missing: url + "/none.m3u8",
					Length: 12 * time.Second, Kill: l.Kill,
				}
			})
		})
	}
}
