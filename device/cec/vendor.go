package cec

import (
	"fmt"
	"strconv"
	"strings"
)

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

// vendors are brands by their organisation; the first of a brand is its own.
var vendors = [...]struct {
	id   VendorID
	name string
}{
	{NoVendor, "unknown"},
	{LG, "LG"},
	{Samsung, "Samsung"},
	{Panasonic, "Panasonic"},
	{Philips, "Philips"},
	{Sony, "Sony"},
	{0x000039, "Toshiba"},
	{0x000ce7, "Toshiba"},
	{Sharp, "Sharp"},
	{0x534850, "Sharp"},
	{TCL, "TCL"},
	{Vizio, "Vizio"},
	{Onkyo, "Onkyo"},
	{Denon, "Denon"},
	{Yamaha, "Yamaha"},
	{0x001a11, "Google"},
	{0x001582, "Pulse-Eight"},
}

// String is the brand, or six hexadecimal digits.
func (v VendorID) String() string {
	for _, known := range vendors {
		if known.id == v {
			return known.name
		}
	}
	return fmt.Sprintf("%06x", uint32(v))
}

// MarshalText is String.
func (v VendorID) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText takes a brand, in any case, or six hexadecimal digits.
func (v *VendorID) UnmarshalText(text []byte) error {
	for _, known := range vendors {
		if strings.EqualFold(known.name, string(text)) {
			*v = known.id
			return nil
		}
	}
	n, err := strconv.ParseUint(string(text), 16, 24)
	if err != nil || len(text) != 6 {
		return fmt.Errorf("vendor %q is neither a known brand nor six hexadecimal digits such as 00e091", text)
	}
	*v = VendorID(n)
	return nil
}
