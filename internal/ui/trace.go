package ui

import "time"

// tracer is told what follows from a key; it does not block.
type tracer interface {
	// Step belongs to the newest press of a key.
	Step(name string, begin, end time.Time, attrs ...string)
}

// step runs f, and tells how long it took.
func (b *Bridge) step(name string, f func(), attrs ...string) {
	if b.trace == nil {
		f()
		return
	}
	began := time.Now()
	f()
	b.trace.Step(name, began, time.Now(), attrs...)
}
