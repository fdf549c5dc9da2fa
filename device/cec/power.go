package cec

import "fmt"

// Power is what a device says about itself in Report Power Status (CEC table 26).
type Power uint8

// The states of power.
const (
	PowerOn        Power = 0
	PowerStandby   Power = 1
	PowerToOn      Power = 2 // on the way from standby to on
	PowerToStandby Power = 3
	PowerUnknown   Power = 0xff // not heard of; never sent
)

// String is a word such as "standby".
func (p Power) String() string {
	switch p {
	case PowerOn:
		return "on"
	case PowerStandby:
		return "standby"
	case PowerToOn:
		return "turning on"
	case PowerToStandby:
		return "going to standby"
	default:
		return "unknown"
	}
}

// MarshalText is String.
func (p Power) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads a word of String.
func (p *Power) UnmarshalText(text []byte) error {
	for _, known := range []Power{PowerOn, PowerStandby, PowerToOn, PowerToStandby, PowerUnknown} {
		if known.String() == string(text) {
			*p = known
			return nil
		}
	}
	return fmt.Errorf("power %q is not known", text)
}

// Awake says that p is on, or on the way to it.
func (p Power) Awake() bool { return p == PowerOn || p == PowerToOn }

// AbortReason says why a message was not carried out (CEC table 9).
type AbortReason uint8

// The reasons of Feature Abort.
const (
	AbortUnrecognized AbortReason = 0
	AbortWrongMode    AbortReason = 1 // not now
	AbortNoSource     AbortReason = 2 // cannot provide source
	AbortOperand      AbortReason = 3 // invalid operand
	AbortRefused      AbortReason = 4
	AbortUndetermined AbortReason = 5
)

// Version is what Get CEC Version is answered with.
type Version uint8

// The versions that Usher speaks.
const (
	Version14 Version = 5
	Version20 Version = 6
)

// Deck is the state of playback for the television's own display (Deck Info).
type Deck uint8

// The states of a deck.
const (
	DeckPlay         Deck = 0x11
	DeckRecord       Deck = 0x12
	DeckPlayReverse  Deck = 0x13
	DeckStill        Deck = 0x14
	DeckSlow         Deck = 0x15
	DeckSlowReverse  Deck = 0x16
	DeckFastForward  Deck = 0x17
	DeckFastReverse  Deck = 0x18
	DeckNoMedia      Deck = 0x19
	DeckStop         Deck = 0x1a
	DeckSkipForward  Deck = 0x1b
	DeckSkipReverse  Deck = 0x1c
	DeckIndexForward Deck = 0x1d
	DeckIndexReverse Deck = 0x1e
	DeckOther        Deck = 0x1f
)

// Operands of Play, Deck Control and Give Deck Status.
const (
	PlayForward uint8 = 0x24
	PlayReverse uint8 = 0x20
	PlayStill   uint8 = 0x25

	ControlSkipForward uint8 = 1
	ControlSkipReverse uint8 = 2
	ControlStop        uint8 = 3
	ControlEject       uint8 = 4

	StatusOn   uint8 = 1 // report every change
	StatusOff  uint8 = 2
	StatusOnce uint8 = 3
)

// Operands of Menu Request and Menu Status.
const (
	MenuActivate   uint8 = 0
	MenuDeactivate uint8 = 1
	MenuQuery      uint8 = 2
)
