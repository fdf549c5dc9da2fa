//go:build linux

package rauc

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"usher/firmware"
	"usher/firmware/firmwaretest"
	"usher/firmware/rauc/rauctest"
	"usher/internal/dbustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	board = "stick"
	room  = 64 << 10
)

// rig is a box with a RAUC that is not real on a bus.
type rig struct {
	t        *testing.T
	bus      *dbustest.Bus
	box      *rauctest.Box
	service  *rauctest.Service
	folder   string
	patience time.Duration
}

func newRig(t *testing.T, q rauctest.Quirks) *rig {
	t.Helper()
	r := &rig{t: t, bus: dbustest.Start(t), box: rauctest.NewBox(), folder: t.TempDir(), patience: time.Minute}
	t.Cleanup(func() {
		if r.service != nil {
			r.service.Stop()
		}
	})
	r.serve(q)
	return r
}

func (r *rig) serve(q rauctest.Quirks) {
	r.t.Helper()
	var err error
	if r.service, err = r.box.Serve(r.bus.Address(), q); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) slots() *Slots {
	return New(Options{
		Folder: r.folder, Board: board, Boot: r.box.Boot(), Factory: Factory{Version: "1", Counter: 1}, Address: r.bus.Address(),
		Logger: slog.New(slog.DiscardHandler), Patience: r.patience, Free: func(string) (int64, error) { return room, nil },
	})
}

// reboot starts the box anew; what comes up looks at its slots, as usherd does.
func (r *rig) reboot(q rauctest.Quirks) {
	r.t.Helper()
	r.service.Stop()
	r.box.Reboot()
	r.serve(q)
	r.list()
}

func (r *rig) list() []firmware.SlotInfo {
	r.t.Helper()
	list, err := r.slots().Slots(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}

// b is the slot that does not run at first.
func (r *rig) b() firmware.SlotInfo { return r.list()[1] }

// write writes version 2.
func (r *rig) write(ctx context.Context) (fetched int, err error) {
	img := firmwaretest.Image(2, 20<<10)
	from := &firmwaretest.Source{Image: img}
	err = r.slots().Write(ctx, firmwaretest.Describe("2", 5, board, img), from, nil)
	return from.Asked, err
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func reason(err error) firmware.Reason {
	if e, ok := errors.AsType[*firmware.Error](err); ok {
		return e.Reason
	}
	return firmware.NoReason
}

func TestContract(t *testing.T) {
	for name, q := range map[string]rauctest.Quirks{"RAUC 1.8": {Old: true}, "RAUC 1.15": {}} {
		t.Run(name, func(t *testing.T) {
			firmwaretest.Contract(t, func(t *testing.T) firmwaretest.Bench {
				r := newRig(t, q)
				return firmwaretest.Bench{Slots: func() firmware.Slots { return r.slots() }, Reboot: func() { r.reboot(q) }, Board: board, Room: room}
			})
		})
	}
}

// RAUC's signal does not come: its property and the slot say how it ended.
func TestTheEndIsNotTold(t *testing.T) {
	r := newRig(t, rauctest.Quirks{Silent: true})
	if _, err := r.write(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b := r.b(); b.State != firmware.Written || b.Primary {
		t.Errorf("%+v", b)
	}
}

// RAUC is killed in the middle. What was fetched is not fetched again.
func TestKilledInTheMiddle(t *testing.T) {
	for name, restarted := range map[string]bool{"and started again": true, "and stays away": false} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, rauctest.Quirks{DiesAt: 40})
			if !restarted {
				r.patience = 10 * time.Millisecond
			}
			back := make(chan struct{})
			go func() {
				defer close(back)
				r.service.Wait()
				if restarted {
					r.serve(rauctest.Quirks{})
				}
			}()
			_, err := r.write(t.Context())
			<-back
			if reason(err) != firmware.Interrupted {
				t.Fatalf("got %v", err)
			}
			if !restarted {
				if _, err := r.slots().Slots(t.Context()); reason(err) != firmware.NoInstaller {
					t.Errorf("without RAUC: %v", err)
				}
				r.serve(rauctest.Quirks{})
			}
			if b := r.b(); b.State != firmware.Empty || b.Reason != firmware.Interrupted || b.Primary {
				t.Errorf("%+v", b)
			}
			r.patience = time.Minute
			if fetched, err := r.write(t.Context()); err != nil || fetched != 0 {
				t.Errorf("again: %d chunks fetched, %v", fetched, err)
			}
			if _, err := os.Stat(filepath.Join(r.folder, spoolName)); err == nil {
				t.Error("the bundle is left behind")
			}
		})
	}
}

// RAUC dies when all is done, before it says so.
func TestKilledAfterTheEnd(t *testing.T) {
	r := newRig(t, rauctest.Quirks{DiesAt: 100})
	back := make(chan struct{})
	go func() {
		defer close(back)
		r.service.Wait()
		r.serve(rauctest.Quirks{})
	}()
	_, err := r.write(t.Context())
	<-back
	if b := r.b(); err != nil || b.State != firmware.Written || b.Primary {
		t.Errorf("%+v, %v", b, err)
	}
}

// The bus is started again in the middle, and RAUC with it, which loses what it did.
func TestTheBusIsStartedAgain(t *testing.T) {
	half := make(chan struct{})
	r := newRig(t, rauctest.Quirks{DiesAt: 40, Half: func() { close(half) }})
	back := make(chan error, 1)
	go func() {
		<-half
		back <- r.bus.Restart()
		r.service.Wait()
		r.serve(rauctest.Quirks{})
		close(back)
	}()
	_, err := r.write(t.Context())
	for err := range back {
		r.must(err)
	}
	if reason(err) != firmware.Interrupted {
		t.Fatalf("got %v", err)
	}
	if _, err := r.write(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestBusy(t *testing.T) {
	r := newRig(t, rauctest.Quirks{})
	free := r.service.Hold()
	r.patience = 10 * time.Millisecond
	if _, err := r.write(t.Context()); reason(err) != firmware.Busy {
		t.Errorf("got %v", err)
	}
	if err := r.slots().Good(t.Context()); reason(err) != firmware.Busy {
		t.Errorf("got %v", err)
	}
	r.patience = time.Minute
	time.AfterFunc(3*busyLook, free)
	if _, err := r.write(t.Context()); err != nil {
		t.Errorf("when it has time again: %v", err)
	}
}

// What RAUC does not take is not installed, and costs the slot nothing.
func TestRefusedByRAUC(t *testing.T) {
	for name, c := range map[string]struct {
		quirks rauctest.Quirks
		want   firmware.Reason
		untold bool // the slot is as before
	}{
		"a key that RAUC does not know": {rauctest.Quirks{Foreign: true}, firmware.Untrusted, true},
		"the same, before 1.10":         {rauctest.Quirks{Foreign: true, Old: true}, firmware.Untrusted, true},
		"too large":                     {rauctest.Quirks{Refuses: "Installation error: Slot (1024 bytes) is too small for image (2048 bytes)."}, firmware.NoSpace, false},
		"full":                          {rauctest.Quirks{Refuses: "Installation error: Failed updating slot rootfs.1: failed to write: No space left on device"}, firmware.NoSpace, false},
		"broken":                        {rauctest.Quirks{Refuses: "Failed updating slot rootfs.1: Input/output error"}, firmware.Damaged, false},
		"mounted":                       {rauctest.Quirks{Refuses: "Installation error: Destination device '/dev/x' already mounted"}, firmware.Busy, false},
		"something else":                {rauctest.Quirks{Refuses: "Installation error: the hook said no"}, firmware.Failed, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, c.quirks)
			_, err := r.write(t.Context())
			if reason(err) != c.want {
				t.Errorf("got %v", err)
			}
			b := r.b()
			if told := b.Reason == firmware.Interrupted; told == c.untold || b.State != firmware.Empty || b.Primary {
				t.Errorf("%+v", b)
			}
			if r.slots().Activate(t.Context()) == nil {
				t.Error("it was activated all the same")
			}
		})
	}
}

// The list of releases and the bundle have to agree.
func TestBundleOfAnother(t *testing.T) {
	r := newRig(t, rauctest.Quirks{})
	img := firmwaretest.Image(3, 20<<10)
	err := r.slots().Write(t.Context(), firmwaretest.Describe("2", 5, board, img), &firmwaretest.Source{Image: img}, nil)
	if reason(err) != firmware.Untrusted || r.box.Primary() != rauctest.SlotA {
		t.Errorf("another version: %v", err)
	}
	if at := r.list(); at[1].Reason != firmware.NoReason {
		t.Errorf("the slot was touched: %+v", at[1])
	}
}

// A Write that is ended while RAUC writes comes back; RAUC goes on, and what it
// did is not done again.
func TestEndedWhileItInstalls(t *testing.T) {
	half, goOn := make(chan struct{}), make(chan struct{})
	r := newRig(t, rauctest.Quirks{Half: func() { close(half); <-goOn }})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-half; cancel() }()
	if _, err := r.write(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	close(goOn)
	if b := r.b(); b.State != firmware.Written || b.Primary { // RAUC had made it the next to start
		t.Fatalf("%+v", b)
	}
	fetched, err := r.write(t.Context())
	if err != nil || fetched != 0 {
		t.Errorf("again: %d chunks fetched, %v", fetched, err)
	}
	r.must(r.slots().Activate(t.Context()))
	if b := r.b(); b.State != firmware.Trying || !b.Primary {
		t.Errorf("%+v", b)
	}
}

// What somebody installs by hand is no release, and is neither taken back nor
// believed to be what Usher wrote.
func TestInstalledByHand(t *testing.T) {
	r := newRig(t, rauctest.Quirks{})
	if _, err := r.write(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.box.Install("2")
	if b := r.b(); b.State == firmware.Written || !b.Primary {
		t.Errorf("%+v", b)
	}
	r.reboot(rauctest.Quirks{})
	if b := r.b(); b.State != firmware.Good || !b.Booted || b.Version != "2" || b.Counter != 0 {
		t.Errorf("%+v", b)
	}
	if floor, err := r.slots().Floor(t.Context()); err != nil || floor != 1 {
		t.Errorf("floor %d, %v", floor, err)
	}
}

// A new release takes the place of one that was activated and not started.
func TestAnotherInsteadOfTheActivated(t *testing.T) {
	r := newRig(t, rauctest.Quirks{})
	if _, err := r.write(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.must(r.slots().Activate(t.Context()))
	img := firmwaretest.Image(3, 20<<10)
	cut := errors.New("cut")
	err := r.slots().Write(t.Context(), firmwaretest.Describe("3", 6, board, img), &firmwaretest.Source{Image: img, At: 1, Err: cut}, nil)
	if !errors.Is(err, cut) || r.box.Primary() != rauctest.SlotA || r.slots().Activate(t.Context()) == nil {
		t.Errorf("%v, next is %s", err, r.box.Primary())
	}
}

// Boot loaders count the starts of good firmware as well: each start is told
// once that it is one.
func TestGoodIsToldAtEachStart(t *testing.T) {
	r := newRig(t, rauctest.Quirks{})
	for range 4 {
		r.reboot(rauctest.Quirks{})
		r.list()
	}
	if got := len(r.box.Marks()); got != 4 || r.box.Booted() != rauctest.SlotA {
		t.Errorf("%d marks, runs %s: %q", got, r.box.Booted(), r.box.Marks())
	}
}

func TestNoRAUC(t *testing.T) {
	r := newRig(t, rauctest.Quirks{})
	r.service.Stop()
	if _, err := r.slots().Slots(t.Context()); reason(err) != firmware.NoInstaller {
		t.Errorf("no service: %v", err)
	}
	s := New(Options{Folder: r.folder, Address: "unix:path=" + filepath.Join(r.folder, "nothing"), Logger: slog.New(slog.DiscardHandler)})
	if err := s.Good(t.Context()); reason(err) != firmware.NoInstaller {
		t.Errorf("no bus: %v", err)
	}
}

// A damaged record is told; nothing is guessed from it.
func TestDamagedRecord(t *testing.T) {
	r := newRig(t, rauctest.Quirks{})
	r.must(os.WriteFile(filepath.Join(r.folder, recordName), []byte("{"), 0o600))
	if _, err := r.write(t.Context()); reason(err) != firmware.Damaged {
		t.Errorf("got %v", err)
	}
}
