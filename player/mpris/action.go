package mpris

import (
	"time"

	"usher/player"

	"github.com/godbus/dbus/v5"
)

// verb is one kind of thing a player can be asked for.
type verb uint8

// The verbs.
const (
	doPoll verb = iota + 1 // read all properties
	doOpen
	doPlay
	doPause
	doStop
	doSetPosition // time: absolute; track
	doSeekBy      // time: offset
	doVolume      // value
	doRate        // value
	doCaptions    // through IPC only
)

// String is the name in logs.
func (v verb) String() string {
	names := [...]string{"", "poll", "open", "play", "pause", "stop", "setPosition", "seekBy", "volume", "rate", "captions"}
	return names[v]
}

// action is one request of the pilot to the player.
type action struct {
	verb  verb
	media player.Media
	time  time.Duration
	track dbus.ObjectPath
	value float64
}

// replaces says whether a makes an action of the same queue that is not sent
// yet pointless.
func (a action) replaces(b action) bool {
	switch a.verb {
	case doSetPosition, doSeekBy:
		return b.verb == doSetPosition || b.verb == doSeekBy
	case doPlay, doPause:
		return b.verb == doPlay || b.verb == doPause
	case doOpen, doStop:
		return b.verb != doVolume && b.verb != doPause
	case doCaptions:
		return false
	}
	return a.verb == b.verb
}
