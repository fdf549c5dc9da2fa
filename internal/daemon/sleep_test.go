package daemon

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"usher/internal/box"
	"usher/player"
)

func TestSleepOfTheMachineIsNoticedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var slept atomic.Int64
		slept.Store(int64(time.Hour)) // before usherd began
		e := newEdges()
		d, stop := running(t, e, func(o *Options) { o.Slept = func() time.Duration { return time.Duration(slept.Load()) } })
		defer stop()
		e.events <- player.Ready{}
		submit(t, d, box.PlayRequested{TitleID: "demo:a"})
		report(d, e, player.Playing, 5*time.Second)
		time.Sleep(3 * beat)
		slept.Add(int64(8 * time.Hour))
		time.Sleep(3 * beat)
		synctest.Wait()
		_, entries, _ := d.Journal().Read()
		var naps []time.Duration
		for _, e := range entries {
			if w, ok := e.Event.(box.Woke); ok {
				naps = append(naps, w.Slept)
			}
		}
		if !slices.Equal(naps, []time.Duration{8 * time.Hour}) {
			t.Errorf("woke %v", naps)
		}
		if !slices.Contains(e.ops(), player.Check) {
			t.Errorf("the player was not looked at: %v", e.ops())
		}
	})
}
