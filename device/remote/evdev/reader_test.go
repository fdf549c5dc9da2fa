//go:build linux

package evdev

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"usher/device/remote"
	"usher/device/remote/keymap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is a folder of input devices made of pipes, and a Reader on it. The
// kernel's answers are made up; opening, inotify, poll and reading are real.
type desk struct {
	t      *testing.T
	dir    string
	reader *Reader
	events chan remote.Event

	mu    sync.Mutex
	facts map[string]facts
	held  map[string]bits
	busy  map[string]bool
	retry time.Duration // of devices with a problem
}

// asked finds the node of a descriptor.
func (d *desk) asked(fd int) string {
	node, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
	if err != nil {
		d.t.Error(err)
	}
	return filepath.Base(node)
}

// fakeKernel answers for a desk.
type fakeKernel struct{ d *desk }

func (k fakeKernel) facts(fd int) (facts, error) {
	k.d.mu.Lock()
	defer k.d.mu.Unlock()
	f, ok := k.d.facts[k.d.asked(fd)]
	if !ok {
		return f, unix.ENOTTY
	}
	return f, nil
}

func (k fakeKernel) down(fd int) (bits, error) {
	k.d.mu.Lock()
	defer k.d.mu.Unlock()
	return k.d.held[k.d.asked(fd)], nil
}

func (k fakeKernel) grab(fd int) error {
	k.d.mu.Lock()
	defer k.d.mu.Unlock()
	if k.d.busy[k.d.asked(fd)] {
		return fmt.Errorf("EVIOCGRAB: %w", unix.EBUSY)
	}
	return nil
}

func newDesk(t *testing.T, prepare ...func(*desk)) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir(), events: make(chan remote.Event, 1000), facts: map[string]facts{}, held: map[string]bits{}, busy: map[string]bool{}, retry: time.Hour}
	for _, f := range prepare {
		f(d)
	}
	d.reader = New(Options{Dir: d.dir, Map: keymap.Builtin(), Emit: func(e remote.Event) { d.events <- e }, Logger: slog.New(slog.DiscardHandler), kernel: fakeKernel{d}, retry: d.retry})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.reader.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(20 * time.Second):
			t.Error("Run does not end")
		}
	})
	return d
}

func keysOf(codes ...int) bits {
	b := make(bits, keyBytes)
	for _, c := range codes {
		b[c/8] |= 1 << (c % 8)
	}
	return b
}

const (
	codeUp    = 103
	codeEnter = 28
	codeOK    = 0x160
)

func remoteFacts(name string) facts {
	return facts{id: keymap.Device{Name: name, Bus: 5}, keys: keysOf(codeUp, codeOK)}
}

func keyboardFacts() facts {
	f := facts{id: keymap.Device{Name: "AT Translated Set 2 keyboard", Bus: 0x11}, keys: keysOf(codeUp, codeEnter)}
	for _, row := range letters() {
		for c := row[0]; c <= row[1]; c++ {
			f.keys[c/8] |= 1 << (c % 8)
		}
	}
	return f
}

// plug makes a device and gives the end that its keys are pressed on.
func (d *desk) plug(node string, f facts) *os.File {
	d.t.Helper()
	d.mu.Lock()
	d.facts[node] = f
	d.mu.Unlock()
	path := filepath.Join(d.dir, node)
	if err := unix.Mkfifo(path, 0o600); err != nil {
		d.t.Fatal(err)
	}
	w, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { w.Close() })
	return w
}

// put writes one event as the kernel would for this machine.
func put(t *testing.T, w *os.File, kind, code uint16, value int32) {
	t.Helper()
	if _, err := w.Write(encode(input{at: now(), kind: kind, code: code, value: value}, int(unsafe.Sizeof(uintptr(0))))); err != nil {
		t.Fatal(err)
	}
}

func encode(e input, long int) []byte {
	var b []byte
	sec, usec := uint64(e.at/time.Second), uint64(e.at%time.Second/time.Microsecond)
	if long == 8 {
		b = binary.NativeEndian.AppendUint64(binary.NativeEndian.AppendUint64(b, sec), usec)
	} else {
		b = binary.NativeEndian.AppendUint32(binary.NativeEndian.AppendUint32(b, uint32(sec)), uint32(usec))
	}
	b = binary.NativeEndian.AppendUint16(binary.NativeEndian.AppendUint16(b, e.kind), e.code)
	return binary.NativeEndian.AppendUint32(b, uint32(e.value))
}

// expect waits for these events, repeats left out.
func (d *desk) expect(want ...remote.Event) {
	d.t.Helper()
	for _, w := range want {
		select {
		case got := <-d.events:
			for got.Action == remote.Repeat {
				got = <-d.events
			}
			if got != w {
				d.t.Fatalf("got %v, want %v", got, w)
			}
		case <-time.After(20 * time.Second):
			d.t.Fatalf("no %v", w)
		}
	}
}

// device waits until a node is as asked for.
func (d *desk) device(node string, is func(Device) bool) Device {
	d.t.Helper()
	var last Device
	for range 2000 {
		for _, dev := range d.reader.Devices() {
			if filepath.Base(dev.Node) == node {
				if last = dev; is(dev) {
					return dev
				}
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	d.t.Fatalf("%s is %+v", node, last)
	return last
}

func isRead(dev Device) bool { return dev.Read }

func TestReader(t *testing.T) {
	var first *os.File
	d := newDesk(t, func(d *desk) { first = d.plug("event0", remoteFacts("ACME")) })
	d.device("event0", isRead)
	put(t, first, evKey, codeOK, 1)
	put(t, first, evSyn, synReport, 0)
	put(t, first, evKey, codeOK, 2) // autorepeat of the kernel
	put(t, first, evKey, codeOK, 0)
	d.expect(remote.Event{Key: remote.OK, Action: remote.Press}, remote.Event{Key: remote.OK, Action: remote.Release})

	second := d.plug("event7", remoteFacts("Mi Remote"))
	d.device("event7", isRead)
	put(t, second, evKey, codeUp, 1)
	d.expect(remote.Event{Key: remote.Up, Action: remote.Press})
	if err := os.Remove(filepath.Join(d.dir, "event7")); err != nil {
		t.Fatal(err)
	}
	d.expect(remote.Event{Key: remote.Up, Action: remote.Release})
	put(t, first, evKey, codeUp, 1)
	put(t, first, evKey, codeUp, 0)
	d.expect(remote.Event{Key: remote.Up, Action: remote.Press}, remote.Event{Key: remote.Up, Action: remote.Release})
}

// A remote that falls asleep answers ENODEV, here: the end of the pipe.
func TestRemoteFallsAsleep(t *testing.T) {
	d := newDesk(t)
	w := d.plug("event1", remoteFacts("ACME"))
	d.device("event1", isRead)
	put(t, w, evKey, codeOK, 1)
	d.expect(remote.Event{Key: remote.OK, Action: remote.Press})
	w.Close()
	d.expect(remote.Event{Key: remote.OK, Action: remote.Release})
}

func TestHeldKeyRepeats(t *testing.T) {
	d := newDesk(t)
	w := d.plug("event1", remoteFacts("ACME"))
	d.device("event1", isRead)
	put(t, w, evKey, codeUp, 1)
	d.expect(remote.Event{Key: remote.Up, Action: remote.Press})
	for range 3 {
		select {
		case e := <-d.events:
			if e != (remote.Event{Key: remote.Up, Action: remote.Repeat}) {
				t.Fatalf("got %v while it is held", e)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("no repeat")
		}
	}
	put(t, w, evKey, codeUp, 0)
	d.expect(remote.Event{Key: remote.Up, Action: remote.Release})
}

func TestDroppedEvents(t *testing.T) {
	d := newDesk(t)
	w := d.plug("event1", remoteFacts("ACME"))
	d.device("event1", isRead)
	put(t, w, evKey, codeOK, 1)
	put(t, w, evKey, codeUp, 1)
	d.expect(remote.Event{Key: remote.OK, Action: remote.Press}, remote.Event{Key: remote.Up, Action: remote.Press})
	d.mu.Lock()
	d.held["event1"] = keysOf(codeUp)
	d.mu.Unlock()
	put(t, w, evSyn, synDropped, 0)
	put(t, w, evKey, codeUp, 0) // of the part that is incomplete
	put(t, w, evSyn, synReport, 0)
	d.expect(remote.Event{Key: remote.OK, Action: remote.Release})
	put(t, w, evKey, codeUp, 0)
	d.expect(remote.Event{Key: remote.Up, Action: remote.Release})
}

func TestBusyDeviceIsTriedAgain(t *testing.T) {
	d := newDesk(t, func(d *desk) { d.busy["event1"] = true })
	w := d.plug("event1", remoteFacts("ACME"))
	dev := d.device("event1", func(dev Device) bool { return dev.Problem != "" })
	if dev.Read || dev.Hint == "" {
		t.Errorf("%+v", dev)
	}
	d.mu.Lock()
	d.busy["event1"] = false
	d.mu.Unlock()
	if err := os.Chmod(filepath.Join(d.dir, "event1"), 0o660); err != nil { // as udev does
		t.Fatal(err)
	}
	d.device("event1", isRead)
	put(t, w, evKey, codeOK, 1)
	d.expect(remote.Event{Key: remote.OK, Action: remote.Press})
}

// The other program ends, and nothing in /dev/input tells so.
func TestBusyDeviceIsTakenWhenItIsFree(t *testing.T) {
	d := newDesk(t, func(d *desk) { d.busy["event1"], d.retry = true, 20*time.Millisecond })
	w := d.plug("event1", remoteFacts("ACME"))
	d.device("event1", func(dev Device) bool { return dev.Problem != "" })
	time.Sleep(3 * d.retry)
	d.mu.Lock()
	d.busy["event1"] = false
	d.mu.Unlock()
	d.device("event1", isRead)
	put(t, w, evKey, codeOK, 1)
	d.expect(remote.Event{Key: remote.OK, Action: remote.Press})
}

// A remote with a broken button sends presses without end: another remote
// works meanwhile, and the reader ends when it is told to.
func TestStormOfOneRemote(t *testing.T) {
	d := newDesk(t, func(d *desk) { d.events = make(chan remote.Event, 100_000) })
	mad, sane := d.plug("event1", remoteFacts("Mad")), d.plug("event2", remoteFacts("Sane"))
	d.device("event1", isRead)
	d.device("event2", isRead)
	var storm sync.WaitGroup
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop); storm.Wait() }) // before the reader ends: nobody reads then
	storm.Go(func() {
		for n := 0; ; n++ {
			put(t, mad, evKey, codeUp, int32(1-n%2))
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	up := 0
	for range 3 {
		put(t, sane, evKey, codeOK, 1)
		put(t, sane, evKey, codeOK, 0)
		for limit, told := time.After(20*time.Second), 0; told < 2; {
			select {
			case e := <-d.events:
				if e.Key == remote.OK {
					told++
				} else if up++; up > 90_000 {
					t.Fatal("the storm is told whole")
				}
			case <-limit:
				t.Fatal("a remote cannot be used beside one that went mad")
			}
		}
	}
}

func TestKeyboardsAndKeymaps(t *testing.T) {
	d := newDesk(t)
	d.plug("event1", keyboardFacts())
	d.plug("event2", facts{id: keymap.Device{Name: "vivid-000-vid-out0", Bus: busCEC}, keys: keysOf(codeOK)})
	d.plug("event3", facts{id: keymap.Device{Name: "Lid Switch"}, keys: keysOf()})
	d.plug("mouse0", remoteFacts("not an event node"))
	for node, kind := range map[string]Kind{"event1": Keyboard, "event2": CEC, "event3": Other} {
		if dev := d.device(node, func(dev Device) bool { return true }); dev.Kind != kind || dev.Read {
			t.Errorf("%+v, want a %s that is left alone", dev, kind)
		}
	}
	m, err := keymap.Parse([]byte(`{"remotes":[{"name":"keys","match":{"name":"AT Translated"},"use":true,"keys":{"KEY_UP":"search"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	d.reader.Use(m)
	dev := d.device("event1", isRead)
	if dev.Table != "keys" {
		t.Errorf("table %q", dev.Table)
	}
	w, err := os.OpenFile(dev.Node, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	put(t, w, evKey, codeUp, 1)
	d.expect(remote.Event{Key: remote.Search, Action: remote.Press})
	if len(d.reader.Devices()) != 3 {
		t.Errorf("%+v", d.reader.Devices())
	}
}

func TestLearn(t *testing.T) {
	d := newDesk(t)
	w := d.plug("event1", remoteFacts("ACME"))
	d.device("event1", isRead)
	got := make(chan Learned, 1)
	go func() {
		l, err := d.reader.Learn(t.Context())
		if err != nil {
			t.Error(err)
		}
		got <- l
	}()
	for { // until the learner is there
		d.reader.mu.Lock()
		there := d.reader.learner != nil
		d.reader.mu.Unlock()
		if there {
			break
		}
		time.Sleep(time.Millisecond)
	}
	put(t, w, evKey, 0x1d2, 1)
	put(t, w, evKey, 0x1d2, 0)
	if l := <-got; l.Code != 0x1d2 || l.Name != "KEY_FN_F1" || l.Device.Name != "ACME" {
		t.Errorf("learned %+v", l)
	}
	put(t, w, evKey, codeOK, 1)
	d.expect(remote.Event{Key: remote.OK, Action: remote.Press})

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.reader.Learn(ctx); err == nil {
		t.Error("learned from nobody")
	}
}

func TestNothingToWatch(t *testing.T) {
	r := New(Options{Dir: filepath.Join(t.TempDir(), "none"), Map: keymap.Builtin(), Emit: func(remote.Event) {}, Logger: slog.New(slog.DiscardHandler)})
	if err := r.Run(t.Context()); err == nil {
		t.Error("a folder that is not there is watched")
	}
}

func TestDecode(t *testing.T) {
	for _, long := range []int{4, 8} {
		want := []input{{3*time.Second + 5*time.Microsecond, evKey, codeOK, 1}, {4 * time.Second, evSyn, 0, 0}}
		b := append(encode(want[0], long), encode(want[1], long)...)
		got, rest := decode(append(b, 1, 2, 3), long)
		if d := cmp.Diff(want, got, cmp.AllowUnexported(input{})); d != "" || len(rest) != 3 || sizeOf(long) != len(b)/2 {
			t.Errorf("%d-byte long: %s, %d left", long, d, len(rest))
		}
	}
	if sizeOf(8) != 24 || sizeOf(4) != 16 {
		t.Error("struct input_event has another size")
	}
}

func TestNamesArePrintable(t *testing.T) {
	for raw, want := range map[string]string{
		"Mi Remote\x00rest": "Mi Remote", "遥控器": "遥控器", "a\x1b[2Jb\nc": "a\uFFFD[2Jb\uFFFDc", "\xff\xfe": "\uFFFD\uFFFD", "": "",
	} {
		if got := printable([]byte(raw)); got != want {
			t.Errorf("%q is %q, want %q", raw, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(make([]byte, 49), true)
	f.Fuzz(func(t *testing.T, b []byte, wide bool) {
		long := 4
		if wide {
			long = 8
		}
		got, rest := decode(b, long)
		if len(got)*sizeOf(long)+len(rest) != len(b) || len(rest) >= sizeOf(long) {
			t.Errorf("%d bytes are %d events and %d left", len(b), len(got), len(rest))
		}
	})
}
