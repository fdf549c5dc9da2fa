package playback

import (
	"encoding/hex"
	"fmt"
	"strings"

	"usher/device/cec"
)

// Quirk is how the televisions of one maker differ. It is data: an OEM adds
// rows in a file (ParseQuirks), which are tried before those built in.
type Quirk struct {
	Vendor    cec.VendorID `json:"vendor"`
	Hold      Hold         `json:"hold,omitempty"`      // how keys are held; auto learns it
	Exchanges []Exchange   `json:"exchanges,omitempty"` // answers to Vendor Command
	Report    string       `json:"report,omitempty"`    // where it was reported
}

// Exchange answers a Vendor Command that begins with Hear by one that says Say.
type Exchange struct {
	Hear Bytes `json:"hear"`
	Say  Bytes `json:"say"`
}

// Bytes are operands, written as in frames: "02:05".
type Bytes []byte

// MarshalText writes them.
func (b Bytes) MarshalText() ([]byte, error) {
	return []byte(strings.ReplaceAll(fmt.Sprintf("% x", []byte(b)), " ", ":")), nil
}

// UnmarshalText reads them.
func (b *Bytes) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(strings.ReplaceAll(string(text), ":", ""))
	if err != nil {
		return fmt.Errorf("operands %q are not bytes such as 02:05: %w", text, err)
	}
	*b = raw
	return nil
}

// Match says whether operands begin as the exchange wants.
func (x Exchange) Match(operands string) bool {
	return len(x.Hear) > 0 && strings.HasPrefix(operands, string(x.Hear))
}

// Builtin are the quirks that come with Usher. They come from reports about
// other programs and were not seen on a real set; each names its report.
// Handshakes are not among them: they pretend to be another maker's device,
// and so whoever sets up the box turns them on (LGHandshake; tv.pretend).
func Builtin() []Quirk {
	return []Quirk{
		{Vendor: cec.Samsung, Hold: HoldRelease, Report: "libcec #704: one press, silence, one release"},
		{Vendor: cec.Philips, Hold: HoldRepeat, Report: "libcec #124, #66: presses without a release"},
	}
}

// LGHandshake makes LG sets forward all keys. The box must also claim the
// vendor id of LG from its first frame on, because the set keeps the first
// answer. Reported in libcec #714, #37, #162, #641.
func LGHandshake() Quirk {
	return Quirk{Vendor: cec.LG, Report: "libcec #714", Exchanges: []Exchange{
		{Hear: Bytes{0x01}, Say: Bytes{0x02, 0x05}},
		{Hear: Bytes{0x04}, Say: Bytes{0x05, 0x04}},
	}}
}

// quirk is the row of the television's maker.
func (s State) quirk() (Quirk, bool) {
	for _, q := range append(s.cfg.Quirks[:len(s.cfg.Quirks):len(s.cfg.Quirks)], Builtin()...) {
		if q.Vendor == s.tvVendor {
			return q, true
		}
	}
	return Quirk{}, false
}

// startHold is how keys are held before anything was learned: as configured,
// else as the maker is known for, else to be learned.
func (s State) startHold() Hold {
	if s.cfg.Hold != HoldAuto {
		return s.cfg.Hold
	}
	if q, ok := s.quirk(); ok && q.Hold != "" {
		return q.Hold
	}
	return HoldAuto
}
