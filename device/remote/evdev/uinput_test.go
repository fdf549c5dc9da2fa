//go:build linux

package evdev

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"os"
	"slices"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"usher/device/remote"
	"usher/device/remote/keymap"
)

// The requests of uinput.h.
const (
	uiCreate  = 0x5501
	uiDestroy = 0x5502
	uiSetup   = 0x405c5503
	uiEvBit   = 0x40045564
	uiKeyBit  = 0x40045565
	evRep     = 0x14
)

// virtual is a remote made by the kernel's uinput. Where there is none the test
// is skipped; make e2e-vm runs it in a guest that has one.
func virtual(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.OpenFile("/dev/uinput", os.O_WRONLY, 0)
	if err != nil {
		if os.Getenv("USHER_GUEST") != "" {
			t.Fatal(err)
		}
		t.Skipf("SKIP: no uinput in this kernel (%v), remotes are not tried for real; make e2e-vm does", err)
	}
	t.Cleanup(func() { f.Close() })
	fd := int(f.Fd())
	for _, bit := range [][2]int{{uiEvBit, evKey}, {uiEvBit, evRep}, {uiKeyBit, codeOK}, {uiKeyBit, codeUp}} {
		if err := unix.IoctlSetInt(fd, uint(bit[0]), bit[1]); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer // struct uinput_setup
	for _, v := range []uint16{0x05, 0x1d57, 0x0001, 1} {
		_ = binary.Write(&b, binary.NativeEndian, v)
	}
	b.Write(append([]byte(name), make([]byte, 80-len(name))...))
	_ = binary.Write(&b, binary.NativeEndian, uint32(0))
	if err := ioctl(fd, uiSetup, unsafe.Pointer(&b.Bytes()[0])); err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetInt(fd, uiCreate, 0); err != nil {
		t.Fatal(err)
	}
	return f
}

// hit presses or releases a button of a virtual remote.
func hit(t *testing.T, w *os.File, code uint16, value int32) {
	t.Helper()
	put(t, w, evKey, code, value)
	put(t, w, evSyn, synReport, 0)
}

// sofa is a Reader on the real /dev/input.
func sofa(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, dir: Dir, events: make(chan remote.Event, 1000)}
	d.reader = New(Options{Map: keymap.Builtin(), Emit: func(e remote.Event) { d.events <- e }, Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.reader.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return d
}

// named waits until a device of that name is read.
func (d *desk) named(name string) Device {
	d.t.Helper()
	for range 2000 {
		for _, dev := range d.reader.Devices() {
			if dev.Name == name && dev.Read {
				return dev
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	d.t.Fatalf("%q is not read: %+v", name, d.reader.Devices())
	return Device{}
}

// forgotten waits until no device has that name.
func (d *desk) forgotten(name string) {
	d.t.Helper()
	for range 2000 {
		if !slices.ContainsFunc(d.reader.Devices(), func(dev Device) bool { return dev.Name == name }) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	d.t.Fatalf("%q is still there", name)
}

func TestRealRemote(t *testing.T) {
	w := virtual(t, "Usher test remote")
	d := sofa(t)
	dev := d.named("Usher test remote")
	if dev.Kind != Remote || dev.Vendor != 0x1d57 || dev.Bus != 5 {
		t.Errorf("the kernel says %+v", dev)
	}
	hit(t, w, codeOK, 1)
	d.expect(remote.Event{Key: remote.OK, Action: remote.Press})
	hit(t, w, codeOK, 0)
	d.expect(remote.Event{Key: remote.OK, Action: remote.Release})

	// The kernel repeats a held key by itself; only our repeats may be seen.
	began := time.Now()
	hit(t, w, codeUp, 1)
	d.expect(remote.Event{Key: remote.Up, Action: remote.Press})
	if e := <-d.events; e.Action != remote.Repeat || time.Since(began) < remote.RepeatAfter-50*time.Millisecond {
		t.Errorf("%v after %v", e, time.Since(began))
	}
	hit(t, w, codeUp, 0)
	d.expect(remote.Event{Key: remote.Up, Action: remote.Release})

	other, err := os.Open(dev.Node)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := (kernel{}).grab(int(other.Fd())); !errors.Is(err, unix.EBUSY) {
		t.Errorf("a second reader may grab it as well: %v", err)
	}
}

func TestRealRemoteGoesAndComesBack(t *testing.T) {
	d := sofa(t)
	for range 3 {
		w := virtual(t, "Usher sleepy remote")
		d.named("Usher sleepy remote")
		hit(t, w, codeOK, 1)
		d.expect(remote.Event{Key: remote.OK, Action: remote.Press})
		if err := unix.IoctlSetInt(int(w.Fd()), uiDestroy, 0); err != nil {
			t.Fatal(err)
		}
		// The kernel lets the key go before the device is gone.
		d.expect(remote.Event{Key: remote.OK, Action: remote.Release})
		d.forgotten("Usher sleepy remote")
	}
}
