package playertest

import (
	"fmt"
	"math"
	"time"

	"github.com/godbus/dbus/v5"
)

// Names of MPRIS 2.
const (
	path        = dbus.ObjectPath("/org/mpris/MediaPlayer2")
	rootIface   = "org.mpris.MediaPlayer2"
	playerIface = "org.mpris.MediaPlayer2.Player"
	propsIface  = "org.freedesktop.DBus.Properties"
)

// export puts the three interfaces on the bus.
func (p *Player) export(conn *dbus.Conn) error {
	tables := map[string]map[string]any{
		rootIface: {"Raise": p.nothing, "Quit": p.nothing},
		playerIface: {
			"OpenUri": p.openURI, "Play": p.play, "Pause": p.pause, "PlayPause": p.toggle, "Stop": p.stop,
			"Seek": p.seekBy, "SetPosition": p.setPosition, "Next": p.nothing, "Previous": p.nothing,
		},
		propsIface: {"Get": p.get, "GetAll": p.getAll, "Set": p.set},
	}
	for iface, table := range tables {
		if err := conn.ExportMethodTable(table, path, iface); err != nil {
			return err
		}
	}
	return nil
}

// enter counts a call and hangs if the quirk says so. It gives the quirks.
func (p *Player) enter(member string) Quirks {
	p.mu.Lock()
	p.calls[member]++
	p.called[member] = time.Now()
	q, hold, ctx := p.quirks, p.hold, p.ctx
	p.mu.Unlock()
	if q.Slow {
		_ = pause(ctx, slowness) // the end of the player ends it too
	}
	if q.Hung {
		select {
		case <-hold:
		case <-ctx.Done():
		}
	}
	return q
}

// slowness is how long a slow player takes for an answer, and how long a late
// one shows the title before.
const (
	slowness = 200 * time.Millisecond
	lateness = 300 * time.Millisecond
)

func (p *Player) nothing() *dbus.Error { return nil }

func (p *Player) openURI(uri string) *dbus.Error {
	if p.enter("OpenUri").DiesOnOpen {
		return p.die()
	}
	p.start(uri)
	p.changed("PlaybackStatus", "Metadata")
	return nil
}

func (p *Player) play() *dbus.Error { return p.setStatus("Play", "Playing") }

func (p *Player) pause() *dbus.Error { return p.setStatus("Pause", "Paused") }

func (p *Player) toggle() *dbus.Error {
	if p.State().Status == "Playing" {
		return p.setStatus("PlayPause", "Paused")
	}
	return p.setStatus("PlayPause", "Playing")
}

func (p *Player) setStatus(member, status string) *dbus.Error {
	p.enter(member)
	if p.deck.setStatus(status) {
		p.changed("PlaybackStatus")
	}
	return nil
}

func (p *Player) stop() *dbus.Error {
	if p.enter("Stop").DiesOnStop {
		return p.die()
	}
	p.halt()
	p.deck.clear()
	p.changed("PlaybackStatus", "Metadata")
	return nil
}

func (p *Player) seekBy(offset int64) *dbus.Error {
	q := p.enter("Seek")
	s := p.State()
	if q.DeafSeek || s.URL == "" {
		return nil
	}
	if to := s.Position + micros(offset); s.Duration == 0 || to < s.Duration {
		p.move(p.present(), q, max(to, 0).Microseconds())
		return nil
	}
	return p.stop() // "acts like a call to Next", and there is none
}

func (p *Player) setPosition(track dbus.ObjectPath, pos int64) *dbus.Error {
	q := p.enter("SetPosition")
	s := p.State()
	if q.DeafSetPos || s.URL == "" {
		return nil
	}
	if track != p.trackID() {
		switch q.StaleTrack {
		case StaleIgnored:
			return nil
		case StaleSwitch:
			p.start(p.deck.earlier())
		case StaleError:
			return dbus.MakeFailedError(fmt.Errorf("no track %s", track))
		}
	}
	if pos < 0 || s.Duration > 0 && micros(pos) > s.Duration {
		return nil
	}
	p.move(p.present(), q, pos)
	return nil
}

func (p *Player) present() *reel {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reel
}

// die leaves the bus as a crash would: without an answer.
func (p *Player) die() *dbus.Error {
	p.mu.Lock()
	conn, ctx := p.conn, p.ctx
	p.mu.Unlock()
	if conn != nil {
		_ = conn.Close() // that is the point
	}
	<-ctx.Done() // Run ends with the connection, and this with Run
	return nil
}

func (p *Player) trackID() dbus.ObjectPath {
	p.mu.Lock()
	same := p.quirks.SameTrack
	p.mu.Unlock()
	if same {
		return "/0"
	}
	p.deck.mu.Lock()
	defer p.deck.mu.Unlock()
	return dbus.ObjectPath(fmt.Sprintf("/simulated/track/%d", p.deck.track))
}

func (p *Player) get(iface, name string) (dbus.Variant, *dbus.Error) {
	v, ok := p.properties(iface, p.enter("Get"))[name]
	if !ok {
		return v, dbus.NewError("org.freedesktop.DBus.Error.UnknownProperty", []any{name})
	}
	return v, nil
}

func (p *Player) getAll(iface string) (map[string]dbus.Variant, *dbus.Error) {
	q := p.enter("GetAll")
	if q.NoGetAll {
		return nil, dbus.NewError("org.freedesktop.DBus.Error.UnknownMethod", []any{"GetAll"})
	}
	if q.SeekedStorm && iface == playerIface {
		p.emit(playerIface+".Seeked", p.State().Position.Microseconds())
	}
	if q.Storm && iface == playerIface {
		for range 5 {
			p.changed("PlaybackStatus", "Metadata", "Volume")
		}
	}
	return p.properties(iface, q), nil
}

func (p *Player) set(iface, name string, v dbus.Variant) *dbus.Error {
	p.enter("Set" + name)
	f, ok := v.Value().(float64)
	if iface != playerIface || !ok || math.IsNaN(f) {
		return dbus.NewError("org.freedesktop.DBus.Error.InvalidArgs", []any{name})
	}
	switch name {
	case "Rate":
		p.deck.setRate(f)
	case "Volume":
		p.deck.setVolume(f)
	default:
		return dbus.NewError("org.freedesktop.DBus.Error.PropertyReadOnly", []any{name})
	}
	p.changed(name)
	return nil
}

// properties are all properties of an interface, as the quirks distort them.
func (p *Player) properties(iface string, q Quirks) map[string]dbus.Variant {
	if iface == rootIface {
		return map[string]dbus.Variant{
			"Identity": dbus.MakeVariant(p.o.Identity), "CanQuit": dbus.MakeVariant(false), "CanRaise": dbus.MakeVariant(false),
			"HasTrackList": dbus.MakeVariant(false), "SupportedUriSchemes": dbus.MakeVariant([]string{"http", "https"}),
			"SupportedMimeTypes": dbus.MakeVariant([]string{"application/vnd.apple.mpegurl"}),
		}
	}
	s := p.State()
	status := s.Status
	if q.StoppedLies && status == "Playing" {
		status = "Stopped"
	}
	props := map[string]dbus.Variant{
		"PlaybackStatus": dbus.MakeVariant(status), "Rate": dbus.MakeVariant(s.Rate), "Volume": dbus.MakeVariant(s.Volume),
		"Position": dbus.MakeVariant(s.Position.Microseconds()), "Metadata": dbus.MakeVariant(p.metadata(s, q)),
		"MinimumRate": dbus.MakeVariant(0.5), "MaximumRate": dbus.MakeVariant(2.0),
	}
	if q.JumpsBack && p.seventh() {
		props["Position"] = dbus.MakeVariant(max(s.Position-2*time.Second, 0).Microseconds())
	}
	if q.RateZero && !p.deck.rolling() {
		props["Rate"] = dbus.MakeVariant(0.0)
	}
	if q.Narrow {
		props["Position"] = dbus.MakeVariant(int32(s.Position.Microseconds()))
		props["Rate"] = dbus.MakeVariant(byte(s.Rate))
	}
	for _, can := range []string{"CanControl", "CanPlay", "CanPause", "CanSeek"} {
		props[can] = dbus.MakeVariant(true)
	}
	if q.Nonsense {
		for name, v := range props {
			props[name] = nonsense(v)
		}
	}
	return props
}

// nonsense is a value of another kind.
func nonsense(v dbus.Variant) dbus.Variant {
	if _, text := v.Value().(string); text {
		return dbus.MakeVariant(int32(7))
	}
	return dbus.MakeVariant([]string{"nonsense"})
}

// Flood sends n signals as fast as the bus takes them.
func (p *Player) Flood(n int) {
	for range n {
		p.changed("PlaybackStatus", "Metadata", "Volume")
	}
}

func (p *Player) metadata(s State, q Quirks) map[string]dbus.Variant {
	m := map[string]dbus.Variant{}
	if s.URL == "" {
		return m
	}
	if old, since := p.deck.before(); q.LateTitle && old != "" && since < lateness {
		s.URL = old
	}
	m["xesam:url"] = dbus.MakeVariant(s.URL)
	switch {
	case q.TextTrack:
		m["mpris:trackid"] = dbus.MakeVariant("simulated:track")
	case !q.NoTrack:
		m["mpris:trackid"] = dbus.MakeVariant(p.trackID())
	}
	switch {
	case q.NoLength:
		m["mpris:length"] = dbus.MakeVariant(int64(0))
		return m
	case q.MadLength:
		m["mpris:length"] = dbus.MakeVariant(int64(1) << 62)
		return m
	}
	if s.Duration > 0 && q.Narrow {
		m["mpris:length"] = dbus.MakeVariant(int32(s.Duration.Microseconds()))
	} else if s.Duration > 0 {
		m["mpris:length"] = dbus.MakeVariant(s.Duration.Microseconds())
	}
	return m
}

// changed tells that properties of the player interface have new values.
func (p *Player) changed(names ...string) {
	p.mu.Lock()
	q := p.quirks
	p.mu.Unlock()
	if q.Mute {
		return
	}
	all, some := p.properties(playerIface, q), map[string]dbus.Variant{}
	for _, n := range names {
		some[n] = all[n]
	}
	p.emit(propsIface+".PropertiesChanged", playerIface, some, []string{})
}

// emit sends a signal while the player is on the bus.
func (p *Player) emit(name string, body ...any) {
	p.mu.Lock()
	conn, twice := p.conn, p.quirks.Echo
	p.mu.Unlock()
	if conn == nil {
		return
	}
	_ = conn.Emit(path, name, body...) // a bus that is gone has nobody to tell
	if twice {
		_ = conn.Emit(path, name, body...)
	}
}

// seventh says yes at every seventh reading.
func (p *Player) seventh() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reads++
	return p.reads%7 == 0
}

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
