package mpris

import (
	"context"
	"time"

	"github.com/godbus/dbus/v5"
)

// reply takes the answer to a D-Bus call and sends the next.
func (d *Driver) reply(ctx context.Context, p *peer, call *dbus.Call) {
	a, ok := p.calls.answered(call)
	if !ok {
		return
	}
	now := d.now()
	if d.o.Called != nil && a.verb != doPoll {
		d.o.Called(a.verb.String(), p.calls.sent, time.Now())
	}
	switch {
	case denied(call.Err):
		d.o.Logger.Debug("Player refused", "verb", a.verb.String(), "error", call.Err)
		if a.verb == doPoll {
			d.pollSingly(ctx, p)
			break
		}
		d.pilot.refused(a, call.Err.Error(), now)
	case call.Err == nil && a.verb == doPoll:
		d.polled(call, now)
	case call.Err == nil:
		d.pilot.hurry(now, pollSoon)
	}
	p.calls.next(ctx)
}

// polled takes all properties: they replace what was known.
func (d *Driver) polled(call *dbus.Call, now time.Time) {
	props := map[string]dbus.Variant{}
	if err := call.Store(&props); err != nil {
		d.o.Logger.Debug("Player's properties not understood", "error", err)
		return
	}
	d.pilot.observe(raw{status: d.pilot.raw.status}.with(props), now)
}

// pollSingly reads the properties one by one, for a player without GetAll.
func (d *Driver) pollSingly(ctx context.Context, p *peer) {
	props, err := p.properties(ctx, playerIface, []string{"PlaybackStatus", "Rate", "Volume", "Metadata", "Position"})
	if err == nil {
		d.pilot.observe(raw{}.with(props), d.now())
	}
}

// signal takes a signal; false says that the player is gone.
func (d *Driver) signal(p *peer, s *dbus.Signal) bool {
	if name, owner, ok := ownerChange(s); ok {
		return name != p.name || owner == p.unique
	}
	if s.Sender != p.unique || s.Path != objectPath {
		return true
	}
	now := d.now()
	switch s.Name {
	case propsIface + ".PropertiesChanged":
		d.changed(s.Body, now)
	case playerIface + ".Seeked":
		if len(s.Body) == 1 {
			if pos, ok := asMicros(s.Body[0]); ok {
				d.pilot.seeked(pos, now)
			}
		}
	}
	return true
}

// changed takes PropertiesChanged. The properties are true but partial, and
// position never comes with them: a poll follows.
func (d *Driver) changed(body []any, now time.Time) {
	if len(body) < 2 {
		return
	}
	iface, _ := body[0].(string)
	props, ok := body[1].(map[string]dbus.Variant)
	if iface != playerIface || !ok {
		return
	}
	delete(props, "Position") // not allowed here, and old when it comes
	r := d.pilot.raw
	r.hasPos = false
	d.pilot.observe(r.with(props), now)
	d.pilot.hurry(now, pollSoon)
}

// ipcEvent takes an event or a reply of mpv's socket; !ok is its end.
func (d *Driver) ipcEvent(p *peer, m ipcMessage, ok bool) {
	now := d.now()
	switch {
	case !ok:
		p.ipc.close()
		p.ipc = nil
		d.pilot.side = side{}
		d.pilot.hurry(now, pollSoon)
	case m.Event != "":
		d.pilot.heard(m, now)
	case m.Request >= loadRequest && m.Error == "success":
		d.pilot.entered(uint64(m.Request-loadRequest), m.loadedEntry())
	case m.Request >= loadRequest:
		d.pilot.refused(action{verb: doOpen, media: d.pilot.media}, m.Error, now)
	}
}
