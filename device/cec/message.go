package cec

import (
	"errors"
	"fmt"
)

// Message is a frame with its meaning. It is a comparable value.
type Message struct {
	From, To Address
	Body     Body // nil: a poll
}

// Body is what a message says: a struct of this package, Bare for messages
// without operands, or Raw for those whose operands mean nothing to a playback
// device, unknown opcodes among them.
type Body interface {
	opcode() Opcode
	operands() []byte
}

// Reasons why Parse refuses a frame. CEC wants such frames ignored, not
// answered (section 12.3).
var (
	ErrShort = errors.New("operands are missing")
	ErrWay   = errors.New("not allowed to this destination")
)

// Frame is the message as it goes on the wire. Operands beyond 14 bytes are cut.
func (m Message) Frame() Frame {
	f := header(m.From, m.To)
	if m.Body == nil {
		return f
	}
	return f.with(byte(m.Body.opcode())).with(m.Body.operands()...)
}

// Parse finds the meaning of a frame. Operands beyond those of the standard
// are ignored, as it asks for; unknown opcodes come back as Raw. The error is
// ErrLength, ErrShort or ErrWay, wrapped; the message then has From and To.
func Parse(f Frame) (Message, error) {
	m := Message{From: f.From(), To: f.To()}
	if f.n == 0 {
		return m, fmt.Errorf("parse frame: %w", ErrLength)
	}
	if f.Poll() {
		return m, nil
	}
	op, row := f.Opcode(), opcodes[f.Opcode()]
	if f.Len()-2 < row.min {
		return m, fmt.Errorf("parse %v %v: %w", op, f, ErrShort)
	}
	if row.name != "" && row.way&wayOf(m.To) == 0 {
		return m, fmt.Errorf("parse %v %v: %w", op, f, ErrWay)
	}
	m.Body = parseBody(op, f.data[2:f.n])
	return m, nil
}

func wayOf(to Address) way {
	if to == Broadcast {
		return broadcast
	}
	return directed
}

// parseBody relies on the minimum length having been checked.
func parseBody(op Opcode, p []byte) Body {
	switch op {
	case OpFeatureAbort:
		return FeatureAbort{Opcode(p[0]), AbortReason(p[1])}
	case OpReportPowerStatus:
		return ReportPowerStatus{Power(p[0])}
	case OpSetMenuLanguage:
		return SetMenuLanguage{string(p[:3])}
	case OpSetOSDName:
		return SetOSDName{string(p)}
	case OpDeviceVendorID:
		return DeviceVendorID{VendorID(p[0])<<16 | VendorID(p[1])<<8 | VendorID(p[2])}
	case OpUserControlPressed:
		return UserControlPressed{UICode(p[0]), string(p[1:])}
	case OpMenuRequest:
		return MenuRequest{p[0]}
	case OpMenuStatus:
		return MenuStatus{p[0]}
	case OpCECVersion:
		return VersionSpoken{Version(p[0])}
	case OpVendorCommand:
		return VendorCommand{string(p)}
	case OpVendorRemoteButtonDown:
		return VendorRemoteButtonDown{string(p)}
	case OpVendorCommandWithID:
		return VendorCommandWithID{VendorID(p[0])<<16 | VendorID(p[1])<<8 | VendorID(p[2]), string(p[3:])}
	}
	if b := parsePath(op, p); b != nil {
		return b
	}
	if b := parseDeckOrSound(op, p); b != nil {
		return b
	}
	if op.Known() && opcodes[op].min == 0 {
		return Bare(op)
	}
	return Raw{op, string(p)}
}

func parsePath(op Opcode, p []byte) Body {
	switch op {
	case OpActiveSource:
		return ActiveSource{physical(p)}
	case OpInactiveSource:
		return InactiveSource{physical(p)}
	case OpSetStreamPath:
		return SetStreamPath{physical(p)}
	case OpRoutingInformation:
		return RoutingInformation{physical(p)}
	case OpRoutingChange:
		return RoutingChange{physical(p), physical(p[2:])}
	case OpReportPhysicalAddress:
		return ReportPhysicalAddress{physical(p), p[2]}
	}
	return nil
}

func parseDeckOrSound(op Opcode, p []byte) Body {
	switch op {
	case OpGiveDeckStatus:
		return GiveDeckStatus{p[0]}
	case OpDeckStatus:
		return DeckStatus{Deck(p[0])}
	case OpPlay:
		return Play{p[0]}
	case OpDeckControl:
		return DeckControl{p[0]}
	case OpSystemAudioModeRequest:
		if len(p) >= 2 {
			return SystemAudioModeRequest{physical(p), true}
		}
		return SystemAudioModeRequest{}
	case OpSetSystemAudioMode:
		return SetSystemAudioMode{p[0] != 0}
	case OpSystemAudioModeStatus:
		return SystemAudioModeStatus{p[0] != 0}
	case OpReportAudioStatus:
		return ReportAudioStatus{Volume: p[0] & 0x7f, Muted: p[0]&0x80 != 0}
	case OpSetAudioVolumeLevel:
		return SetAudioVolumeLevel{p[0]}
	}
	return nil
}

func physical(p []byte) Physical { return Physical(p[0])<<8 | Physical(p[1]) }
