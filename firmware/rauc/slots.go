//go:build linux

package rauc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"usher/firmware"
)

// Factory is the firmware that the box left the factory with: RAUC knows only
// what it has installed itself.
type Factory struct {
	Version string
	Counter uint64
}

// Options are the parts of Slots. Folder, Board, Boot and Logger are required.
type Options struct {
	// Folder keeps the record, and the bundle while it is fetched: on a disk that
	// all firmwares of the box share, with room for a bundle.
	Folder  string
	Board   string // what the box is, as releases name it
	Boot    string // another word for each start of the system: /proc/sys/kernel/random/boot_id
	Factory Factory
	Address string // of the bus; "" is the system bus
	Logger  *slog.Logger
	// Patience is for how long RAUC may be busy with something else, and away
	// after it died in the middle: 2 min.
	Patience time.Duration
	// Free is the room in a folder, bytes; nil asks the file system.
	Free func(folder string) (int64, error)
}

// attempts is how often a new firmware is started, as far as Usher can tell: the
// boot loader counts, and RAUC does not say (system.conf, boot-attempts).
const attempts = 3

// Slots are RAUC's. It implements firmware.Slots.
type Slots struct {
	opt Options
	log *slog.Logger
}

var _ firmware.Slots = (*Slots)(nil)

// New makes Slots; nothing is asked of RAUC yet.
func New(o Options) *Slots {
	if o.Patience == 0 {
		o.Patience = 2 * time.Minute
	}
	if o.Free == nil {
		o.Free = free
	}
	return &Slots{opt: o, log: o.Logger}
}

// Can implements firmware.Slots.
func (*Slots) Can() firmware.Can { return firmware.Can{Resume: true} }

// see reads how things stand.
func (s *Slots) see(ctx context.Context, l *link) (at look, err error) {
	at.boot = s.opt.Boot
	if at.rec, err = s.load(); err != nil {
		return look{}, err
	}
	list, err := l.slots(ctx)
	if err != nil {
		return look{}, err
	}
	if at.booted, at.other, err = pair(list); err != nil {
		return look{}, &firmware.Error{Reason: firmware.NoInstaller, Err: err}
	}
	at.primary, err = l.primary(ctx)
	return at, err
}

// look reads how things stand, and settles what is open.
func (s *Slots) look(ctx context.Context, l *link) (look, error) {
	at, err := s.see(ctx, l)
	if err != nil {
		return look{}, err
	}
	next, marks := at.settle(s.opt.Factory)
	for _, m := range marks {
		if err := l.mark(ctx, m); err != nil {
			return look{}, err
		}
		if m.state == "active" {
			at.primary = m.slot
		}
	}
	if !next.equal(at.rec) {
		if err := s.save(next); err != nil {
			return look{}, err
		}
	}
	at.rec = next
	return at, nil
}

// with opens the bus, looks, and does something.
func (s *Slots) with(ctx context.Context, do func(*link, look) error) error {
	l, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	at, err := s.look(ctx, l)
	if err != nil {
		return err
	}
	return do(l, at)
}

// Slots implements firmware.Slots. It waits while RAUC installs.
func (s *Slots) Slots(ctx context.Context) (list []firmware.SlotInfo, err error) {
	err = s.with(ctx, func(_ *link, at look) error { list = at.list(); return nil })
	return list, err
}

// Peek is what Slots would say, and changes nothing: for another process than
// the one that owns the record.
func (s *Slots) Peek(ctx context.Context) ([]firmware.SlotInfo, error) {
	l, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	defer l.close()
	at, err := s.see(ctx, l)
	if err != nil {
		return nil, err
	}
	at.rec, _ = at.settle(s.opt.Factory)
	return at.list(), nil
}

// list is both slots, by name.
func (l look) list() []firmware.SlotInfo {
	list := []firmware.SlotInfo{l.info(l.booted), l.info(l.other)}
	slices.SortFunc(list, func(a, b firmware.SlotInfo) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Floor implements firmware.Slots.
func (s *Slots) Floor(context.Context) (uint64, error) {
	r, err := s.load()
	return r.Floor, err
}

var errNothing = errors.New("no slot holds a firmware that was written and not tried")

// Activate implements firmware.Slots.
func (s *Slots) Activate(ctx context.Context) error {
	return s.with(ctx, func(l *link, at look) error {
		e := at.rec.Slots[at.other.Name]
		switch {
		case e.Stage != written:
			return errNothing
		case e.Counter < at.rec.Floor:
			return &firmware.Error{Reason: firmware.Downgrade}
		}
		e.Stage, e.Boot = switching, s.opt.Boot
		if err := s.enter(&at.rec, at.other.Name, e); err != nil {
			return err
		}
		if err := l.mark(ctx, mark{"active", at.other.Name}); err != nil {
			return err
		}
		e.Stage = trying
		return s.enter(&at.rec, at.other.Name, e)
	})
}

// enter writes an entry down.
func (s *Slots) enter(r *record, slot string, e entry) error {
	r.put(slot, e)
	return s.save(*r)
}

// Good implements firmware.Slots.
func (s *Slots) Good(ctx context.Context) error {
	return s.with(ctx, func(l *link, at look) error {
		e := at.rec.Slots[at.booted.Name]
		if e.Stage == good && at.primary == at.booted.Name && at.rec.Floor >= e.Counter {
			return nil
		}
		if err := l.mark(ctx, mark{"good", at.booted.Name}); err != nil {
			return err
		}
		if at.primary != at.booted.Name {
			if err := l.mark(ctx, mark{"active", at.booted.Name}); err != nil {
				return err
			}
		}
		e.Stage, e.Reason, e.Boot = good, firmware.NoReason, s.opt.Boot
		at.rec.Floor = max(at.rec.Floor, e.Counter)
		return s.enter(&at.rec, at.booted.Name, e)
	})
}

var errNowhere = errors.New("the other slot holds nothing that starts")

// Bad implements firmware.Slots.
func (s *Slots) Bad(ctx context.Context, why firmware.Reason) error {
	return s.with(ctx, func(l *link, at look) error {
		if at.info(at.other).State != firmware.Good {
			return errNowhere
		}
		e := at.rec.Slots[at.booted.Name]
		e.Stage, e.Reason, e.Boot = leaving, why, s.opt.Boot
		if err := s.enter(&at.rec, at.booted.Name, e); err != nil {
			return err
		}
		// The other first: at no time is there none to start.
		if err := l.mark(ctx, mark{"active", at.other.Name}); err != nil {
			return err
		}
		return l.mark(ctx, mark{"bad", at.booted.Name})
	})
}

// refuse says why a release must not be written.
func (s *Slots) refuse(at look, rel firmware.Release) error {
	switch {
	case rel.Check() != nil:
		return &firmware.Error{Reason: firmware.Untrusted, Err: rel.Check()}
	case !slices.Contains(rel.Boards, s.opt.Board):
		return &firmware.Error{Reason: firmware.WrongBoard, Err: fmt.Errorf("this is a %q", s.opt.Board)}
	case rel.Counter < at.rec.Floor:
		return &firmware.Error{Reason: firmware.Downgrade, Err: fmt.Errorf("counter %d is below %d", rel.Counter, at.rec.Floor)}
	case at.info(at.booted).State == firmware.Trying:
		return &firmware.Error{Reason: firmware.Unproved, Err: errors.New("the firmware that runs has not proved itself yet")}
	}
	return s.room(rel.Size)
}
