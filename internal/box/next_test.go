package box

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"usher/device/remote"
	"usher/internal/offer"
	"usher/player"
)

// start is a fixed moment; the core has no clock of its own.
func start() time.Time { return time.Date(2026, 11, 21, 20, 15, 0, 0, time.UTC) }

// run feeds events one after the other, a second apart, and gives the last
// state and the effects of the last event.
func run(s State, events ...Event) (State, []Effect) {
	var fx []Effect
	for i, e := range events {
		s, fx = Next(s, start().Add(time.Duration(i)*time.Second), e)
	}
	return s, fx
}

func film() offer.Title {
	return offer.Title{ID: "demo:lantern", Kind: offer.Film, Name: offer.Text{"en": "The Lantern"}, DurationMS: 120_000}
}

func ready() Event {
	return PlayerChanged{player.Ready{Info: player.Info{Identity: "mpv", Can: player.Can{Seek: true}}}}
}

func status(session uint64, p player.Phase, pos time.Duration, at time.Time) Event {
	return PlayerChanged{player.Changed{Status: player.Status{Session: session, Phase: p, Position: pos, At: at, Rate: 1}}}
}

func opened(session uint64, base time.Duration, fmp4 bool) OriginOpened {
	return OriginOpened{Session: session, URL: "http://127.0.0.1:8788/s/x/film.m3u8", Duration: 2 * time.Minute, FMP4: fmp4, Base: base}
}

// playing is a box in the middle of a film, at 30 s when now is start()+3 s.
func playing(t *testing.T, fmp4 bool) State {
	t.Helper()
	s, _ := run(New("test", false),
		ready(),
		PlayRequested{TitleID: "demo:lantern"},
		Resolved{Session: 1, Title: film(), Playback: offer.Playback{URL: "http://svc/lantern.m3u8"}},
		opened(1, 0, fmp4),
		status(1, player.Playing, 30*time.Second, start().Add(3*time.Second)))
	if s.Phase != Playing {
		t.Fatalf("phase is %v, want playing", s.Phase)
	}
	return s
}

// commands lists the player operations among the effects.
func commands(fx []Effect) []player.Command {
	var out []player.Command
	for _, f := range fx {
		if c, ok := f.(CommandPlayer); ok {
			out = append(out, c.Command)
		}
	}
	return out
}

func find[T Effect](t *testing.T, fx []Effect) T {
	t.Helper()
	for _, f := range fx {
		if e, ok := f.(T); ok {
			return e
		}
	}
	var none T
	t.Fatalf("no %T among %#v", none, fx)
	return none
}

func TestPlayGoesFromServiceToOriginToPlayer(t *testing.T) {
	s, fx := run(New("test", false), ready(), PlayRequested{TitleID: "demo:lantern"})
	if got := find[ResolvePlayback](t, fx); got.Session != 1 || got.TitleID != "demo:lantern" {
		t.Fatalf("resolve %+v", got)
	}
	s, fx = Next(s, start(), Resolved{Session: 1, Title: film(), Playback: offer.Playback{URL: "http://svc/l.m3u8"}})
	if got := find[OpenOrigin](t, fx); got.URL != "http://svc/l.m3u8" {
		t.Fatalf("origin %+v", got)
	}
	_, fx = Next(s, start(), opened(1, 0, false))
	got := commands(fx)
	if len(got) != 1 || got[0].Op != player.Open || got[0].Media.URL != "http://127.0.0.1:8788/s/x/film.m3u8" {
		t.Fatalf("commands %+v", got)
	}
}

func TestPlayResumesWhereItWasLeft(t *testing.T) {
	for name, tc := range map[string]struct {
		stored Progress
		ask    PlayRequested
		want   time.Duration
	}{
		"resume":   {Progress{PositionMS: 42_000}, PlayRequested{}, 42 * time.Second},
		"finished": {Progress{PositionMS: 119_000, Finished: true}, PlayRequested{}, 0},
		"start":    {Progress{PositionMS: 42_000}, PlayRequested{From: FromStart}, 0},
		"position": {Progress{PositionMS: 42_000}, PlayRequested{From: FromPosition, Position: 7 * time.Second}, 7 * time.Second},
		"past end": {Progress{}, PlayRequested{From: FromPosition, Position: time.Hour}, 119 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			tc.ask.TitleID = "demo:lantern"
			_, fx := run(New("test", false), ready(),
				ProgressLoaded{map[string]Progress{"demo:lantern": tc.stored}}, tc.ask,
				Resolved{Session: 1, Title: film()}, opened(1, 0, false))
			if got := commands(fx)[0].Media.Start; got != tc.want {
				t.Fatalf("starts at %v, want %v", got, tc.want)
			}
		})
	}
}

func TestStaleAnswersChangeNothing(t *testing.T) {
	s := playing(t, false)
	s, _ = Next(s, start(), PlayRequested{TitleID: "demo:other"})
	for _, e := range []Event{
		Resolved{Session: 1, Title: film()},
		Refused{Session: 1, Problem: Problem{Code: "x"}},
		status(1, player.Failed, 0, start()),
		TimerFired{Timer: TimerResolve, Session: 1},
		UpstreamTrouble{Session: 1, Problem: &Problem{Code: "x"}},
	} {
		after, fx := Next(s, start(), e)
		if diff := cmp.Diff(s, after); diff != "" || len(fx) != 0 {
			t.Errorf("%T changed the state:\n%s\neffects %v", e, diff, fx)
		}
	}
}

func TestSeekCommandsAndReopens(t *testing.T) {
	now := start().Add(3 * time.Second)
	t.Run("plain", func(t *testing.T) {
		s, fx := Next(playing(t, false), now, SeekRequested{Relative: true, By: 10 * time.Second})
		if got := commands(fx); len(got) != 1 || got[0].Op != player.Seek || got[0].Position != 40*time.Second {
			t.Fatalf("commands %+v", got)
		}
		if s.Status.Position != 40*time.Second {
			t.Fatalf("shows %v at once, want 40s", s.Status.Position)
		}
	})
	t.Run("clamped to the last second", func(t *testing.T) {
		_, fx := Next(playing(t, false), now, SeekRequested{To: time.Hour})
		if got := commands(fx)[0].Position; got != 119*time.Second {
			t.Fatalf("goes to %v", got)
		}
	})
	t.Run("fMP4 in a player that cannot", func(t *testing.T) {
		s, fx := Next(playing(t, true), now, SeekRequested{To: time.Minute})
		o := find[OpenOrigin](t, fx)
		if o.TrimFMP4 != time.Minute || o.Session != 2 || len(commands(fx)) != 0 {
			t.Fatalf("origin %+v, effects %v", o, fx)
		}
		s, fx = Next(s, now, opened(2, 56*time.Second, true))
		if got := commands(fx)[0].Media.Start; got != 0 {
			t.Fatalf("seeks %v into the trimmed playlist", got)
		}
		s, _ = Next(s, now, status(2, player.Playing, 5*time.Second, now))
		if got := Look(s).Playback.PositionMS; got != 61_000 {
			t.Fatalf("shows %d ms, want 61000", got)
		}
	})
}

func TestPlayerLostIsAwaitedAndGoesOn(t *testing.T) {
	s := playing(t, false)
	lostAt := start().Add(13 * time.Second) // ten seconds after the anchor at 30 s
	s, fx := Next(s, lostAt, PlayerChanged{player.Lost{Reason: player.ReasonPlayerLost}})
	if s.Phase != Recovering || find[SaveProgress](t, fx).Progress.PositionMS != 40_000 {
		t.Fatalf("phase %v, effects %v", s.Phase, fx)
	}
	s, fx = Next(s, lostAt.Add(time.Second), ready())
	if got := find[OpenOrigin](t, fx); got.Session != s.Session {
		t.Fatalf("origin %+v", got)
	}
	_, fx = Next(s, lostAt.Add(time.Second), opened(s.Session, 0, false))
	if got := commands(fx)[0]; got.Op != player.Open || got.Media.Start != 40*time.Second {
		t.Fatalf("command %+v", got)
	}
}

func TestPlayerLostAgainAndAgainFails(t *testing.T) {
	s := playing(t, false)
	now := start().Add(4 * time.Second)
	for i := 0; s.Phase != Failed; i++ {
		if i > lossesAllowed {
			t.Fatal("goes on recovering for ever")
		}
		s, _ = Next(s, now, PlayerChanged{player.Lost{}})
		if s.Phase == Failed {
			break
		}
		s, _ = Next(s, now, ready())
		s, _ = Next(s, now, opened(s.Session, 0, false))
		s, _ = Next(s, now, status(s.Session, player.Playing, 30*time.Second, now))
	}
	if s.Problem == nil || s.Problem.Code != "player_lost" {
		t.Fatalf("problem %v", s.Problem)
	}
}

func TestEndOfTitleIsFinished(t *testing.T) {
	s, fx := Next(playing(t, false), start().Add(time.Minute), status(1, player.Ended, 2*time.Minute, start()))
	save := find[SaveProgress](t, fx)
	if s.Phase != Ended || !save.Lasting || !save.Progress.Finished {
		t.Fatalf("phase %v, saved %+v", s.Phase, save)
	}
}

func TestFailureNamesTheServiceWhenItIsKnown(t *testing.T) {
	s := playing(t, false)
	s, _ = Next(s, start(), UpstreamTrouble{Session: 1, Problem: &Problem{Code: "segment_missing"}})
	s, _ = Next(s, start(), status(1, player.Failed, 0, start()))
	if s.Phase != Failed || s.Problem.Code != "segment_missing" {
		t.Fatalf("phase %v problem %v", s.Phase, s.Problem)
	}
	if got := Look(s).Playback.Problem.Code; got != "segment_missing" {
		t.Fatalf("shows %q", got)
	}
}

func TestKeysActOrGoToTheScreen(t *testing.T) {
	s := playing(t, false)
	_, fx := Next(s, start(), KeyPressed{Key: remote.Event{Key: remote.PlayPause, Action: remote.Press}})
	if got := commands(fx); len(got) != 1 || got[0].Op != player.Pause {
		t.Fatalf("play/pause gives %+v", got)
	}
	_, fx = Next(s, start(), KeyPressed{Key: remote.Event{Key: remote.PlayPause, Action: remote.Repeat}})
	if len(fx) != 0 {
		t.Fatalf("a held play/pause acts again: %v", fx)
	}
	_, fx = Next(s, start(), KeyPressed{Key: remote.Event{Key: remote.Left, Action: remote.Press}})
	if find[EmitKey](t, fx).Key.Key != remote.Left {
		t.Fatalf("left gives %v", fx)
	}
}

func TestRunningPositionIsSavedWhilePlaying(t *testing.T) {
	s := playing(t, false)
	_, fx := Next(s, start().Add(4*time.Second), TimerFired{Timer: TimerSave, Session: 1})
	save := find[SaveProgress](t, fx)
	if save.Lasting || save.Progress.PositionMS != 31_000 {
		t.Fatalf("saved %+v", save)
	}
	if next := find[SetTimer](t, fx); next.Timer != TimerSave || next.After >= time.Second {
		t.Fatalf("next save %+v", next)
	}
	s, _ = Next(s, start(), PauseRequested{})
	s, _ = Next(s, start(), status(1, player.Paused, 31*time.Second, start()))
	if _, fx = Next(s, start(), TimerFired{Timer: TimerSave, Session: 1}); len(fx) != 0 {
		t.Fatalf("a held picture is saved again and again: %v", fx)
	}
}

func TestRefuseTable(t *testing.T) {
	live := playing(t, false)
	live.Playback.Live = true
	series := playing(t, false)
	series.Next = &offer.Title{ID: "demo:e2"}
	for _, tc := range []struct {
		name string
		s    State
		e    Event
		want string
	}{
		{"pause idle", New("", false), PauseRequested{}, "nothing_playing"},
		{"stop idle", New("", false), StopRequested{}, "nothing_playing"},
		{"seek idle", New("", false), SeekRequested{}, "nothing_playing"},
		{"next idle", New("", false), NextRequested{}, "nothing_playing"},
		{"next film", playing(t, false), NextRequested{}, "nothing_next"},
		{"next series", series, NextRequested{}, ""},
		{"seek live", live, SeekRequested{}, "live_seek"},
		{"pause live", live, PauseRequested{}, ""},
		{"play", playing(t, false), PlayRequested{TitleID: "x"}, ""},
		{"volume idle", New("", false), VolumeRequested{Level: 1}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := Refuse(tc.s, tc.e)
			if code := map[bool]string{true: ""}[got == nil]; got != nil && got.Code != tc.want || got == nil && code != tc.want {
				t.Fatalf("refused with %v, want %q", got, tc.want)
			}
		})
	}
}
