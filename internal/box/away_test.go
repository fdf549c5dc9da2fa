package box

import (
	"testing"
	"time"

	"usher/player"
)

func TestOutcomeSaysHowATitleEnded(t *testing.T) {
	at := start().Add(5 * time.Second)
	for want, e := range map[Outcome]Event{
		OutcomeEnded:   status(1, player.Ended, 2*time.Minute, at),
		OutcomeStopped: StopRequested{},
		OutcomeInside:  status(1, player.Idle, 40*time.Second, at),
		OutcomeFailed:  status(1, player.Failed, 40*time.Second, at),
	} {
		s, fx := Next(playing(t, false), at, e)
		if got := Look(s).Playback.Outcome; got != want {
			t.Errorf("%#v: outcome %q, want %q", e, got, want)
		}
		if p := find[SaveProgress](t, fx); !p.Lasting || p.TitleID != "demo:lantern" {
			t.Errorf("%s: saved %+v", want, p)
		}
		s, _ = Next(s, at, PlayRequested{TitleID: "demo:lantern"})
		if got := Look(s).Playback.Outcome; got != "" {
			t.Errorf("%q while another title is on its way", got)
		}
	}
}

func TestWhyThePlayerIsAwayIsShownUntilThePictureIsBack(t *testing.T) {
	at := start().Add(5 * time.Second)
	crash := PlayerEnded{Problem{Code: "player_crashed"}}
	for name, order := range map[string][]Event{
		"supervisor first": {crash, PlayerChanged{player.Lost{Reason: player.ReasonPlayerLost}}},
		"bus first":        {PlayerChanged{player.Lost{Reason: player.ReasonPlayerLost}}, crash},
	} {
		s := playing(t, false)
		for _, e := range order {
			s, _ = Next(s, at, e)
		}
		s, _ = Next(s, at, ready())
		if p := Look(s).Playback.Problem; p == nil || p.Code != "player_crashed" {
			t.Errorf("%s: shows %v", name, p)
		}
		s, _ = Next(s, at, opened(s.Session, 0, false))
		s, _ = Next(s, at, status(s.Session, player.Playing, 31*time.Second, at))
		if p := Look(s).Playback.Problem; p != nil {
			t.Errorf("%s: still shows %v", name, p)
		}
	}
	s, _ := Next(playing(t, false), at, PlayerChanged{player.Lost{}})
	if p := Look(s).Playback.Problem; p == nil || p.Code != "player_away" {
		t.Errorf("a player without a supervisor: shows %v", p)
	}
}

func TestWhatIsWrongWithATitleThatGoesOn(t *testing.T) {
	at := start().Add(5 * time.Second)
	for reason, code := range map[player.Reason]string{
		player.ReasonNoDisplay: "no_display", player.ReasonNoSound: "no_sound", player.ReasonSeekIgnored: "seek_ignored",
	} {
		st := player.Status{Session: 1, Phase: player.Buffering, Reason: reason, Position: 31 * time.Second, At: at, Rate: 1}
		s, _ := Next(playing(t, false), at, PlayerChanged{player.Changed{Status: st}})
		if p := Look(s).Playback.Problem; p == nil || p.Code != code || s.Phase != Buffering {
			t.Errorf("%s: shows %v in phase %v", reason, p, s.Phase)
		}
	}
}

func TestPositionDoesNotMoveInASleep(t *testing.T) {
	// Positions are counted with a clock that stands still in a sleep: now is
	// five seconds after the start, whatever the clock on the wall says.
	s, at := playing(t, false), start().Add(5*time.Second)
	s, fx := Next(s, at, Woke{Slept: 8 * time.Hour})
	v := Look(s).Playback
	if v.PositionMS != 32_000 || v.AtMS != at.UnixMilli() {
		t.Errorf("at %d ms, anchored at %d", v.PositionMS, v.AtMS)
	}
	if got := commands(fx); len(got) != 1 || got[0].Op != player.Check {
		t.Errorf("commands %+v", got)
	}
	find[SaveProgress](t, fx)
	if _, fx := Next(New("test", false), at, Woke{}); len(fx) != 0 {
		t.Errorf("an idle box did %v", fx)
	}
}
