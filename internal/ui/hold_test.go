package ui

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"usher/device/remote"
	"usher/internal/box"
	"usher/internal/ui/uitest"
)

func TestKeyIsHeldAsOnARemote(t *testing.T) {
	held := func(a remote.Action) box.Event {
		return box.KeyPressed{Key: remote.Event{Key: remote.VolUp, Action: a}, By: box.ByCLI, Held: true}
	}
	for _, tc := range []struct {
		name string
		ms   int64
		away time.Duration // the caller goes
		want []box.Event
		took time.Duration
	}{
		{"short", 1, 0, []box.Event{held(remote.Press), held(remote.Release)}, time.Millisecond},
		{"long", 475, 0, []box.Event{held(remote.Press), held(remote.Repeat), held(remote.Repeat), held(remote.Release)}, 475 * time.Millisecond},
		{"left alone", 30_000, 420 * time.Millisecond, []box.Event{held(remote.Press), held(remote.Repeat), held(remote.Release)}, 420 * time.Millisecond},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake := uitest.NewBox()
				b := &Bridge{box: fake}
				ctx := t.Context()
				if tc.away > 0 {
					away, cancel := context.WithTimeout(ctx, tc.away)
					defer cancel()
					ctx = away
				}
				began := time.Now()
				_, err := b.remoteHold(ctx, &session{role: role{name: "local"}}, holdParams{Key: remote.VolUp, ForMS: tc.ms})
				if (err != nil) != (tc.away > 0) {
					t.Errorf("answer: %v", err)
				}
				if diff := cmp.Diff(tc.want, fake.Events()); diff != "" || time.Since(began) != tc.took {
					t.Errorf("after %v (-want +got):\n%s", time.Since(began), diff)
				}
			})
		})
	}
}
