package box

import (
	"time"

	"usher/player"
)

// A live channel is wound by opening it anew: no player can be trusted to seek
// in one. Positions are programme times: durations since the Unix epoch, as
// the channel's own dates say.

// LiveWindow is what of a live channel can be seen. At time At it reaches from
// Start to End, and it moves on one second in a second.
type LiveWindow struct {
	Start, End time.Duration // programme times
	Live       time.Duration // where who joins the channel begins
	At         time.Time
	Target     time.Duration // the longest a segment takes
	Begin      time.Duration // programme time of the player's position 0; 0: not known yet
	Anchor     LiveAnchor
}

// LiveAnchor ties a media sequence number to a programme time, so that the
// times of a channel without dates stay the same when it is opened anew.
type LiveAnchor struct {
	MSN uint64
	At  time.Duration
}

// Live events: LiveMoved is an answer of the origin, LiveRequested an intent.
type (
	// LiveMoved says how far the window of the channel reaches now.
	LiveMoved struct {
		Session uint64
		Window  LiveWindow
	}
	// LiveRequested goes to where the channel is live.
	LiveRequested struct{}
)

func (LiveMoved) boxEvent()     {}
func (LiveRequested) boxEvent() {}

// Channel is how a live channel is being watched.
type Channel struct {
	Follow bool          // live, or as good as: after an outage it is live again
	Wind   time.Duration // where winding has got to; 0: nobody winds
	Notice *Problem      // what the box did by itself lately, and why
	Caught time.Time     // when it last went back to live by itself
}

// TimerWind ends a series of relative seeks in a live channel.
const TimerWind Timer = "wind"

// The bounds of a live channel.
const (
	windStill   = 350 * time.Millisecond // winding has ended
	leastWindow = 20 * time.Second       // what reaches back less cannot be wound
	catchEvery  = time.Minute            // going back to live by itself; more often would be a slow network, not an outage
	leastSlack  = 6 * time.Second
	latest      = 10 * time.Second // beyond the slack, before following goes back to live
)

// moved is the window at now.
func (w LiveWindow) moved(now time.Time) LiveWindow {
	if w.At.IsZero() {
		return w
	}
	by := max(now.Sub(w.At), 0)
	w.Start, w.End, w.Live, w.At = w.Start+by, w.End+by, w.Live+by, now
	return w
}

// slack is how far behind Live still counts as live: players join some seconds
// behind it, and segments come in steps.
func (w LiveWindow) slack() time.Duration { return max(2*w.Target+2*time.Second, leastSlack) }

// winds says whether there is anything to wind back to.
func (w LiveWindow) winds() bool { return w.Live-w.Start >= leastWindow }

// oldest is the first place that may be gone to: what lies before it would
// leave the window while it is being opened.
func (w LiveWindow) oldest() time.Duration { return w.Start + min(3*w.Target, (w.Live-w.Start)/2) }

// behind is how far the picture is behind the live one.
func (s State) behind(now time.Time) time.Duration {
	return s.Origin.Window.moved(now).Live - s.Status.PositionAt(now)
}

// liveFrom is where a channel is to be opened; 0 is live.
func (s State) liveFrom(at time.Duration) time.Duration {
	if s.Channel.Follow {
		return 0
	}
	return at
}

// windLive winds in a channel. Steps are gathered until they end, because each
// opening takes a moment.
func windLive(s State, now time.Time, e SeekRequested) (State, []Effect) {
	s.Channel.Notice = nil
	if !e.Relative {
		return liveTo(s, now, e.To)
	}
	from := s.Channel.Wind
	if from == 0 {
		from = s.Status.PositionAt(now)
	}
	s.Channel.Wind = max(from+e.By, 1)
	return s, []Effect{SetTimer{Timer: TimerWind, Session: s.Session, After: windStill}}
}

// windEnded goes where winding got to.
func windEnded(s State, now time.Time) (State, []Effect) {
	if s.Channel.Wind == 0 || !s.Phase.loaded() {
		return s, nil
	}
	return liveTo(s, now, s.Channel.Wind)
}

// liveTo opens the channel at a programme time within its window.
func liveTo(s State, now time.Time, to time.Duration) (State, []Effect) {
	w := s.Origin.Window.moved(now)
	if to >= w.Live-w.Target/2 {
		return goLive(s, now)
	}
	s.Channel.Follow = false
	return reopen(s, max(to, w.oldest()))
}

// goLive goes to where the channel is live, unless it is there.
func goLive(s State, now time.Time) (State, []Effect) {
	s.Channel.Notice, s.Channel.Wind = nil, 0
	if s.Phase == Playing && s.behind(now) <= s.Origin.Window.slack() {
		s.Channel.Follow = true
		return s, nil
	}
	s.Channel.Follow, s.Hold = true, false
	return reopen(s, s.Origin.Window.moved(now).Live)
}

// reopen opens what is on anew at a position. A player that is awaited will
// open it there.
func reopen(s State, at time.Duration) (State, []Effect) {
	s.Channel.Wind = 0
	if s.Phase == Recovering || s.Phase == Opening && s.Origin.URL == "" {
		s.Status.Position = at
		return s, nil
	}
	closing := CloseOrigin{Session: s.Session}
	s, fx := open(s, at)
	return s, append([]Effect{closing}, fx...)
}

// holdLive is what pausing means to a channel: the picture stays while the
// window moves on. Continuing may find it out of the window.
func holdLive(s State, now time.Time) (State, []Effect) {
	s.Channel.Notice = nil
	if s.Hold {
		s.Channel.Follow = false
		return s, nil
	}
	s.Channel.Follow = s.behind(now) <= s.Origin.Window.slack()
	if s.Status.PositionAt(now) < s.Origin.Window.moved(now).Start {
		return fellOut(s, now)
	}
	return s, nil
}

// fellOut goes to the beginning of the window.
func fellOut(s State, now time.Time) (State, []Effect) {
	s.Channel.Follow, s.Channel.Notice = false, &windowPassed
	return reopen(s, s.Origin.Window.moved(now).oldest())
}

func liveMoved(s State, now time.Time, e LiveMoved) (State, []Effect) {
	if e.Session != s.Session || s.Origin.Session != s.Session || !s.live() {
		return s, nil
	}
	s.Origin.Window = e.Window
	if b := e.Window.Begin; b > 0 && b != s.Origin.Base {
		s.Status.Position = max(s.Status.Position+b-s.Origin.Base, 0)
		s.Origin.Base = b
	}
	return keepUp(s, now)
}

// keepUp keeps a running channel within its window, and brings who watched it
// live back to live after an outage.
func keepUp(s State, now time.Time) (State, []Effect) {
	w := s.Origin.Window.moved(now)
	if s.Phase != Playing || s.Hold || !s.live() || w.At.IsZero() || s.Upstream != nil || s.Channel.Wind != 0 {
		return s, nil
	}
	late := s.Channel.Follow && s.behind(now) > w.slack()+latest
	switch {
	case late && now.Sub(s.Channel.Caught) >= catchEvery:
		s.Channel.Caught, s.Channel.Notice = now, &caughtUp
		return reopen(s, w.Live)
	case s.Status.PositionAt(now) < w.Start-w.Target:
		return fellOut(s, now)
	}
	return s, nil
}

// LiveView is how far a live channel can be wound, and how far behind it one is.
// Its times are programme times in ms since the Unix epoch, as positionMs is.
type LiveView struct {
	StartMS  int64 `json:"startMs"` // at atMs; it moves on with the clock, and so do the next two
	EndMS    int64 `json:"endMs"`
	LiveMS   int64 `json:"liveMs"`
	AtMS     int64 `json:"atMs"`     // Unix time in ms
	SlackMS  int64 `json:"slackMs"`  // who is behind by less is live
	BehindMS int64 `json:"behindMs"` // at playback's atMs; grows with the clock while the picture stands
	Winds    bool  `json:"winds"`    // player.seek works
}

// lookLive is nil while no channel is on.
func lookLive(s State) *LiveView {
	w := s.Origin.Window
	if !s.live() || !s.Phase.loaded() || w.At.IsZero() || s.Status.Phase == player.Idle {
		return nil
	}
	v := &LiveView{
		StartMS: w.Start.Milliseconds(), EndMS: w.End.Milliseconds(), LiveMS: w.Live.Milliseconds(),
		AtMS: w.At.UnixMilli(), SlackMS: w.slack().Milliseconds(), Winds: w.winds(),
	}
	if !s.Status.At.IsZero() {
		v.BehindMS = max(s.behind(s.Status.At), 0).Milliseconds()
	}
	return v
}
