package main

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// script plays a film at 25 pictures a second: each part is some seconds of
// clock, in which the place in the film moves by so many seconds.
type script []struct{ clock, film float64 }

func (p script) samples(began time.Time, first float64, height int) (list []sample) {
	at, place := first, 0.0
	shown := began.Add(seconds(first))
	for now := 0.0; now < first-1e-9; now += 0.05 {
		list = append(list, sample{at: seconds(now)})
	}
	for _, part := range p {
		n := int(math.Round(part.clock / 0.05))
		for range n {
			list = append(list, sample{seconds(at), sight{first: shown, place: seconds(place).Truncate(40 * time.Millisecond), height: height}})
			at, place = at+0.05, place+part.film/float64(n)
		}
		if n == 0 { // a jump
			place += part.film
		}
	}
	return list
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func TestJudge(t *testing.T) {
	began := time.Unix(1000, 0)
	for name, c := range map[string]struct {
		script                                script
		stalls                                int
		stalled, skipped, back, played, start float64
	}{
		"smooth":                 {script{{30, 30}}, 0, 0, 0, 0, 30, 1},
		"a short hesitation":     {script{{10, 10}, {0.4, 0}, {10, 10}}, 0, 0, 0, 0, 20, 1},
		"one stall":              {script{{10, 10}, {3, 0}, {10, 10}}, 1, 3, 0, 0, 20, 1},
		"two stalls":             {script{{10, 10}, {3, 0}, {5, 5}, {1, 0}, {10, 10}}, 2, 4, 0, 0, 25, 1},
		"a stall to the end":     {script{{10, 10}, {20, 0}}, 1, 20, 0, 0, 10, 1},
		"a segment is skipped":   {script{{10, 10}, {0, 4}, {10, 10}}, 0, 0, 4, 0, 20, 1},
		"a stall, then a skip":   {script{{10, 10}, {5, 0}, {0, 8}, {10, 10}}, 1, 5, 3, 0, 20, 1},
		"some is shown again":    {script{{10, 10}, {0, -4}, {10, 10}}, 0, 0, 0, 4, 20, 1},
		"only the first picture": {script{{0.05, 0}}, 0, 0, 0, 0, 0, 1},
	} {
		o := judge(c.script.samples(began, 1, 0), began)
		near := func(what string, got time.Duration, want, within float64) {
			if math.Abs(got.Seconds()-want) > within {
				t.Errorf("%s: %s %v, want %v s", name, what, got, want)
			}
		}
		if len(o.stalls) != c.stalls {
			t.Errorf("%s: stalls %v, want %d", name, o.stalls, c.stalls)
		}
		near("stalled", o.stalled(), c.stalled, 0.2)
		near("skipped", o.skipped, c.skipped, 0.2)
		near("back", o.back, c.back, 0.2)
		near("played", o.played, c.played, 0.2)
		near("start", o.start, c.start, 0.001)
	}
	if o := judge(script{}.samples(began, 5, 0), began); o.start != 0 || len(o.stalls) != 0 {
		t.Errorf("a film that never began: %+v", o)
	}
}

func TestWatchEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		plays := func() (sight, error) {
			return sight{first: began.Add(time.Second), place: max(0, time.Since(began)-time.Second)}, nil
		}
		list, err := watch(t.Context(), plays, began, 10*time.Second, time.Minute)
		if at := list[len(list)-1].at; err != nil || at < 11*time.Second || at > 11200*time.Millisecond {
			t.Errorf("a film that plays: %v at %v", err, at)
		}
		began = time.Now()
		list, err = watch(t.Context(), func() (sight, error) { return sight{}, nil }, began, 10*time.Second, time.Minute)
		if at := list[len(list)-1].at; err != nil || at < time.Minute || at > time.Minute+200*time.Millisecond {
			t.Errorf("a film that never comes: %v at %v", err, at)
		}
		gone := errors.New("gone")
		if _, err := watch(t.Context(), func() (sight, error) { return sight{}, gone }, began, 1, 1); !errors.Is(err, gone) {
			t.Errorf("a player that is gone: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := watch(ctx, plays, time.Now(), time.Hour, time.Hour); !errors.Is(err, context.Canceled) {
			t.Errorf("a run that is ended: %v", err)
		}
	})
}

func TestSettle(t *testing.T) {
	began := time.Unix(1000, 0)
	get := func(rung string, segment int, bytes int64, at float64) fetch {
		return fetch{rung: rung, segment: segment, bytes: bytes, size: 1000, began: began.Add(seconds(at)), ended: began.Add(seconds(at + 0.5))}
	}
	samples := script{{10, 10}}.samples(began, 1, 0)
	for i := range samples { // 0.3 Mb/s in the first segment, then 1.2
		samples[i].height = map[bool]int{true: 108, false: 180}[samples[i].place < segmentLasts]
	}
	fetches := []fetch{
		get("r0", -1, 100, 0), get("r0", 0, 1000, 0), get("r5", 0, 300, 0), get("r2", 1, 1000, 1), get("r1", 1, 1000, 2),
		get("r2", 2, 1000, 3), get("r2", 3, 700, 4),
	}
	a := settle(fetches, samples)
	want := account{fetched: 5100, shown: 2600, ahead: 1200, bitrate: (4*0.3e6 + 6*1.2e6) / 10, switches: 1, rungs: []string{"r0", "r2", "r2"}}
	if math.Abs(float64(a.shown-want.shown)) > 50 || math.Abs(float64(a.ahead-want.ahead)) > 50 || math.Abs(a.bitrate-want.bitrate) > 2e4 {
		t.Errorf("%+v, want about %+v", a, want)
	}
	if a.fetched != want.fetched || a.switches != want.switches || !slices.Equal(a.rungs, want.rungs) {
		t.Errorf("%+v, want %+v", a, want)
	}
	for i := range samples { // a player that does not say its height: the last one that was whole
		samples[i].height = 0
	}
	if a := settle(fetches, samples); !slices.Equal(a.rungs, []string{"r0", "r1", "r2"}) {
		t.Errorf("by the fetches alone: %v", a.rungs)
	}
}
