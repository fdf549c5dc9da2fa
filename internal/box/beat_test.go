package box

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"usher/internal/offer"
	"usher/player"
)

// granted is a title on the screen that the service granted as a playback.
func granted(t *testing.T, p offer.Playback) State {
	t.Helper()
	s := New("test", false)
	s.Viewer.ID = FirstProfile
	s, _ = Next(s, start(), ready())
	s, _ = Next(s, start(), PlayRequested{TitleID: "demo:film"})
	s, _ = Next(s, start(), Resolved{Session: s.Session, Title: film(), Playback: p})
	s, _ = Next(s, start(), opened(s.Session, 0, false))
	s, _ = Next(s, start(), status(s.Session, player.Playing, time.Minute, start()))
	if s.Phase != Playing {
		t.Fatalf("the film is %v: %+v", s.Phase, s.Problem)
	}
	return s
}

func beats(fx []Effect) (list []Effect) {
	for _, f := range fx {
		switch f := f.(type) {
		case Beat, EndPlayback:
			list = append(list, f)
		case SetTimer:
			if f.Timer == TimerBeat {
				list = append(list, f)
			}
		}
	}
	return list
}

func TestHeartbeat(t *testing.T) {
	s := granted(t, offer.Playback{ID: "demo:p1", HeartbeatMS: 30_000})
	_, fx := Next(s, start().Add(30*time.Second), TimerFired{Timer: TimerBeat})
	want := []Effect{
		Beat{Session: s.Session, Playback: "demo:p1", TitleID: film().ID, Position: 90 * time.Second, Phase: Playing},
		SetTimer{Timer: TimerBeat, After: 30 * time.Second},
	}
	if d := cmp.Diff(want, beats(fx)); d != "" {
		t.Errorf("a heartbeat (-want +got):\n%s", d)
	}
	stopped, fx := Next(s, start(), StopRequested{})
	if d := cmp.Diff([]Effect{EndPlayback{Playback: "demo:p1"}}, beats(fx)); d != "" {
		t.Errorf("the end (-want +got):\n%s", d)
	}
	if _, fx := Next(stopped, start(), TimerFired{Timer: TimerBeat}); len(beats(fx)) > 0 {
		t.Errorf("a heart that beats on: %v", fx)
	}
}

func TestHowOftenTheHeartBeats(t *testing.T) {
	for _, c := range []struct {
		p    offer.Playback
		want time.Duration
	}{
		{offer.Playback{ID: "p"}, 0},
		{offer.Playback{HeartbeatMS: 1000}, 0},
		{offer.Playback{ID: "p", Account: true}, beatOwn},
		{offer.Playback{ID: "p", HeartbeatMS: 1}, beatLeast},
		{offer.Playback{ID: "p", HeartbeatMS: 1 << 40}, beatMost},
		{offer.Playback{ID: "p", HeartbeatMS: -1}, beatOwn},
	} {
		if got := (State{Showing: Showing{Playback: c.p}}).beatEvery(); got != c.want {
			t.Errorf("%+v: %v, want %v", c.p, got, c.want)
		}
	}
}

// TestReopeningEndsNoPlayback: a seek that opens the film anew is the same
// playback; another film is not.
func TestReopeningEndsNoPlayback(t *testing.T) {
	s := granted(t, offer.Playback{ID: "demo:p1"})
	_, fx := Next(s, start(), PlayerChanged{player.Lost{}})
	if len(beats(fx)) > 0 {
		t.Errorf("a player that went away ends the playback: %v", fx)
	}
	_, fx = Next(s, start(), PlayRequested{TitleID: "demo:other"})
	if d := cmp.Diff([]Effect{EndPlayback{Playback: "demo:p1"}}, beats(fx)); d != "" {
		t.Errorf("another film (-want +got):\n%s", d)
	}
}

func TestRightEnds(t *testing.T) {
	s := granted(t, offer.Playback{ID: "demo:p1", Account: true})
	over := RightEnded{Session: s.Session, Problem: Problem{Code: "lease_revoked", Text: "x", Hint: "y"}}
	if old, _ := Next(s, start(), RightEnded{Session: s.Session - 1, Problem: over.Problem}); old.Phase != Playing {
		t.Error("the end of an older right ends this film")
	}
	s, fx := Next(s, start(), over)
	if s.Phase != Failed || s.Problem.Code != "lease_revoked" {
		t.Errorf("the film goes on: %v %+v", s.Phase, s.Problem)
	}
	if d := cmp.Diff([]Effect{EndPlayback{Playback: "demo:p1"}}, beats(fx)); d != "" {
		t.Errorf("the end (-want +got):\n%s", d)
	}
	if s.Progress[film().ID].PositionMS == 0 {
		t.Error("the position is lost")
	}
}
