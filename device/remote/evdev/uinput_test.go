//go:build linux

package evdev

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"usher/device/remote"
	"usher/device/remote/keymap"
	"usher/device/remote/remotetest"
)

// virtual is a remote made by the kernel's uinput. Where there is none the test
// is skipped; make e2e-vm runs it in a guest that has one.
func virtual(t *testing.T, name string) *remotetest.Remote {
	t.Helper()
	r, err := remotetest.Plug(name, codeOK, codeUp)
	if err != nil {
		if os.Getenv("USHER_GUEST") != "" {
			t.Fatal(err)
		}
		t.Skipf("SKIP: no uinput in this kernel (%v), remotes are not tried for real; make e2e-vm does", err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// hit presses or releases a button of a virtual remote.
func hit(t *testing.T, r *remotetest.Remote, code uint16, value int32) {
	t.Helper()
	act := r.Release
	if value == keyDown {
		act = r.Press
	}
	if err := act(code); err != nil {
		t.Fatal(err)
	}
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
		if err := w.Unplug(); err != nil {
			t.Fatal(err)
		}
		// The kernel lets the key go before the device is gone.
		d.expect(remote.Event{Key: remote.OK, Action: remote.Release})
		d.forgotten("Usher sleepy remote")
	}
}
