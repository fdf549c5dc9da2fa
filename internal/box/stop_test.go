package box

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"usher/device/remote"
	"usher/internal/offer"
	"usher/player"
)

// TestStoppedBeforeThePicture stops a title on each step of the way to its
// picture: the box is idle at once, what was begun is ended, and nothing that
// still comes of it, in whatever order, brings it back.
func TestStoppedBeforeThePicture(t *testing.T) {
	now := start().Add(10 * time.Second)
	late := []Event{
		Resolved{Session: 1, Title: film(), Playback: offer.Playback{URL: "http://svc/lantern.m3u8"}},
		OriginHolds{Session: 1, Until: time.Minute},
		Refused{Session: 1, Problem: slowService},
		UpstreamTrouble{Session: 1, Problem: &Problem{Code: "x"}},
		status(1, player.Opening, 0, now),
		status(1, player.Playing, 0, now),
		status(1, player.Failed, 0, now),
		TimerFired{Timer: TimerResolve, Session: 1},
		TimerFired{Timer: TimerOpen, Session: 1},
		TimerFired{Timer: TimerSave, Session: 1},
		TimerFired{Timer: TimerTracks, Session: 1},
	}
	way := []Event{
		ready(),
		PlayRequested{TitleID: "demo:lantern"},
		Resolved{Session: 1, Title: film(), Playback: offer.Playback{URL: "http://svc/lantern.m3u8"}},
		opened(1, 0, false),
		status(1, player.Opening, 0, now),
	}
	for name, tc := range map[string]struct {
		steps int
		want  []any // kinds of what is to be done
	}{
		"while the service is asked": {2, []any{}},
		"while the origin opens":     {3, []any{player.Stop, CloseOrigin{Session: 1}}},
		"while the player opens":     {4, []any{player.Stop, CloseOrigin{Session: 1}}},
		"while the player loads it":  {5, []any{player.Stop, CloseOrigin{Session: 1}}},
	} {
		for by, stop := range map[string]Event{
			"the page": StopRequested{},
			"a remote": KeyPressed{Key: remote.Event{Key: remote.Stop, Action: remote.Press}, By: ByRemote},
		} {
			t.Run(name+" by "+by, func(t *testing.T) {
				before, _ := run(New("test", false), way[:tc.steps]...)
				s, fx := Next(before, now, stop)
				if s.Phase != Idle || s.Outcome != OutcomeStopped || s.Session <= before.Session {
					t.Fatalf("phase %v, outcome %q, session %d after %d", s.Phase, s.Outcome, s.Session, before.Session)
				}
				if diff := cmp.Diff(tc.want, ending(fx)); diff != "" {
					t.Errorf("what was begun is not ended:\n%s", diff)
				}
				for _, e := range late {
					after, fx := Next(s, now, e)
					if diff := cmp.Diff(s, after); diff != "" || len(fx) > 0 {
						t.Errorf("%T brings it back: %v\n%s", e, fx, diff)
					}
				}
			})
		}
	}
}

// TestOriginThatOpensTooLateIsClosed: whoever stopped while it opened leaves
// nothing open behind.
func TestOriginThatOpensTooLateIsClosed(t *testing.T) {
	s, _ := run(New("test", false), ready(), PlayRequested{TitleID: "demo:lantern"},
		Resolved{Session: 1, Title: film(), Playback: offer.Playback{URL: "http://svc/lantern.m3u8"}}, StopRequested{})
	after, fx := Next(s, start(), opened(1, 0, false))
	if diff := cmp.Diff([]any{CloseOrigin{Session: 1}}, ending(fx)); diff != "" || after.Phase != Idle {
		t.Errorf("phase %v, effects differ:\n%s", after.Phase, diff)
	}
}

// ending lists what ends something: the player's operations, and origins that
// are closed.
func ending(fx []Effect) []any {
	list := []any{}
	for _, f := range fx {
		switch f := f.(type) {
		case CommandPlayer:
			list = append(list, f.Command.Op)
		case CloseOrigin:
			list = append(list, f)
		}
	}
	return list
}
