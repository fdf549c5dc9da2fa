//go:build linux

package evdev

import (
	"encoding/binary"
	"time"
)

// The parts of input-event-codes.h that matter here.
const (
	evSyn      = 0x00
	evKey      = 0x01
	evRel      = 0x02
	synDropped = 3
	synReport  = 0
	keyUp      = 0
	keyDown    = 1 // 2 is autorepeat, which is our own
)

// input is one struct input_event.
type input struct {
	at    time.Duration // CLOCK_MONOTONIC
	kind  uint16
	code  uint16
	value int32
}

// sizeOf is the size of struct input_event by the size of a C long, bytes: the
// kernel answers a 32-bit program in 32-bit form.
func sizeOf(long int) int { return 2*long + 8 }

// decode reads whole events; what is left over is part of one.
func decode(b []byte, long int) (events []input, rest []byte) {
	size := sizeOf(long)
	for len(b) >= size {
		var sec, usec int64
		if long == 8 {
			sec, usec = int64(binary.NativeEndian.Uint64(b)), int64(binary.NativeEndian.Uint64(b[8:]))
		} else {
			sec, usec = int64(binary.NativeEndian.Uint32(b)), int64(binary.NativeEndian.Uint32(b[4:]))
		}
		tail := b[2*long:]
		events = append(events, input{
			at:   time.Duration(sec)*time.Second + time.Duration(usec)*time.Microsecond,
			kind: binary.NativeEndian.Uint16(tail), code: binary.NativeEndian.Uint16(tail[2:]), value: int32(binary.NativeEndian.Uint32(tail[4:])),
		})
		b = b[size:]
	}
	return events, b
}
