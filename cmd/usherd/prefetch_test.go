package main

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"usher/cache/prefetch"
	"usher/internal/box"
	"usher/internal/catalog"
)

func TestHeldSaysForHowLong(t *testing.T) {
	for _, tc := range []struct {
		err     error
		want    time.Duration // 0: the runner decides
		service bool
	}{
		{catalog.ErrNoPrepare, notPrepared, false},
		{&box.Problem{Code: "payment_required"}, notOffered, false},
		{&box.Problem{Code: "service_unreachable"}, notThere, true},
		{context.DeadlineExceeded, 0, false},
	} {
		h, ok := errors.AsType[*prefetch.Hold](held(tc.err))
		if ok != (tc.want > 0) || ok && (h.For != tc.want || h.Service != tc.service || !errors.Is(h, tc.err)) {
			t.Errorf("%v: %+v", tc.err, h)
		}
	}
}

func TestBegunTitlesAreTheNewestFirst(t *testing.T) {
	got := begun(map[string]box.Progress{
		"old": {PositionMS: 9, UpdatedMS: 1}, "new": {PositionMS: 9, UpdatedMS: 2},
		"done": {PositionMS: 9, UpdatedMS: 3, Finished: true}, "never": {UpdatedMS: 4}, "also": {PositionMS: 9, UpdatedMS: 1},
	})
	if want := []string{"new", "also", "old"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestSignsHaveOneName holds the names of the core against those of
// prefetching: a sign that is not known there would be lost.
func TestSignsHaveOneName(t *testing.T) {
	for _, s := range []box.Sign{
		box.SignTile, box.SignContinue, box.SignHero, box.SignDetails, box.SignNext, box.SignCredits, box.SignCountdown,
	} {
		if _, ok := prefetch.SignNamed(string(s)); !ok {
			t.Errorf("prefetching has no sign %q", s)
		}
	}
}
