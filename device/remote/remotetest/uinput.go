//go:build linux

package remotetest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The requests of linux/uinput.h, and the parts of input-event-codes.h.
const (
	uiCreate  = 0x5501
	uiDestroy = 0x5502
	uiSetup   = 0x405c5503
	uiEvBit   = 0x40045564
	uiKeyBit  = 0x40045565

	evSyn = 0x00
	evKey = 0x01
	evRep = 0x14 // the kernel repeats held keys

	nameSize = 80
)

// Vendor is the vendor of the remotes; their bus is Bluetooth.
const (
	Vendor       = 0x1d57
	busBluetooth = 0x05
)

// Remote is a remote control that the kernel takes for real.
type Remote struct{ f *os.File }

// Plug makes a remote with some keys (KEY_* of the kernel). The error is that of
// /dev/uinput: most often it is not there, or only root may write to it.
func Plug(name string, keys ...uint16) (*Remote, error) {
	f, err := os.OpenFile("/dev/uinput", os.O_WRONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("plug in a remote: %w", err)
	}
	r := &Remote{f}
	if err := r.setup(name, keys); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("plug in a remote: %w", err)
	}
	return r, nil
}

func (r *Remote) setup(name string, keys []uint16) error {
	for _, bit := range []int{evKey, evRep} {
		if err := unix.IoctlSetInt(r.fd(), uiEvBit, bit); err != nil {
			return err
		}
	}
	for _, k := range keys {
		if err := unix.IoctlSetInt(r.fd(), uiKeyBit, int(k)); err != nil {
			return err
		}
	}
	var b bytes.Buffer // struct uinput_setup: an input_id, the name, ff_effects_max
	for _, v := range []uint16{busBluetooth, Vendor, 0x0001, 1} {
		_ = binary.Write(&b, binary.NativeEndian, v)
	}
	b.Write(append([]byte(name), make([]byte, nameSize)...)[:nameSize])
	_ = binary.Write(&b, binary.NativeEndian, uint32(0))
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(r.fd()), uiSetup, uintptr(unsafe.Pointer(&b.Bytes()[0]))); e != 0 {
		return e
	}
	return unix.IoctlSetInt(r.fd(), uiCreate, 0)
}

func (r *Remote) fd() int { return int(r.f.Fd()) }

// Press has a key go down, Release come up.
func (r *Remote) Press(key uint16) error { return r.put(key, 1) }

// Release has a key come up.
func (r *Remote) Release(key uint16) error { return r.put(key, 0) }

// put writes one event, and the one that ends it, as one.
func (r *Remote) put(key uint16, value int32) error {
	var b bytes.Buffer
	for _, e := range []struct {
		kind, code uint16
		value      int32
	}{{evKey, key, value}, {evSyn, 0, 0}} {
		b.Write(make([]byte, unsafe.Sizeof(unix.Timeval{}))) // the kernel puts the time
		for _, v := range []any{e.kind, e.code, e.value} {
			_ = binary.Write(&b, binary.NativeEndian, v)
		}
	}
	if _, err := r.f.Write(b.Bytes()); err != nil {
		return fmt.Errorf("press a key: %w", err)
	}
	return nil
}

// Unplug takes the remote away, as a dying battery does: the kernel lets go of
// what was down.
func (r *Remote) Unplug() error {
	if err := unix.IoctlSetInt(r.fd(), uiDestroy, 0); err != nil {
		return fmt.Errorf("unplug a remote: %w", err)
	}
	return nil
}

// Close ends it; a remote that is still plugged goes away.
func (r *Remote) Close() error { return r.f.Close() }
