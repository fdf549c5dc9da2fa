package box

import (
	"slices"
	"time"

	"usher/player"
)

// The bounds of recovering a lost player.
const (
	lossesAllowed = 3 // within lossWindow; more is a crash loop
	lossWindow    = time.Minute
)

// driftAllowed is how far a report may lie from the position computed before
// the position is corrected. Smaller corrections would only wake watchers.
const driftAllowed = 250 * time.Millisecond

func playerChanged(s State, now time.Time, e player.Event) (State, []Effect) {
	switch e := e.(type) {
	case player.Ready:
		return playerReady(s, e.Info)
	case player.Lost:
		return playerWentAway(s, now)
	case player.Changed:
		return statusChanged(s, now, e.Status)
	}
	return s, nil
}

func playerReady(s State, info player.Info) (State, []Effect) {
	s.PlayerReady, s.Player = true, info
	if s.Phase != Recovering {
		return s, nil
	}
	closing := CloseOrigin{Session: s.Session}
	s, fx := open(s, s.Status.Position)
	return s, append([]Effect{closing}, fx...)
}

func playerWentAway(s State, now time.Time) (State, []Effect) {
	s.PlayerReady = false
	if !s.Phase.loaded() || s.Phase == Recovering {
		return s, nil
	}
	s.Lost = append(slices.DeleteFunc(slices.Clone(s.Lost), func(t time.Time) bool {
		return now.Sub(t) > lossWindow
	}), now)
	if len(s.Lost) > lossesAllowed {
		return fail(s, now, playerLost)
	}
	if s.Phase == Opening && s.Origin.Session != s.Session {
		return s, nil // the origin is still awaited; the player will be told then
	}
	s, fx := saveLasting(s, now)
	s.Status.Position, s.Status.At, s.Status.Phase = s.Status.PositionAt(now), now, player.Idle
	s.Phase = Recovering
	return s, append(fx, SetTimer{Timer: TimerRecover, Session: s.Session, After: recoverTime})
}

func statusChanged(s State, now time.Time, st player.Status) (State, []Effect) {
	if st.Session != s.Session || s.Origin.Session != s.Session || !s.Phase.loaded() || s.Phase == Recovering {
		return s, nil
	}
	st.Position += s.Origin.Base
	if st.Duration > 0 {
		st.Duration += s.Origin.Base
	}
	switch st.Phase {
	case player.Ended:
		return ended(s, now)
	case player.Failed:
		return fail(s, now, playerProblem(st))
	case player.Idle:
		return stoppedInside(s, now)
	case player.Opening:
		return s, nil
	}
	s.Away = nil
	was := s.Phase
	s.Phase = phaseOf(st.Phase)
	// Somebody else (a window, a media key of the desktop) paused or continued it.
	if was == Playing && s.Phase == Paused || was == Paused && s.Phase == Playing {
		s.Hold = s.Phase == Paused
		s.Channel.Follow = s.live() && !s.Hold && s.behind(now) <= s.Origin.Window.slack()
	}
	others := st.Tracks != s.Status.Tracks
	s.Status = corrected(s.Status, st, now)
	var fx []Effect
	switch {
	case was == Opening:
		fx = append(append(keepRate(s), again(s)...), readTracks(s)...)
	case others:
		fx = append(fx, UseTracks{Session: s.Session})
	}
	if was == Opening && s.Phase == Playing {
		fx = append(fx, Expect{TitleID: s.Title.ID, Sign: SignPicture})
	}
	if s.Phase == Playing && was != Playing {
		fx = append(fx, saveSoon(s))
	}
	s, more := keepUp(s, now)
	return s, append(fx, more...)
}

func phaseOf(p player.Phase) Phase {
	switch p {
	case player.Paused:
		return Paused
	case player.Buffering:
		return Buffering
	default:
		return Playing
	}
}

// corrected is the new status, with the old anchor kept where the new one
// says the same.
func corrected(old, st player.Status, now time.Time) player.Status {
	drift := st.PositionAt(now) - old.PositionAt(now)
	if old.Phase == st.Phase && old.Rate == st.Rate && !old.At.IsZero() && drift.Abs() <= driftAllowed {
		st.Position, st.At = old.Position, old.At
	}
	return st
}

func ended(s State, now time.Time) (State, []Effect) {
	if d := s.duration(); d > 0 {
		s.Status.Position = d
	}
	s.Status.Phase, s.Status.At = player.Ended, now
	s, fx := saveLasting(s, now)
	s.Phase, s.Outcome, s.Away = Ended, OutcomeEnded, nil
	return s, append(fx, CloseOrigin{Session: s.Session})
}

// finishedShare is the part of a title after which it counts as seen when the
// catalogue does not say where the credits begin.
const finishedShare = 0.95

// progress is how far the title has been watched at now.
func progress(s State, now time.Time) Progress {
	pos, d := s.Status.PositionAt(now), s.duration()
	mark := time.Duration(float64(d) * finishedShare)
	if m := lookMarks(s); m.credits > 0 {
		mark = m.credits
	}
	return Progress{
		PositionMS: pos.Milliseconds(), DurationMS: d.Milliseconds(),
		Finished: d > 0 && pos >= mark, UpdatedMS: now.UnixMilli(),
	}
}

// saveLasting stores the position for good. Live has none, and a title that
// never got going keeps the one it had.
func saveLasting(s State, now time.Time) (State, []Effect) {
	if s.live() || s.Title.ID == "" || s.Status.At.IsZero() {
		return s, nil
	}
	p := progress(s, now)
	return s.withProgress(s.Title.ID, p), []Effect{SaveProgress{Profile: s.Viewer.ID, TitleID: s.Title.ID, Progress: p, Lasting: true}}
}

func saveSoon(s State) Effect {
	return SetTimer{Timer: TimerSave, Session: s.Session, After: saveEvery}
}

// saveRunning stores the running position and goes on doing so while the
// picture moves.
func saveRunning(s State, now time.Time) (State, []Effect) {
	if s.Phase != Playing || s.live() {
		return s, nil
	}
	s, fx := expectNext(s, now)
	return s, append(fx, SaveProgress{Profile: s.Viewer.ID, TitleID: s.Title.ID, Progress: progress(s, now)}, saveSoon(s))
}
