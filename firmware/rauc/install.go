//go:build linux

package rauc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/godbus/dbus/v5"

	"usher/firmware"
)

// Write implements firmware.Slots: it fetches the bundle, has RAUC look at it,
// and has RAUC install it. A slot that is good stays so until RAUC begins to
// write. When ctx ends after that, RAUC goes on; the next call waits for it.
func (s *Slots) Write(ctx context.Context, rel firmware.Release, from firmware.Source, progress func(firmware.Progress)) error {
	if progress == nil {
		progress = func(firmware.Progress) {}
	}
	p, there := stages{size: rel.Size, tell: progress}, false
	err := s.with(ctx, func(l *link, at look) (err error) {
		there, err = s.prepare(ctx, l, at, rel)
		return err
	})
	if err == nil && !there {
		err = s.fetch(ctx, rel, from, p.fetched)
	}
	if err == nil && !there { // over a new connection: fetching may have taken hours
		err = s.with(ctx, func(l *link, at look) error { return s.install(ctx, l, at, rel, p.installed) })
	}
	if err != nil {
		return err
	}
	s.forget()
	p.end()
	return nil
}

// prepare says whether a release may be written, and whether it has been.
func (s *Slots) prepare(ctx context.Context, l *link, at look, rel firmware.Release) (there bool, err error) {
	if err := s.refuse(at, rel); err != nil {
		return false, err
	}
	e, known := at.rec.Slots[at.other.Name]
	switch {
	case e.Stage == written && e.Version == rel.Version && e.Image == rel.Image(): // RAUC went on without us
		return true, nil
	case !known, e.Stage == good:
		return false, nil
	}
	e.Stage, e.Boot = writing, s.opt.Boot // another release must not be activated instead
	return false, s.drop(ctx, l, &at, e)
}

// drop notes that the slot holds nothing whole, and has the one that runs start.
func (s *Slots) drop(ctx context.Context, l *link, at *look, e entry) error {
	if err := s.enter(&at.rec, at.other.Name, e); err != nil || at.primary != at.other.Name {
		return err
	}
	at.primary = at.booted.Name
	return l.mark(ctx, mark{"active", at.booted.Name})
}

// agreed has RAUC verify the bundle by its own trust, and holds what it says
// against the release.
func (s *Slots) agreed(ctx context.Context, l *link, rel firmware.Release) error {
	b, err := l.inspect(ctx, s.spoolPath())
	if err != nil {
		return err
	}
	here, err := property[string](ctx, l, "Compatible")
	switch {
	case err != nil:
		return absent(err)
	case b.compatible != here:
		return &firmware.Error{Reason: firmware.WrongBoard, Err: fmt.Errorf("the bundle is for %.64q, RAUC's system.conf says %.64q", b.compatible, here)}
	case b.version != rel.Version:
		return &firmware.Error{Reason: firmware.Untrusted, Err: fmt.Errorf("the bundle says that it is version %.64q, the release is %q", b.version, rel.Version)}
	}
	return nil
}

// errLost says that it is not known how an install ended.
var errLost = errors.New("RAUC went away in the middle")

// install has RAUC write the slot, and reads from the slot what became of it.
func (s *Slots) install(ctx context.Context, l *link, at look, rel firmware.Release, progress func(percent int)) error {
	if err := s.agreed(ctx, l, rel); err != nil {
		return err
	}
	e := entry{Stage: writing, Version: rel.Version, Counter: rel.Counter, Image: rel.Image(), Count: at.other.Count, Boot: s.opt.Boot}
	if err := s.drop(ctx, l, &at, e); err != nil {
		return err
	}
	ended := l.install(ctx, s.spoolPath(), progress)
	if ctx.Err() != nil {
		s.log.Info("RAUC goes on without Usher: it cannot be stopped")
		return context.Cause(ctx)
	}
	if ended != nil {
		s.log.Warn("RAUC did not end as it should", "err", ended)
	}
	now, err := s.lookAgain(ctx)
	switch lost := errors.Is(ended, errLost); {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err == nil && now.rec.Slots[at.other.Name].Stage == written:
		return nil
	case lost:
		return &firmware.Error{Reason: firmware.Interrupted, Err: errors.Join(ended, err)}
	case ended != nil || err != nil:
		return errors.Join(ended, err)
	}
	return &firmware.Error{Reason: firmware.Failed, Err: errors.New("RAUC says that it is done, and its slot does not: give its system.conf a data-directory or a statusfile")}
}

// lookAgain looks over a new connection, as soon as RAUC answers.
func (s *Slots) lookAgain(ctx context.Context) (at look, err error) {
	until := time.Now().Add(s.opt.Patience)
	for {
		err = s.with(ctx, func(_ *link, now look) error { at = now; return nil })
		e, ok := errors.AsType[*firmware.Error](err)
		if err == nil || !ok || e.Reason != firmware.NoInstaller || !time.Now().Before(until) || !pause(ctx, busyLook) {
			return at, err
		}
	}
}

// watchEvery is how often RAUC is asked whether it is at it still, in case that
// its signals are lost.
const watchEvery = 2 * time.Second

// install starts an install and waits for its end: nil is done, errLost is not
// known, ctx's error is that RAUC goes on.
func (l *link) install(ctx context.Context, file string, progress func(percent int)) error {
	for _, m := range [][]dbus.MatchOption{
		{dbus.WithMatchSender(name), dbus.WithMatchObjectPath(path)},
		{dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, name)},
	} {
		if err := l.conn.AddMatchSignalContext(ctx, m...); err != nil {
			return absent(fmt.Errorf("listen to RAUC: %w", err))
		}
	}
	var owner string
	if err := l.conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetNameOwner", 0, name).Store(&owner); err != nil {
		return absent(fmt.Errorf("find RAUC: %w", err))
	}
	err := l.call(ctx, "InstallBundle", []any{file, map[string]dbus.Variant{}})
	if text, no := answer(err); no {
		return refused(text)
	}
	if e, ok := errors.AsType[*firmware.Error](err); ok && e.Reason == firmware.Busy {
		return err
	}
	if err != nil {
		return errors.Join(errLost, err) // it may have begun
	}
	return l.follow(ctx, owner, progress)
}

// follow waits for the end of an install.
func (l *link) follow(ctx context.Context, owner string, progress func(percent int)) error {
	beat := time.NewTicker(watchEvery)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case sig, ok := <-l.signals:
			if !ok || lost(sig) {
				return errLost
			}
			if sig.Sender != owner {
				continue
			}
			if result, ok := completed(sig); ok {
				return l.result(ctx, result)
			}
			if percent, ok := progressOf(sig); ok {
				progress(percent)
			}
		case <-beat.C:
			doing, err := property[string](ctx, l, "Operation")
			if err != nil || doing == "idle" {
				return errors.Join(errLost, err)
			}
		}
	}
}

// result is how RAUC says that an install ended.
func (l *link) result(ctx context.Context, code int32) error {
	if code == 0 {
		return nil
	}
	text, err := property[string](ctx, l, "LastError")
	if err != nil {
		return errors.Join(errLost, err)
	}
	return refused(text)
}

// lost says that RAUC left the bus.
func lost(s *dbus.Signal) bool {
	if s.Name != "org.freedesktop.DBus.NameOwnerChanged" || len(s.Body) != 3 {
		return false
	}
	return s.Body[0] == name && s.Body[1] != ""
}

// completed reads RAUC's signal of that name.
func completed(s *dbus.Signal) (result int32, ok bool) {
	if s.Name != iface+".Completed" || len(s.Body) != 1 {
		return 0, false
	}
	result, ok = s.Body[0].(int32)
	return result, ok
}

// progressOf reads the property Progress out of PropertiesChanged: percent,
// text, depth.
func progressOf(s *dbus.Signal) (percent int, ok bool) {
	if s.Name != properties+".PropertiesChanged" || len(s.Body) != 3 || s.Body[0] != iface {
		return 0, false
	}
	changed, _ := s.Body[1].(map[string]dbus.Variant)
	parts, _ := changed["Progress"].Value().([]any)
	if len(parts) != 3 {
		return 0, false
	}
	n, ok := parts[0].(int32)
	return int(max(0, min(n, 100))), ok
}

// stages makes one progress of two halves: fetching, and RAUC's installing. It
// never goes back.
type stages struct {
	size, done, kept int64
	tell             func(firmware.Progress)
}

func (p *stages) fetched(done, kept int64) {
	p.kept = kept / 2
	p.to(done / 2)
}

func (p *stages) installed(percent int) { p.to(p.size/2 + p.size/2*int64(percent)/100) }

func (p *stages) end() { p.to(p.size) }

func (p *stages) to(done int64) {
	if p.done = max(p.done, done); p.done == done {
		p.tell(firmware.Progress{Done: p.done, Total: p.size, Kept: p.kept})
	}
}
