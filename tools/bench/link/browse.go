package main

import "context"

// browsing is what a scripted viewer met.
type browsing struct {
	moves  int
	starts []float64 // s
	bytes  []float64 // over the link, per start
	err    string
}

func (b *bench) measureBrowsing(ctx context.Context) error { return ctx.Err() }
