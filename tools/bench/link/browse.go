package main

import (
	"context"

	"usher/tools/bench/results"
)

// browsing is what a scripted viewer met.
type browsing struct {
	moves  int
	starts []float64 // s
	bytes  []float64 // over the link, per start
	err    string
}

func (b *bench) measureBrowsing(ctx context.Context) error { return ctx.Err() }

func (b browsing) table() *results.Table { return nil }

func (b browsing) judge(func(what, want, got string, ok bool)) {}
