package mpris_test

import (
	"os"
	"testing"
	"time"

	"usher/player/launch"
	"usher/player/mpris"
	"usher/player/playertest/conntest"
)

// TestVLCConforms runs the suite on a real VLC, by MPRIS alone.
func TestVLCConforms(t *testing.T) {
	t.Parallel()
	program := launch.VLC{Headless: true, Args: []string{"--aout=adummy"}}
	if err := program.Check(); err != nil {
		t.Skipf("SKIP: %v; make test installs it", err)
	}
	need(t, "ffmpeg", "dbus-daemon")
	conntest.TestConn(t, func(t *testing.T) conntest.Setup {
		dir, err := os.MkdirTemp("", "usher-vlc-")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		l := launch.New(launch.Options{Dir: dir, Program: program, Logger: logger(t)})
		d := mpris.New(mpris.Options{Bus: l.Address(), Match: mpris.Match{Name: "vlc", PID: l.PID}, Logger: logger(t), Hung: l.Kill})
		running(t, l.Run)
		running(t, d.Run)
		url := origin(t)
		return conntest.Setup{
			Conn: d, Film: url + "/index.m3u8", Other: url + "/./index.m3u8?again", Missing: url + "/none.m3u8",
			Length: 12 * time.Second, Kill: l.Kill, Mute: true,
		}
	})
}
