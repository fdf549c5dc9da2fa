package mpris

import (
	"context"
	"fmt"
	"strings"

	"usher/player"
)

// aside carries an action out through mpv's socket where that does what MPRIS
// cannot: begin at a position, held or not, with the right languages, in one
// step and with an answer; and stop, so that an open after it stays after it.
func (d *Driver) aside(p *peer, a action) bool {
	switch {
	case a.verb == doCaptions:
		d.captions(p, a.media)
		return true
	case a.verb >= doScreen:
		p.outputs(a)
		return true
	case a.verb == doOpen && d.o.Open != nil:
		d.pilot.near = d.openOwn(a.media)
		return d.pilot.near
	case p.ipc == nil:
		return false
	case a.verb == doStop:
		return p.ipc.send(plainRequest, false, []any{"stop"}) == nil
	case a.verb == doOpen:
		return d.load(p, a.media)
	}
	return false
}

// outputs opens a screen or a sound output that was lost, or reads the title
// again where the picture is, so that what came back does not begin where the
// reading ahead has come to. That mpv cannot shows in its properties.
func (p *peer) outputs(a action) {
	if p.ipc == nil {
		return
	}
	name := map[verb]string{doScreen: "vid", doSound: "aid"}[a.verb]
	command := []any{"seek", 0, "relative+exact"}
	if name != "" {
		command = []any{"set_property", name, trackOrAuto(a.id)}
		_ = p.ipc.send(plainRequest, false, []any{"set_property", name, "no"}) // a broken socket shows when reading
	}
	_ = p.ipc.send(plainRequest, false, command) // the same
}

func trackOrAuto(id int64) any {
	if id > 0 {
		return id
	}
	return "auto"
}

// openOwn opens a title in the player's own way; false leaves it to OpenUri.
func (d *Driver) openOwn(m player.Media) bool {
	ctx, cancel := context.WithTimeout(context.Background(), ipcLimit)
	defer cancel()
	if err := d.o.Open(ctx, m); err != nil {
		d.o.Logger.Info("Player opens by OpenUri alone", "error", err)
		return false
	}
	return true
}

// load opens a title through mpv's socket, held. It is let go when mpv has the
// stream (see pilot.heard): mpv-mpris before 1.1 learns that a title plays
// from a change of pause alone and says Stopped otherwise (mpv-mpris#90).
func (d *Driver) load(p *peer, m player.Media) bool {
	start := "none"
	if m.Start > 0 && !m.Live {
		start = fmt.Sprintf("%.3f", m.Start.Seconds())
	}
	commands := [][]any{
		{"set_property", "pause", true},
		{"set_property", "start", start},
		{"set_property", "alang", strings.Join(m.Audio, ",")},
		{"set_property", "slang", strings.Join(m.Subtitle, ",")},
		{"set_property", "sid", subtitleChoice(m)},
		{"set_property", "force-media-title", m.Name},
		{"set_property", "demuxer-lavf-linearize-timestamps", timestamps(m)},
		{"set_property", "speed", paceOf(m)},
		{"set_property", "audio-delay", 0}, // of the title before, all of these
		{"set_property", "sub-delay", 0},
		{"set_property", "video-aspect-override", -1},
		{"set_property", "panscan", 0},
		{"loadfile", m.URL, "replace"},
	}
	for i, c := range commands {
		request := int64(plainRequest)
		if i == len(commands)-1 {
			request = loadRequest + int64(d.pilot.session)
		}
		if err := p.ipc.send(request, false, c); err != nil {
			d.o.Logger.Debug("Player's own socket not usable", "error", err)
			return false // its end follows; MPRIS can still open
		}
	}
	return true
}

// timestamps keeps the position of a channel running on through the
// discontinuities of its programme: mpv would go back to where the new time
// stamps begin, below zero even. A film's are left alone, because seeking needs
// them as they are.
func timestamps(m player.Media) string {
	if m.Live {
		return "yes"
	}
	return "auto"
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
	chosen := m.Preferred()
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
