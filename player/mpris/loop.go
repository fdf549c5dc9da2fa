package mpris

import (
	"context"
	"fmt"
	"strings"
	"time"

	"usher/player"

	"github.com/godbus/dbus/v5"
)

// reply takes the answer to a D-Bus call and sends the next.
func (d *Driver) reply(ctx context.Context, p *peer, call *dbus.Call) {
	a, ok := p.calls.answered(call)
	if !ok {
		return
	}
	now := d.now()
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

// sideways carries an action out through mpv's socket where that does what
// MPRIS cannot: begin at a position, held or not, with the right languages, in
// one step and with an answer.
func (d *Driver) sideways(p *peer, a action) bool {
	switch {
	case a.verb == doCaptions:
		d.captions(p, a.media)
		return true
	case a.verb != doOpen || p.ipc == nil:
		return false
	}
	set := func(name string, value any) error {
		return p.ipc.send(plainRequest, false, []any{"set_property", name, value})
	}
	start := "none"
	if a.media.Start > 0 && !a.media.Live {
		start = fmt.Sprintf("%.3f", a.media.Start.Seconds())
	}
	err := set("pause", a.media.Paused)
	for name, value := range map[string]string{
		"start": start, "alang": strings.Join(a.media.Audio, ","), "slang": strings.Join(a.media.Subtitle, ","),
		"sid": subtitleChoice(a.media), "force-media-title": a.media.Name,
	} {
		if err == nil {
			err = set(name, value)
		}
	}
	if err == nil {
		err = p.ipc.send(loadRequest+int64(d.pilot.session), false, []any{"loadfile", a.media.URL, "replace"})
	}
	if err != nil { // the socket's end follows; MPRIS can still open
		d.o.Logger.Debug("Player's own socket not usable", "error", err)
		return false
	}
	return true
}

// subtitleChoice keeps mpv from showing subtitles nobody asked for.
func subtitleChoice(m player.Media) string {
	if len(m.Subtitle) == 0 {
		return "no"
	}
	return "auto"
}

// captions adds subtitle files; the first in a preferred language is shown.
func (d *Driver) captions(p *peer, m player.Media) {
	if p.ipc == nil {
		return
	}
	chosen := chooseCaptions(m)
	for i, c := range m.Captions {
		flag := "auto"
		if i == chosen {
			flag = "select"
		}
		if err := p.ipc.send(plainRequest, true, []any{"sub-add", c.URL, flag, c.Name, c.Language}); err != nil {
			d.o.Logger.Debug("Captions not added", "error", err)
			return
		}
	}
}

// chooseCaptions gives the index of the captions in the most preferred
// language, or -1.
func chooseCaptions(m player.Media) int {
	for _, want := range m.Subtitle {
		for i, c := range m.Captions {
			if primary(c.Language) == primary(want) {
				return i
			}
		}
	}
	return -1
}

func primary(tag string) string {
	p, _, _ := strings.Cut(tag, "-")
	return strings.ToLower(p)
}
