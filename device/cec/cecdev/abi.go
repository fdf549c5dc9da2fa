package cecdev

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The structs of linux/cec.h. Every 64-bit field lies at a multiple of 8, so
// that 32-bit arm, which aligns them to 4, has the same layout.
type (
	message struct {
		txTime, rxTime                        uint64 // ns, CLOCK_MONOTONIC
		len, timeout, sequence, flags         uint32
		msg                                   [16]byte
		reply, rxStatus, txStatus             uint8
		arbLost, nacks, lowDrive, errors, pad uint8
	}
	caps struct {
		driver, name                     [32]byte
		addresses, capabilities, version uint32
	}
	logAddrs struct {
		addr     [4]uint8
		mask     uint16
		version  uint8
		num      uint8
		vendor   uint32
		flags    uint32
		osdName  [15]byte
		primary  [4]uint8
		kind     [4]uint8
		all      [4]uint8
		features [4][12]uint8
	}
	event struct {
		time  uint64
		event uint32
		flags uint32
		data  [64]byte
	}
)

// The compiler refuses a layout that is not the kernel's, on every machine.
var (
	_ [56]byte = [unsafe.Sizeof(message{})]byte{}
	_ [76]byte = [unsafe.Sizeof(caps{})]byte{}
	_ [92]byte = [unsafe.Sizeof(logAddrs{})]byte{}
	_ [80]byte = [unsafe.Sizeof(event{})]byte{}
)

// ioctl numbers: direction, size, type 'a', number.
const (
	iocWrite = 1 << 30
	iocRead  = 2 << 30
	iocCEC   = 'a' << 8

	getCaps     = iocRead | iocWrite | unsafe.Sizeof(caps{})<<16 | iocCEC
	getPhysical = iocRead | 2<<16 | iocCEC | 1
	getLogical  = iocRead | unsafe.Sizeof(logAddrs{})<<16 | iocCEC | 3
	setLogical  = iocRead | iocWrite | unsafe.Sizeof(logAddrs{})<<16 | iocCEC | 4
	transmit    = iocRead | iocWrite | unsafe.Sizeof(message{})<<16 | iocCEC | 5
	receive     = iocRead | iocWrite | unsafe.Sizeof(message{})<<16 | iocCEC | 6
	nextEvent   = iocRead | iocWrite | unsafe.Sizeof(event{})<<16 | iocCEC | 7
	setMode     = iocWrite | 4<<16 | iocCEC | 9
)

// Values of linux/cec.h.
const (
	capPhysical = 1 << 0 // a program must set the physical address
	capLogical  = 1 << 1
	capTransmit = 1 << 2

	modeInitiator = 0x01
	modeExclusive = 0x20 // exclusive follower, no passthrough

	eventState = 1
	eventLost  = 2

	typePlayback    = 3
	primaryPlayback = 4
	allPlayback     = 0x10

	txOK      = 1 << 0
	txNack    = 1 << 2
	txAborted = 1 << 6
	rxOK      = 1 << 0
)

// ioctl calls until it is not interrupted. arg points to one of the structs.
func ioctl(fd int, request uintptr, arg unsafe.Pointer) error {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg))
		if errno == 0 {
			return nil
		}
		if errno != unix.EINTR {
			return errno
		}
	}
}

// state is what a state event says.
func (e *event) state() (physical, mask uint16) {
	return binary.NativeEndian.Uint16(e.data[0:]), binary.NativeEndian.Uint16(e.data[2:])
}

// lost is what a lost-messages event says.
func (e *event) lost() uint32 { return binary.NativeEndian.Uint32(e.data[:]) }

// text is a C string.
func text(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}
