package cec

import "fmt"

// VendorID is an IEEE organisation, 24 bits.
type VendorID uint32

// Vendors whose televisions are known to differ, and what says "none".
const (
	NoVendor  VendorID = 0xffffffff
	LG        VendorID = 0x00e091
	Samsung   VendorID = 0x0000f0
	Panasonic VendorID = 0x008045
	Philips   VendorID = 0x00903e
	Sony      VendorID = 0x080046
	Sharp     VendorID = 0x08001f
	TCL       VendorID = 0x5cad76
	Vizio     VendorID = 0x6b746d
	Onkyo     VendorID = 0x0009b0
	Denon     VendorID = 0x0005cd
	Yamaha    VendorID = 0x00a0de
)

// String is the brand, or six hexadecimal digits.
func (v VendorID) String() string {
	switch v {
	case NoVendor:
		return "unknown"
	case LG:
		return "LG"
	case Samsung:
		return "Samsung"
	case Panasonic:
		return "Panasonic"
	case Philips:
		return "Philips"
	case Sony:
		return "Sony"
	case 0x000039, 0x000ce7:
		return "Toshiba"
	case Sharp, 0x534850:
		return "Sharp"
	case TCL:
		return "TCL"
	case Vizio:
		return "Vizio"
	case Onkyo:
		return "Onkyo"
	case Denon:
		return "Denon"
	case Yamaha:
		return "Yamaha"
	case 0x001a11:
		return "Google"
	case 0x001582:
		return "Pulse-Eight"
	default:
		return fmt.Sprintf("%06x", uint32(v))
	}
}

// MarshalText is String.
func (v VendorID) MarshalText() ([]byte, error) { return []byte(v.String()), nil }
