package mpris

import (
	"math"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// Playback statuses of MPRIS.
const (
	statusPlaying = "Playing"
	statusPaused  = "Paused"
	statusStopped = "Stopped"
)

// raw is what a player says about itself, made sense of: types coerced and
// impossible values left out.
type raw struct {
	status   string // one of the statuses, or empty when not known
	rate     float64
	volume   float64
	hasRate  bool
	hasVol   bool
	track    dbus.ObjectPath // empty when missing or not usable in SetPosition
	url      string
	length   time.Duration // 0: not known
	position time.Duration
	hasPos   bool
}

// with gives r changed by the properties, as PropertiesChanged or GetAll of
// org.mpris.MediaPlayer2.Player carry them. Unknown ones are ignored.
func (r raw) with(props map[string]dbus.Variant) raw {
	for name, v := range props {
		switch name {
		case "PlaybackStatus":
			r.status = asStatus(v.Value(), r.status)
		case "Rate":
			r.rate, r.hasRate = asFloat(v.Value())
		case "Volume":
			r.volume, r.hasVol = asFloat(v.Value())
			r.volume = max(r.volume, 0)
		case "Position":
			r.position, r.hasPos = asMicros(v.Value())
		case "Metadata":
			r = r.withMetadata(v.Value())
		}
	}
	return r
}

// withMetadata replaces the track: metadata is never merged, and an empty map
// means that there is none.
func (r raw) withMetadata(v any) raw {
	r.track, r.url, r.length = "", "", 0
	m, _ := v.(map[string]dbus.Variant)
	if u, ok := m["xesam:url"]; ok {
		r.url = asString(u.Value())
	}
	if t, ok := m["mpris:trackid"]; ok {
		r.track = asTrack(t.Value())
	}
	if l, ok := m["mpris:length"]; ok {
		r.length, _ = asMicros(l.Value())
	}
	return r
}

func asStatus(v any, otherwise string) string {
	switch s := asString(v); s {
	case statusPlaying, statusPaused, statusStopped:
		return s
	}
	return otherwise
}

// asTrack accepts an object path or a string that is one. The specification
// forbids NoTrack as an argument of SetPosition.
func asTrack(v any) dbus.ObjectPath {
	p, ok := v.(dbus.ObjectPath)
	if !ok {
		p = dbus.ObjectPath(asString(v))
	}
	if !p.IsValid() || p == "/org/mpris/MediaPlayer2/TrackList/NoTrack" {
		return ""
	}
	return p
}

// asMicros reads a time in microseconds of any numeric type. Negative and
// absurd ones (above a year) are refused.
func asMicros(v any) (time.Duration, bool) {
	f, ok := asFloat(v)
	if !ok || f < 0 || f > float64(365*24*time.Hour/time.Microsecond) {
		return 0, false
	}
	return time.Duration(f) * time.Microsecond, true
}

// asFloat reads a number of any D-Bus type; NaN and infinities are refused.
func asFloat(v any) (float64, bool) {
	var f float64
	switch n := v.(type) {
	case float64:
		f = n
	case int64:
		f = float64(n)
	case uint64:
		f = float64(n)
	case int32:
		f = float64(n)
	case uint32:
		f = float64(n)
	case int16:
		f = float64(n)
	case uint16:
		f = float64(n)
	case byte:
		f = float64(n)
	default:
		return 0, false
	}
	return f, !math.IsNaN(f) && !math.IsInf(f, 0)
}

// asString reads text, at most 64 KiB of valid UTF-8.
func asString(v any) string {
	s, _ := v.(string)
	if len(s) > 64<<10 {
		return ""
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
