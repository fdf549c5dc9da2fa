package main

import (
	"context"
	"errors"
	"time"
)

const (
	blink     = 50 * time.Millisecond  // between two looks
	stillness = 500 * time.Millisecond // a picture that stands longer is a stall; the slowest player tells its place every 250 ms
	leap      = 1500 * time.Millisecond
)

// sight is what a player shows at a moment.
type sight struct {
	first  time.Time     // when the first picture was shown; zero: not yet
	place  time.Duration // in the film
	height int           // of the picture, in lines; 0: it does not say
	ended  bool          // it has given up, or is at the end
}

// sample is a sight with its time after the beginning.
type sample struct {
	at time.Duration
	sight
}

// watch looks at a player every 50 ms until the film has played for long
// enough, has ended, or the deadline (after the beginning) has come.
func watch(ctx context.Context, look func() (sight, error), began time.Time, long, deadline time.Duration) ([]sample, error) {
	var list []sample
	tick := time.NewTicker(blink)
	defer tick.Stop()
	for {
		s, err := look()
		if err != nil {
			return list, err
		}
		at := time.Since(began)
		list = append(list, sample{at, s})
		if s.ended || at > deadline || !s.first.IsZero() && s.first.Add(long).Before(time.Now()) {
			return list, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return list, errors.Join(context.Cause(ctx), ctx.Err())
		}
	}
}

// outcome is what a viewer saw.
type outcome struct {
	start   time.Duration // to the first picture; 0: never came
	stalls  []stall
	skipped time.Duration // of the film, that was jumped over
	back    time.Duration // of the film, that was shown again
	played  time.Duration // of the film
	ended   bool          // before it was time
	heights []lasting
}

// stall is a picture that stood.
type stall struct{ at, lasted time.Duration }

// lasting is how long pictures of a height were shown, in order.
type lasting struct {
	height int
	lasted time.Duration
}

func (o outcome) stalled() (sum time.Duration) {
	for _, s := range o.stalls {
		sum += s.lasted
	}
	return sum
}

// judge finds in a list of samples what a viewer saw. The rule is the same for
// every player: after the first picture the place in the film has to move; a
// stretch of more than half a second without a move is a stall, as long as the
// clock ran beyond the place; a move of 1.5 s more than the clock's is a skip.
func judge(samples []sample, began time.Time) outcome {
	var o outcome
	var last *sample // at which the place moved
	for i := range samples {
		s := &samples[i]
		if s.first.IsZero() {
			continue
		}
		if last == nil {
			o.start = s.first.Sub(began)
			last = s
			continue
		}
		if o.show(samples[i-1], *s); s.place != last.place {
			o.move(*last, *s)
			last = s
		}
	}
	if last == nil {
		return o
	}
	end := samples[len(samples)-1]
	if end.ended {
		o.ended = true
	} else if still := end.at - last.at; still > stillness {
		o.stalls = append(o.stalls, stall{last.at, still})
	}
	return o
}

// show adds up the heights of the pictures.
func (o *outcome) show(before, now sample) {
	h := before.height
	if n := len(o.heights); n > 0 && (o.heights[n-1].height == h || h == 0) {
		o.heights[n-1].lasted += now.at - before.at
		return
	}
	o.heights = append(o.heights, lasting{h, now.at - before.at})
}

// move judges what lies between two places in the film.
func (o *outcome) move(from, to sample) {
	clock, film := to.at-from.at, to.place-from.place
	switch {
	case film < -leap:
		o.back -= film
	case film-clock > leap:
		o.skipped += film - clock
	default:
		o.played += film
		if clock > stillness && clock > film {
			o.stalls = append(o.stalls, stall{from.at, clock - film})
		}
		return
	}
	if clock > stillness { // a stall that ends in a jump is both
		o.stalls = append(o.stalls, stall{from.at, clock})
	}
}
