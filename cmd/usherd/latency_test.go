package main

import (
	"encoding/binary"
	"os"
	"slices"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"usher/device/cec"
	"usher/device/remote/remotetest"
	"usher/internal/box"
	"usher/internal/ui"
)

// keyBudget is what a key may take to the player, p99.
const keyBudget = 5 * time.Millisecond

// KEY_* of input-event-codes.h.
const (
	keyOK        = 0x160
	keyPlayPause = 164
)

// way is how a key gets to the box.
type way struct {
	name    string
	press   func(t *testing.T, wants string) (at func() time.Time) // at: when the kernel had it
	release func(t *testing.T)
}

// TestRealKeysReachThePlayer measures the way of a key through the real kernel
// and the whole daemon: from a remote that uinput made, and from frames that
// a television puts on the cable, to the call that arrives at the player on D-Bus. It
// needs the devices of the guest of make e2e-vm. The clock there counts
// instructions, a thousand million a second for two processors together (less than
// a slow box), so that what is measured does not depend on what else this machine
// does.
func TestRealKeysReachThePlayer(t *testing.T) {
	if os.Getenv("USHER_GUEST") == "" {
		t.Skip("SKIP: keys of real input and CEC devices are measured by make e2e-vm (case latency)")
	}
	r, err := remotetest.Plug("Usher bench remote", keyOK, keyPlayPause)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	a := demo(t, "USHER_REMOTE_READ=on", "USHER_TV_DEVICE=/dev/cec1", "USHER_TV_SLEEP=never")
	until(t, "the remote is read", func() bool {
		return slices.ContainsFunc(a.remotesForBridge().Devices(), func(d ui.RemoteDevice) bool { return d.Read })
	})
	time.Sleep(20 * time.Second) // the demo's service has drawn its posters by then
	for _, w := range []way{ofRemote(r), ofCable(t, a)} {
		took := a.realTimes(t, w)
		tellTimes(t, "key ("+w.name+") to the call on D-Bus", took)
		if p99 := percentile(took, 99); p99 > keyBudget {
			t.Errorf("%s: p99 %v, budget %v", w.name, p99, keyBudget)
		}
	}
}

// ofRemote is Play/Pause of a remote of the box.
func ofRemote(r *remotetest.Remote) way {
	return way{
		name: "evdev",
		press: func(t *testing.T, _ string) func() time.Time {
			at := time.Now()
			if err := r.Press(keyPlayPause); err != nil {
				t.Fatal(err)
			}
			return func() time.Time { return at }
		},
		release: func(t *testing.T) {
			if err := r.Release(keyPlayPause); err != nil {
				t.Fatal(err)
			}
		},
	}
}

// ofCable is Play and Pause of the remote of a television: frames from
// /dev/cec0, whose own end cec-follower answers for.
func ofCable(t *testing.T, a *appliance) way {
	t.Helper()
	tv, err := os.OpenFile("/dev/cec0", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tv.Close() })
	to := a.tv.station.View().Link.Logical
	say := func(body cec.Body) error {
		return transmit(tv, cec.Message{From: cec.TV, To: to, Body: body}.Frame())
	}
	return way{
		name: "CEC",
		press: func(t *testing.T, wants string) func() time.Time {
			key := map[string]cec.UICode{"playing": cec.UIPlay, "paused": cec.UIPause}[wants]
			sent := make(chan error, 1)
			go func() { sent <- say(cec.UserControlPressed{Code: key}) }()
			return func() time.Time {
				if err := <-sent; err != nil {
					t.Fatal(err)
				}
				return lastKey(a.tv.station.Frames())
			}
		},
		release: func(t *testing.T) {
			if err := say(cec.Bare(cec.OpUserControlReleased)); err != nil {
				t.Fatal(err)
			}
		},
	}
}

// transmit puts a frame on the wire of an adapter, and waits until it is over
// (CEC_TRANSMIT of linux/cec.h).
func transmit(adapter *os.File, f cec.Frame) error {
	const (
		request           = 0xc0386105
		size, length, msg = 56, 16, 32 // of struct cec_msg
	)
	var b [size]byte
	binary.NativeEndian.PutUint32(b[length:], uint32(f.Len()))
	copy(b[msg:], f.Bytes())
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, adapter.Fd(), request, uintptr(unsafe.Pointer(&b[0]))); e != 0 {
		return e
	}
	return nil
}

// realTimes holds the film and lets it go on, two hundred times.
func (a *appliance) realTimes(t *testing.T, w way) (took []time.Duration) {
	t.Helper()
	for i := range 200 {
		if i%20 == 0 { // the film is short
			if p := a.daemon.Submit(box.PlayRequested{TitleID: "demo:monsoon-kitchen", From: box.FromStart, By: box.ByCLI}); p != nil {
				t.Fatal(p)
			}
			a.waitPhase(t, "playing")
			time.Sleep(time.Second)
		}
		wants, member := "paused", "Pause"
		if i%2 == 1 {
			wants, member = "playing", "Play"
		}
		at := w.press(t, wants)
		a.waitPhase(t, wants)
		took = append(took, a.player.simulated.LastCall(member).Sub(at()))
		w.release(t)
		time.Sleep(50 * time.Millisecond)
	}
	return took
}

// waitPhase looks seldom: what is measured has the processor for itself.
func (a *appliance) waitPhase(t *testing.T, want string) {
	t.Helper()
	for limit := time.Now().Add(patience); a.daemon.View().Playback.Phase != want; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("not %s in %v", want, patience)
		}
	}
}

// percentile is that of a list, which it leaves as it is.
func percentile(list []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[max((len(sorted)*p+99)/100, 1)-1] // the nearest rank
}

func tellTimes(t *testing.T, what string, took []time.Duration) {
	t.Helper()
	t.Logf("%s: p50 %v, p95 %v, p99 %v, most %v of %d", what, percentile(took, 50), percentile(took, 95), percentile(took, 99), slices.Max(took), len(took))
}
