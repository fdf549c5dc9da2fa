//go:build linux

package abslots

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"

	"golang.org/x/sys/unix"

	"usher/firmware"
)

// Options are the parts of Slots. All are required but Loader.
type Options struct {
	Record Disk    // of the boot record, 1 MiB or so: its copies should not share an erase block
	Images [2]Disk // the slots
	Booted int     // which of them this system runs from
	Board  string  // what the box is
	Loader Loader  // where the boot loader keeps its choice; nil: it reads the boot record itself
	Logger *slog.Logger
}

// Slots are two slots and their boot record. It implements firmware.Slots.
type Slots struct {
	opt  Options
	book book
	log  *slog.Logger
}

var _ firmware.Slots = (*Slots)(nil)

// New makes Slots of disks that are open.
func New(o Options) *Slots { return &Slots{opt: o, book: book{o.Record}, log: o.Logger} }

// Can implements firmware.Slots.
func (*Slots) Can() firmware.Can {
	return firmware.Can{Cancel: true, Resume: true, Delta: true, Throttle: true}
}

// target is the slot that may be written.
func (s *Slots) target() int { return 1 - s.opt.Booted }

// Slots implements firmware.Slots.
func (s *Slots) Slots(context.Context) ([]firmware.SlotInfo, error) {
	r, err := s.read()
	if err != nil {
		return nil, err
	}
	list := make([]firmware.SlotInfo, 0, len(r.slots))
	for i, x := range r.slots {
		list = append(list, firmware.SlotInfo{
			Name: names[i], State: x.state, Version: x.version, Counter: x.counter, Attempts: int(x.attempts), Reason: x.reason,
			Booted: i == s.opt.Booted, Primary: i == r.primary,
		})
	}
	return list, nil
}

// Floor implements firmware.Slots.
func (s *Slots) Floor(context.Context) (uint64, error) {
	r, err := s.read()
	return r.floor, err
}

// refuse says why a release must not be written.
func (s *Slots) refuse(r record, rel firmware.Release) error {
	switch {
	case rel.Check() != nil:
		return &firmware.Error{Reason: firmware.Untrusted, Err: rel.Check()}
	case !slices.Contains(rel.Boards, s.opt.Board):
		return &firmware.Error{Reason: firmware.WrongBoard, Err: fmt.Errorf("this is a %q", s.opt.Board)}
	case rel.Counter < r.floor:
		return &firmware.Error{Reason: firmware.Downgrade, Err: fmt.Errorf("counter %d is below %d", rel.Counter, r.floor)}
	case r.slots[s.opt.Booted].state == firmware.Trying:
		return &firmware.Error{Reason: firmware.Unproved, Err: errors.New("the firmware that runs has not proved itself yet")}
	case rel.Size > s.opt.Images[s.target()].Size():
		return &firmware.Error{Reason: firmware.NoSpace, Err: fmt.Errorf("%d bytes into a slot of %d", rel.Size, s.opt.Images[s.target()].Size())}
	}
	return nil
}

// Write implements firmware.Slots.
func (s *Slots) Write(ctx context.Context, rel firmware.Release, from firmware.Source, progress func(firmware.Progress)) error {
	r, err := s.read()
	if err != nil {
		return &firmware.Error{Reason: firmware.Damaged, Err: err}
	}
	if err := s.refuse(r, rel); err != nil {
		return err
	}
	// From here on the record does not vouch for what is in the slot, and the
	// system that runs is the one that starts.
	if err := s.letGo(); err != nil {
		return reasoned(err)
	}
	if err := s.copy(ctx, rel, from, progress); err != nil {
		return err
	}
	return reasoned(s.change(func(r *record) error {
		r.slots[s.target()] = slot{state: firmware.Written, counter: rel.Counter, size: rel.Size, image: rel.Image(), version: rel.Version}
		return nil
	}))
}

var errNothing = errors.New("no slot holds a firmware that was written and not tried")

// Activate implements firmware.Slots. Said twice, it is done once.
func (s *Slots) Activate(context.Context) error {
	return reasoned(s.change(func(r *record) error {
		t := &r.slots[s.target()]
		if t.state == firmware.Trying && r.primary == s.target() {
			return nil // it was not started since
		}
		if t.state != firmware.Written {
			return errNothing
		}
		if t.counter < r.floor {
			return &firmware.Error{Reason: firmware.Downgrade}
		}
		t.state, t.attempts = firmware.Trying, attempts
		r.primary = s.target()
		return nil
	}))
}

// Good implements firmware.Slots.
func (s *Slots) Good(context.Context) error {
	return reasoned(s.change(func(r *record) error {
		b := &r.slots[s.opt.Booted]
		b.state, b.attempts, b.reason = firmware.Good, 0, firmware.NoReason
		r.primary = s.opt.Booted
		r.floor = max(r.floor, b.counter)
		return nil
	}))
}

var errNowhere = errors.New("the other slot holds nothing that starts")

// Bad implements firmware.Slots.
func (s *Slots) Bad(_ context.Context, why firmware.Reason) error {
	return reasoned(s.change(func(r *record) error {
		if !runs(r.slots[s.target()]) {
			return errNowhere
		}
		b := &r.slots[s.opt.Booted]
		b.state, b.reason, b.attempts = firmware.Bad, why, 0
		r.failed, r.primary = b.counter, s.target()
		return nil
	}))
}

// reasoned gives an error of a disk its machine word.
func reasoned(err error) error {
	switch {
	case err == nil, errors.As(err, new(*firmware.Error)):
		return err
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		return &firmware.Error{Reason: firmware.NoSpace, Err: err}
	case errors.Is(err, unix.EROFS), errors.Is(err, fs.ErrPermission):
		return &firmware.Error{Reason: firmware.ReadOnly, Err: err}
	case errors.Is(err, errVerify), errors.Is(err, unix.EIO), errors.Is(err, errNoBook):
		return &firmware.Error{Reason: firmware.Damaged, Err: err}
	}
	return err
}
