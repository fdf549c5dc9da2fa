package main

import (
	"strings"
	"testing"

	"usher/device/remote"
	"usher/internal/box"
	"usher/internal/journal"
)

// TestJournalOfARealDaemonReplays presses buttons of the demo's television and
// remote, and replays what the daemon wrote of it, also from the middle.
func TestJournalOfARealDaemonReplays(t *testing.T) {
	a := demo(t)
	for _, e := range []box.Event{
		box.VolumeRequested{Change: box.VolumeStep, By: -0.3},
		box.Focused{TitleID: "demo:violin-in-winter", Sign: box.SignTile},
		box.KeyPressed{Key: remote.Event{Key: remote.Down, Action: remote.Press}, By: box.ByCLI},
		box.StandbyAsked{By: box.ByCLI, Reason: "a test"},
		box.WakeAsked{By: box.ByCLI, Reason: "a test"},
		box.PlayRequested{TitleID: "demo:violin-in-winter", By: box.ByCLI},
	} {
		if p := a.daemon.Submit(e); p != nil {
			t.Fatalf("%T: %v", e, p)
		}
	}
	a.pressed(t, "down")
	until(t, "the film is asked for", func() bool { return a.daemon.View().Playback.Session > 0 })
	for _, last := range []int{0, 5} {
		text, err := a.journal(last)
		if err != nil {
			t.Fatal(err)
		}
		r, err := journal.Read(strings.NewReader(text))
		if err != nil || len(r.Entries) < 5 || last > 0 && len(r.Entries) != last {
			t.Fatalf("last %d: %d entries, %v", last, len(r.Entries), err)
		}
		if v, err := journal.Replay(r); err != nil || !v.Same {
			t.Errorf("last %d: %v, %s", last, err, v.Differs)
		}
		if strings.Contains(text, "127.0.0.1") {
			t.Error("there is an address in the journal")
		}
	}
}
