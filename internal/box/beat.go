package box

import "time"

// The rhythm of telling a service that its title goes on.
const (
	beatLeast = 10 * time.Second
	beatMost  = 10 * time.Minute
	beatOwn   = 5 * time.Minute // of a title that hangs on an account whose service wants no word
)

// TimerBeat is for the next heartbeat. It belongs to no session, because a
// title that is opened anew is the same playback.
const TimerBeat Timer = "beat"

// Effects and events of a playback that somebody granted.
type (
	// Beat has the service told that the title goes on, and asked whether it
	// may; the box is asked, too. RightEnded answers when it may not.
	Beat struct {
		Session  uint64
		Playback string // qualified id; of Resolved
		TitleID  string
		Position time.Duration
		Phase    Phase
	}
	// EndPlayback tells the service that it is over. No answer.
	EndPlayback struct{ Playback string }
	// RightEnded says that the present title may not be watched any longer.
	RightEnded struct {
		Session uint64
		Problem Problem
	}
)

func (Beat) boxEffect()        {}
func (EndPlayback) boxEffect() {}
func (RightEnded) boxEvent()   {}

// beatEvery is how often the playback of s is told of; 0 is never.
func (s State) beatEvery() time.Duration {
	every := time.Duration(s.Playback.HeartbeatMS) * time.Millisecond
	switch {
	case s.Playback.ID == "" || every == 0 && !s.Playback.Account:
		return 0
	case every <= 0:
		return beatOwn
	}
	return min(max(every, beatLeast), beatMost)
}

// firstBeat sets the timer for the first heartbeat of a title.
func firstBeat(s State) []Effect {
	every := s.beatEvery()
	if every == 0 {
		return nil
	}
	return []Effect{lasting(TimerBeat, every)}
}

// beat tells of the present title, and sets the timer anew.
func beat(s State, now time.Time) (State, []Effect) {
	every := s.beatEvery()
	if every == 0 || !s.Phase.active() {
		return s, nil
	}
	return s, []Effect{
		Beat{Session: s.Session, Playback: s.Playback.ID, TitleID: s.Title.ID, Position: s.Status.PositionAt(now), Phase: s.Phase},
		lasting(TimerBeat, every),
	}
}

// rightEnded ends the title; its position is stored.
func rightEnded(s State, now time.Time, e RightEnded) (State, []Effect) {
	if e.Session != s.Session || !s.Phase.active() {
		return s, nil
	}
	return fail(s, now, e.Problem)
}

// endedPlayback is what the service is told of a playback that a step ended.
func endedPlayback(before, after State) []Effect {
	id := before.Playback.ID
	if id == "" || !before.Phase.active() || after.Phase.active() && after.Playback.ID == id {
		return nil
	}
	return []Effect{EndPlayback{Playback: id}}
}
