package main

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"usher/cache/serve"
	"usher/device/cec"
	"usher/device/cec/playback"
	"usher/device/remote"
	"usher/device/remote/keymap"
	"usher/internal/box"
	"usher/internal/config"
)

func TestTVSettings(t *testing.T) {
	def := config.Default().TV
	full := tvSettings(def, nil)
	want := playback.Default()
	if diff := cmp.Diff(want, full.Config); diff != "" || full.Name != "Usher" {
		t.Errorf("full is not the default (-want +got):\n%s", diff)
	}
	if full.Vendor != cec.NoVendor {
		t.Errorf("a box that pretends nothing says that it is of %v", full.Vendor)
	}
	lg := def
	lg.Pretend = "lg"
	rows := []playback.Quirk{{Vendor: cec.Sony, Hold: playback.HoldRepeat}}
	if s := tvSettings(lg, rows); !cmp.Equal(s.Quirks, []playback.Quirk{rows[0], playback.LGHandshake()}) {
		t.Errorf("rows of the maker of the box: %+v", s.Quirks)
	}
	if s := tvSettings(lg, nil); s.Vendor != cec.LG || !cmp.Equal(s.Quirks, []playback.Quirk{playback.LGHandshake()}) {
		t.Errorf("as a box of LG's: %v, %+v", s.Vendor, s.Quirks)
	}
	for mode, want := range map[string]struct {
		mode   playback.Mode
		follow bool
		sleep  playback.Sleep
	}{
		"wake_only": {playback.ModeOn, false, playback.SleepNever},
		"keys_only": {playback.ModeKeys, false, playback.SleepShown},
		"off":       {playback.ModeOff, true, playback.SleepShown},
	} {
		c := def
		c.Mode, c.Version = mode, "1.4"
		s := tvSettings(c, nil)
		if s.Mode != want.mode || s.Follow != want.follow || s.Sleep != want.sleep || s.Config.Version != 14 || s.Check() != nil {
			t.Errorf("%s: %+v, %v", mode, s, s.Check())
		}
	}
}

func TestKeysOfTheTelevisionAreKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []box.Event
		e := &tvEdge{began: time.Now(), tell: func(b box.Event) { told = append(told, b) }}
		e.keys.Store(keymap.Builtin())
		reports := make(chan cec.Report)
		ended := make(chan struct{})
		go func() { defer close(ended); e.follow(reports) }()
		reports <- cec.KeyReport{Code: cec.UIRight, Down: true}
		time.Sleep(remote.RepeatAfter + remote.RepeatEvery + time.Millisecond)
		reports <- cec.KeyReport{Code: cec.UIRight}
		reports <- cec.KeyReport{Code: cec.UIPlayFunction, Data: string([]byte{cec.PlayStill}), Down: true}
		reports <- cec.KeyReport{Code: cec.UIPlayFunction, Data: string([]byte{cec.PlayStill})}
		reports <- cec.StandbyAsked{Reason: "r"}
		reports <- cec.PowerChanged{Power: cec.PowerOn}
		close(reports)
		<-ended
		key := func(k remote.Key, a remote.Action) box.Event {
			return box.KeyPressed{Key: remote.Event{Key: k, Action: a}, By: box.ByTV}
		}
		want := []box.Event{
			key(remote.Right, remote.Press), key(remote.Right, remote.Repeat), key(remote.Right, remote.Repeat), key(remote.Right, remote.Release),
			key(remote.Pause, remote.Press), key(remote.Pause, remote.Release),
			box.StandbyAsked{By: box.ByTV, Reason: "r"},
			box.TVReported{Report: cec.PowerChanged{Power: cec.PowerOn}},
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	})
}

// patience is for a machine that has much else to do.
const patience = 2 * time.Minute

// demo is a whole demo box with a simulated player. env is added to its
// environment.
func demo(t *testing.T, env ...string) *appliance {
	t.Helper()
	a := running(t, []string{"-demo"}, env...)
	until(t, "the demo is up", func() bool {
		v := a.daemon.View().System
		shown := v.TV.Active || a.tv.virtual == nil && v.TV.Present
		return v.PlayerReady && shown && len(v.Services) > 0 && v.Services[0].Reachable
	})
	return a
}

// running is a whole box with a simulated player, and folders of its own.
func running(t *testing.T, args []string, env ...string) *appliance {
	t.Helper()
	dir := t.TempDir()
	cfg, err := config.Load(config.Input{
		Args:    append(args, "-listen", "127.0.0.1:0", "-media", "127.0.0.1:0", "-socket", dir+"/s", "-state", dir+"/state", "-cache", dir+"/cache"),
		Environ: append(env, "USHER_PLAYER_KIND=simulated"),
	})
	if err != nil {
		t.Fatal(err)
	}
	a, err := build(cfg, newLogger(cfg, io.Discard))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := a.close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if err != nil {
		ended <- err
		t.FailNow()
	}
	go func() { ended <- a.run(ctx, io.Discard) }()
	return a
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for limit := time.Now().Add(patience); !is(); time.Sleep(50 * time.Microsecond) {
		if time.Now().After(limit) {
			t.Fatalf("not in %v: %s", patience, what)
		}
	}
}

func (a *appliance) pressed(t *testing.T, button string) {
	t.Helper()
	if ok, err := a.tv.virtual.Press(button); !ok || err != nil {
		t.Fatalf("%s of the television: %t, %v", button, ok, err)
	}
}

// TestTelevisionAndPlayer is an evening on the real daemon: frames on a virtual
// cable at one end, D-Bus messages at the other.
func TestTelevisionAndPlayer(t *testing.T) {
	a := demo(t)
	phase := func(want string) func() bool { return func() bool { return a.daemon.View().Playback.Phase == want } }
	if p := a.daemon.Submit(box.PlayRequested{TitleID: "demo:violin-in-winter", By: box.ByPage}); p != nil {
		t.Fatal(p)
	}
	until(t, "the film is asked for", func() bool { p := a.daemon.View().Playback; return p.Phase == "playing" || p.Phase == "failed" })
	if p := a.daemon.View().Playback.Problem; p != nil && p.Code == "streams_missing" {
		t.Skip("SKIP: the demo has no films; make streams makes them")
	}
	tellTimes(t, "key on the virtual wire to the player's answer", keyTimes(t, a, phase))

	a.pressed(t, "power")
	until(t, "the film is held", phase("paused"))
	power := func(want string) func() bool {
		return func() bool { return a.daemon.View().System.Power.State == want }
	}
	until(t, "standby", power("standby"))
	began := time.Now()
	if p := a.daemon.Submit(box.WakeAsked{By: box.ByCLI, Reason: "a person asked"}); p != nil {
		t.Fatal(p)
	}
	until(t, "the film goes on", phase("playing"))
	t.Logf("wake to picture: %v", time.Since(began))
	until(t, "the television is lit", func() bool { return a.daemon.View().System.TV.Power == "on" })

	for topic, words := range map[string][]string{
		"tv.woke":   {"the box was woken: a person asked (on the command line)", "one touch play", "Image View On", "the television is on"},
		"tv":        {"cectest", "it shows the box"},
		"tv.frames": {"Standby", "Active Source 1.0.0.0"},
		"power":     {"standby: the television went to standby (by the television)", "4h"},
	} {
		text := a.whyText(t, topic)
		for _, w := range words {
			if !strings.Contains(text, w) {
				t.Errorf("why %s lacks %q:\n%s", topic, w, text)
			}
		}
	}
}

func (a *appliance) whyText(t *testing.T, topic string) string {
	t.Helper()
	explain := why{a}.topics()[topic]
	if explain == nil {
		t.Fatalf("no topic %s", topic)
	}
	var text strings.Builder
	for _, r := range explain(a.daemon.View().Playback, serve.Report{}, false) {
		text.WriteString(r.Subject + "\t" + r.Text + "\n")
	}
	return text.String()
}

// keyTimes presses pause and play in turn, and measures from the end of the
// frame on the wire to the player's answer at the core. The film plays before
// and after: one that a person paused stays paused through standby.
func keyTimes(t *testing.T, a *appliance, phase func(string) func() bool) (took []time.Duration) {
	t.Helper()
	for range 6 {
		for _, press := range []struct{ button, leads string }{{"pause", "paused"}, {"play", "playing"}} {
			a.pressed(t, press.button)
			until(t, press.button, phase(press.leads))
			took = append(took, time.Since(lastKey(a.tv.station.Frames())))
			time.Sleep(250 * time.Millisecond) // the release, and room on the wire
		}
	}
	return took
}

func lastKey(frames []cec.Entry) time.Time {
	for _, e := range slices.Backward(frames) {
		if !e.Out && e.Note == "" && !e.Frame.Poll() && e.Frame.Opcode() == cec.OpUserControlPressed {
			return e.At
		}
	}
	return time.Time{}
}
