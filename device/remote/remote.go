// Package remote is the vocabulary of remote controls: keys and what was done
// with them, whatever the remote was (HDMI-CEC, infrared, Bluetooth, a
// keyboard, the command line).
//
// The package is pure data: it never blocks and starts nothing.
package remote

// Key is a key of a remote control, by the name used on the bridge.
type Key string

// The keys that Usher understands. The CEC user control codes they come from
// are those of HDMI 1.4b CEC table 30.
const (
	Up        Key = "up"
	Down      Key = "down"
	Left      Key = "left"
	Right     Key = "right"
	OK        Key = "ok"
	Back      Key = "back"
	Home      Key = "home"
	Menu      Key = "menu"
	Play      Key = "play"
	Pause     Key = "pause"
	PlayPause Key = "playpause"
	Stop      Key = "stop"
	Rewind    Key = "rewind"
	Forward   Key = "forward"
	Next      Key = "next"
	Previous  Key = "previous"
	VolUp     Key = "volup"
	VolDown   Key = "voldown"
	Mute      Key = "mute"

	Power     Key = "power" // on or standby, the other of what it is
	Standby   Key = "standby"
	Wake      Key = "wake"
	Info      Key = "info"
	Guide     Key = "guide"
	Search    Key = "search"
	Subtitle  Key = "subtitle"
	Audio     Key = "audio" // the language of sound
	ChannelUp Key = "chup"
	ChannelDn Key = "chdown"
	Red       Key = "red"
	Green     Key = "green"
	Yellow    Key = "yellow"
	Blue      Key = "blue"
	Num0      Key = "0"
	Num1      Key = "1"
	Num2      Key = "2"
	Num3      Key = "3"
	Num4      Key = "4"
	Num5      Key = "5"
	Num6      Key = "6"
	Num7      Key = "7"
	Num8      Key = "8"
	Num9      Key = "9"
)

// Keys lists every key in a fixed order.
func Keys() []Key {
	return []Key{
		Up, Down, Left, Right, OK, Back, Home, Menu, Play, Pause, PlayPause, Stop,
		Rewind, Forward, Next, Previous, VolUp, VolDown, Mute,
		Power, Standby, Wake, Info, Guide, Search, Subtitle, Audio, ChannelUp, ChannelDn,
		Red, Green, Yellow, Blue, Num0, Num1, Num2, Num3, Num4, Num5, Num6, Num7, Num8, Num9,
	}
}

// Valid says whether k is a key that Usher understands.
func (k Key) Valid() bool {
	for _, known := range Keys() {
		if k == known {
			return true
		}
	}
	return false
}

// Action is what was done with a key.
type Action string

// The actions.
const (
	Press   Action = "press"
	Repeat  Action = "repeat"
	Release Action = "release"
)

// Event is one key action.
type Event struct {
	Key    Key    `json:"key"`
	Action Action `json:"action"`
}
