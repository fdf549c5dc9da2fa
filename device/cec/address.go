package cec

import (
	"fmt"
	"strconv"
	"strings"
)

// Address is a logical address, 0 to 15: who a device is on the bus.
type Address uint8

// The logical addresses (CEC table 5). Playback devices try 4, 8 and 11.
const (
	TV           Address = 0
	Playback1    Address = 4
	AudioSystem  Address = 5
	Playback2    Address = 8
	Playback3    Address = 11
	Unregistered Address = 15 // as initiator: no address
	Broadcast    Address = 15 // as destination: everybody
)

// String is the name that people know, such as "TV" or "audio system".
func (a Address) String() string {
	switch a {
	case TV:
		return "TV"
	case AudioSystem:
		return "audio system"
	case Playback1, Playback2, Playback3:
		return "playback device " + strconv.Itoa(int(a))
	case Unregistered:
		return "nobody"
	default:
		return "device " + strconv.Itoa(int(a))
	}
}

// Physical is a physical address: the way through the HDMI sockets from the
// television to a device, four digits of 0 to 15. It comes from the sink's
// EDID, by way of the kernel, and is never invented.
type Physical uint16

const (
	// Root is the television itself, 0.0.0.0.
	Root Physical = 0
	// NoPhysical is f.f.f.f: no cable, or a sleeping television that shows no EDID.
	NoPhysical Physical = 0xffff
)

// String writes 0x1200 as 1.2.0.0.
func (p Physical) String() string {
	return fmt.Sprintf("%x.%x.%x.%x", uint16(p)>>12, uint16(p)>>8&15, uint16(p)>>4&15, uint16(p)&15)
}

// MarshalText writes the dotted form.
func (p Physical) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads the dotted form.
func (p *Physical) UnmarshalText(text []byte) error {
	var err error
	*p, err = ParsePhysical(string(text))
	return err
}

// ParsePhysical reads the dotted form, such as "1.2.0.0".
func ParsePhysical(s string) (Physical, error) {
	parts := strings.Split(s, ".")
	if len(parts) != 4 {
		return NoPhysical, fmt.Errorf("parse physical address %q: want four digits such as 1.0.0.0", s)
	}
	var p Physical
	for _, part := range parts {
		n, err := strconv.ParseUint(part, 16, 4)
		if err != nil {
			return NoPhysical, fmt.Errorf("parse physical address %q: %q is no digit of 0 to f", s, part)
		}
		p = p<<4 | Physical(n)
	}
	return p, nil
}

// Known says whether p is an address at all.
func (p Physical) Known() bool { return p != NoPhysical }

// Above says whether p lies between the television and q: a switch or an audio
// system that q hangs on. The television is above everything but itself.
func (p Physical) Above(q Physical) bool {
	if p == q || !p.Known() || !q.Known() {
		return false
	}
	mask := Physical(0)
	for shift := 12; shift >= 0; shift -= 4 {
		if p>>shift&15 == 0 {
			break
		}
		mask |= 15 << shift
	}
	return p&^mask == 0 && q&mask == p
}
