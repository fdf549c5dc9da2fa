//go:build linux

package rauc

import (
	"bytes"
	"os"
	"syscall"
	"testing"

	"usher/firmware"
	"usher/firmware/firmwaretest"
)

// TestDebiansRAUC examines the driver with the real service, on real loop devices.
func TestDebiansRAUC(t *testing.T) {
	l := newLab(t)
	t.Run("Contract", func(t *testing.T) {
		firmwaretest.Contract(t, func(t *testing.T) firmwaretest.Bench {
			r := l.box(t)
			return firmwaretest.Bench{
				Slots: func() firmware.Slots { return r.slots() }, Reboot: r.reboot, Board: board, Room: slotRoom,
				Image: func(version byte, size int) []byte { return l.bundle(t, string(rune('0'+version)), "dev", size) },
			}
		})
	})
	for name, examine := range map[string]func(*testing.T, *debian){
		"BytesArrive": realBytes, "ForeignKey": realForeign, "Busy": realBusy, "KilledBefore": realKilledBefore, "KilledAfter": realKilledAfter,
		"KilledAnywhere": realKilledAnywhere, "BusRestarted": realBus, "TooLarge": realTooLarge,
	} {
		t.Run(name, func(t *testing.T) { examine(t, l.box(t)) })
	}
}

// write installs a bundle of version 2.
func (r *debian) write(data []byte, progress func(firmware.Progress)) error {
	return r.slots().Write(r.t.Context(), firmwaretest.Describe("2", 5, board, data), &firmwaretest.Source{Image: data}, progress)
}

func (r *debian) small() []byte { return r.lab.bundle(r.t, "2", "dev", 64<<10) }

// whole examines that the box is as it should be whatever happened before, and
// that the next attempt succeeds.
func (r *debian) whole() {
	r.t.Helper()
	if at := r.list(); !at[0].Booted || !at[0].Primary || at[0].State != firmware.Good {
		r.t.Errorf("the slot that runs: %+v", at[0])
	}
	if err := r.write(r.small(), nil); err != nil {
		log, _ := os.ReadFile(r.at("log"))
		r.t.Fatalf("the next attempt: %v\n%s", err, log)
	}
	if at := r.list(); at[1].State != firmware.Written || !at[0].Primary {
		r.t.Errorf("after the next attempt: %+v", at)
	}
}

// realBytes: what RAUC wrote is what was published.
func realBytes(t *testing.T, r *debian) {
	var steps int
	last := int64(-1)
	must(t, r.write(r.lab.bundle(t, "2", "dev", 8<<20), func(p firmware.Progress) {
		if p.Done < last {
			t.Errorf("progress goes from %d back to %d", last, p.Done)
		}
		last, steps = p.Done, steps+1
	}))
	r.lab.sh(t, `cmp -n 8388608 in/rootfs.img $SLOT`, "SLOT="+r.at("b"))
	must(t, r.slots().Activate(t.Context()))
	r.reboot()
	must(t, r.slots().Good(t.Context()))
	r.reboot()
	if at := r.list(); !at[1].Booted || at[1].State != firmware.Good || at[1].Version != "2" {
		t.Errorf("%+v", at)
	}
	if steps < 10 {
		t.Errorf("%d steps of progress", steps)
	}
}

func realForeign(t *testing.T, r *debian) {
	before, err := os.ReadFile(r.at("b"))
	must(t, err)
	if err := r.write(r.lab.bundle(t, "2", "evil", 64<<10), nil); reason(err) != firmware.Untrusted {
		t.Errorf("got %v", err)
	}
	if after, err := os.ReadFile(r.at("b")); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the slot was touched, %v", err)
	}
	r.whole()
}

func realTooLarge(t *testing.T, r *debian) {
	data := r.lab.bundle(t, "2", "dev", slotRoom+4096)
	s := r.slots()
	s.opt.Free = func(string) (int64, error) { return 2 * slotRoom, nil }
	err := s.Write(t.Context(), firmwaretest.Describe("2", 5, board, data), &firmwaretest.Source{Image: data}, nil)
	if reason(err) != firmware.NoSpace {
		t.Errorf("got %v", err)
	}
	r.whole()
}

// held starts an install and waits until RAUC is in one of its handlers.
func (r *debian) held(where string) (ended chan error) {
	r.t.Helper()
	data := r.small()
	r.must(os.WriteFile(r.at("hold-"+where), nil, 0o600))
	ended = make(chan error, 1)
	go func() { ended <- r.write(data, nil) }()
	r.until("RAUC is in its handler", func() bool { _, err := os.Stat(r.at("held-" + where)); return err == nil })
	return ended
}

func (r *debian) release(where string) { r.must(os.Remove(r.at("hold-" + where))) }

func realBusy(t *testing.T, r *debian) {
	ended := r.held("pre")
	s := r.slots()
	s.opt.Patience = 1
	if _, err := s.Slots(t.Context()); reason(err) != firmware.Busy {
		t.Errorf("a look: %v", err)
	}
	if err := s.Good(t.Context()); reason(err) != firmware.Busy {
		t.Errorf("a mark: %v", err)
	}
	if l, err := s.open(t.Context()); err != nil {
		t.Error(err)
	} else {
		if err := l.install(t.Context(), r.at("nothing"), func(int) {}); reason(err) != firmware.Busy {
			t.Errorf("an install: %v", err)
		}
		l.close()
	}
	r.release("pre")
	if err := <-ended; err != nil {
		t.Errorf("the install that was under way: %v", err)
	}
}

func realKilledBefore(t *testing.T, r *debian) {
	ended := r.held("pre")
	r.stop(&r.rauc)
	r.release("pre")
	r.startRAUC()
	if err := <-ended; reason(err) != firmware.Interrupted {
		t.Errorf("got %v", err)
	}
	if b := r.list()[1]; b.State != firmware.Empty || b.Reason != firmware.Interrupted {
		t.Errorf("%+v", b)
	}
	r.whole()
}

func realKilledAfter(t *testing.T, r *debian) {
	ended := r.held("post")
	r.stop(&r.rauc)
	r.release("post")
	r.startRAUC()
	if err := <-ended; err != nil {
		t.Errorf("all was written: %v", err)
	}
	if at := r.list(); at[1].State != firmware.Written || !at[0].Primary {
		t.Errorf("%+v", at)
	}
}

// realKilledAnywhere: each end is one of two, and both are told.
func realKilledAnywhere(t *testing.T, r *debian) {
	data := r.lab.bundle(t, "2", "dev", 32<<20)
	for range 4 {
		ended := make(chan error, 1)
		begun := make(chan struct{}, 1)
		go func() {
			ended <- r.write(data, func(p firmware.Progress) {
				if p.Done > p.Total/2 {
					select {
					case begun <- struct{}{}:
					default:
					}
				}
			})
		}()
		<-begun
		must(t, syscall.Kill(r.rauc.Process.Pid, syscall.SIGKILL))
		r.stop(&r.rauc)
		r.startRAUC()
		err := <-ended
		b := r.list()[1]
		switch {
		case err == nil && b.State == firmware.Written:
		case reason(err) == firmware.Interrupted && b.State == firmware.Empty:
		default:
			t.Errorf("%v, and the slot is %+v", err, b)
		}
		r.whole()
	}
}

func realBus(t *testing.T, r *debian) {
	ended := r.held("pre")
	r.stop(&r.bus)
	r.until("RAUC ends without its bus", func() bool {
		var ws syscall.WaitStatus
		pid, err := syscall.Wait4(r.rauc.Process.Pid, &ws, syscall.WNOHANG, nil)
		return err != nil || pid == r.rauc.Process.Pid
	})
	r.stop(&r.rauc)
	r.release("pre")
	r.startBus()
	r.startRAUC()
	if err := <-ended; reason(err) != firmware.Interrupted {
		t.Errorf("got %v", err)
	}
	r.whole()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
