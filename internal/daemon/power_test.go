package daemon

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"usher/device/cec"
	"usher/internal/box"
	"usher/player"
)

// powerEdges keeps what the edges of power were told.
type powerEdges struct {
	acts    []cec.Act
	rests   []bool
	reasons []string
	allowed int
	stored  int64 // of the title when the machine was allowed to sleep
}

func TestPowerReachesItsEdges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, p := newEdges(), &powerEdges{}
		d, stop := running(t, e, func(o *Options) {
			o.Start.TV.Edge = true
			o.Power = PowerEdges{
				TV: func(a cec.Act) { p.acts = append(p.acts, a) }, Rest: func(on bool) { p.rests = append(p.rests, on) },
				Inhibit: func(r string) { p.reasons = append(p.reasons, r) },
				Allow:   func() { p.allowed++; e.mu.Lock(); p.stored = e.lasting["demo:a"].PositionMS; e.mu.Unlock() },
			}
		})
		defer stop()
		e.events <- player.Ready{}
		submit(t, d, box.PlayRequested{TitleID: "demo:a", By: box.ByPage})
		report(d, e, player.Playing, 5*time.Second)
		submit(t, d, box.InhibitorTaken{ID: "u", Reason: "an update", For: time.Minute})
		submit(t, d, box.SleepComing{})
		if p.allowed != 1 || p.stored != 5000 {
			t.Errorf("allowed %d times, with %d ms stored", p.allowed, p.stored)
		}
		submit(t, d, box.SleepOver{})
		report(d, e, player.Playing, 5*time.Second)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if !slices.Equal(p.rests, []bool{true, false}) || !slices.Equal(p.reasons, []string{"an update", ""}) {
			t.Errorf("rests %v, reasons %q", p.rests, p.reasons)
		}
		if n := len(p.acts); n < 5 || p.acts[0] != cec.Act(cec.SetPower{Power: cec.PowerOn, Cause: cec.CauseBoot}) {
			t.Errorf("acts %+v", p.acts)
		}
		if got := e.ops(); !slices.Equal(got, []player.Op{player.Open, player.Pause, player.Play}) {
			t.Errorf("player: %v", got)
		}
	})
}

func TestTimersOfPowerOutliveTitles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEdges()
		d, stop := running(t, e, func(o *Options) { o.Start.Power.Settings.Idle = time.Hour })
		defer stop()
		e.events <- player.Ready{}
		submit(t, d, box.PlayRequested{TitleID: "demo:a"})
		submit(t, d, box.StopRequested{})
		time.Sleep(59 * time.Minute)
		synctest.Wait()
		if v := d.View().System.Power; v.State != "on" || v.IdleAtMS == 0 {
			t.Fatalf("no warning: %+v", v)
		}
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if v := d.View().System.Power; v.State != "standby" || v.By != box.ByIdle {
			t.Fatalf("no standby: %+v", v)
		}
	})
}
