//go:build linux

package abslots

import (
	"errors"
	"fmt"
	"strings"

	"usher/firmware"
)

// Choice is what a boot loader is told and, once it has counted, tells.
type Choice struct {
	First int  // slot that starts, 0 or 1
	Trial bool // First has not proved itself: each start takes one of Left, and without any the other slot starts
	Left  int  // starts, 0 to 3; 0 without Trial
}

// Loader is where a boot loader keeps its choice, beside the boot record. A
// loader counts Left down before it starts a slot on trial, and changes nothing
// else: which slot comes first is said by Slots.
type Loader interface {
	// Choice reads it. ErrUnset says that the loader was never told any.
	Choice() (Choice, error)
	// Choose writes it. It is safe when that returns; a power cut meanwhile leaves
	// this choice or the one before.
	Choose(c Choice) error
}

// ErrUnset says that a boot loader keeps no choice of ours yet.
var ErrUnset = errors.New("the boot loader was never told which slot to start")

// choice is what a loader has to know of a record.
func (r record) choice() Choice {
	if s := r.slots[r.primary]; s.state == firmware.Trying {
		return Choice{First: r.primary, Trial: true, Left: int(s.attempts)}
	}
	return Choice{First: r.primary}
}

// heard is a record after what the loader says and what runs. Only a slot on
// trial can have changed; about everything else the record is right.
//
//	the loader says             what happened                              the slot on trial is
//	another slot comes first    the power went before it was told          Written again
//	the same, and it runs       it counted                                 Trying, with fewer starts
//	the same, none left,        it went back
//	  and the other runs                                                   Bad
func (r record) heard(c Choice, booted int) record {
	p := r.primary
	s := &r.slots[p]
	switch {
	case s.state != firmware.Trying:
	case c.First != p && booted != p:
		s.state, s.attempts, r.primary = firmware.Written, 0, booted
	case c.First != p, !c.Trial: // it runs, whatever the loader says: it still has to prove itself
	case c.Left == 0 && booted != p:
		s.state, s.attempts, s.reason = firmware.Bad, 0, firmware.NoStart
		r.failed, r.primary = s.counter, booted
	default:
		s.attempts = min(s.attempts, uint8(c.Left))
	}
	return r
}

// read gives the newest record. Where a boot loader keeps a choice of its own,
// both are brought in line first.
func (s *Slots) read() (record, error) {
	r, err := s.book.read()
	if err != nil || s.opt.Loader == nil {
		return r, err
	}
	told, err := s.opt.Loader.Choice()
	unset := errors.Is(err, ErrUnset)
	if err != nil && !unset {
		return r, fmt.Errorf("what the boot loader says: %w", err)
	}
	if unset {
		told = Choice{First: s.opt.Booted}
	}
	next := r.heard(told, s.opt.Booted)
	if next != r {
		if err := s.book.write(next); err != nil {
			return r, err
		}
		next.seq++
	}
	if want := next.choice(); unset || want != told {
		return next, s.choose(want)
	}
	return next, nil
}

// choose tells the boot loader, where there is one to be told.
func (s *Slots) choose(c Choice) error {
	if s.opt.Loader == nil {
		return nil
	}
	if err := s.opt.Loader.Choose(c); err != nil {
		return fmt.Errorf("tell the boot loader to start slot %s: %w", names[c.First], err)
	}
	return nil
}

// change reads the newest record, has it changed, and writes it and the loader's
// choice when they are others then: the record first, so that what the loader
// starts is in it.
func (s *Slots) change(f func(*record) error) error {
	r, err := s.read()
	if err != nil {
		return err
	}
	next := r
	if err := f(&next); err != nil || next == r {
		return err
	}
	next.floor = max(next.floor, r.floor)
	if err := s.book.write(next); err != nil {
		return err
	}
	if want := next.choice(); want != r.choice() {
		return s.choose(want)
	}
	return nil
}

// letGo has the slot that runs start from now on, and takes the record's word
// from the other: the loader first, so that it never starts what is being written.
func (s *Slots) letGo() error {
	r, err := s.read()
	if err != nil {
		return err
	}
	if now := (Choice{First: s.opt.Booted}); r.choice() != now {
		if err := s.choose(now); err != nil {
			return err
		}
	}
	return s.book.change(func(r *record) error {
		r.slots[s.target()] = slot{reason: firmware.Interrupted}
		r.primary = s.opt.Booted
		return nil
	})
}

// A choice as one letter, for boot loaders that keep variables: whatever a torn
// write leaves of one letter is the old one or the new one.
//
//	a b      this slot, which has proved itself
//	3 2 1 0  slot b, on trial, with so many starts left; 0: slot a
//	7 6 5 4  slot a, on trial, with 3, 2, 1, no starts left; 4: slot b
const (
	lettersOfB = "0123"
	lettersOfA = "4567"
)

func (c Choice) letter() byte {
	letters := [2]string{lettersOfA, lettersOfB}[c.First]
	if !c.Trial {
		return names[c.First][0]
	}
	return letters[min(max(c.Left, 0), len(letters)-1)]
}

var errLetter = errors.New("not a choice of slots")

func choiceOf(text string) (Choice, error) {
	if len(text) != 1 {
		return Choice{}, fmt.Errorf("%w: %.16q", errLetter, text)
	}
	switch l := text[0]; {
	case l == 'a' || l == 'b':
		return Choice{First: int(l - 'a')}, nil
	case l >= '0' && l <= '3':
		return Choice{First: 1, Trial: true, Left: int(l - '0')}, nil
	case l >= '4' && l <= '7':
		return Choice{First: 0, Trial: true, Left: int(l - '4')}, nil
	}
	return Choice{}, fmt.Errorf("%w: %q", errLetter, text)
}

// variable is what boot loaders call the letter.
const variable = "usher_boot"

// OpenLoader opens what a configuration names: "usher-boot", which is none beside
// the boot record; "uboot:/etc/fw_env.config"; "grub:/boot/grub/grubenv";
// "systemd-boot:/boot/loader/entries". close closes it.
func OpenLoader(text string) (l Loader, closer func() error, err error) {
	kind, path, _ := strings.Cut(text, ":")
	nothing := func() error { return nil }
	switch kind {
	case "uboot":
		return OpenUBoot(path)
	case "grub":
		return OpenGRUB(path)
	case "systemd-boot":
		return NewSystemdBoot(path), nothing, nil
	case "", "usher-boot":
		return nil, nothing, nil
	}
	return nil, nil, fmt.Errorf("no boot loader %q is known", kind)
}
