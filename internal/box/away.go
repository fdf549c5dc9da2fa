package box

import (
	"time"

	"usher/player"
)

// Outcome says how the last title came to its end.
type Outcome string

// The outcomes.
const (
	OutcomeEnded   Outcome = "ended"             // it was played to its end
	OutcomeStopped Outcome = "stopped"           // a person stopped it, through Usher
	OutcomeInside  Outcome = "stopped_in_player" // it was stopped in the player itself, or its window was closed
	OutcomeFailed  Outcome = "failed"            // it broke off; Problem says why
)

// Answers about the machine under the player.
type (
	// PlayerEnded says why the player's program ended, or could not begin: the
	// supervisor knows whether it crashed, hung or was closed.
	PlayerEnded struct{ Problem Problem }
	// Woke says that the machine slept for a while.
	Woke struct{ Slept time.Duration }
)

func (PlayerEnded) boxEvent() {}
func (Woke) boxEvent()        {}

// playerEnded keeps the reason for as long as the title is without a picture.
func playerEnded(s State, p Problem) State {
	if s.Phase.loaded() {
		s.Away = &p
	}
	return s
}

// stoppedInside ends a title that was stopped in the player itself.
func stoppedInside(s State, now time.Time) (State, []Effect) {
	s, fx := stop(s, now)
	s.Outcome = OutcomeInside
	return s, fx
}

// woke takes the position up again after a sleep. It did not move meanwhile:
// the clock that positions are counted with stands still then. Watchers count
// with the clock on the wall, so they need a new anchor; and the player is
// looked at, whatever it said last.
func woke(s State, now time.Time) (State, []Effect) {
	if !s.Phase.loaded() || s.Phase == Recovering || s.Status.At.IsZero() {
		return s, nil
	}
	s.Status.Position, s.Status.At = s.Status.PositionAt(now), now
	s, fx := saveLasting(s, now)
	return s, append(fx, command(s, player.Command{Op: player.Check})...)
}

// goesOn is what is wrong with a title that goes on all the same.
func goesOn(s State) *Problem {
	switch {
	case !s.Phase.loaded():
		return nil
	case s.Upstream != nil:
		return s.Upstream
	case s.Away != nil:
		return s.Away
	case s.Phase == Recovering:
		return new(playerAway)
	}
	switch s.Status.Reason {
	case player.ReasonNoDisplay:
		return new(noDisplay)
	case player.ReasonNoSound:
		return new(noSound)
	case player.ReasonSeekIgnored:
		return new(seekIgnored)
	}
	return nil
}
