// Package player is the vocabulary of playback: what a native player is asked
// to do, what it reports, and the contract between the daemon and a driver.
//
// It guarantees nothing by itself and starts nothing. The drivers live below
// it (player/mpris speaks MPRIS over D-Bus); player/playertest holds a fake on
// real D-Bus messages and the conformance suite that every driver passes.
package player

import (
	"context"
	"strings"
	"time"
)

// Conn drives one native player for as long as Run runs.
//
// Do never blocks: commands are queued, carried out one at a time in the order
// given, and bursts of Seek or SetVolume are merged (the last one wins). A
// command has no reply. What became of it is seen in the events that follow,
// which carry the session number of the last Open, so that a report about an
// earlier title can be told from one about the present title.
type Conn interface {
	// Run connects to the player, keeps the connection, and blocks until ctx
	// ends or the driver cannot go on. Call it once.
	Run(ctx context.Context) error
	// Do queues a command. While no player is there, Open is kept (the
	// newest wins) and carried out when one appears; all others are dropped.
	Do(Command)
	// Events delivers Ready, Lost and Changed in order. The receiver must
	// keep up; the driver conflates consecutive Changed events of one session
	// that differ only in position. It is closed when Run returns.
	Events() <-chan Event
}

// Op names what a Command asks for.
type Op uint8

// The operations of a player.
const (
	Open      Op = iota + 1 // load Command.Media and play it, or hold it paused with Media.Paused
	Play                    // continue; idempotent (never a toggle)
	Pause                   // hold the picture; idempotent
	Stop                    // end the title; the player process stays
	Seek                    // go to Command.Position, absolute
	SetVolume               // Command.Volume
	SetRate                 // Command.Rate
	Check                   // look at the player now, whatever it last said: the machine slept
)

// Command is one request to a player.
type Command struct {
	Session  uint64 // the playback it belongs to; commands of an older session are dropped
	Op       Op
	Media    Media         // Open
	Position time.Duration // Seek: 0 ≤ Position; drivers clamp it to the duration less one second
	Volume   float64       // SetVolume: 0 (silent) to 1 (full), linear as the player understands it; clamped
	Rate     float64       // SetRate: 0.5 to 2; clamped
}

// Media is what Open plays.
type Media struct {
	URL      string        // on the loopback origin
	Name     string        // shown by players that show a title
	Start    time.Duration // begin here; 0 is the beginning
	Paused   bool          // load and hold the first picture
	Live     bool          // the manifest has no end: seeking is limited to the window
	Audio    []string      // preferred audio languages, BCP 47, best first
	Subtitle []string      // preferred subtitle languages, BCP 47, best first; empty is none
	Captions []Captions    // side-loaded subtitle files
	Volume   float64       // initial volume, 0 to 1; negative leaves the player's own
	Rate     float64       // from the first picture on, 0.5 to 2; 0 is 1
}

// Preferred is the index of the captions in the most preferred language, or -1.
// Of a language only its primary subtag counts (RFC 5646 section 2.2.1).
func (m Media) Preferred() int {
	for _, want := range m.Subtitle {
		for i, c := range m.Captions {
			if primary(c.Language) == primary(want) {
				return i
			}
		}
	}
	return -1
}

func primary(tag string) string {
	p, _, _ := strings.Cut(tag, "-")
	return strings.ToLower(p)
}

// Captions is a subtitle file beside the stream.
type Captions struct {
	URL      string // on the loopback origin, WebVTT
	Language string // BCP 47
	Name     string
}

// Event is something a player reports: Ready, Lost or Changed.
type Event interface{ playerEvent() }

// Ready says that a player is connected and idle.
type Ready struct{ Info Info }

// Lost says that the player went away; the driver goes on looking for one.
type Lost struct{ Reason Reason }

// Changed is the newest state of playback.
type Changed struct{ Status Status }

func (Ready) playerEvent()   {}
func (Lost) playerEvent()    {}
func (Changed) playerEvent() {}

// Events has one of each kind of event, so that events can be read back from a
// file.
func Events() []Event { return []Event{Ready{}, Lost{}, Changed{}} }

// Info is who the player is.
type Info struct {
	Identity   string `json:"identity"`   // MPRIS Identity, such as "mpv"
	BusName    string `json:"busName"`    // well-known D-Bus name
	BusAddress string `json:"busAddress"` // D-Bus address it is reachable at
	PID        int    `json:"pid,omitempty"`
	Video      bool   `json:"video"`     // a picture is shown somewhere
	Simulated  bool   `json:"simulated"` // a stand-in that shows nothing
	Can        Can    `json:"can"`
}

// Can is what a player was found able to do, whatever it claims.
type Can struct {
	Seek        bool `json:"seek"`
	Rate        bool `json:"rate"`
	Volume      bool `json:"volume"`
	SeekFMP4    bool `json:"seekFmp4"`    // false: seeking in CMAF outside the player's buffer ends playback (FFmpeg before 7.1)
	ErrorReason bool `json:"errorReason"` // says why a title ended
}

// Phase is where playback stands.
type Phase uint8

// The phases of playback.
//
//	Idle ──Open──▶ Opening ──first frame──▶ Playing ◀──▶ Paused
//	                  │                        │ ▲
//	                  ▼                        ▼ │
//	               Failed ◀──────────────── Buffering
//	                                           │
//	                                         Ended
const (
	Idle Phase = iota
	Opening
	Playing
	Paused
	Buffering // meant to play, but the position stands still
	Ended     // reached the end of the title
	Failed    // ended early; Status.Reason says why
)

var phaseNames = [...]string{"idle", "opening", "playing", "paused", "buffering", "ended", "failed"}

// String is the lower-case name used in JSON and logs.
func (p Phase) String() string {
	if int(p) < len(phaseNames) {
		return phaseNames[p]
	}
	return "unknown"
}

// Reason is a stable machine word for why something ended or was ignored.
type Reason string

// The reasons a driver gives.
const (
	ReasonPlayerLost  Reason = "player_lost"  // the process or its bus name went away
	ReasonStream      Reason = "stream_error" // the player could not read or decode the stream
	ReasonOpenTimeout Reason = "open_timeout" // no picture within the time allowed
	ReasonSeekIgnored Reason = "seek_ignored" // playing on, but not where it was asked to
	ReasonNoDisplay   Reason = "no_display"   // held: the screen is gone, and is tried again
	ReasonNoSound     Reason = "no_sound"     // playing on without sound: its output is gone, and is tried again
	ReasonNoPlugin    Reason = "no_plugin"    // the player has no MPRIS (mpv without mpv-mpris)
	ReasonNoPlayer    Reason = "no_player"    // the player program cannot be started
)

// Status is the state of playback at one moment.
type Status struct {
	Session  uint64 // of the Open it belongs to; 0 when nothing was opened
	Phase    Phase
	Reason   Reason        // set with Failed; with seek_ignored, no_display and no_sound the title goes on
	Detail   string        // for logs: the player's own words
	Position time.Duration // where the picture is
	At       time.Time     // when Position was true (monotonic reading)
	Duration time.Duration // 0: not known, or live
	Rate     float64       // 1 is normal
	Volume   float64       // 0 to 1; may exceed 1 when the player was turned up elsewhere
	Tracks   uint64        // another number whenever the tracks may have changed; 0: the player does not say
}

// PositionAt is the position at time t: it advances with Rate while Playing
// and stays within the duration.
func (s Status) PositionAt(t time.Time) time.Duration {
	p := s.Position
	if s.Phase == Playing && !s.At.IsZero() {
		p += time.Duration(float64(t.Sub(s.At)) * s.Rate)
	}
	if s.Duration > 0 && p > s.Duration {
		p = s.Duration
	}
	return max(p, 0)
}
