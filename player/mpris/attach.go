package mpris

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"usher/player"

	"github.com/godbus/dbus/v5"
)

// peer is a player that is connected: a unique name, because signals carry it
// and a well-known name may change hands.
type peer struct {
	name   string
	unique string
	info   player.Info
	calls  *caller
	ipc    *ipc // nil: none
	rules  [][]dbus.MatchOption
}

// find looks for a player among all names and connects to the first that
// matches. It blocks for some calls' deadlines at most; nil is none.
func (d *Driver) find(ctx context.Context, l *link) (*peer, error) {
	names, err := l.names(ctx)
	if err != nil {
		return nil, err
	}
	sort.Strings(names) // the plain name before its instances
	for _, name := range names {
		if p := d.try(ctx, l, name); p != nil {
			return p, nil
		}
	}
	return nil, nil
}

// try connects to the owner of name if it is the player; nil if it is not.
func (d *Driver) try(ctx context.Context, l *link, name string) *peer {
	if !d.o.Match.named(name) {
		return nil
	}
	unique, pid, uid, err := l.owner(ctx, name)
	if err != nil {
		d.o.Logger.Debug("Player's owner unknown", "name", name, "error", err)
		return nil
	}
	if !d.o.Match.owned(pid, uid) {
		d.o.Logger.Debug("Player of another process left alone", "name", name, "pid", pid)
		return nil
	}
	p := &peer{name: name, unique: unique}
	p.calls = newCaller(l.conn.Object(unique, objectPath), func(a action) bool { return d.aside(p, a) })
	p.info = player.Info{BusName: name, BusAddress: l.address, PID: pid}
	if err := d.attach(ctx, l, p); err != nil {
		d.o.Logger.Debug("Player not usable", "name", name, "error", err)
		d.release(ctx, l, p)
		return nil
	}
	return p
}

// attach subscribes to the player's signals, then reads what it is.
func (d *Driver) attach(ctx context.Context, l *link, p *peer) error {
	if err := p.subscribe(ctx, l); err != nil {
		return err
	}
	quirk := quirkOf(p.name)
	root, err := p.properties(ctx, rootIface, []string{"Identity"})
	if err != nil {
		return fmt.Errorf("read %s: %w", rootIface, err)
	}
	props, err := p.properties(ctx, playerIface, []string{"PlaybackStatus", "Rate", "Volume", "Metadata", "Position"})
	if err != nil {
		return fmt.Errorf("read %s: %w", playerIface, err)
	}
	p.info.Identity = asString(root["Identity"].Value())
	p.info.Simulated = quirk.Simulated
	p.info.Video = d.o.Video && !quirk.Simulated
	p.info.Can = player.Can{Seek: true, SeekFMP4: true, Rate: canRate(props), Volume: !quirk.NoVolume}
	d.pilot = &pilot{quirk: quirk, limit: d.o.OpenTimeout, raw: raw{}.with(props)}
	if d.given != "" && sameURL(d.pilot.raw.url, d.given) {
		// It did not answer for a while, was given up, and plays our title still.
		// Ready says that a player is idle.
		d.pilot.act(action{verb: doStop})
	}
	d.pilot.hurry(d.now(), reportEvery) // some players say nothing useful at first
	if d.o.Socket != "" {
		d.attachIPC(ctx, p)
	}
	return nil
}

// canRate believes a player that has no range of rates.
func canRate(props map[string]dbus.Variant) bool {
	lowest, ok1 := asFloat(props["MinimumRate"].Value())
	highest, ok2 := asFloat(props["MaximumRate"].Value())
	return !ok1 || !ok2 || lowest < highest
}

// subscribe asks the bus for the player's signals.
func (p *peer) subscribe(ctx context.Context, l *link) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	for _, m := range [][2]string{{propsIface, "PropertiesChanged"}, {playerIface, "Seeked"}} {
		rule := []dbus.MatchOption{
			dbus.WithMatchSender(p.unique), dbus.WithMatchObjectPath(objectPath),
			dbus.WithMatchInterface(m[0]), dbus.WithMatchMember(m[1]),
		}
		if err := l.conn.AddMatchSignalContext(ctx, rule...); err != nil {
			return fmt.Errorf("subscribe to %s: %w", m[1], err)
		}
		p.rules = append(p.rules, rule)
	}
	return nil
}

// properties reads all properties of an interface, one by one if the player
// cannot give them together.
func (p *peer) properties(ctx context.Context, iface string, each []string) (map[string]dbus.Variant, error) {
	all := map[string]dbus.Variant{}
	err := p.get(ctx, &all, ".GetAll", iface)
	if err == nil {
		return all, nil
	}
	if !denied(err) {
		return nil, err
	}
	for _, name := range each {
		var v dbus.Variant
		if err := p.get(ctx, &v, ".Get", iface, name); err == nil {
			all[name] = v
		}
	}
	if len(all) == 0 {
		return nil, err
	}
	return all, nil
}

func (p *peer) get(ctx context.Context, into any, method string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	return p.calls.object.CallWithContext(ctx, propsIface+method, 0, args...).Store(into)
}

// Requests to mpv whose replies matter. loadfile carries loadRequest plus the
// session, so that a late reply is not taken for a later title's.
const (
	versionRequest = 1
	plainRequest   = 2
	loadRequest    = 1 << 20
)

// attachIPC connects to mpv's socket and waits for what it is built on. A
// player without it is still driven, by MPRIS alone.
func (d *Driver) attachIPC(ctx context.Context, p *peer) {
	ctx, cancel := context.WithTimeout(ctx, ipcLimit)
	defer cancel()
	c, err := openIPC(ctx, d.o.Socket)
	if err != nil {
		d.o.Logger.Warn("Player's own socket not usable", "error", err)
		return
	}
	p.ipc = c
	for i, name := range []string{"pause", "paused-for-cache", "seeking", "eof-reached", "current-vo", "current-ao", "track-list"} {
		_ = c.send(plainRequest, false, []any{"observe_property", i + 1, name}) // a broken socket shows when reading
	}
	_ = c.send(versionRequest, false, []any{"get_property", "ffmpeg-version"})
	d.pilot.side.on, d.pilot.screened = true, d.o.Video
	for {
		select {
		case m, ok := <-c.events:
			if !ok {
				d.pilot.side.on = false
				return
			}
			if m.Event == "" && m.Request == versionRequest {
				p.info.Can.SeekFMP4 = seeksFMP4(m.text())
				p.info.Can.ErrorReason = true
				return
			}
			d.pilot.heard(m, d.now())
		case <-ctx.Done():
			return
		}
	}
}

// seeksFMP4 says whether FFmpeg of this version seeks in CMAF: releases before
// 7.1 do not (mpv#13211). Development builds are taken to be newer.
func seeksFMP4(version string) bool {
	version = strings.TrimPrefix(version, "n")
	var major, minor int
	if n, _ := fmt.Sscanf(version, "%d.%d", &major, &minor); n < 2 {
		return !strings.HasPrefix(version, "git-20") && version != ""
	}
	return major > 7 || major == 7 && minor >= 1
}

// release gives up a player.
func (d *Driver) release(ctx context.Context, l *link, p *peer) {
	p.calls.close()
	if p.ipc != nil {
		p.ipc.close()
	}
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	for _, rule := range p.rules {
		_ = l.conn.RemoveMatchSignalContext(ctx, rule...) // a rule too many is harmless
	}
}
