//go:build linux

package abslots

import (
	"errors"
	"fmt"

	"usher/firmware"
)

// Started is what Boot did.
type Started struct {
	Slot  string // "a" or "b"
	Trial bool   // it has not proved itself yet, and there is another to go back to
	// Problem is what stood in the way of it: a record that is not valid or
	// cannot be written, a slot that was passed over. nil: nothing.
	Problem error
}

// Boot has a slot started: the one that the record names, and the other when
// start, which mounts it, cannot. It counts the attempt before that, as Start
// does. d may be nil, where the record is not to be had: a is started then, or
// b. The error says that neither goes.
//
// A slot on trial gets no attempt that cannot be counted, and is bad when it
// cannot be mounted. A slot that was written halfway is never started.
func Boot(d Disk, start func(name string) error) (Started, error) {
	if d == nil {
		return either(start, errNoBook)
	}
	b := book{d}
	r, err := b.read()
	if err != nil {
		return either(start, err)
	}
	first, next := r.starts()
	var problem error
	if next != r {
		problem = b.write(next)
	}
	other := 1 - first
	if problem != nil && next.slots[first].state == firmware.Trying && runs(next.slots[other]) {
		first, other = other, first
	}
	err = start(names[first])
	if err == nil {
		return Started{names[first], next.slots[first].state == firmware.Trying && runs(next.slots[other]), problem}, nil
	}
	problem = errors.Join(problem, fmt.Errorf("slot %s: %w", names[first], err))
	if next.slots[other].state == firmware.Empty {
		return Started{}, problem
	}
	if err := start(names[other]); err != nil {
		return Started{}, errors.Join(problem, fmt.Errorf("slot %s: %w", names[other], err))
	}
	if next.slots[first].state == firmware.Trying {
		problem = errors.Join(problem, b.change(func(r *record) error {
			s := &r.slots[first]
			s.state, s.reason, s.attempts = firmware.Bad, firmware.NoStart, 0
			r.failed, r.primary = s.counter, other
			return nil
		}))
	}
	return Started{Slot: names[other], Problem: problem}, nil
}

// either starts whichever slot goes: without a record nothing is known of them.
func either(start func(name string) error, problem error) (Started, error) {
	for _, name := range names {
		err := start(name)
		if err == nil {
			return Started{Slot: name, Problem: problem}, nil
		}
		problem = errors.Join(problem, fmt.Errorf("slot %s: %w", name, err))
	}
	return Started{}, problem
}
