//go:build linux

package evdev

import (
	"regexp"

	"usher/device/remote"
	"usher/device/remote/keymap"
)

// Kind is what a device looks like.
type Kind string

// The kinds of input device.
const (
	Remote   Kind = "remote"
	Keyboard Kind = "keyboard" // has all letters
	Mouse    Kind = "mouse"
	CEC      Kind = "cec"   // the kernel's copy of keys that come over HDMI
	Other    Kind = "other" // no key that means anything
)

// Device is an input device and what is done with it.
type Device struct {
	Node    string `json:"node"` // /dev/input/event3
	Name    string `json:"name"`
	Kind    Kind   `json:"kind"`
	Bus     uint16 `json:"bus"`
	Vendor  uint16 `json:"vendor"`
	Product uint16 `json:"product"`
	Unique  string `json:"unique,omitempty"`
	Table   string `json:"table,omitempty"`   // which keymap it has
	Read    bool   `json:"read"`              // its keys are taken
	Problem string `json:"problem,omitempty"` // why it is not read although it should be
	Hint    string `json:"hint,omitempty"`    // the next step
}

// facts are what the kernel says of a device.
type facts struct {
	id   keymap.Device
	keys bits // EV_KEY
	rel  bits // EV_REL
}

// bits is a bitmap as EVIOCGBIT gives it.
type bits []byte

func (b bits) has(i int) bool { return i/8 < len(b) && b[i/8]&(1<<(i%8)) != 0 }

const (
	btnLeft = 0x110
	relX    = 0
	busCEC  = 0x1e
)

// letters are KEY_Q to KEY_P, KEY_A to KEY_L and KEY_Z to KEY_M.
func letters() [][2]int { return [][2]int{{16, 25}, {30, 38}, {44, 50}} }

// calledRemote are names of remotes that say they were full keyboards.
const calledRemote = `(?i)remote|air ?mouse|fire ?tv|chromecast|shield|mi ?rc|consumer control`

// kind says what a device looks like. keys are those that mean something.
func (f facts) kind(keys map[uint32]remote.Binding) Kind {
	means := false
	for code := range keys {
		means = means || f.keys.has(int(code))
	}
	switch {
	case f.id.Bus == busCEC:
		return CEC
	case !means && !f.keys.has(btnLeft):
		return Other
	case regexp.MustCompile(calledRemote).MatchString(f.id.Name) && means:
		return Remote
	case f.typewriter():
		return Keyboard
	case f.keys.has(btnLeft) && f.rel.has(relX):
		return Mouse
	case !means:
		return Other
	}
	return Remote
}

func (f facts) typewriter() bool {
	for _, row := range letters() {
		for code := row[0]; code <= row[1]; code++ {
			if !f.keys.has(code) {
				return false
			}
		}
	}
	return true
}

// wanted says whether a device is to be read.
func wanted(k Kind, use keymap.Use) bool {
	return use == keymap.UseAlways || use == keymap.UseByKind && k == Remote
}
