package box

import (
	"testing"
	"time"

	"usher/device/remote"
	"usher/internal/offer"
	"usher/player"
)

// noon is the programme time at start: a channel shows what was just made.
func noon() time.Duration { return time.Duration(start().UnixNano()) }

// window reaches back so far from now, in segments of 4 s.
func window(back time.Duration, now time.Time, begin time.Duration) LiveWindow {
	end := time.Duration(now.UnixNano())
	return LiveWindow{Start: end - back, End: end, Live: max(end-12*time.Second, end-back), At: now, Target: 4 * time.Second, Begin: begin, Anchor: LiveAnchor{MSN: 9, At: end - 4*time.Second}}
}

// tuned answers OpenOrigin for a channel that keeps ten minutes.
func tuned(session uint64, now time.Time) OriginOpened {
	w := window(10*time.Minute, now, 0)
	return OriginOpened{Session: session, URL: "http://127.0.0.1:8788/s/x/live.m3u8", Live: true, Base: w.Live, Window: w}
}

// watching is a box that has been live for two seconds at start()+2 s.
func watching(t *testing.T) State {
	t.Helper()
	channel := offer.Title{ID: "demo:tv", Kind: offer.Live, Name: offer.Text{"en": "TV"}}
	s, _ := run(New("test", false), ready(), PlayRequested{TitleID: "demo:tv"})
	s, fx := Next(s, start(), Resolved{Session: 1, Title: channel, Playback: offer.Playback{URL: "http://svc/tv.m3u8", Live: true}})
	if o := find[OpenOrigin](t, fx); o.At != 0 {
		t.Fatalf("joins at %v", o.At)
	}
	s, _ = Next(s, start(), tuned(1, start()))
	s, _ = Next(s, start().Add(2*time.Second), status(1, player.Playing, 2*time.Second, start().Add(2*time.Second)))
	if s.Phase != Playing || !s.Channel.Follow || s.behind(start().Add(2*time.Second)) != 0 {
		t.Fatalf("%v, follow %v, behind %v", s.Phase, s.Channel.Follow, s.behind(start().Add(2*time.Second)))
	}
	return s
}

// pausedLive is watching, held at start()+2 s.
func pausedLive(t *testing.T) State {
	t.Helper()
	at := start().Add(2 * time.Second)
	s, _ := Next(watching(t), at, PauseRequested{})
	s, _ = Next(s, at, status(1, player.Paused, 2*time.Second, at))
	return s
}

func TestLiveResumesBehind(t *testing.T) {
	s := pausedLive(t)
	now := start().Add(3 * time.Minute)
	s, fx := Next(s, now, ResumeRequested{})
	if got := commands(fx); len(got) != 1 || got[0].Op != player.Play {
		t.Fatalf("commands %+v", got)
	}
	s, fx = Next(s, now, status(1, player.Playing, 2*time.Second, now))
	if s.Channel.Follow || len(commands(fx)) != 0 {
		t.Fatalf("follow %v, %v", s.Channel.Follow, fx)
	}
	if v := Look(s).Playback; v.Window.BehindMS != 178_000 || !v.Window.Winds || v.PositionMS != (noon()-10*time.Second).Milliseconds() {
		t.Fatalf("%+v, position %v", v.Window, v.PositionMS)
	}
}

// TestLiveGoesOnAtTheStartOfTheWindow: held for longer than the channel keeps.
func TestLiveGoesOnAtTheStartOfTheWindow(t *testing.T) {
	now := start().Add(20 * time.Minute)
	s, fx := Next(pausedLive(t), now, ResumeRequested{})
	o := find[OpenOrigin](t, fx)
	if want := time.Duration(now.UnixNano()) - 10*time.Minute + 12*time.Second; o.At != want || o.Anchor.MSN != 9 || s.Hold {
		t.Fatalf("opens at %v from the start, hold %v", o.At-want, s.Hold)
	}
	if n := Look(s).Playback.Notice; n == nil || n.Code != "live_window" {
		t.Fatalf("notice %+v", n)
	}
	if find[CloseOrigin](t, fx).Session != 1 || s.Session != 2 {
		t.Fatalf("%v", fx)
	}
}

func TestGoLive(t *testing.T) {
	now := start().Add(3 * time.Minute)
	s, fx := Next(pausedLive(t), now, LiveRequested{})
	if o := find[OpenOrigin](t, fx); o.At != 0 || s.Hold || !s.Channel.Follow {
		t.Fatalf("%+v, hold %v", o, s.Hold)
	}
	if _, fx = Next(watching(t), start().Add(4*time.Second), LiveRequested{}); len(fx) != 0 {
		t.Fatalf("who is live is moved: %v", fx)
	}
	if _, fx = Next(pausedLive(t), now, KeyPressed{Key: remote.Event{Key: remote.Next, Action: remote.Press}}); find[OpenOrigin](t, fx).At != 0 {
		t.Fatalf("the next key: %v", fx)
	}
}

func TestLiveSeeks(t *testing.T) {
	now := start().Add(4 * time.Second)
	live := noon() + 4*time.Second - 12*time.Second
	for name, tc := range map[string]struct{ to, want time.Duration }{
		"back":          {live - time.Minute, live - time.Minute},
		"before it all": {live - time.Hour, noon() + 4*time.Second - 10*time.Minute + 12*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			s, fx := Next(watching(t), now, SeekRequested{To: tc.to})
			if o := find[OpenOrigin](t, fx); o.At != tc.want || s.Channel.Follow {
				t.Fatalf("%v off, follow %v", o.At-tc.want, s.Channel.Follow)
			}
		})
	}
	if _, fx := Next(watching(t), now, SeekRequested{To: live + time.Hour}); len(fx) != 0 {
		t.Fatalf("beyond live, from live: %v", fx)
	}
}

// TestLiveStepsAreGathered: one opening for a held key.
func TestLiveStepsAreGathered(t *testing.T) {
	s, now := watching(t), start().Add(4*time.Second)
	at := s.Status.PositionAt(now)
	for range 3 {
		var fx []Effect
		s, fx = Next(s, now, SeekRequested{By: -10 * time.Second, Relative: true})
		if find[SetTimer](t, fx).Timer != TimerWind || len(fx) != 1 {
			t.Fatalf("%v", fx)
		}
	}
	s, fx := Next(s, now.Add(windStill), TimerFired{Timer: TimerWind, Session: s.Session})
	if o := find[OpenOrigin](t, fx); o.At != at-30*time.Second || s.Channel.Wind != 0 {
		t.Fatalf("%v off", o.At-at+30*time.Second)
	}
}

// TestLiveComesBackAfterAnOutage: whoever watched live is live again, once;
// whoever watched behind stays behind.
func TestLiveComesBackAfterAnOutage(t *testing.T) {
	out := Problem{Code: "network_lost"}
	away := func(s State) (State, time.Time) {
		s, _ = Next(s, start().Add(5*time.Second), UpstreamTrouble{Session: 1, Problem: &out})
		s, _ = Next(s, start().Add(9*time.Second), status(1, player.Buffering, 9*time.Second, start().Add(9*time.Second)))
		s, fx := Next(s, start().Add(68*time.Second), UpstreamTrouble{Session: 1})
		if len(fx) != 0 {
			t.Fatalf("before there is a picture: %v", fx)
		}
		return s, start().Add(69 * time.Second)
	}
	s, now := away(watching(t))
	s, fx := Next(s, now, status(1, player.Playing, 9*time.Second, now))
	if o := find[OpenOrigin](t, fx); o.At != 0 || s.Channel.Notice.Code != "live_caught_up" {
		t.Fatalf("%+v, notice %+v", o, s.Channel.Notice)
	}
	s, _ = Next(s, now, tuned(2, now.Add(-40*time.Second))) // and it stays slow
	if _, fx = Next(s, now, status(2, player.Playing, 0, now)); hasOpen(fx) {
		t.Fatalf("again at once: %v", fx)
	}

	s = watching(t)
	s.Channel.Follow = false
	s, now = away(s)
	if _, fx = Next(s, now, status(1, player.Playing, 9*time.Second, now)); hasOpen(fx) {
		t.Fatalf("who was behind is moved: %v", fx)
	}
}

func hasOpen(fx []Effect) bool {
	for _, f := range fx {
		if _, ok := f.(OpenOrigin); ok {
			return true
		}
	}
	return false
}

// TestLiveBeginTellsWhereThePictureIs: the player joined one segment earlier
// than it was thought.
func TestLiveBeginTellsWhereThePictureIs(t *testing.T) {
	s, now := watching(t), start().Add(3*time.Second)
	w := window(10*time.Minute, now, s.Origin.Base-4*time.Second)
	before := s.Status.PositionAt(now)
	s, _ = Next(s, now, LiveMoved{Session: 1, Window: w})
	if got := s.Status.PositionAt(now); got != before-4*time.Second {
		t.Fatalf("moved by %v", got-before)
	}
	s, _ = Next(s, now, status(1, player.Playing, 3*time.Second, now))
	if got := s.behind(now); got != 4*time.Second {
		t.Fatalf("behind %v", got)
	}
	if after, _ := Next(s, now, LiveMoved{Session: 7, Window: LiveWindow{}}); after.Origin.Window != w {
		t.Fatal("a stale window was taken")
	}
}

// TestLostPlayerComesBackWhereTheChannelWas: live when live, behind when behind.
func TestLostPlayerComesBackWhereTheChannelWas(t *testing.T) {
	for _, follow := range []bool{true, false} {
		s, now := watching(t), start().Add(4*time.Second)
		s.Channel.Follow = follow
		at := s.Status.PositionAt(now)
		s, _ = Next(s, now, PlayerChanged{player.Lost{}})
		_, fx := Next(s, now, ready())
		if o := find[OpenOrigin](t, fx); follow && o.At != 0 || !follow && o.At != at {
			t.Fatalf("follow %v: opens at %v", follow, o.At)
		}
	}
}

// TestLiveHeldIsAProgrammeTime: as the position is, and of this opening only.
func TestLiveHeldIsAProgrammeTime(t *testing.T) {
	s, now := watching(t), start().Add(4*time.Second)
	until := s.Status.PositionAt(now) + 8*time.Second
	s, _ = Next(s, now, OriginHolds{Session: 1, Until: until})
	v := Look(s).Playback
	if got := v.HeldMS - v.PositionMS; got != 10_000 || v.HeldMS != until.Milliseconds() {
		t.Fatalf("%d ms beyond where it was two seconds ago", got)
	}
	s, _ = Next(s, now, SeekRequested{To: until - time.Minute})
	if s, _ = Next(s, now, OriginHolds{Session: 1, Until: until}); Look(s).Playback.HeldMS != 0 {
		t.Fatal("what another opening held is told")
	}
}

func TestLiveRefuses(t *testing.T) {
	film := playing(t, false)
	short := watching(t)
	short.Origin.Window.Start = short.Origin.Window.Live - 12*time.Second
	for name, tc := range map[string]struct {
		s    State
		e    Event
		code string
	}{
		"film":          {film, LiveRequested{}, "not_live"},
		"nothing on":    {New("x", false), LiveRequested{}, "nothing_playing"},
		"keeps nothing": {short, SeekRequested{}, "live_seek"},
	} {
		if p := Refuse(tc.s, tc.e); p == nil || p.Code != tc.code {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if p := Refuse(short, LiveRequested{}); p != nil {
		t.Errorf("going live needs no window: %+v", p)
	}
}
