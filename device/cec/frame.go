package cec

import (
	"errors"
	"fmt"
	"strings"
)

// MaxFrame is the longest frame, in bytes: header, opcode, 14 operands.
const MaxFrame = 16

// Frame is one frame as it is on the wire. It is a value: comparable, and
// copied by assignment. The zero Frame is not a frame; NewFrame makes one.
type Frame struct {
	n    uint8
	data [MaxFrame]byte
}

// ErrLength says that a frame is empty or longer than MaxFrame.
var ErrLength = errors.New("a frame has 1 to 16 bytes")

// NewFrame copies b, which has 1 to 16 bytes.
func NewFrame(b []byte) (Frame, error) {
	if len(b) == 0 || len(b) > MaxFrame {
		return Frame{}, fmt.Errorf("frame of %d bytes: %w", len(b), ErrLength)
	}
	f := Frame{n: uint8(len(b))}
	copy(f.data[:], b)
	return f, nil
}

// header makes a frame without opcode.
func header(from, to Address) Frame {
	return Frame{n: 1, data: [MaxFrame]byte{uint8(from)<<4 | uint8(to)&15}}
}

// with appends bytes as far as there is room.
func (f Frame) with(b ...byte) Frame {
	f.n += uint8(copy(f.data[f.n:], b))
	return f
}

// Len is the number of bytes, 1 to 16; 0 for the zero Frame.
func (f Frame) Len() int { return int(f.n) }

// Bytes is a copy of the bytes.
func (f Frame) Bytes() []byte { return append([]byte(nil), f.data[:f.n]...) }

// From is the initiator.
func (f Frame) From() Address { return Address(f.data[0] >> 4) }

// To is the destination; Broadcast is everybody.
func (f Frame) To() Address { return Address(f.data[0] & 15) }

// Poll says that the frame is a header only: is anybody there?
func (f Frame) Poll() bool { return f.n == 1 }

// Opcode is the second byte; 0 (FeatureAbortOp) for a poll, so ask Poll first.
func (f Frame) Opcode() Opcode { return Opcode(f.data[1]) }

// Operands are the bytes after the opcode, as a string so that they compare.
func (f Frame) Operands() string {
	if f.n <= 2 {
		return ""
	}
	return string(f.data[2:f.n])
}

// String is the form that CEC tools use, such as "4f:82:10:00".
func (f Frame) String() string {
	var b strings.Builder
	for i, x := range f.data[:f.n] {
		if i > 0 {
			b.WriteByte(':')
		}
		fmt.Fprintf(&b, "%02x", x)
	}
	return b.String()
}

// MarshalText is String.
func (f Frame) MarshalText() ([]byte, error) { return []byte(f.String()), nil }
