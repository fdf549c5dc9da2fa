// Package browse is a scripted viewer: somebody who moves over the tiles of a
// screen, rests on some, opens a few pages, and starts a film now and then.
//
// A script depends on its seed alone, so that different boxes meet the same
// viewer. Walk plays it against the bridge of a box in real time and blocks
// until it is over or its context ends.
package browse

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// Viewer says what somebody does in one evening.
type Viewer struct {
	Seed   uint64
	Titles []string      // that can be seen, in the order of the screen
	Tiles  int           // that the focus moves over in all
	Starts int           // films started
	Watch  time.Duration // of each film, from its first picture on
}

// Step is one thing the viewer does.
type Step struct {
	Title string
	Place string        // as in ui.focus
	Rest  time.Duration // with the focus on it
	Start bool          // then it is started
}

// Script is what the viewer does, step by step. Of the tiles three fifths are
// passed over (80 to 250 ms), three tenths looked at (0.4 to 2.5 s) and a tenth
// read about (3 to 8 s, on the title's page); films are started from the last
// two kinds.
func (v Viewer) Script() []Step {
	r := rand.New(rand.NewPCG(v.Seed, 0))
	steps := make([]Step, 0, v.Tiles)
	for i, at := 0, 0; i < v.Tiles; i++ {
		steps = append(steps, glance(r, v.Titles[at%len(v.Titles)]))
		at += 1 + r.IntN(3)
	}
	v.start(r, steps)
	return steps
}

// glance is how long one tile is looked at.
func glance(r *rand.Rand, title string) Step {
	s := Step{Title: title, Place: "tile"}
	switch n := r.IntN(10); {
	case n < 6:
		s.Rest = between(r, 80*time.Millisecond, 250*time.Millisecond)
	case n < 9:
		s.Rest = between(r, 400*time.Millisecond, 2500*time.Millisecond)
	default:
		s.Place, s.Rest = "details", between(r, 3*time.Second, 8*time.Second)
	}
	return s
}

func between(r *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(r.Int64N(int64(to-from)))
}

// start chooses the films among the tiles that were rested on, spread over the
// evening.
func (v Viewer) start(r *rand.Rand, steps []Step) {
	var rested []int
	for i, s := range steps {
		if s.Rest >= 400*time.Millisecond {
			rested = append(rested, i)
		}
	}
	n := min(v.Starts, len(rested))
	for k := range n {
		from, to := k*len(rested)/n, (k+1)*len(rested)/n
		steps[rested[from+r.IntN(to-from)]].Start = true
	}
}

// Bridge is a box that is browsed. Timed sends a command and says how long it
// took until the phase of topic playback was seen.
type Bridge interface {
	Call(method string, params any) error
	Timed(method string, params any, phase string) (time.Duration, error)
}

// Start is one film that was started.
type Start struct {
	Step
	Took time.Duration // from the order to play until it plays
}

// Walk plays the script.
func (v Viewer) Walk(ctx context.Context, b Bridge, script []Step) ([]Start, error) {
	var starts []Start
	for i, s := range script {
		if err := b.Call("ui.focus", map[string]any{"titleId": s.Title, "place": s.Place}); err != nil {
			return starts, fmt.Errorf("step %d: %w", i, err)
		}
		if err := pause(ctx, s.Rest); err != nil {
			return starts, err
		}
		if !s.Start {
			continue
		}
		took, err := v.watch(ctx, b, s)
		if err != nil {
			return starts, fmt.Errorf("step %d: %w", i, err)
		}
		starts = append(starts, Start{s, took})
	}
	return starts, nil
}

// watch starts a film and ends it after a while.
func (v Viewer) watch(ctx context.Context, b Bridge, s Step) (time.Duration, error) {
	took, err := b.Timed("player.play", map[string]any{"titleId": s.Title, "from": "start"}, "playing")
	if err != nil {
		return 0, fmt.Errorf("play: %w", err)
	}
	if err := pause(ctx, v.Watch); err != nil {
		return took, err
	}
	if err := b.Call("player.stop", nil); err != nil {
		return took, fmt.Errorf("stop: %w", err)
	}
	return took, nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
