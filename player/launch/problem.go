//go:build linux

package launch

import "usher/player"

// Problem says why a process does not run, in words for a person.
type Problem struct {
	Reason player.Reason // ReasonNoPlayer, ReasonNoPlugin or ReasonPlayerLost (it ended by itself)
	Text   string        // what happened
	Hint   string        // the next step
	Err    error         // the cause, or nil
}

// Error is the text and the hint.
func (p *Problem) Error() string { return p.Text + " " + p.Hint }

// Unwrap is the cause.
func (p *Problem) Unwrap() error { return p.Err }
