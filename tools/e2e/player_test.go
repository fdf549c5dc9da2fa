package e2e

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// film is a free title of the demo's catalogue in MPEG-TS.
func (d *demo) film() string { return "demo:lantern-coast" }

func (d *demo) playerctl(args ...string) string {
	d.t.Helper()
	cmd := exec.Command("playerctl", args...)
	cmd.Env = append(os.Environ(), "DBUS_SESSION_BUS_ADDRESS="+d.status().System.Player.BusAddress)
	out, err := cmd.CombinedOutput()
	if err != nil {
		d.t.Fatalf("playerctl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// mpvPosition is where mpv itself says it is, in seconds.
func (d *demo) mpvPosition() float64 {
	d.t.Helper()
	v, err := strconv.ParseFloat(d.playerctl("position"), 64)
	if err != nil {
		d.t.Fatal(err)
	}
	return v
}

func TestFilmPlaysInTheRealPlayer(t *testing.T) {
	needs(t, "mpv", "playerctl")
	d := startDemo(t)
	d.must("play", d.film())
	s := d.waitPhase("playing", 5*time.Second)
	if s.System.Player.Simulated {
		t.Fatal("the player is simulated although mpv is there")
	}
	if got := d.playerctl("metadata", "xesam:url"); got != s.Playback.URL || !strings.HasPrefix(got, d.ready.Media) {
		t.Fatalf("mpv plays %q, usherd says %q, the origin is %q", got, s.Playback.URL, d.ready.Media)
	}
	first := d.mpvPosition()
	time.Sleep(1500 * time.Millisecond)
	if moved := d.mpvPosition() - first; moved < 1 || moved > 3 {
		t.Fatalf("position moved %.2f s in 1.5 s", moved)
	}
	d.must("seek", "0:45")
	time.Sleep(700 * time.Millisecond)
	if pos := d.mpvPosition(); math.Abs(pos-45.7) > 1.5 {
		t.Fatalf("after the seek mpv is at %.2f s", pos)
	}
	d.must("pause")
	d.waitPhase("paused", 3*time.Second)
	d.must("stop")
	d.waitPhase("idle", 3*time.Second)
}

func TestKilledPlayerComesBackWithTheFilm(t *testing.T) {
	needs(t, "mpv")
	d := startDemo(t)
	d.must("play", d.film())
	d.must("seek", "0:30")
	time.Sleep(2 * time.Second)
	before := d.waitPhase("playing", 3*time.Second)
	at := before.position()
	if err := syscall.Kill(before.System.Player.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	var after status
	eventually(t, 3*time.Second, "the film plays again", func() bool {
		after = d.status()
		return after.Playback.Phase == "playing" && after.System.Player.PID != before.System.Player.PID
	})
	t.Logf("playing again %v after the kill", time.Since(killed).Round(10*time.Millisecond))
	if off := after.position() - at; off < -1 || off > 3.5 {
		t.Fatalf("was at %.2f s, goes on at %.2f s", at, after.position())
	}
}

func TestKilledDaemonKeepsThePositionAndLeavesNothing(t *testing.T) {
	needs(t, "mpv")
	state := filepath.Join(t.TempDir(), "state")
	d := startDemo(t, "-state", state)
	d.must("play", d.film())
	d.must("seek", "0:40")
	time.Sleep(3 * time.Second)
	s := d.waitPhase("playing", 3*time.Second)
	at := s.position()
	if err := syscall.Kill(d.ready.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, 3*time.Second, "the player is gone too", func() bool {
		return syscall.Kill(s.System.Player.PID, 0) != nil
	})
	again := startDemo(t, "-state", state)
	again.must("play", again.film())
	if got := again.waitPhase("playing", 5*time.Second).position(); got < at-1.2 || got > at+3 {
		t.Fatalf("was at %.2f s, resumed at %.2f s", at, got)
	}
}

func TestSecondDaemonOnTheSameStateIsRefused(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	startDemo(t, "-state", state)
	out, err := exec.Command(program(t, "usherd"), "-demo", "-state", state,
		"-listen", "127.0.0.1:0", "-media", "127.0.0.1:0", "-socket", filepath.Join(t.TempDir(), "s")).CombinedOutput()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 5 || !strings.Contains(string(out), "hint:") {
		t.Fatalf("second usherd: %v\n%s", err, out)
	}
}

func TestWithoutPlayerTheDemoIsSimulatedAndSaysSo(t *testing.T) {
	path := t.TempDir() // a machine without mpv
	t.Setenv("PATH", path)
	d := startDemo(t)
	d.must("play", d.film())
	if s := d.waitPhase("playing", 5*time.Second); !s.System.Player.Simulated {
		t.Fatalf("player %+v", s.System.Player)
	}
}

// TestBackRightAfterOK: whoever changes their mind before the film has begun,
// however soon or late, is back where they were, and no film comes after them.
func TestBackRightAfterOK(t *testing.T) {
	needs(t, "mpv")
	d := startDemo(t)
	s := openWalk(t, d, 1280, 720)
	s.home()
	s.press(kb.Enter)
	s.on("details")
	was := s.eval(`document.activeElement.id`)
	for _, later := range []int{0, 0, 20, 60, 120, 250, 500} {
		s.pace = time.Duration(later) * time.Millisecond
		s.press(kb.Enter)
		s.pace = quick
		s.press(kb.Escape)
		const hidden = `document.querySelector("main.player:not(.shown)") !== null`
		s.waitFor("an answer to Back", `document.querySelector(".screen.on-details") !== null || `+hidden)
		if s.eval(hidden) == "true" {
			s.press(kb.Escape) // the film had begun by then, and its overlay is gone
		}
		s.on("details")
		d.waitPhase("idle", 20*time.Second)
		for range 10 { // half a second: longer than a film takes to begin
			if phase := d.status().Playback.Phase; phase != "idle" {
				t.Fatalf("%d ms between OK and Back: the film is %s", later, phase)
			}
			time.Sleep(50 * time.Millisecond)
		}
		s.on("details")
		if at := s.eval(`document.activeElement.id`); at != was {
			t.Errorf("%d ms between OK and Back: was at %q, came back to %q", later, was, at)
		}
	}
	s.sound("after the last Back")
}
