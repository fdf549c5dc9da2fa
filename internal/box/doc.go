// Package box is the pure core of the box: Next computes, from what the box
// is and what happened, what it is now and what is to be done.
//
// It never blocks, reads no clock, and starts nothing; the same events at the
// same times give the same states and effects. internal/daemon owns the State
// and carries the effects out; Look makes what watchers may see of it.
package box
