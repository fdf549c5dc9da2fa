package playback

import (
	"fmt"
	"slices"
	"time"

	"usher/device/cec"
)

// Mode is how much the box takes part on the bus.
type Mode string

// The modes.
const (
	ModeOn   Mode = "on"   // takes part fully
	ModeKeys Mode = "keys" // answers and hears keys; never lights, switches or sleeps the television
	ModeOff  Mode = "off"  // sends nothing at all
)

// Wake is which acts of a person light the television.
type Wake string

// The values of Wake.
const (
	WakeNever Wake = "never"
	WakePlay  Wake = "play" // starting a title, here or from a phone, and pairing
	WakeKey   Wake = "key"  // those, and a key of the box's own remote
)

// Sleep is whether the television goes to standby with the box, when a person
// put the box there.
type Sleep string

// The values of Sleep.
const (
	SleepNever  Sleep = "never"
	SleepShown  Sleep = "shown" // when the television shows this box
	SleepAlways Sleep = "always"
)

// Volume is where volume keys go.
type Volume string

// The values of Volume.
const (
	VolumeAuto  Volume = "auto"         // to the audio system while it makes the sound, else to the television
	VolumeTV    Volume = "tv"           // to the television
	VolumeAudio Volume = "audio-system" // to the audio system
	VolumeBox   Volume = "box"          // nowhere: the box changes its own
)

// Hold is how the television holds a key.
type Hold string

// The values of Hold; see the package comment.
const (
	HoldAuto    Hold = "auto"
	HoldRepeat  Hold = "repeat"  // a key ends when it is not repeated
	HoldRelease Hold = "release" // a key ends with its release
)

// Config is what a household or an OEM may set.
type Config struct {
	Mode     Mode    `json:"mode"`     // default on
	Wake     Wake    `json:"wake"`     // default key
	Sleep    Sleep   `json:"sleep"`    // default shown
	Follow   bool    `json:"follow"`   // the box goes to standby with the television; default true
	Volume   Volume  `json:"volume"`   // default auto
	Hold     Hold    `json:"hold"`     // default auto
	Language bool    `json:"language"` // report the television's language; default true
	Deck     bool    `json:"deck"`     // Deck Control: the television's play keys, and its own display; default true
	Version  uint8   `json:"version"`  // of CEC: 20 or 14; default 20
	Quirks   []Quirk `json:"quirks"`   // tried before those built in
}

// Default is the configuration of a box that nobody touched.
func Default() Config {
	return Config{
		Mode: ModeOn, Wake: WakeKey, Sleep: SleepShown, Follow: true,
		Volume: VolumeAuto, Hold: HoldAuto, Language: true, Deck: true, Version: 20,
	}
}

// Check says what is wrong with c, with the words that are allowed.
func (c Config) Check() error {
	checks := []struct {
		key, is string
		may     []string
	}{
		{"mode", string(c.Mode), []string{"on", "keys", "off"}},
		{"wake", string(c.Wake), []string{"never", "play", "key"}},
		{"sleep", string(c.Sleep), []string{"never", "shown", "always"}},
		{"volume", string(c.Volume), []string{"auto", "tv", "audio-system", "box"}},
		{"hold", string(c.Hold), []string{"auto", "repeat", "release"}},
		{"version", fmt.Sprint(c.Version), []string{"20", "14"}},
	}
	for _, check := range checks {
		if !slices.Contains(check.may, check.is) {
			return fmt.Errorf("%s is %q; it may be one of %q", check.key, check.is, check.may)
		}
	}
	return nil
}

// wakes says whether cause may light the television.
func (c Config) wakes(cause cec.Cause) bool {
	if c.Mode != ModeOn || !cause.ByPerson() {
		return false
	}
	switch c.Wake {
	case WakeKey:
		return true
	case WakePlay:
		return cause != cec.CauseKey
	default:
		return false
	}
}

// Times of the rules.
const (
	wakeEvery     = 10 * time.Second        // one wake and one standby of our own in so long
	wakeAgain     = 3 * time.Second         // without an answer, before the next try
	wakeSettle    = 6 * time.Second         // for a set that says it is turning on
	wakeWait      = 15 * time.Second        // for an address on the bus
	wakeTries     = 3                       // the first included
	wakeLook      = 1200 * time.Millisecond // for the answer of a set that is thought to be on
	stillOn       = 30 * time.Second        // a set that was heard so lately is on
	quietAfter    = 3 * time.Second         // after Standby, in which routing wakes nobody
	reversalTime  = 10 * time.Second        // a wake so soon after Standby undoes it
	reversalSpan  = time.Minute
	reversalLimit = 3
	askEvery      = time.Minute // power of the television

	repeatGap   = 600 * time.Millisecond // presses closer than this are one: 500 ms at most, and a frame of others between
	keyGrace    = 50 * time.Millisecond  // for a frame that is delivered late
	holdLimit   = 5 * time.Second        // without any sign, a key ends
	pressEvery  = 50 * time.Millisecond  // one press in so long in the long run
	pressBurst  = 20
	resendEvery = 300 * time.Millisecond // our own repeated presses
	resendLimit = 10 * time.Second       // the longest we hold a key for others

	flightLimit = 4 // frames under way, a quarter of the kernel's queue
	queueLimit  = 16
	flightTime  = 5 * time.Second // after which a frame is given up
	sendEvery   = 80 * time.Millisecond
	sendBurst   = 40
	abortWait   = 200 * time.Millisecond // before the same again, when it was not now possible
)
