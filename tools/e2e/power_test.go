package e2e

import (
	"math"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// lampRests is longer than the time within which the box does not light a
// television twice.
const lampRests = 11 * time.Second

// TestStandbyHoldsTheFilmAndWakeGoesOn turns the demo's television off and the
// box on again, with the real mpv: the film is held where it was, and goes on
// there. The time of waking is printed; the budget is a second.
func TestStandbyHoldsTheFilmAndWakeGoesOn(t *testing.T) {
	needs(t, "mpv", "playerctl")
	d := startDemo(t)
	d.must("play", "-at", "30s", d.film())
	d.waitShown()
	for range 2 {
		d.waitPhase("playing", 5*time.Second)
		time.Sleep(lampRests)
		d.must("tv", "power")
		d.waitPower("standby")
		held := d.mpvPosition()
		time.Sleep(time.Second)
		if at := d.mpvPosition(); math.Abs(at-held) > 0.1 {
			t.Fatalf("in standby mpv goes from %.2f s to %.2f s", held, at)
		}
		if at := d.status().position(); math.Abs(at-held) > 0.5 {
			t.Errorf("held at %.2f s, the box says %.2f s", held, at)
		}
		began := time.Now()
		d.must("wake")
		at := held
		eventually(t, 5*time.Second, "the picture moves", func() bool {
			at = d.mpvPosition()
			return at > held+0.02
		})
		seen := time.Since(began)
		t.Logf("wake to moving picture: mpv had moved %.0f ms of film when it was looked at, %v after the command began", (at-held)*1000, seen.Round(time.Millisecond))
		if at > held+2 {
			t.Errorf("held at %.2f s, goes on at %.2f s", held, at)
		}
		d.waitShown()
	}
}

// TestKeysOfTheTelevisionMoveTheRealPlayer: pause and play as HDMI-CEC frames.
func TestKeysOfTheTelevisionMoveTheRealPlayer(t *testing.T) {
	needs(t, "mpv", "playerctl")
	d := startDemo(t)
	d.must("play", d.film())
	d.waitShown()
	for _, step := range [][2]string{{"pause", "Paused"}, {"play", "Playing"}, {"tuner", "Paused"}, {"input", "Playing"}} {
		d.must("tv", step[0])
		eventually(t, 5*time.Second, "mpv is "+step[1]+" after "+step[0], func() bool { return d.playerctl("status") == step[1] })
	}
}

// TestStandbyStoresThePlace ends the daemon in standby as a power cut does.
func TestStandbyStoresThePlace(t *testing.T) {
	needs(t, "mpv", "playerctl")
	state := filepath.Join(t.TempDir(), "state")
	d := startDemo(t, "-state", state)
	d.must("play", "-at", "40s", d.film())
	d.waitPhase("playing", 5*time.Second)
	d.must("standby")
	d.waitPower("standby")
	held := d.mpvPosition()
	if err := syscall.Kill(d.ready.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, "the daemon is gone", func() bool { return syscall.Kill(d.ready.PID, 0) != nil })
	again := startDemo(t, "-state", state)
	again.must("play", again.film())
	began := again.waitPhase("playing", 5*time.Second).position()
	if began < held-0.5 || began > held+3 {
		t.Fatalf("held at %.2f s, begins again at %.2f s", held, began)
	}
}

func (d *demo) waitPower(state string) {
	d.t.Helper()
	eventually(d.t, 5*time.Second, "power "+state, func() bool { return d.status().System.Power.State == state })
}

// waitShown waits until the television is on and shows the box. Before it is
// on it passes no keys on.
func (d *demo) waitShown() {
	d.t.Helper()
	eventually(d.t, 10*time.Second, "the television shows the box", func() bool {
		tv := d.status().System.TV
		return tv.Power == "on" && tv.Active
	})
}
