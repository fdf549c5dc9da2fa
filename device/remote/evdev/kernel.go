//go:build linux

package evdev

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unsafe"

	"golang.org/x/sys/unix"

	"usher/device/remote/keymap"
)

// The requests of input.h, which are the same on amd64, arm64 and arm.
const (
	reqGrab    = 0x40044590 // EVIOCGRAB, by value
	reqClock   = 0x400445a0 // EVIOCSCLOCKID
	reqID      = 0x80084502 // EVIOCGID
	reqName    = 0x06       // EVIOCGNAME(len)
	reqUnique  = 0x08       // EVIOCGUNIQ(len)
	reqState   = 0x18       // EVIOCGKEY(len)
	reqBits    = 0x20       // EVIOCGBIT(type, len): plus the type
	keyBytes   = 0x2ff/8 + 1
	longString = 256
)

// kernel is the real thing behind a Reader; tests put another in its place.
type kernel struct{}

// facts asks the kernel about an open device, and has it stamp events with the
// monotonic clock.
func (kernel) facts(fd int) (facts, error) {
	var id struct{ bus, vendor, product, version uint16 }
	if err := ioctl(fd, reqID, unsafe.Pointer(&id)); err != nil {
		return facts{}, fmt.Errorf("EVIOCGID: %w", err)
	}
	if err := unix.IoctlSetPointerInt(fd, reqClock, unix.CLOCK_MONOTONIC); err != nil {
		return facts{}, fmt.Errorf("EVIOCSCLOCKID: %w", err)
	}
	f := facts{keys: make(bits, keyBytes), rel: make(bits, 2)}
	f.id = keymap.Device{Bus: id.bus, Vendor: id.vendor, Product: id.product}
	f.id.Name = text(fd, reqName)
	f.id.Unique = text(fd, reqUnique) // most have none, and say so by an error
	if err := read(fd, reqBits+evKey, f.keys); err != nil {
		return facts{}, fmt.Errorf("EVIOCGBIT: %w", err)
	}
	if err := read(fd, reqBits+evRel, f.rel); err != nil {
		return facts{}, fmt.Errorf("EVIOCGBIT: %w", err)
	}
	return f, nil
}

// down reads which keys are down now.
func (kernel) down(fd int) (bits, error) {
	b := make(bits, keyBytes)
	if err := read(fd, reqState, b); err != nil {
		return nil, fmt.Errorf("EVIOCGKEY: %w", err)
	}
	return b, nil
}

// grab takes the events away from all other readers, until the device is closed.
func (kernel) grab(fd int) error {
	if err := unix.IoctlSetInt(fd, reqGrab, 1); err != nil {
		return fmt.Errorf("EVIOCGRAB: %w", err)
	}
	return nil
}

// now is CLOCK_MONOTONIC, the clock of the events.
func now() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		return 0 // it cannot fail: the clock exists and the pointer is good
	}
	return time.Duration(t.Nano())
}

// read does an _IOC(_IOC_READ, 'E', number, len(into)).
func read(fd int, number uint, into []byte) error {
	return ioctl(fd, 2<<30|uint(len(into))<<16|'E'<<8|number, unsafe.Pointer(&into[0]))
}

func text(fd int, number uint) string {
	b := make([]byte, longString)
	if read(fd, number, b) != nil {
		return ""
	}
	return printable(b)
}

// printable is a C string without what would move a terminal's cursor: a
// Bluetooth device says itself what it is called.
func printable(b []byte) string {
	b, _, _ = bytes.Cut(b, []byte{0})
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, string(b))
}

func ioctl(fd int, req uint, arg unsafe.Pointer) error {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(req), uintptr(arg))
		switch errno {
		case 0:
			return nil
		case unix.EINTR:
		default:
			return errno
		}
	}
}
