package cec

import (
	"context"
	"time"
)

// Bus is one HDMI-CEC adapter that speaks as a playback device.
//
// Transmit never blocks: frames are sent one after the other in the order
// given, and what became of each comes back as Sent with the same ID. Every
// frame that was taken gets exactly one Sent, unless the adapter goes away
// first, which Detached tells.
//
// A bus answers by itself what the kernel answers: Get CEC Version, Give
// Physical Address, Give Device Vendor ID, Give OSD Name, Give Features and
// Abort; and it announces itself after each claim.
type Bus interface {
	// Run finds the adapter, claims an address, and blocks until ctx ends;
	// then it gives the address back. When the adapter goes away it looks for
	// it again. Call it once. The error is nil when ctx ended.
	Run(ctx context.Context) error
	// Transmit queues a frame. While nothing is attached, or when 16 frames
	// wait already, it is answered by Sent with ResultDropped.
	Transmit(Outgoing)
	// Events delivers what happens, in order. The receiver must keep up: a
	// full channel holds the reading of the bus, never of the daemon. It is
	// closed when Run returns.
	Events() <-chan BusEvent
}

// Outgoing is a frame to be sent, and why.
type Outgoing struct {
	ID    uint64 // given back in Sent
	Frame Frame
	Why   Why
}

// Why is the reason of a frame: the rule that sends it, and the act or frame
// that it follows from. It is for people; both are plain words.
type Why struct {
	Rule string `json:"rule"` // such as "one touch play"
	From string `json:"from"` // such as "a person started a film" or "05:71"
}

// BusEvent is Attached, Detached, Claimed, Received, Sent or Overrun.
type BusEvent interface{ busEvent() }

// The events of a bus.
type (
	// Attached says that an adapter was opened.
	Attached struct{ Adapter Adapter }
	// Detached says that there is none, or not any more, and what to do about
	// it. It comes once for each change of the trouble.
	Detached struct{ Trouble Trouble }
	// Claimed is the adapter's place on the bus, each time it changes.
	// Physical may be NoPhysical and Logical Unregistered: no television there.
	Claimed struct {
		Physical Physical
		Logical  Address
	}
	// Received is a frame for us or for everybody.
	Received struct {
		At    time.Time // when its last bit was on the wire, with monotonic clock
		Frame Frame
	}
	// Sent is what became of an Outgoing.
	Sent struct {
		ID     uint64
		At     time.Time
		Result Result
	}
	// Overrun says that received frames were lost.
	Overrun struct{ Lost uint32 }
)

func (Attached) busEvent() {}
func (Detached) busEvent() {}
func (Claimed) busEvent()  {}
func (Received) busEvent() {}
func (Sent) busEvent()     {}
func (Overrun) busEvent()  {}

// Adapter is what a bus runs on.
type Adapter struct {
	Node   string `json:"node"`   // such as /dev/cec0; may change
	Driver string `json:"driver"` // kernel driver, such as vc4_hdmi
	Name   string `json:"name"`
}

// Result is what became of a frame.
type Result uint8

// The results of sending.
const (
	ResultOK      Result = iota + 1 // acknowledged, or broadcast and not refused
	ResultNack                      // nobody took it
	ResultError                     // the wire was disturbed; the kernel tried again by itself
	ResultAborted                   // the adapter or the cable went away meanwhile
	ResultDropped                   // never sent: no adapter, no address, or too much waiting
)

// String is a word such as "no answer".
func (r Result) String() string {
	switch r {
	case ResultOK:
		return "sent"
	case ResultNack:
		return "nobody there"
	case ResultError:
		return "bus error"
	case ResultAborted:
		return "aborted"
	case ResultDropped:
		return "dropped"
	default:
		return "waiting"
	}
}

// MarshalText is String.
func (r Result) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Trouble is something a person can do about. The zero Trouble is none.
type Trouble struct {
	Code string `json:"code"` // machine word, such as cec_busy
	Text string `json:"text"` // what is wrong
	Next string `json:"next"` // what to do
}

// Claim is what an adapter says about this box.
type Claim struct {
	Name    string   // shown by the television, 1 to 14 printable ASCII letters; longer is cut
	Vendor  VendorID // NoVendor for none
	Version Version  // Version20 or Version14
	Deck    bool     // says that Deck Control is understood
}

// maxName is the length of an OSD name on the wire.
const maxName = 14

// OSDName is the name as a television can show it: printable ASCII, cut to 14.
func (c Claim) OSDName() string {
	name := make([]byte, 0, maxName)
	for _, r := range c.Name {
		if r >= ' ' && r <= '~' && len(name) < maxName {
			name = append(name, byte(r))
		}
	}
	if len(name) == 0 {
		return "Usher"
	}
	return string(name)
}

// Features are the operands of Report Features: the RC profile of a source
// (root menu and setup menu keys) and the device features.
func (c Claim) Features() [2]byte {
	f := [2]byte{0x40 | 0x10 | 0x08, 0}
	if c.Deck {
		f[1] |= 0x10
	}
	return f
}
