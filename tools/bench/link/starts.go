package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// startRTT is the round trip of the links that starts are measured on.
const startRTT = 50 * time.Millisecond

func startRates() []float64 { return []float64{3e6, 6e6, 12e6} }

// startResult is what a contender's starts at a rate took.
type startResult struct {
	contender string
	stream    string
	rate      float64
	took      []float64 // s, one a run
	bytes     []float64 // kB of film that went over the link before the first picture
	requests  []float64
	rung      string // of the first picture, in the last run
	err       string
}

// measureStarts starts the film again and again, one contender at a time: a
// start is short enough for others to be in its way.
func (b *bench) measureStarts(ctx context.Context) error {
	all := append(contenders(), usherWithKit())
	for _, stream := range []string{tsStream, cmafStream} {
		if stream == cmafStream && b.o.short {
			continue
		}
		for _, rate := range startRates() {
			if rate != startRates()[0] && (stream == cmafStream || b.o.short) {
				continue // CMAF at one rate: the pattern is what differs
			}
			for _, c := range b.taking(all) {
				r := startResult{contender: c.name, stream: stream, rate: rate}
				for range b.o.rounds {
					if r.err = b.oneStart(ctx, c, &r); r.err != "" {
						break
					}
					if ctx.Err() != nil {
						return ctx.Err()
					}
				}
				fmt.Fprintf(os.Stderr, "        %-24s %s %2.0f Mb/s: %.2f s, at %s after %.0f kB %s\n", c.name, stream, rate/1e6, r.took, r.rung, r.bytes, r.err)
				b.starts = append(b.starts, r)
			}
		}
	}
	return nil
}

// startLimit is how long a start is waited for.
const startLimit = time.Minute

// oneStart adds one start; it says what went wrong, or nothing.
func (b *bench) oneStart(ctx context.Context, c contender, r *startResult) string {
	s, err := b.scene(steady(r.rate, startRTT), r.stream)
	if err != nil {
		return err.Error()
	}
	defer s.origin.close()
	p, err := c.open(ctx, s)
	if err != nil {
		return err.Error()
	}
	defer p.close()
	s.origin.link.begin()
	if err := p.prepare(ctx); err != nil {
		return err.Error()
	}
	began := time.Now()
	if err := p.begin(ctx); err != nil {
		return err.Error()
	}
	samples, err := watch(ctx, p.look, began, time.Second, startLimit)
	if b.o.keep && err == nil {
		err = record(s.dir, samples, s.origin.log(time.Time{}), began)
	}
	o := judge(samples, began)
	switch {
	case err != nil:
		return err.Error()
	case o.start == 0:
		return fmt.Sprintf("no picture within %v", startLimit)
	}
	r.took = append(r.took, o.start.Seconds())
	var bytes, requests float64
	for _, f := range s.origin.log(began) {
		if f.began.Before(began.Add(o.start)) {
			bytes, requests = bytes+float64(f.bytes)/1000, requests+1
		}
	}
	r.bytes, r.requests = append(r.bytes, bytes), append(r.requests, requests)
	r.rung = rungOf(samples[len(samples)-1].height)
	return ""
}

// startOf finds a contender's starts.
func (b *bench) startOf(contender, stream string, rate float64) *startResult {
	for i := range b.starts {
		if r := &b.starts[i]; r.contender == contender && r.stream == stream && r.rate == rate {
			return r
		}
	}
	return nil
}
