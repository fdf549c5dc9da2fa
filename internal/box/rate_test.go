package box

import (
	"math"
	"testing"
	"time"

	"usher/player"
)

// rated is playing, in a player that has rates.
func rated(t *testing.T, fmp4 bool) State {
	t.Helper()
	s := playing(t, fmp4)
	s.Player.Can.Rate = true
	return s
}

// reports is a status with a rate.
func reports(session uint64, rate float64, pos time.Duration, at time.Time) Event {
	return PlayerChanged{player.Changed{Status: player.Status{Session: session, Phase: player.Playing, Position: pos, At: at, Rate: rate}}}
}

func onlyRate(t *testing.T, fx []Effect) float64 {
	t.Helper()
	got := commands(fx)
	if len(got) != 1 || got[0].Op != player.SetRate {
		t.Fatalf("commands %+v, want one SetRate", got)
	}
	return got[0].Rate
}

func TestRateIsClampedAndGoesToThePlayer(t *testing.T) {
	for ask, want := range map[float64]float64{
		1.5: 1.5, 0.75: 0.75, 0: 0.5, -3: 0.5, 9: 2, math.Inf(1): 2, math.Inf(-1): 0.5,
	} {
		if _, fx := Next(rated(t, false), start(), RateRequested{ask}); onlyRate(t, fx) != want {
			t.Errorf("%v became %v, want %v", ask, onlyRate(t, fx), want)
		}
	}
	if _, fx := Next(rated(t, false), start(), RateRequested{math.NaN()}); onlyRate(t, fx) != 1 {
		t.Errorf("no number became %v", onlyRate(t, fx))
	}
}

func TestPositionFollowsTheRateThePlayerReports(t *testing.T) {
	at := start().Add(3 * time.Second) // the anchor at 30 s
	s, _ := run(rated(t, false), RateRequested{1.5})
	if got := Look(s).Playback.Rate; got != 1 {
		t.Fatalf("shows rate %v before the player has it", got)
	}
	s, _ = Next(s, at, reports(1, 1.5, 30*time.Second, at))
	if got := Look(s).Playback.Rate; got != 1.5 {
		t.Fatalf("shows rate %v", got)
	}
	_, fx := Next(s, at.Add(10*time.Second), TimerFired{Timer: TimerSave, Session: 1})
	if got := find[SaveProgress](t, fx).Progress.PositionMS; got != 45_000 {
		t.Fatalf("10 s at 1.5 from 30 s is saved as %d ms", got)
	}
}

func TestRateIsKeptOverReopeningAndNotOverTitles(t *testing.T) {
	now := start().Add(3 * time.Second)
	s, _ := Next(rated(t, true), now, RateRequested{1.5})
	s, _ = Next(s, now, SeekRequested{To: time.Minute}) // opens anew
	s, _ = Next(s, now, opened(2, time.Minute, true))
	if got := Look(s).Playback.Rate; got != 1.5 {
		t.Fatalf("shows rate %v while it is opened anew", got)
	}
	s, fx := Next(s, now, reports(2, 1, 0, now))
	if got := onlyRate(t, fx); got != 1.5 {
		t.Fatalf("after the seek it runs at %v", got)
	}
	if _, fx = Next(s, now, reports(2, 1.5, 0, now)); len(commands(fx)) != 0 {
		t.Fatalf("told again: %v", fx)
	}

	s, _ = Next(s, now, PlayRequested{TitleID: "demo:other"})
	s, _ = Next(s, now, Resolved{Session: 3, Title: film()})
	s, _ = Next(s, now, opened(3, 0, true))
	s, fx = Next(s, now, reports(3, 1.5, 0, now)) // the player has kept it
	if got := onlyRate(t, fx); got != 1 || s.Rate != 1 {
		t.Fatalf("the next title runs at %v", got)
	}
}

func TestRateAskedWhileThePlayerIsAwayIsToldWhenItIsBack(t *testing.T) {
	now := start().Add(4 * time.Second)
	s, _ := Next(rated(t, false), now, PlayerChanged{player.Lost{}})
	s, fx := Next(s, now, RateRequested{2})
	if len(fx) != 0 {
		t.Fatalf("told nobody: %v", fx)
	}
	s, _ = Next(s, now, PlayerChanged{player.Ready{Info: player.Info{Can: player.Can{Seek: true, Rate: true}}}})
	s, _ = Next(s, now, opened(s.Session, 0, false))
	_, fx = Next(s, now, reports(s.Session, 1, 30*time.Second, now))
	if got := onlyRate(t, fx); got != 2 {
		t.Fatalf("runs at %v", got)
	}
	s.Player.Can.Rate = false // another player came back
	s.Phase = Opening
	if _, fx = Next(s, now, reports(s.Session, 1, 30*time.Second, now)); len(commands(fx)) != 0 {
		t.Fatalf("a player without rates is told one: %v", fx)
	}
}

func TestMarksHaveToFitTheStream(t *testing.T) {
	for name, tc := range map[string]struct {
		from, to, credits int64
		want              [3]int64
		live              bool
	}{
		"all":                    {from: 3000, to: 10_000, credits: 100_000, want: [3]int64{3000, 10_000, 100_000}},
		"from the beginning":     {to: 10_000, want: [3]int64{0, 10_000, 0}},
		"none":                   {},
		"turned round":           {from: 10_000, to: 3000, credits: 100_000, want: [3]int64{0, 0, 100_000}},
		"empty":                  {from: 3000, to: 3000},
		"into the credits":       {from: 3000, to: 110_000, credits: 100_000, want: [3]int64{0, 0, 100_000}},
		"beyond the end":         {from: 3000, to: 121_000, credits: 121_000},
		"absurd":                 {from: 3000, to: math.MaxInt64, credits: math.MaxInt64},
		"below the beginning":    {from: math.MinInt64, to: -1, credits: -5},
		"a channel has no marks": {from: 3000, to: 10_000, credits: 100_000, live: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := playing(t, false)
			s.Title.IntroFromMS, s.Title.IntroToMS, s.Title.CreditsMS, s.Playback.Live = tc.from, tc.to, tc.credits, tc.live
			v := Look(s).Playback
			if got := [3]int64{v.IntroFromMS, v.IntroToMS, v.CreditsMS}; got != tc.want {
				t.Fatalf("shows %v, want %v", got, tc.want)
			}
		})
	}
}

// TestFinishedIsMonotonic: whatever the marks say, once a title is finished it
// stays so to its end, and its end is always finished.
func TestFinishedIsMonotonic(t *testing.T) {
	for _, credits := range []int64{math.MinInt64, -1, 0, 1, 60_000, 119_999, 120_000, 120_001, math.MaxInt64} {
		s := playing(t, false)
		s.Title.CreditsMS = credits
		s.Status.Phase = player.Paused
		was := false
		for s.Status.Position = 0; s.Status.Position <= s.duration(); s.Status.Position += time.Second {
			is := progress(s, start()).Finished
			if was && !is {
				t.Fatalf("credits at %d: unfinished again at %v", credits, s.Status.Position)
			}
			was = is
		}
		if !was {
			t.Errorf("credits at %d: the end is not finished", credits)
		}
	}
}

func TestRateRefusals(t *testing.T) {
	channel := rated(t, false)
	channel.Playback.Live = true
	ended := rated(t, false)
	ended.Phase = Ended
	for _, tc := range []struct {
		name string
		s    State
		want string
	}{
		{"idle", New("", false), "nothing_playing"},
		{"ended", ended, "nothing_playing"},
		{"live", channel, "live_rate"},
		{"one speed", playing(t, false), "rate_unsupported"},
	} {
		if got := Refuse(tc.s, RateRequested{1.5}); got == nil || got.Code != tc.want {
			t.Errorf("%s: refused with %v, want %s", tc.name, got, tc.want)
		}
	}
	if got := Refuse(rated(t, false), RateRequested{1.5}); got != nil {
		t.Errorf("refused with %v", got)
	}
}
