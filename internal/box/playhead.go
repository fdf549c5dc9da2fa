package box

import "time"

// Playhead is where the player of a session is.
type Playhead struct {
	Session  uint64        // 0: no player has a title
	Position time.Duration // in the title
	At       time.Time     // when it was there; zero: it will begin there
	Rate     float64       // how fast it moves; 0: it stands
}

// PlayheadOf is the playhead of a state.
func PlayheadOf(s State) Playhead {
	if !s.Phase.loaded() || s.Origin.Session != s.Session {
		return Playhead{}
	}
	h := Playhead{Session: s.Session, Position: s.Status.Position, At: s.Status.At}
	if s.Phase == Playing {
		h.Rate = s.Status.Rate
	}
	return h
}
