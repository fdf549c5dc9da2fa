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
	doCaptions    // through IPC only, like what follows
	doScreen      // id: open the screen again, for that track
	doSound       // id: the same for sound
	doRefresh     // read the title again from where the picture is
)

// String is the name in logs.
func (v verb) String() string {
	names := [...]string{"", "poll", "open", "play", "pause", "stop", "setPosition", "seekBy", "volume", "rate", "captions", "screen", "sound", "refresh"}
	return names[v]
}

// action is one request of the pilot to the player.
type action struct {
	verb  verb
	media player.Media
	time  time.Duration
	track dbus.ObjectPath
	value float64
	id    int64
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
	case doCaptions, doScreen, doSound, doRefresh:
		return false
	}
	return a.verb == b.verb
}
