//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// Names of MPRIS 2.
const (
	namePrefix  = "org.mpris.MediaPlayer2."
	objectPath  = dbus.ObjectPath("/org/mpris/MediaPlayer2")
	rootIface   = "org.mpris.MediaPlayer2"
	playerIface = "org.mpris.MediaPlayer2.Player"
	propsIface  = "org.freedesktop.DBus.Properties"
)

// The titles' addresses, on the origin.
const (
	filmA  = "/a/index.m3u8"
	filmB  = "/b/index.m3u8"
	cmaf   = "/cmaf/index.m3u8"
	absent = "/none/index.m3u8"
	broken = "/broken/index.m3u8"
	stall  = "/stall/index.m3u8"
	live   = "/live/index.m3u8"
)

// call calls a method of the player interface.
func (b *bench) call(ctx context.Context, member string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	return b.object.CallWithContext(ctx, playerIface+"."+member, 0, args...).Err
}

func (b *bench) set(ctx context.Context, name string, v any) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	return b.object.CallWithContext(ctx, propsIface+".Set", 0, playerIface, name, dbus.MakeVariant(v)).Err
}

func (b *bench) all(ctx context.Context, iface string) (map[string]dbus.Variant, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	props := map[string]dbus.Variant{}
	err := b.object.CallWithContext(ctx, propsIface+".GetAll", 0, iface).Store(&props)
	return props, err
}

// sight is what the player says about itself at one moment.
type sight struct {
	at     time.Time
	status string
	url    string
	track  dbus.ObjectPath
	length time.Duration
	pos    time.Duration
	rate   float64
	volume float64
	props  map[string]dbus.Variant
	meta   map[string]dbus.Variant
}

// look reads the player; a player that does not answer shows nothing.
func (b *bench) look(ctx context.Context) sight {
	begun := time.Now()
	props, err := b.all(ctx, playerIface)
	s := sight{at: begun.Add(time.Since(begun) / 2), props: props}
	if err != nil {
		s.status = "no answer"
		return s
	}
	s.status, _ = props["PlaybackStatus"].Value().(string)
	s.rate, _ = number64(props["Rate"].Value())
	s.volume, _ = number64(props["Volume"].Value())
	pos, _ := number64(props["Position"].Value())
	s.pos = time.Duration(pos) * time.Microsecond
	s.meta, _ = props["Metadata"].Value().(map[string]dbus.Variant)
	s.url, _ = s.meta["xesam:url"].Value().(string)
	length, _ := number64(s.meta["mpris:length"].Value())
	s.length = time.Duration(length) * time.Microsecond
	switch t := s.meta["mpris:trackid"].Value().(type) {
	case dbus.ObjectPath:
		s.track = t
	case string:
		s.track = dbus.ObjectPath(t)
	}
	return s
}

func number64(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case int64:
		return float64(n), true
	case uint64:
		return float64(n), true
	case int32:
		return float64(n), true
	case uint32:
		return float64(n), true
	case byte:
		return float64(n), true
	}
	return 0, false
}

// open has the player open a title, and waits until it has it.
func (b *bench) open(ctx context.Context, path string) error {
	if err := b.call(ctx, "OpenUri", b.origin.url(path)); err != nil {
		return fmt.Errorf("OpenUri: %w", err)
	}
	if err := within(ctx, 8*time.Second, func() bool { return b.look(ctx).url == b.origin.url(path) }); err != nil {
		return errors.New("xesam:url never became the address opened")
	}
	return nil
}

// play brings a title to where its picture moves, from whatever was before.
func (b *bench) play(ctx context.Context, path string) error {
	b.clear(ctx)
	if err := b.open(ctx, path); err != nil {
		return err
	}
	first := b.look(ctx).pos
	asked := time.Now()
	err := within(ctx, 8*time.Second, func() bool {
		s := b.look(ctx)
		if s.status != "Playing" && time.Since(asked) > 500*time.Millisecond {
			asked = time.Now()
			_ = b.call(ctx, "Play") // whether it helped is seen
		}
		return s.pos > first+50*time.Millisecond // beyond the first picture, which is there in a pause too
	})
	if err != nil {
		return fmt.Errorf("the position never moved (status %s)", b.look(ctx).status)
	}
	return nil
}

// clear stops the player, and lets it come back if that ends it.
func (b *bench) clear(ctx context.Context) {
	_ = b.call(ctx, "Stop") // nothing to stop is as good
	_ = within(ctx, 3*time.Second, func() bool {
		s := b.look(ctx)
		return s.url == "" || s.status == "Stopped" && s.pos == 0
	})
	_ = b.set(ctx, "Rate", 1.0) // where it cannot be set it was never changed
}

// mark forgets the signals heard; the function gives those heard since.
func (b *bench) mark() func(member string) []*dbus.Signal {
	b.mu.Lock()
	b.heard = nil
	b.mu.Unlock()
	return func(member string) []*dbus.Signal {
		b.mu.Lock()
		defer b.mu.Unlock()
		var found []*dbus.Signal
		for _, s := range b.heard {
			if strings.HasSuffix(s.Name, "."+member) {
				found = append(found, s)
			}
		}
		return found
	}
}

// version asks the player's program, where that is known.
func (b *bench) version(ctx context.Context) string {
	programs := map[string][]string{"mpv": {"mpv", "--version"}, "vlc": {"dpkg-query", "-W", "-f", "${Version}\n", "vlc-bin"}}
	words, ok := programs[b.o.Player]
	if !ok || b.launch == nil {
		return ""
	}
	out, err := exec.CommandContext(ctx, words[0], words[1:]...).Output()
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(out), "\n")
	line, _, _ = strings.Cut(strings.TrimPrefix(line, "mpv "), " ")
	if b.o.Player == "mpv" {
		if v, err := exec.CommandContext(ctx, "dpkg-query", "-W", "-f", "${Version}", "mpv-mpris").Output(); err == nil {
			line += " with mpv-mpris " + string(v)
		}
	}
	return line
}

// markBus says, when asked, whether the player's present owner has gone.
func (b *bench) markBus(ctx context.Context) func() bool {
	owner := func() string {
		ctx, cancel := context.WithTimeout(ctx, callLimit)
		defer cancel()
		var unique string
		_ = b.conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetNameOwner", 0, b.name).Store(&unique) // none: empty
		return unique
	}
	before := owner()
	return func() bool { return owner() != before }
}

// stringOf is a D-Bus value as text, to look for words in.
func stringOf(v any) string { return fmt.Sprint(v) }
