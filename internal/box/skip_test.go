package box

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"usher/device/cec"
	"usher/device/remote"
	"usher/internal/offer"
)

// A key for the next one means the same, whether a remote has sent it or the page
// has asked for what it means.
func TestSkipMeansWhatTheKeyMeans(t *testing.T) {
	series := withChapters(t, 300*time.Second, 0, 60, 200)
	series.Next = &offer.Title{ID: "demo:next"}
	for name, s := range map[string]State{
		"in the middle":       withChapters(t, 100*time.Second, 0, 60, 200),
		"last chapter":        withChapters(t, 300*time.Second, 0, 60, 200),
		"last chapter, serie": series,
		"no chapters":         withChapters(t, 100*time.Second),
		"live":                pausedLive(t),
		"nothing on":          New("x", false),
	} {
		for _, back := range []bool{false, true} {
			key := remote.Next
			if back {
				key = remote.Previous
			}
			pressed, keyFx := Next(s, start(), KeyPressed{Key: remote.Event{Key: key, Action: remote.Press}})
			asked, askedFx := Next(s, start(), SkipRequested{Back: back})
			if !s.Phase.active() {
				keyFx, pressed = nil, s // the key is for the screen
			}
			if diff := cmp.Diff(keyFx, askedFx); diff != "" {
				t.Errorf("%s, back %v: (-key +skip):\n%s", name, back, diff)
			}
			if pressed.Phase != asked.Phase || pressed.Status != asked.Status {
				t.Errorf("%s, back %v: %v at %v, and %v at %v", name, back, pressed.Phase, pressed.Status, asked.Phase, asked.Status)
			}
		}
	}
}

func TestSkipIsRefusedLikeWhatItMeans(t *testing.T) {
	series := withChapters(t, 300*time.Second, 0, 60, 200)
	series.Next = &offer.Title{ID: "demo:next"}
	asleep := withChapters(t, 0, 60)
	asleep.Power.State = PowerStandby
	for _, c := range []struct {
		name string
		s    State
		e    SkipRequested
		code string
	}{
		{"a chapter ahead", withChapters(t, 0, 60), SkipRequested{}, ""},
		{"an episode ahead", series, SkipRequested{}, ""},
		{"nothing ahead", withChapters(t, 100*time.Second, 60), SkipRequested{}, "nothing_next"},
		{"back without chapters", withChapters(t, 100*time.Second), SkipRequested{Back: true}, ""},
		{"live", pausedLive(t), SkipRequested{}, ""},
		{"live, back", pausedLive(t), SkipRequested{Back: true}, ""},
		{"nothing on", New("x", false), SkipRequested{}, "nothing_playing"},
		{"nothing on, back", New("x", false), SkipRequested{Back: true}, "nothing_playing"},
		{"asleep", asleep, SkipRequested{}, inStandby.Code},
	} {
		got := ""
		if p := Refuse(c.s, c.e); p != nil {
			got = p.Code
		}
		if got != c.code {
			t.Errorf("%s: %q, want %q", c.name, got, c.code)
		}
	}
}

// The television's own keys for its deck mean the same (CEC 1.4 Deck Control).
func TestDeckControlSkips(t *testing.T) {
	s := withChapters(t, 100*time.Second, 0, 60, 200)
	for control, want := range map[uint8]time.Duration{cec.ControlSkipForward: 200 * time.Second, cec.ControlSkipReverse: 60 * time.Second} {
		_, fx := Next(s, start(), TVReported{cec.DeckAsked{Control: control}})
		if got := find[CommandPlayer](t, fx).Command; got.Position != want {
			t.Errorf("control %d leads to %v, want %v", control, got.Position, want)
		}
	}
}
