//go:build linux

package launch

import "usher/player"

// Problem says why a process does not run, in words for a person.
type Problem struct {
	Reason player.Reason // ReasonNoPlayer, ReasonNoPlugin or ReasonPlayerLost (it ended by itself)
	Text   string        // what happened
	Ended  Ended         // how a program that ran came to its end
	Hint   string        // the next step
	Err    error         // the cause, or nil
}

// Ended says how a program came to its end.
type Ended uint8

// The ends of a program.
const (
	NotRun  Ended = iota // it never began
	Crashed              // a signal, or an exit code other than 0
	Closed               // it ended by itself, such as when its window was closed
	Hung                 // it did not answer, and was killed
)

// Error is the text and the hint.
func (p *Problem) Error() string { return p.Text + " " + p.Hint }

// Unwrap is the cause.
func (p *Problem) Unwrap() error { return p.Err }
