package daemon

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"usher/internal/box"
	"usher/player"
)

// TestTheOriginHearsWhereThePlayerIs wants news only when what was told no
// longer leads to the truth.
func TestTheOriginHearsWhereThePlayerIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEdges()
		var told []box.Playhead
		d := New(Options{
			Player: e, Origin: e, Catalogue: e, Keeper: e, Start: box.New("test", false),
			Logger: slog.New(slog.DiscardHandler), Follow: func(h box.Playhead) { told = append(told, h) },
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- d.Run(ctx) }()
		e.events <- player.Ready{}
		submit(t, d, box.PlayRequested{TitleID: "demo:a"})
		report(d, e, player.Playing, 0)
		before := len(told)
		for i := 1; i < 4; i++ { // as foreseen
			time.Sleep(time.Second)
			report(d, e, player.Playing, time.Duration(i)*time.Second)
		}
		if len(told) != before {
			t.Errorf("told %d times although nothing was new", len(told)-before)
		}
		submit(t, d, box.PauseRequested{})
		report(d, e, player.Paused, 3*time.Second)
		cancel()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		last := told[len(told)-1]
		if len(told) == before || last.Rate != 0 || last.Session == 0 {
			t.Errorf("after a pause the last word is %+v", last)
		}
	})
}
