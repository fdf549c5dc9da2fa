package mpris

import (
	"context"
	"errors"
	"time"

	"github.com/godbus/dbus/v5"
)

// caller sends actions to one player, one D-Bus call at a time, each with a
// deadline. It belongs to the owner's goroutine.
type caller struct {
	object  dbus.BusObject
	aside   func(action) bool // carries an action out elsewhere, in its turn; false: it did not
	replies chan *dbus.Call
	waiting []action
	call    *dbus.Call // in flight
	action  action     // of call
	sent    time.Time
	cancel  context.CancelFunc
	silent  int // calls in a row without an answer
}

func newCaller(object dbus.BusObject, aside func(action) bool) *caller {
	return &caller{object: object, aside: aside, replies: make(chan *dbus.Call, 8)}
}

// add queues an action; those it makes pointless are dropped.
func (c *caller) add(ctx context.Context, a action) {
	kept := c.waiting[:0]
	for _, w := range c.waiting {
		if !a.replaces(w) {
			kept = append(kept, w)
		}
	}
	c.waiting = append(kept, a)
	c.next(ctx)
}

// next sends the oldest action when none is in flight.
func (c *caller) next(ctx context.Context) {
	if c.call != nil {
		return
	}
	for ; len(c.waiting) > 0 && c.aside(c.waiting[0]); c.waiting = c.waiting[1:] {
	}
	if len(c.waiting) == 0 {
		return
	}
	c.action, c.waiting = c.waiting[0], c.waiting[1:]
	method, args := wire(c.action)
	limited, cancel := context.WithTimeout(ctx, callLimit)
	c.cancel, c.sent = cancel, time.Now()
	c.call = c.object.GoWithContext(limited, method, 0, c.replies, args...)
}

// answered takes a reply. It gives the action that was answered, false for the
// late reply of an earlier call.
func (c *caller) answered(call *dbus.Call) (action, bool) {
	if call != c.call {
		return action{}, false
	}
	c.cancel()
	c.call = nil
	if errors.Is(call.Err, context.DeadlineExceeded) {
		c.silent++
	} else {
		c.silent = 0
	}
	return c.action, true
}

// close gives up the call in flight.
func (c *caller) close() {
	if c.call != nil {
		c.cancel()
	}
}

// wire gives the D-Bus method and arguments of an action.
func wire(a action) (string, []any) {
	switch a.verb {
	case doPoll:
		return propsIface + ".GetAll", []any{playerIface}
	case doOpen:
		return playerIface + ".OpenUri", []any{a.media.URL}
	case doPlay:
		return playerIface + ".Play", nil
	case doPause:
		return playerIface + ".Pause", nil
	case doStop:
		return playerIface + ".Stop", nil
	case doSetPosition:
		return playerIface + ".SetPosition", []any{a.track, a.time.Microseconds()}
	case doSeekBy:
		return playerIface + ".Seek", []any{a.time.Microseconds()}
	case doVolume:
		return propsIface + ".Set", []any{playerIface, "Volume", dbus.MakeVariant(a.value)}
	case doRate:
		return propsIface + ".Set", []any{playerIface, "Rate", dbus.MakeVariant(a.value)}
	}
	panic("mpris: no D-Bus method for " + a.verb.String())
}

// denied says whether err is the player's own no: anything but silence and a
// bus that went away.
func denied(err error) bool {
	var e dbus.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Name {
	case "org.freedesktop.DBus.Error.NoReply", "org.freedesktop.DBus.Error.ServiceUnknown",
		"org.freedesktop.DBus.Error.NameHasNoOwner", "org.freedesktop.DBus.Error.Disconnected":
		return false
	}
	return true
}
