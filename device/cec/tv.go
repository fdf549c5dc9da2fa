package cec

import (
	"context"
	"time"
)

// Television is the daemon's end of the television: it is told what happened at the
// box and says what must be known there. device/cec/station is the one on CEC.
type Television interface {
	// Run blocks until ctx ends. At its end it says good-bye on the bus.
	Run(ctx context.Context) error
	// Do takes an act and never blocks; acts are carried out in order.
	Do(Act)
	// Reports delivers reports in order. The receiver must keep up. It is
	// closed when Run returns.
	Reports() <-chan Report
}

// Cause is why the box asks something of the television.
type Cause string

// The causes. Only those of a person may light the television.
const (
	CauseKey     Cause = "key"     // a key of the box's own remote or panel
	CausePlay    Cause = "play"    // a person started a title
	CauseApp     Cause = "app"     // a person asked on the page or the command line
	CausePairing Cause = "pairing" // a person is pairing the box

	CauseBoot    Cause = "boot"    // the box or the daemon started
	CauseResume  Cause = "resume"  // the machine woke up
	CauseNetwork Cause = "network" // something came over the network
	CauseIdle    Cause = "idle"    // nobody did anything for a while
	CauseUpdate  Cause = "update"  // new firmware
)

// ByPerson says whether a person stands behind c.
func (c Cause) ByPerson() bool {
	return c == CauseKey || c == CausePlay || c == CauseApp || c == CausePairing
}

// Act is something that happened at the box.
type Act interface{ act() }

// The acts.
type (
	// ShowPicture asks for one touch play: the television on, and on us.
	ShowPicture struct {
		Cause  Cause
		Detail string // for the log, such as the name of a key or a title
	}
	// SetPower is the power of the box, told at each change.
	SetPower struct {
		Power  Power
		Cause  Cause  // of going to standby: a person's may put the television to standby too
		Detail string // for the log
	}
	// PressKey is a key for others. Keys of volume go to where the sound is,
	// other keys to the television. Down false releases it.
	PressKey struct {
		Code UICode
		Down bool
	}
	// SetDeck is what the player does, for Deck Status.
	SetDeck struct{ Deck Deck }
	// AskPower asks for the television's power, once a minute at most.
	AskPower struct{}
	// Leave says good-bye: Inactive Source and the standby state. No frame
	// follows until the next Claimed.
	Leave struct{}
)

func (ShowPicture) act() {}
func (SetPower) act()    {}
func (PressKey) act()    {}
func (SetDeck) act()     {}
func (AskPower) act()    {}
func (Leave) act()       {}

// Report is something that the daemon must know.
type Report interface{ report() }

// The reports.
type (
	// KeyReport is a key of a remote that came over CEC. Each press is
	// reported once, and has one release.
	KeyReport struct {
		Code UICode        `json:"code"`
		Data string        `json:"data,omitempty"` // operands of functions
		Down bool          `json:"down"`
		At   time.Time     `json:"at"`             // on the wire
		Held time.Duration `json:"held,omitempty"` // of a release: since the press, by the wire's clock
		From Address       `json:"from"`
		// Loose is of a press, and says that this television was never heard
		// to say when a key is let go: the key may be up already. Only
		// KeyRepeated says that it is not, and its release may come late.
		Loose bool `json:"loose,omitempty"`
	}
	// KeyRepeated says that the loose key that was pressed is still down.
	KeyRepeated struct {
		Code UICode    `json:"code"`
		At   time.Time `json:"at"` // on the wire
	}
	// WakeAsked asks the box to wake; the answer is SetPower.
	WakeAsked struct {
		By     Address `json:"by"`
		Reason string  `json:"reason"` // such as "the television chose this input"
	}
	// StandbyAsked asks the box to go to standby; the answer is SetPower.
	StandbyAsked struct {
		By     Address `json:"by"`
		Reason string  `json:"reason"`
	}
	// SourceChanged says whether the television shows this box.
	SourceChanged struct {
		Active bool     `json:"active"`
		At     Physical `json:"at"` // of who is shown, as far as known
		Reason string   `json:"reason"`
	}
	// PowerChanged is the power of the television.
	PowerChanged struct {
		Power Power `json:"power"`
	}
	// LanguageChanged is the television's language, ISO 639-2/B.
	LanguageChanged struct {
		Language string `json:"language"`
	}
	// SoundChanged says where volume keys go, and how loud it is there.
	SoundChanged struct{ Sound }
	// DeckAsked is a request of Deck Control.
	DeckAsked struct {
		Play    uint8 `json:"play,omitempty"`    // operand of Play, such as PlayForward
		Control uint8 `json:"control,omitempty"` // operand of Deck Control, such as ControlStop
	}
	// LinkChanged says where the box is on the bus, or why it is not.
	LinkChanged struct{ Link }
	// TroubleChanged is something that a person should know; the zero Trouble
	// says that it is over.
	TroubleChanged struct{ Trouble }
)

func (KeyReport) report()       {}
func (KeyRepeated) report()     {}
func (WakeAsked) report()       {}
func (StandbyAsked) report()    {}
func (SourceChanged) report()   {}
func (PowerChanged) report()    {}
func (LanguageChanged) report() {}
func (SoundChanged) report()    {}
func (DeckAsked) report()       {}
func (LinkChanged) report()     {}
func (TroubleChanged) report()  {}

// Reports has one of each kind of report, so that reports can be read back from
// a file.
func Reports() []Report {
	return []Report{
		KeyReport{}, KeyRepeated{}, WakeAsked{}, StandbyAsked{}, SourceChanged{}, PowerChanged{}, LanguageChanged{}, SoundChanged{}, DeckAsked{}, LinkChanged{}, TroubleChanged{},
	}
}

// SoundAt is where the sound comes from.
type SoundAt string

// The places of sound.
const (
	SoundHere  SoundAt = "box"          // nobody takes volume keys: the box changes its own
	SoundTV    SoundAt = "tv"           // the television
	SoundAudio SoundAt = "audio-system" // a receiver or sound bar
)

// Sound is where volume keys go, and how loud it is there.
type Sound struct {
	At     SoundAt `json:"at"`
	Volume int     `json:"volume"` // percent; -1 unknown
	Muted  bool    `json:"muted"`
}

// Link is the box on the bus.
type Link struct {
	Attached bool     `json:"attached"`
	Adapter  Adapter  `json:"adapter"`
	Physical Physical `json:"physical"`
	Logical  Address  `json:"logical"`
	Trouble  Trouble  `json:"trouble"`
}
