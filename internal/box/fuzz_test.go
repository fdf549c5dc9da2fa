package box

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"usher/device/remote"
	"usher/internal/offer"
	"usher/player"
)

// scripted turns bytes into events, so that the fuzzer can search for orders
// of events that break an invariant. Answers name the present session or an
// older one.
func scripted(s State, op, arg byte, now time.Time) Event {
	session := s.Session - uint64(arg&1)
	pos := time.Duration(arg) * time.Second
	next, on := film(), film()
	next.ID = "demo:next"
	on.IntroFromMS, on.IntroToMS, on.CreditsMS = int64(arg)*100, int64(arg)*700, int64(arg)*1000
	keys := remote.Keys()
	events := []Event{
		PlayRequested{TitleID: "demo:lantern", From: From(arg % 3), Position: pos},
		PauseRequested{},
		ResumeRequested{},
		ToggleRequested{},
		StopRequested{},
		SeekRequested{To: pos},
		SeekRequested{By: pos - time.Minute, Relative: true},
		NextRequested{},
		SkipRequested{},
		SkipRequested{Back: true},
		VolumeRequested{Level: float64(arg) / 100, Change: VolumeChange(arg % 5)},
		KeyPressed{Key: remote.Event{Key: keys[int(arg)%len(keys)], Action: remote.Press}},
		Resolved{Session: session, Title: on, Next: &next, Playback: offer.Playback{Live: arg%7 == 0}},
		opened(session, time.Duration(arg%8)*time.Second, arg%2 == 0),
		Refused{Session: session, Problem: Problem{Code: "refused"}},
		UpstreamTrouble{Session: session, Problem: &Problem{Code: "trouble"}},
		ready(),
		PlayerChanged{player.Lost{}},
		status(session, player.Phase(arg%7), pos, now),
		TimerFired{Timer: []Timer{TimerResolve, TimerOpen, TimerRecover, TimerSave}[arg%4], Session: session},
		ServiceSeen{Service{ID: string('a' + rune(arg%4))}},
		RateRequested{Rate: float64(arg)/64 - 1},
		Focused{TitleID: string('a' + rune(arg%4)), Sign: []Sign{SignTile, SignDetails}[arg%2]},
		PlayerChanged{player.Ready{Info: player.Info{Can: player.Can{Seek: true, SeekFMP4: arg%2 == 0, Rate: arg%3 != 0}}}},
		reports(session, float64(arg%5)/2, pos, now),
		ChooseRequested{Kind: player.TrackKind(1 + arg%2), ID: int(arg % 4)},
		DelayRequested{Kind: player.TrackKind(1 + arg%2), By: pos - time.Minute},
		ShapeRequested{player.Geometry{Aspect: float64(arg) / 100, Fill: float64(arg%2) / 2}},
		TracksAnswered{Session: session, Ask: TracksAsk(arg % 4), List: somethingToChoose(), Problem: map[bool]*Problem{true: {Code: "t"}}[arg%3 == 0]},
		openedWithSounds(session, arg%2 == 0),
		PlayerEnded{Problem{Code: "player_crashed"}},
		Woke{Slept: time.Hour},
		HealthChanged{Code: "h", Problem: map[bool]*Problem{true: {Code: "h"}}[arg%2 == 0]},
		LiveRequested{},
		LiveMoved{Session: session, Window: window(time.Duration(arg)*10*time.Second, now.Add(-pos), time.Duration(arg%16)*time.Second)},
		TimerFired{Timer: TimerWind, Session: session},
		tuned(session, now.Add(-pos)),
	}
	events = append(events, scriptedPower(keys[int(arg)%len(keys)], arg)...)
	events = append(events, scriptedPairing(arg)...)
	events = append(events, scriptedHousehold(arg)...)
	events = append(events, scriptedNetwork(s, arg)...)
	return events[int(op)%len(events)]
}

func frozen(t *testing.T, s State) string {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func FuzzNext(f *testing.F) {
	f.Add([]byte{14, 0, 0, 0, 10, 2, 11, 2, 16, 2, 5, 60, 15, 0, 14, 0, 11, 0, 16, 3})
	f.Add([]byte{14, 0, 0, 0, 10, 2, 26, 2, 16, 2, 22, 2, 26, 4, 16, 2, 25, 4, 22, 5, 23, 90, 24, 3, 22, 4})
	f.Add([]byte{0, 0, 10, 0, 11, 1, 4, 0, 0, 1, 12, 0, 7, 0})
	f.Add([]byte{20, 2, 0, 0, 10, 9, 11, 8, 21, 2, 19, 170, 21, 3, 5, 9, 11, 8, 21, 2, 15, 0, 20, 1, 11, 0, 21, 4})
	f.Add([]byte{14, 0, 0, 0, 10, 7, 0, 0, 10, 0, 30, 2, 16, 2, 5, 60, 27, 0, 28, 120, 1, 0, 2, 250, 29, 0, 13, 0, 13, 1})
	f.Add([]byte{35, 0, 14, 0, 0, 0, 10, 2, 11, 2, 16, 2, 36, 1, 43, 1, 38, 0, 40, 3, 36, 3, 41, 3, 45, 4, 42, 0, 46, 1, 44, 2, 37, 1})
	f.Fuzz(func(t *testing.T, script []byte) {
		s, now := New("fuzz", false), start()
		s.TV.Edge, s.TV.Speaks, s.Power.Settings.Idle = true, true, 3*time.Second
		for i := 0; i+1 < len(script) && i < 400; i += 2 {
			now = now.Add(time.Duration(script[i+1]) * 10 * time.Millisecond)
			e := scripted(s, script[i], script[i+1], now)
			before := frozen(t, s)
			next, fx := Next(s, now, e)
			if frozen(t, s) != before {
				t.Fatalf("%#v changed the state it was given", e)
			}
			again, _ := Next(s, now, e)
			if diff := cmp.Diff(next, again); diff != "" {
				t.Fatalf("%#v is not pure:\n%s", e, diff)
			}
			checkInvariants(t, s, next, fx, e)
			s = next
		}
	})
}

func checkInvariants(t *testing.T, was, s State, fx []Effect, e Event) {
	t.Helper()
	checkPower(t, was, s, fx, e)
	checkNetwork(t, was, s, fx)
	switch {
	case s.Session < was.Session:
		t.Fatalf("%#v: session went back from %d to %d", e, was.Session, s.Session)
	case s.Phase == Failed && s.Problem == nil:
		t.Fatalf("%#v: failed without a reason", e)
	case s.Phase != Failed && s.Problem != nil:
		t.Fatalf("%#v: a problem in phase %v", e, s.Phase)
	case (s.Outcome == "") != (s.Phase.active() || s.Session == 0):
		t.Fatalf("%#v: outcome %q in phase %v", e, s.Outcome, s.Phase)
	case s.Away != nil && !s.Phase.loaded():
		t.Fatalf("%#v: the player is away in phase %v", e, s.Phase)
	case s.Volume < 0 || s.Volume > 1:
		t.Fatalf("%#v: volume %v", e, s.Volume)
	case s.Rate < slowest || s.Rate > fastest:
		t.Fatalf("%#v: rate %v", e, s.Rate)
	case s.Status.Position < 0:
		t.Fatalf("%#v: position %v", e, s.Status.Position)
	case Refuse(was, e) != nil && len(fx) != 0:
		t.Fatalf("%#v was refused and yet did %v", e, fx)
	}
	for _, c := range commands(fx) {
		if c.Op == player.Open && c.Media.Rate != s.pace() {
			t.Fatalf("%#v: opens at rate %v, wanted %v", e, c.Media.Rate, s.pace())
		}
		if c.Session > s.Session || c.Op != player.Stop && c.Session != s.Session {
			t.Fatalf("%#v: command %+v of another session than %d", e, c, s.Session)
		}
		if c.Op == player.SetRate && (!s.Player.Can.Rate || c.Rate != s.pace()) {
			t.Fatalf("%#v: rate %v to a player with %+v", e, c.Rate, s.Player.Can)
		}
		if c.Position < 0 || c.Media.Start < 0 {
			t.Fatalf("%#v: command %+v before the beginning", e, c)
		}
	}
	if d := max(s.Tracks.Audio.Abs(), s.Tracks.Text.Abs()); d > mostDelay {
		t.Fatalf("%#v: delay %v", e, d)
	}
	v := Look(s).Playback
	if v.IntroToMS < v.IntroFromMS || v.IntroToMS > v.DurationMS || v.CreditsMS > v.DurationMS || v.CreditsMS > 0 && v.IntroToMS > v.CreditsMS {
		t.Fatalf("%#v: marks %d to %d, %d of %d", e, v.IntroFromMS, v.IntroToMS, v.CreditsMS, v.DurationMS)
	}
}
