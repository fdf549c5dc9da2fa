package box

import (
	"testing"
	"time"

	"usher/internal/offer"
	"usher/player"
)

// show plays a script of steps, each a number of milliseconds after the start.
func show(s State, at time.Time, script []struct {
	ms int
	e  Event
},
) State {
	for _, x := range script {
		s, _ = Next(s, at.Add(time.Duration(x.ms)*time.Millisecond), x.e)
	}
	return s
}

type steps = []struct {
	ms int
	e  Event
}

// reported is a report of the player about the present session.
func reported(session uint64, p player.Phase, at time.Time) Event {
	return PlayerChanged{player.Changed{Status: player.Status{Session: session, Phase: p, At: at, Rate: 1}}}
}

func begun(at time.Time) (State, uint64) {
	s := New("test", false)
	s, _ = Next(s, at, PlayerChanged{player.Ready{}})
	s = show(s, at, steps{{0, PlayRequested{TitleID: "demo:a"}}})
	n := s.Session
	return show(s, at, steps{
		{100, Resolved{Session: n, Title: offer.Title{ID: "demo:a"}, Playback: offer.Playback{URL: "http://x/a.m3u8"}}},
		{300, OriginOpened{Session: n, URL: "http://127.0.0.1/s/a.m3u8", Duration: time.Hour}},
		{900, reported(n, player.Playing, at.Add(900*time.Millisecond))},
	}), n
}

func TestTheStartIsTakenApart(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	s, _ := begun(at)
	q := s.Quality
	if q.Start() != 900*time.Millisecond || q.Resolved.Sub(q.Asked) != 100*time.Millisecond || q.Opened.Sub(q.Asked) != 300*time.Millisecond {
		t.Errorf("%+v", q)
	}
	s, _ = Next(s, at.Add(time.Minute), PlayRequested{TitleID: "demo:b"})
	if s.Quality.Asked != at.Add(time.Minute) || s.Quality.Start() != 0 {
		t.Errorf("the next title begins with %+v", s.Quality)
	}
	s, _ = Next(s, at.Add(2*time.Minute), StopRequested{})
	if s.Quality != (Quality{}) {
		t.Errorf("nothing is on, and %+v is told of it", s.Quality)
	}
}

func TestStallsAreCounted(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	s, n := begun(at)
	moment := func(ms int) time.Time { return at.Add(time.Duration(ms) * time.Millisecond) }
	s = show(s, at, steps{
		{10_000, reported(n, player.Buffering, moment(10_000))},
		{10_500, reported(n, player.Buffering, moment(10_500))}, // the same one
		{12_000, reported(n, player.Playing, moment(12_000))},
		{20_000, SeekRequested{To: 10 * time.Minute}},
		{20_200, reported(n, player.Buffering, moment(20_200))}, // the seek, no stall
		{21_000, reported(n, player.Playing, moment(21_000))},
		{30_000, PauseRequested{}},
		{30_100, reported(n, player.Paused, moment(30_100))},
		{40_000, ResumeRequested{}},
		{40_100, reported(n, player.Playing, moment(40_100))},
		{50_000, reported(n, player.Buffering, moment(50_000))},
	})
	if q := s.Quality; q.Stalls != 2 || q.Stalled != 2*time.Second || q.Since.IsZero() {
		t.Errorf("%+v, want two stalls, of which the second lasts", q)
	}
}

// What the origin holds tells a player that was starved from one that stands
// still by itself.
func TestStallsOfThePlayerItselfAreToldApart(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	s, n := begun(at)
	moment := func(ms int) time.Time { return at.Add(time.Duration(ms) * time.Millisecond) }
	s = show(s, at, steps{
		{9_000, OriginHolds{Session: n, Until: 4 * time.Second}},
		{10_000, reported(n, player.Buffering, moment(10_000))},
		{12_000, reported(n, player.Playing, moment(12_000))},
		{19_000, OriginHolds{Session: n, Until: time.Minute}},
		{20_000, reported(n, player.Buffering, moment(20_000))},
	})
	if q := s.Quality; q.Stalls != 2 || q.Own != 1 {
		t.Errorf("%+v, want two stalls, the second the player's own", q)
	}
}

func TestThePlayheadIsThatOfTheTitle(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	if h := PlayheadOf(New("test", false)); h.Session != 0 {
		t.Errorf("nothing is on: %+v", h)
	}
	s, n := begun(at)
	if h := PlayheadOf(s); h.Session != n || h.Rate != 1 {
		t.Errorf("playing: %+v", h)
	}
	s = show(s, at, steps{{2000, PauseRequested{}}, {2100, reported(n, player.Paused, at.Add(2*time.Second))}})
	if h := PlayheadOf(s); h.Rate != 0 {
		t.Errorf("paused: %+v", h)
	}
	s, _ = Next(s, at.Add(3*time.Second), OriginHolds{Session: n, Until: time.Minute})
	if Look(s).Playback.HeldMS != 60_000 {
		t.Errorf("held %d ms", Look(s).Playback.HeldMS)
	}
	s, _ = Next(s, at.Add(4*time.Second), OriginHolds{Session: n - 1, Until: time.Hour})
	if Look(s).Playback.HeldMS != 60_000 {
		t.Error("an old session's window was taken")
	}
}
