package box

import (
	"time"

	"usher/player"
)

// play begins a title; the one that is on gives way.
func play(s State, now time.Time, e PlayRequested) (State, []Effect) {
	s, fx := leave(s, now)
	s.Session++
	s.Phase, s.Asked = Resolving, e
	return s, append(fx,
		s.expect(e.TitleID, SignStart),
		ResolvePlayback{Session: s.Session, TitleID: e.TitleID, Progress: s.Progress},
		SetTimer{Timer: TimerResolve, Session: s.Session, After: resolveTime})
}

// leave ends the title that is on and stores its position.
func leave(s State, now time.Time) (State, []Effect) {
	var fx []Effect
	if s.Phase.loaded() {
		s, fx = saveLasting(s, now)
		fx = append(fx,
			CommandPlayer{player.Command{Session: s.Session, Op: player.Stop}},
			CloseOrigin{Session: s.Session})
	}
	s.Showing, s.TV.Paused = showing(), false
	return s, fx
}

func stop(s State, now time.Time) (State, []Effect) {
	s, fx := leave(s, now)
	s.Session++ // an answer still on its way is stale
	s.Outcome = OutcomeStopped
	return s, fx
}

func resolved(s State, e Resolved) (State, []Effect) {
	if e.Session != s.Session || s.Phase != Resolving {
		return s, nil
	}
	s.Title, s.Series, s.Next, s.Playback = e.Title, e.Series, e.Next, e.Playback
	s.Chosen = s.Choices[choiceID(s)]
	s.Status = player.Status{Session: s.Session, Rate: 1, Position: beginning(s)}
	s.Channel.Follow = s.live() // a channel is joined where it is live
	s, fx := open(s, s.Status.Position)
	return s, append(fx, firstBeat(s)...)
}

// beginning is where the title asked for starts.
func beginning(s State) time.Duration {
	if s.Playback.Live {
		return 0
	}
	switch s.Asked.From {
	case FromPosition:
		return max(s.Asked.Position, 0)
	case FromResume:
		if p := s.Progress[s.Title.ID]; !p.Finished {
			return time.Duration(p.PositionMS) * time.Millisecond
		}
	}
	return 0
}

// open prepares the title from a position, under a session number of its own:
// what the player still says about the time before is then stale.
func open(s State, at time.Duration) (State, []Effect) {
	if s.Phase != Resolving {
		s.Session++
	}
	s.Phase, s.Held = Opening, 0
	s.Status = player.Status{Session: s.Session, Rate: s.pace(), Position: at, Duration: s.Status.Duration}
	o := OpenOrigin{
		Session: s.Session, TitleID: s.Title.ID, URL: s.Playback.URL, Live: s.Playback.Live, Pictures: s.Playback.Thumbnails,
		Audio: s.audio(), Sound: s.Chosen.Sound, Subtitle: s.subtitles(),
	}
	if s.live() {
		o.At, o.Anchor = s.liveFrom(at), s.Origin.Window.Anchor
	} else if !s.Player.Can.SeekFMP4 {
		o.TrimFMP4 = at
	}
	return s, []Effect{o, SetTimer{Timer: TimerOpen, Session: s.Session, After: openTime}}
}

func originOpened(s State, e OriginOpened) (State, []Effect) {
	if e.Session != s.Session || s.Phase != Opening {
		// Nobody waits for it any more, so it is closed again.
		return s, []Effect{CloseOrigin{Session: e.Session}}
	}
	s.Origin = e
	if d := s.duration(); d > 0 {
		s.Status.Position = min(s.Status.Position, lastSecond(d))
	}
	if s.trims() || s.live() {
		s.Status.Position = s.Origin.Base // going on to the very spot would be a seek
	}
	return s, []Effect{openPlayer(s)}
}

// openPlayer is the command that loads the title at its position.
func openPlayer(s State) Effect {
	return CommandPlayer{player.Command{
		Session: s.Session, Op: player.Open,
		Media: player.Media{
			URL:      s.Origin.URL,
			Name:     s.Title.Name.In(s.Audio...),
			Start:    max(s.Status.Position-s.Origin.Base, 0),
			Paused:   s.Hold,
			Live:     s.live(),
			Audio:    s.audio(),
			Subtitle: s.subtitles(),
			Captions: s.Origin.Captions,
			Volume:   s.level(),
			Rate:     s.pace(),
		},
	}}
}

func refused(s State, now time.Time, e Refused) (State, []Effect) {
	if e.Session != s.Session || (s.Phase != Resolving && s.Phase != Opening) {
		return s, nil
	}
	return fail(s, now, e.Problem)
}

// fail ends the title early. Trouble known from the service explains more
// than what the player could see of it.
func fail(s State, now time.Time, p Problem) (State, []Effect) {
	var fx []Effect
	if s.Phase.loaded() {
		s, fx = saveLasting(s, now)
		fx = append(fx,
			CommandPlayer{player.Command{Session: s.Session, Op: player.Stop}},
			CloseOrigin{Session: s.Session})
	}
	s.Status.Position, s.Status.At = s.Status.PositionAt(now), now
	s.Status.Phase = player.Failed
	if s.Upstream != nil {
		p = *s.Upstream
	}
	s.Phase, s.Problem, s.Upstream, s.Away, s.Outcome = Failed, &p, nil, nil, OutcomeFailed
	return s, fx
}

// lastSecond is the last position that may be gone to: a player that is sent
// to the very end takes it for "next".
func lastSecond(d time.Duration) time.Duration { return max(d-time.Second, 0) }
