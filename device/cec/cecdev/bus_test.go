package cecdev

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"usher/device/cec"
	"usher/device/cec/cectest/bustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestBus holds the real adapter to the contract. It needs two adapters on one
// wire, which the guest of make e2e-vm has.
func TestBus(t *testing.T) {
	box, tv := os.Getenv("USHER_CEC_BOX"), os.Getenv("USHER_CEC_TV")
	if box == "" || tv == "" {
		t.Skip("SKIP: no pair of HDMI-CEC adapters here; make e2e-vm runs this test on a kernel that has one")
	}
	bustest.TestBus(t, func(t *testing.T) bustest.Setup {
		set := newSet(t, tv)
		cable(t, "2")
		claim := cec.Claim{Name: "Usher", Vendor: cec.NoVendor, Version: cec.Version20, Deck: true}
		return bustest.Setup{
			Bus: New(claim, Config{Node: box}, slog.New(slog.DiscardHandler)), Name: "Usher",
			Say: set.say, Heard: set.all,
			Plug:   func() { cable(t, "2") },
			Unplug: func() { cable(t, "1") },
		}
	})
}

// cable connects vivid's first output to the first input, or to nothing.
func cable(t *testing.T, to string) {
	t.Helper()
	out, err := exec.Command("v4l2-ctl", "-d", "/dev/video0", "-c", "hdmi_000_0_is_connected_to="+to).CombinedOutput()
	if err != nil {
		t.Fatalf("v4l2-ctl: %v %s", err, out)
	}
}

// set is a television on an adapter: it claims address 0 and listens.
type set struct {
	t  *testing.T
	fd int

	mu    sync.Mutex
	heard []cec.Frame
}

func newSet(t *testing.T, node string) *set {
	t.Helper()
	fd, err := unix.Open(node, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := &set{t: t, fd: fd}
	mode := uint32(modeInitiator | 0x30) // exclusive follower with passthrough: the suite answers nothing
	if err := ioctl(fd, setMode, unsafe.Pointer(&mode)); err != nil {
		t.Fatal(err)
	}
	for s.claim() != 1 {
		time.Sleep(time.Second) // vivid takes its own last claim for somebody else's, for a moment
	}
	ctx, stop := context.WithCancel(t.Context())
	var listening sync.WaitGroup
	listening.Go(func() { s.listen(ctx) })
	t.Cleanup(func() {
		stop()
		listening.Wait()
		_ = clearAddresses(fd)
		_ = unix.Close(fd)
	})
	return s
}

// claim is the mask of addresses held after a claim of address 0.
func (s *set) claim() uint16 {
	s.t.Helper()
	want := logAddrs{version: 6, num: 1, vendor: 0xffffffff, all: [4]uint8{0x80}}
	copy(want.osdName[:], "Set")
	for _, err := range []error{clearAddresses(s.fd), ioctl(s.fd, setLogical, unsafe.Pointer(&want)), ioctl(s.fd, getLogical, unsafe.Pointer(&want))} {
		if err != nil {
			s.t.Fatal(err)
		}
	}
	return want.mask
}

func (s *set) listen(ctx context.Context) {
	for ctx.Err() == nil {
		m := message{timeout: 100}
		if err := ioctl(s.fd, receive, unsafe.Pointer(&m)); err != nil {
			continue
		}
		if f, err := cec.NewFrame(m.msg[:min(m.len, 16)]); err == nil {
			s.mu.Lock()
			s.heard = append(s.heard, f)
			s.mu.Unlock()
		}
	}
}

func (s *set) all() []cec.Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]cec.Frame(nil), s.heard...)
}

func (s *set) say(f cec.Frame) {
	var m message
	m.len = uint32(copy(m.msg[:], f.Bytes()))
	if err := ioctl(s.fd, transmit, unsafe.Pointer(&m)); err != nil {
		s.t.Errorf("say %v: %v", f, err)
	}
}

// TestWithoutAnAdapter runs on a folder without nodes: it is said once, and
// what is sent is accounted for.
func TestWithoutAnAdapter(t *testing.T) {
	b := New(cec.Claim{}, Config{Dir: t.TempDir()}, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	if e, ok := (<-b.Events()).(cec.Detached); !ok || e.Trouble.Code != "cec_none" || e.Trouble.Next == "" {
		t.Errorf("got %+v", e)
	}
	b.Transmit(cec.Outgoing{ID: 9})
	if e := <-b.Events(); e.(cec.Sent).ID != 9 || e.(cec.Sent).Result != cec.ResultDropped {
		t.Errorf("got %+v", e)
	}
	stop()
	for e := range b.Events() {
		t.Errorf("more: %+v", e)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestWrongNode opens things that are no adapter.
func TestWrongNode(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/cec0", []byte("no adapter"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := find(dir, "", cec.Adapter{})
	if got := troubleOf(err); err == nil || got.Code != "cec_error" {
		t.Errorf("a file: %v, %+v", err, got)
	}
	if _, _, err := find(dir, dir+"/cec7", cec.Adapter{}); troubleOf(err).Code != "cec_none" {
		t.Errorf("a node that is not there: %v", err)
	}
	if cleared, err := Clear(dir, "Usher"); err == nil || len(cleared) > 0 {
		t.Errorf("cleared %q, %v", cleared, err)
	}
}

func TestNodesGoByNumber(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"cec10", "cec2", "cec0", "cecX", "video0"} {
		if err := os.WriteFile(dir+"/"+name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := nodesIn(dir)
	if diff := cmp.Diff([]string{dir + "/cec0", dir + "/cec2", dir + "/cec10"}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestTroubles(t *testing.T) {
	for err, code := range map[error]string{
		unix.EACCES: "cec_permission", unix.EPERM: "cec_permission", unix.EBUSY: "cec_busy", unix.ENODEV: "cec_gone",
		unix.EINVAL: "cec_error", errNone: "cec_none", errInput: "cec_none", errDongle: "cec_address", errArch: "cec_arch",
	} {
		got := troubleOf(err)
		if got.Code != code || got.Text == "" || got.Next == "" {
			t.Errorf("%v: %+v, want %s with text and next step", err, got, code)
		}
	}
	if got := troubleOf(nil); got != (cec.Trouble{}) {
		t.Errorf("no error: %+v", got)
	}
}

func TestResults(t *testing.T) {
	for status, want := range map[uint8]cec.Result{
		1: cec.ResultOK, 1 | 4: cec.ResultOK, 4 | 0x20: cec.ResultNack, 0x40: cec.ResultAborted,
		2 | 0x20: cec.ResultError, 0x10: cec.ResultError, 0x80: cec.ResultError,
	} {
		if got := resultOf(status); got != want {
			t.Errorf("status %#x: %v, want %v", status, got, want)
		}
	}
}

func TestWireTime(t *testing.T) {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		t.Fatal(err)
	}
	ago := time.Since(wireTime(uint64(ts.Nano() - int64(time.Second))))
	if ago < time.Second || ago > 20*time.Second {
		t.Errorf("a second ago is %v ago", ago)
	}
}
