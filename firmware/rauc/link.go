//go:build linux

package rauc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"usher/firmware"
)

// The names of RAUC on the bus.
const (
	name       = "de.pengutronix.rauc"
	path       = "/"
	iface      = "de.pengutronix.rauc.Installer"
	properties = "org.freedesktop.DBus.Properties"
)

const (
	callTime = 25 * time.Second       // that RAUC may take for an answer: it reads boot loaders and hashes bundles
	busyLook = 250 * time.Millisecond // between two attempts while it does something else
)

// link is one connection to the bus.
type link struct {
	conn     *dbus.Conn
	rauc     dbus.BusObject
	signals  chan *dbus.Signal // closed when the connection ends
	patience time.Duration     // for RAUC while it does something else
}

// open connects.
func (s *Slots) open(ctx context.Context) (*link, error) {
	l := &link{signals: make(chan *dbus.Signal, 256), patience: s.opt.Patience}
	conn, err := s.dial(dbus.WithContext(ctx), dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if err == nil {
		l.conn, l.rauc = conn, conn.Object(name, path)
		conn.Signal(l.signals)
		if err = conn.Auth(nil); err == nil {
			err = conn.Hello()
		}
		if err != nil {
			l.close()
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, &firmware.Error{Reason: firmware.NoInstaller, Err: fmt.Errorf("open the bus: %w", err)}
	}
	return l, nil
}

func (s *Slots) dial(opts ...dbus.ConnOption) (*dbus.Conn, error) {
	if s.opt.Address != "" {
		return dbus.Dial(s.opt.Address, opts...)
	}
	return dbus.SystemBusPrivate(opts...)
}

// close ends the connection and waits for its signals to end.
func (l *link) close() {
	_ = l.conn.Close() // closed already is as good
	for range l.signals {
	}
}

// call asks RAUC, and waits while it does something else. into are pointers.
func (l *link) call(ctx context.Context, method string, args []any, into ...any) error {
	until := time.Now().Add(l.patience)
	for {
		err := l.once(ctx, iface+"."+method, args, into...)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !isBusy(err):
			return fmt.Errorf("RAUC %s: %w", method, err)
		case !time.Now().Before(until):
			return &firmware.Error{Reason: firmware.Busy, Err: fmt.Errorf("RAUC %s: %w", method, err)}
		}
		if !pause(ctx, busyLook) {
			return context.Cause(ctx)
		}
	}
}

func (l *link) once(ctx context.Context, method string, args []any, into ...any) error {
	limit, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	c := l.rauc.CallWithContext(limit, method, 0, args...)
	switch {
	case c.Err == nil:
		return c.Store(into...)
	case limit.Err() != nil && ctx.Err() == nil:
		return &firmware.Error{Reason: firmware.NoInstaller, Err: fmt.Errorf("no answer in %v", callTime)}
	}
	return c.Err
}

// property reads one of RAUC's properties; RAUC answers this at any time.
func property[T any](ctx context.Context, l *link, member string) (v T, err error) {
	var raw dbus.Variant
	if err := l.once(ctx, properties+".Get", []any{iface, member}, &raw); err != nil {
		if ctx.Err() != nil {
			return v, context.Cause(ctx)
		}
		return v, fmt.Errorf("RAUC %s: %w", member, err)
	}
	v, ok := raw.Value().(T)
	if !ok {
		return v, fmt.Errorf("RAUC %s: a value of type %s", member, raw.Signature())
	}
	return v, nil
}

// slots reads what RAUC says of its slots.
func (l *link) slots(ctx context.Context) ([]status, error) {
	var list []rawStatus
	if err := l.call(ctx, "GetSlotStatus", nil, &list); err != nil {
		return nil, absent(err)
	}
	return read(list)
}

// primary is the slot that starts next; "" where RAUC cannot tell: no slot is
// bootable, or the boot loader's tool fails.
func (l *link) primary(ctx context.Context) (slot string, err error) {
	err = l.call(ctx, "GetPrimary", nil, &slot)
	if _, no := answer(err); no || len(slot) > maxWord {
		return "", nil
	}
	return slot, absent(err)
}

// mark tells RAUC that a slot is good, bad or the next to start.
func (l *link) mark(ctx context.Context, m mark) error {
	var slot, message string
	return absent(l.call(ctx, "Mark", []any{m.state, m.slot}, &slot, &message))
}

// bundle is what RAUC says of a file.
type bundle struct{ compatible, version string }

// inspect has RAUC verify a bundle, by its own trust.
func (l *link) inspect(ctx context.Context, file string) (b bundle, err error) {
	var info map[string]dbus.Variant
	err = l.call(ctx, "InspectBundle", []any{file, map[string]dbus.Variant{}}, &info)
	if isError(err, "org.freedesktop.DBus.Error.UnknownMethod") { // RAUC before 1.10
		err = l.call(ctx, "Info", []any{file}, &b.compatible, &b.version)
		return b, inspected(err)
	}
	if err != nil {
		return b, inspected(err)
	}
	update, _ := info["update"].Value().(map[string]dbus.Variant)
	return bundle{word(update, "compatible"), word(update, "version")}, nil
}

// inspected is why RAUC does not take a bundle. What it does not explain is
// its signature: the bytes are those that were published.
func inspected(err error) error {
	text, no := answer(err)
	if !no {
		return absent(err)
	}
	because := refused(text)
	if because.Reason == firmware.Failed && !strings.Contains(strings.ToLower(text), "open") {
		because.Reason = firmware.Untrusted
	}
	return because
}

// isBusy says that RAUC does something else (src/service.c, in all versions).
func isBusy(err error) bool {
	e, ok := errors.AsType[dbus.Error](err)
	return ok && strings.Contains(strings.ToLower(e.Error()), "already processing a different method")
}

func isError(err error, name string) bool {
	e, ok := errors.AsType[dbus.Error](err)
	return ok && e.Name == name
}

// answer is RAUC's no, in contrast to nobody's answering and to what has its
// machine word already.
func answer(err error) (text string, no bool) {
	e, ok := errors.AsType[dbus.Error](err)
	if !ok || errors.As(err, new(*firmware.Error)) {
		return "", false
	}
	switch e.Name {
	case "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner", "org.freedesktop.DBus.Error.NoReply",
		"org.freedesktop.DBus.Error.Disconnected", "org.freedesktop.DBus.Error.AccessDenied", "org.freedesktop.DBus.Error.TimedOut":
		return "", false
	}
	if strings.HasPrefix(e.Name, "org.freedesktop.DBus.Error.Spawn") || strings.HasPrefix(e.Name, "org.freedesktop.systemd1.") {
		return "", false
	}
	return e.Error(), true
}

// absent gives an error of a call its machine word, unless it has one.
func absent(err error) error {
	if err == nil || errors.As(err, new(*firmware.Error)) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if _, no := answer(err); no {
		return &firmware.Error{Reason: firmware.Failed, Err: err}
	}
	return &firmware.Error{Reason: firmware.NoInstaller, Err: err}
}

// pause says false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
