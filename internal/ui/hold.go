package ui

import (
	"context"
	"time"

	"usher/device/remote"
	"usher/internal/box"
)

type holdParams struct {
	Key   remote.Key `json:"key"`
	ForMS int64      `json:"forMs"`
}

// remoteHold holds a key down for a while, as a button of a remote is held: it
// repeats when and as often as all do, and is let go whatever happens.
func (b *Bridge) remoteHold(ctx context.Context, c *session, p holdParams) (any, error) {
	var presses remote.Presses
	button := remote.Button{Device: string(c.source())}
	began := time.Now()
	pass := func(list []remote.Event) (bad *box.Problem) {
		for _, e := range list {
			if q := b.box.Submit(box.KeyPressed{Key: e, By: c.source(), Held: true}); bad == nil {
				bad = q
			}
		}
		return bad
	}
	if bad := pass(presses.Down(button, remote.Binding{Short: p.Key}, 0)); bad != nil {
		_ = pass(presses.Up(button, time.Since(began))) // what was refused is let go all the same
		return nil, refusal(bad)
	}
	end := time.NewTimer(milliseconds(p.ForMS))
	defer end.Stop()
	for {
		due, _ := presses.Due()
		again := time.NewTimer(due - time.Since(began))
		select {
		case <-again.C:
			_ = pass(presses.Tick(time.Since(began))) // a repeat that is refused changes nothing
			continue
		case <-end.C:
		case <-ctx.Done():
		}
		again.Stop()
		_ = pass(presses.Up(button, time.Since(began)))
		return accepted{true}, ctx.Err()
	}
}
