package updater

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"usher/firmware"
	"usher/firmware/abslots"
	"usher/firmware/fetch"
	"usher/firmware/firmwaretest"
	"usher/firmware/fleet"
	"usher/firmware/release"
	"usher/firmware/trust"
	"usher/internal/box"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const imageSize = 3 << 20

// house is a box with its slots in files, and whoever makes its firmware.
type house struct {
	t      *testing.T
	dir    string
	repo   *release.Repo
	keys   []release.Key
	web    *httptest.Server
	booted int
	tests  []Test
	record *abslots.File
	images [2]abslots.Disk
	read   atomic.Int64 // bytes of the slot that runs
}

// running counts what is read of the slot that runs.
type running struct {
	io.ReaderAt
	read *atomic.Int64
}

func (r running) ReadAt(b []byte, at int64) (int, error) {
	r.read.Add(int64(len(b)))
	return r.ReaderAt.ReadAt(b, at)
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir()}
	var err error
	h.repo, err = release.Open(filepath.Join(h.dir, "repo"), time.Now)
	h.must(err)
	for _, name := range []string{"root", "list", "online"} {
		k, err := release.NewKey(filepath.Join(h.dir, name))
		h.must(err)
		h.keys = append(h.keys, k)
	}
	h.must(h.repo.StageRoot(release.RootPlan{
		Root: []release.Public{h.keys[0].Public()}, Releases: []release.Public{h.keys[1].Public()}, Online: []release.Public{h.keys[2].Public()}, Threshold: 1, Days: 30,
	}))
	h.must(release.Sign(h.repo.Staged("root"), h.keys[0]))
	for name, size := range map[string]int64{"record": 1 << 20, "a": 4 << 20, "b": 4 << 20} {
		h.must(os.WriteFile(filepath.Join(h.dir, name), nil, 0o600))
		h.must(os.Truncate(filepath.Join(h.dir, name), size))
	}
	h.record = h.open("record")
	h.images = [2]abslots.Disk{h.open("a"), h.open("b")}
	h.must(abslots.Format(h.record, "1", 1))
	h.web = httptest.NewServer(http.FileServer(http.Dir(h.repo.Public())))
	t.Cleanup(h.web.Close)
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) open(name string) *abslots.File {
	f, err := abslots.OpenFile(filepath.Join(h.dir, name))
	h.must(err)
	h.t.Cleanup(func() { _ = f.Close() })
	return f
}

// issue publishes a release.
func (h *house) issue(version string, counter uint64) {
	h.t.Helper()
	img := firmwaretest.Image(version[0], imageSize)
	_, err := h.repo.StageRelease(bytes.NewReader(img), firmware.Release{Version: version, Boards: []string{"stick"}, Counter: counter, Percent: 100}, 30)
	h.must(err)
	h.must(release.Sign(h.repo.Staged("targets"), h.keys[1]))
	_, err = h.repo.Publish(h.keys[2], 7)
	h.must(err)
}

// run is one start of the box, until it starts anew or until says true. The
// core is one that allows everything.
func (h *house) run(until func(box.FirmwareReport) bool, orders ...box.Effect) (seen []box.FirmwareReport) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 2*time.Minute)
	defer cancel()
	u, done := h.updater(ctx, cancel), make(chan error, 1)
	u.opt.Tell = func(e box.Event) {
		r, ok := e.(box.FirmwareReported)
		if !ok {
			return
		}
		seen = append(seen, r.Report)
		if r.Report.Stage == box.FirmwareWritten {
			u.Do(box.SwitchFirmware{})
		}
		if until(r.Report) {
			cancel()
		}
	}
	for _, f := range orders {
		u.Do(f)
	}
	go func() { done <- u.Run(ctx) }()
	h.must(<-done)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		h.t.Fatalf("nothing came of it: %+v", seen)
	}
	return seen
}

func (h *house) updater(ctx context.Context, restart func()) *Updater {
	root, err := os.ReadFile(filepath.Join(h.repo.Public(), "metadata", "1.root.json"))
	h.must(err)
	clock := trust.NewClock(trust.ClockOptions{Built: time.Now().AddDate(0, 0, -1), Wall: time.Now, Mono: func() time.Duration { return 0 }})
	disk, err := trust.OpenFile(filepath.Join(h.dir, "trust"))
	h.must(err)
	log := slog.New(slog.DiscardHandler)
	keeper, err := trust.New(trust.Options{Root: root, Disk: disk, Clock: clock, Logger: log})
	h.must(err)
	gate := new(fetch.Gate)
	server, err := fetch.New(fetch.Options{Base: h.web.URL + "/", Clock: clock, Gate: gate, Pause: time.Millisecond})
	h.must(err)
	h.t.Cleanup(func() { server.Close(); _ = disk.Close() })
	led := &fleet.Static{Repository: &fleet.Repository{Keeper: keeper, Server: server}, Box: fleet.Box{ID: "box", Board: "stick"}, Clock: clock}
	slots := abslots.New(abslots.Options{Record: h.record, Images: h.images, Booted: h.booted, Board: "stick", Logger: log})
	return New(Options{
		Slots: slots, Fleet: led, Next: func(int) time.Duration { return time.Hour }, Gate: gate, Folder: h.dir, Logger: log, Tests: h.tests,
		Restart: func(context.Context) error { restart(); return ctx.Err() }, Old: func() (io.ReaderAt, int64) { return running{h.images[h.booted], &h.read}, h.images[h.booted].Size() },
		Trial: Trial{Most: 2 * time.Second, Settle: time.Millisecond, Again: time.Millisecond},
	})
}

// reboot is what the boot loader does.
func (h *house) reboot() {
	h.t.Helper()
	name, err := abslots.Start(h.record)
	h.must(err)
	h.booted = strings.Index("ab", name)
}

func never(box.FirmwareReport) bool { return false }

func idle(r box.FirmwareReport) bool { return r.Stage == box.FirmwareIdle }

// install has what is offered written and started.
func (h *house) install() {
	h.t.Helper()
	h.run(never, box.PaceFirmware{Pace: box.PaceFull}, box.DoFirmware{Act: box.FirmwareInstall})
	h.reboot()
}

func TestAnUpdateThatWorksIsKept(t *testing.T) {
	h := newHouse(t)
	h.issue("2", 2)
	h.install()
	if h.booted != 1 {
		t.Fatal("it starts what it ran before")
	}
	last := h.run(idle)
	if r := last[len(last)-1]; r.Version != "2" || r.Slot != "b" || r.Problem != nil {
		t.Errorf("%+v", r)
	}
	for range 4 {
		h.reboot()
	}
	u := h.updater(t.Context(), func() {})
	u.mem = u.remember()
	u.snapshot(t.Context())
	if s := u.Status(); h.booted != 1 || s.Floor != 2 || len(s.History) != 1 || !s.History[0].Kept || s.History[0].From != "1" {
		t.Errorf("slot %d: %+v", h.booted, s)
	}
}

// What was written is remembered: the next update does not read it to find out
// what it has. Nobody has to believe that, and nothing is kept for ever.
func TestWhatWasWrittenIsRemembered(t *testing.T) {
	h := newHouse(t)
	for i, version := range []string{"2", "3", "4", "5"} {
		h.issue(version, 2)
		if version == "5" { // what is remembered is of something else
			list, err := filepath.Glob(filepath.Join(h.dir, blocksName+"*"))
			h.must(err)
			for _, name := range list {
				h.must(os.WriteFile(name, []byte("USHX is not all of it"), 0o600))
			}
		}
		h.read.Store(0)
		if h.install(); h.booted != (i+1)%2 {
			t.Fatalf("%s does not start", version)
		}
		h.run(idle)
		if n := h.read.Load(); (version == "3" || version == "4") != (n == 0) {
			t.Errorf("%s: %d bytes of the running slot were read, which has nothing of it", version, n)
		}
		list, err := filepath.Glob(filepath.Join(h.dir, blocksName+"*"))
		if want := min(i+1, 2); err != nil || len(list) != want {
			t.Errorf("%s: %d versions are remembered, want %d: %v", version, len(list), want, err)
		}
	}
}

func TestAnUpdateThatFailsComesBackAndIsNotTriedAgain(t *testing.T) {
	h := newHouse(t)
	h.issue("2", 2)
	h.install()
	h.tests = []Test{{Name: "player", Reason: firmware.NoPlayer, Run: func(context.Context) error { return errors.New("no player") }}}
	h.run(never)
	h.reboot()
	h.tests = nil
	looked := func(r box.FirmwareReport) bool { return idle(r) && !r.Checked.IsZero() }
	seen := h.run(looked, box.PaceFirmware{Pace: box.PaceFull}, box.DoFirmware{Act: box.FirmwareInstall})
	r := seen[len(seen)-1]
	if h.booted != 0 || r.Version != "1" || r.Offer != "" || r.Problem == nil || r.Problem.Code != "firmware_no_player" || !r.Back {
		t.Errorf("slot %d: %+v", h.booted, r)
	}
	h.issue("3", 3)
	if h.install(); h.booted != 1 {
		t.Error("the one after it is not installed")
	}
}

func TestAFirmwareThatNeverStartsOrCrashesComesBack(t *testing.T) {
	h := newHouse(t)
	h.issue("2", 2)
	h.install()
	for range 3 {
		h.reboot() // the daemon never runs
	}
	seen := h.run(idle)
	if r := seen[len(seen)-1]; h.booted != 0 || r.Problem == nil || r.Problem.Code != "firmware_no_start" {
		t.Errorf("slot %d: %+v", h.booted, r)
	}
	h.issue("3", 3)
	h.install()
	proving := func(r box.FirmwareReport) bool { return r.Stage == box.FirmwareProving }
	for range mostStarts {
		h.run(proving) // the daemon dies, and the box stays up
	}
	h.run(never)
	h.reboot()
	seen = h.run(idle)
	if r := seen[len(seen)-1]; h.booted != 0 || r.Problem == nil || r.Problem.Code != "firmware_crashed" {
		t.Errorf("slot %d: %+v", h.booted, r)
	}
}

func TestWritingWaitsForItsPace(t *testing.T) {
	h := newHouse(t)
	h.issue("2", 2)
	writing := func(r box.FirmwareReport) bool { return r.Stage == box.FirmwareWriting }
	h.run(writing, box.DoFirmware{Act: box.FirmwareInstall}) // no pace was allowed
	if img := make([]byte, 4096); func() bool { _, _ = h.images[1].ReadAt(img, 0); return !bytes.Equal(img, make([]byte, 4096)) }() {
		t.Error("something was written all the same")
	}
}

// The daemon is started again before the box is: nothing has failed.
func TestTheDaemonIsStartedAgainBeforeTheBox(t *testing.T) {
	h := newHouse(t)
	h.issue("2", 2)
	h.run(never, box.PaceFirmware{Pace: box.PaceFull}, box.DoFirmware{Act: box.FirmwareInstall})
	seen := h.run(idle)
	if r := seen[len(seen)-1]; r.Problem != nil || r.Version != "1" {
		t.Errorf("%+v", r)
	}
	h.install()
	seen = h.run(idle)
	if r := seen[len(seen)-1]; h.booted != 1 || r.Version != "2" || r.Problem != nil {
		t.Errorf("slot %d: %+v", h.booted, r)
	}
}

func TestBackByHand(t *testing.T) {
	h := newHouse(t)
	h.issue("2", 2)
	h.install()
	h.run(idle)
	h.run(never, box.DoFirmware{Act: box.FirmwareRollBack})
	h.reboot()
	seen := h.run(idle)
	if r := seen[len(seen)-1]; h.booted != 0 || r.Version != "1" || r.Problem.Code != "firmware_by_hand" || r.Back {
		t.Errorf("slot %d: %+v", h.booted, r)
	}
}

func TestALostMemoryCostsTheHistoryOnly(t *testing.T) {
	h := newHouse(t)
	h.issue("2", 2)
	h.install()
	h.must(os.WriteFile(filepath.Join(h.dir, memoryName), []byte("{"), 0o600))
	seen := h.run(idle)
	if r := seen[len(seen)-1]; r.Version != "2" || r.Problem != nil {
		t.Errorf("%+v", r)
	}
}
