//go:build linux

package slotd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"usher/firmware"
	"usher/firmware/abslots"
	"usher/firmware/firmwaretest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	room  = 64 << 10 // of a slot, bytes
	board = "test"
)

// files are a record and two slots in a folder, as a box has left the factory.
func files(t *testing.T, dir string) {
	t.Helper()
	for name, size := range map[string]int64{"record": 1 << 20, "a": room, "b": room} {
		data := []byte(nil)
		if name == "a" {
			data = firmwaretest.Image(1, 16<<10)
		}
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, data, 0o600), os.Truncate(path, size)); err != nil {
			t.Fatal(err)
		}
	}
	if err := abslots.Format(opened(t, dir, "record"), "1", 1); err != nil {
		t.Fatal(err)
	}
}

func opened(t *testing.T, dir, name string) *abslots.File {
	t.Helper()
	f, err := abslots.OpenFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// register is a Judge that has seen signatures on what stands in it.
type register struct {
	mu   sync.Mutex
	list map[string]firmware.Release
}

func (r *register) sign(x firmware.Release) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.list == nil {
		r.list = map[string]firmware.Release{}
	}
	r.list[x.Version] = x
}

func (r *register) Release(_ context.Context, version string, img firmware.Sum, _ Place) (firmware.Release, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	x, ok := r.list[version]
	if !ok || x.Image() != img {
		return x, untrusted(errUnlisted)
	}
	return x, nil
}

// helper serves slots in files of a folder, until the end of the test or stop.
type helper struct {
	socket string
	slots  *abslots.Slots
	stop   func()
}

// serve starts a helper. change may change what it is made of.
func serve(t *testing.T, dir string, booted int, judge Judge, change func(*Options)) *helper {
	t.Helper()
	record, a, b := opened(t, dir, "record"), opened(t, dir, "a"), opened(t, dir, "b")
	h := &helper{socket: filepath.Join(t.TempDir(), "slots.sock")}
	h.slots = abslots.New(abslots.Options{
		Record: record, Images: [2]abslots.Disk{a, b}, Booted: booted, Board: board, Logger: slog.New(slog.DiscardHandler),
	})
	running, err := os.Open(filepath.Join(dir, []string{"a", "b"}[booted]))
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Slots: h.slots, Judge: judge, Running: running, Allow: []uint32{uint32(os.Getuid())}, Idle: time.Hour, Logger: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&o)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: h.socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- New(o).Run(ctx, l) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-ended, l.Close(), running.Close()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(h.stop)
	return h
}

// signing is a client whose releases somebody signs first.
type signing struct {
	*Client
	by *register
}

func (s signing) Write(ctx context.Context, r firmware.Release, from firmware.Source, p func(firmware.Progress)) error {
	s.by.sign(r)
	return s.Client.Write(ctx, r, from, p)
}

// TestContract: behind a helper slots are what they are without one.
func TestContract(t *testing.T) {
	firmwaretest.Contract(t, func(t *testing.T) firmwaretest.Bench {
		dir, signed := t.TempDir(), &register{}
		files(t, dir)
		h := serve(t, dir, 0, signed, nil)
		return firmwaretest.Bench{
			Board: board, Room: room,
			Slots: func() firmware.Slots { return signing{NewClient(h.socket, nil), signed} },
			Reboot: func() {
				h.stop()
				name, err := abslots.Start(opened(t, dir, "record"))
				if err != nil {
					t.Fatal(err)
				}
				h = serve(t, dir, bytes.IndexByte([]byte("ab"), name[0]), signed, nil)
			},
		}
	})
}

func isReason(err error, want firmware.Reason) bool {
	e, ok := errors.AsType[*firmware.Error](err)
	return ok && e.Reason == want
}

// blocked is a source that never gives its second chunk.
type blocked struct {
	firmwaretest.Source
	reached chan struct{}
}

func (b *blocked) Chunk(ctx context.Context, i int, into []byte) error {
	if i < 1 {
		return b.Source.Chunk(ctx, i, into)
	}
	close(b.reached)
	<-ctx.Done()
	return context.Cause(ctx)
}

// TestStoppedWhileItWaits: what stops a write is what it ends with, and the
// helper is free for the next call.
func TestStoppedWhileItWaits(t *testing.T) {
	dir, signed := t.TempDir(), &register{}
	files(t, dir)
	c := signing{NewClient(serve(t, dir, 0, signed, nil).socket, nil), signed}
	img := firmwaretest.Image(2, 16<<10)
	src := &blocked{firmwaretest.Source{Image: img}, make(chan struct{})}
	ctx, cancel := context.WithCancelCause(t.Context())
	paused := errors.New("paused")
	go func() {
		<-src.reached
		cancel(paused)
	}()
	r := firmwaretest.Describe("2", 5, board, img)
	if err := c.Write(ctx, r, src, nil); !errors.Is(err, paused) {
		t.Fatalf("got %v", err)
	}
	if b := slotOf(t, c, "b"); b.State != firmware.Empty || b.Reason != firmware.Interrupted {
		t.Errorf("cut off: %+v", b)
	}
	again := &firmwaretest.Source{Image: img}
	if err := c.Write(t.Context(), r, again, nil); err != nil || again.Asked != 3 {
		t.Errorf("%v; %d of 4 chunks were fetched again", err, again.Asked)
	}
}

func slotOf(t *testing.T, s firmware.Slots, name string) firmware.SlotInfo {
	t.Helper()
	list, err := s.Slots(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range list {
		if x.Name == name {
			return x
		}
	}
	t.Fatalf("no slot %s in %+v", name, list)
	return firmware.SlotInfo{}
}

// TestCallerDies: a daemon that is killed over a write leaves a slot that holds
// nothing, and a helper that answers the next.
func TestCallerDies(t *testing.T) {
	dir, signed := t.TempDir(), &register{}
	files(t, dir)
	h := serve(t, dir, 0, signed, nil)
	img := firmwaretest.Image(2, 16<<10)
	r := firmwaretest.Describe("2", 5, board, img)
	signed.sign(r)
	l, err := NewClient(h.socket, nil).open(t.Context(), call{Op: opWrite, Version: "2", Image: r.Image()})
	if err != nil {
		t.Fatal(err)
	}
	if kind, _, err := l.head(); kind != frameAsk || err != nil {
		t.Fatalf("asks by %q: %v", kind, err)
	}
	l.conn.Close()
	if b := slotOf(t, NewClient(h.socket, nil), "b"); b.State != firmware.Empty || b.Reason != firmware.Interrupted {
		t.Errorf("%+v", b)
	}
}

// TestStrangersAreNotHeard, whatever they ask for.
func TestStrangersAreNotHeard(t *testing.T) {
	dir := t.TempDir()
	files(t, dir)
	h := serve(t, dir, 0, &register{}, func(o *Options) { o.Allow = []uint32{uint32(os.Getuid()) + 1} })
	c := NewClient(h.socket, nil)
	if _, err := c.Slots(t.Context()); !errors.Is(err, errLost) {
		t.Errorf("slots: %v", err)
	}
	if err := c.Good(t.Context()); !errors.Is(err, errLost) {
		t.Errorf("good: %v", err)
	}
	if owner, err := Owner(h.socket); err != nil || owner != uint32(os.Getuid()) {
		t.Errorf("the socket belongs to %d, %v", owner, err)
	}
}

// TestRunningImage: the slot that runs can be read, and not written.
func TestRunningImage(t *testing.T) {
	dir := t.TempDir()
	files(t, dir)
	f, size, err := NewClient(serve(t, dir, 0, &register{}, nil).socket, nil).Running(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := append(firmwaretest.Image(1, 16<<10), make([]byte, room-16<<10)...)
	if got, err := io.ReadAll(io.NewSectionReader(f, 0, size)); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := f.WriteAt([]byte{1}, 0); err == nil {
		t.Error("it was written")
	}
	h := serve(t, dir, 0, &register{}, func(o *Options) { o.Running = nil })
	if _, _, err := NewClient(h.socket, nil).Running(t.Context()); err == nil {
		t.Error("a helper without it gave a file")
	}
}

// TestNobodyThere has a reason that people are told, and the next step for those
// who read logs.
func TestNobodyThere(t *testing.T) {
	c := NewClient(filepath.Join(t.TempDir(), "none"), nil)
	img := firmwaretest.Image(2, 4<<10)
	if err := c.Write(t.Context(), firmwaretest.Describe("2", 5, board, img), &firmwaretest.Source{Image: img}, nil); !isReason(err, firmware.NoInstaller) {
		t.Errorf("write: %v", err)
	}
	if _, err := c.Slots(t.Context()); !isReason(err, firmware.NoInstaller) {
		t.Errorf("slots: %v", err)
	}
}

// TestEndsWhenNobodyCalls, so that it takes no memory.
func TestEndsWhenNobodyCalls(t *testing.T) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "s"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := New(Options{Idle: 10 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)}).Run(t.Context(), l); err != nil {
		t.Error(err)
	}
}

// pair are the two ends of a connection.
func pair(t testing.TB) (ours, theirs *net.UnixConn) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "s"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if ours, err = net.DialUnix("unix", nil, l.Addr().(*net.UnixAddr)); err != nil {
		t.Fatal(err)
	}
	if theirs, err = l.AcceptUnix(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	return ours, theirs
}

// nothing are slots that take everything and do nothing.
type nothing struct{}

func (nothing) Slots(context.Context) ([]firmware.SlotInfo, error) { return nil, nil }
func (nothing) Floor(context.Context) (uint64, error)              { return 0, nil }
func (nothing) Activate(context.Context) error                     { return nil }
func (nothing) Good(context.Context) error                         { return nil }
func (nothing) Bad(context.Context, firmware.Reason) error         { return nil }
func (nothing) Can() firmware.Can                                  { return firmware.Can{} }
func (nothing) Write(ctx context.Context, r firmware.Release, from firmware.Source, _ func(firmware.Progress)) error {
	for i := range r.Chunks {
		if err := from.Chunk(ctx, i, make([]byte, r.Length(i))); err != nil {
			return err
		}
	}
	return nil
}

// gullible signs anything, after it was given metadata.
type gullible struct{ r firmware.Release }

func (g gullible) Release(ctx context.Context, _ string, _ firmware.Sum, from Place) (firmware.Release, error) {
	data, err := from.Metadata(ctx, "timestamp.json", 1<<10)
	if len(data) > 1<<10 {
		panic("more than was asked for")
	}
	return g.r, err
}

// FuzzCaller: a helper survives whatever a caller sends.
func FuzzCaller(f *testing.F) {
	words := func(kind byte, body string) []byte { return appendFrame(nil, kind, []byte(body)) }
	f.Add(words(frameCall, `{"op":"slots"}`))
	f.Add(words(frameCall, `{"op":"bad","reason":"by_hand"}`))
	f.Add(append(words(frameCall, `{"op":"write","version":"2"}`), append(words(frameData, "meta"), words(frameData, string(make([]byte, 4096)))...)...))
	f.Add(append(words(frameCall, `{"op":"write"}`), words(frameMissing, "")...))
	f.Add([]byte{frameCall, 0xff, 0xff, 0xff, 0xff})
	r := firmwaretest.Describe("2", 5, board, firmwaretest.Image(2, 4<<10))
	s := New(Options{Slots: nothing{}, Judge: gullible{r}, Allow: []uint32{uint32(os.Getuid())}, Logger: slog.New(slog.DiscardHandler)})
	f.Fuzz(func(t *testing.T, data []byte) {
		caller, helper := pair(t)
		go func() { _, _ = io.Copy(io.Discard, caller) }() // until the helper closes its end
		go func() { _, _ = caller.Write(data); _ = caller.CloseWrite() }()
		_ = s.serve(t.Context(), helper)
		_ = caller.Close()
	})
}

// FuzzHelper: a daemon survives whatever a helper sends, and gives it no bytes
// that the release does not have.
func FuzzHelper(f *testing.F) {
	words := func(kind byte, body string) []byte { return appendFrame(nil, kind, []byte(body)) }
	f.Add(words(frameResult, `{}`))
	f.Add(append(words(frameProgress, `{"Done":1}`), words(frameAsk, `{"what":"chunk","chunk":0,"length":4096}`)...))
	f.Add(words(frameAsk, `{"what":"chunk","chunk":1,"length":4096}`))
	f.Add(words(frameAsk, `{"what":"metadata","name":"../../etc/passwd","length":1048576}`))
	f.Add(words(frameResult, `{"reason":"damaged","error":"x"}`))
	img := firmwaretest.Image(2, 4<<10)
	r := firmwaretest.Describe("2", 5, board, img)
	f.Fuzz(func(t *testing.T, data []byte) {
		daemon, helper := pair(t)
		go func() { _, _ = io.Copy(io.Discard, helper) }() // until the daemon closes its end
		go func() { _, _ = helper.Write(data); _ = helper.CloseWrite() }()
		w := writing{l: line{daemon}, release: r, from: &firmwaretest.Source{Image: img}}
		_ = w.run(t.Context())
		_ = daemon.Close()
	})
}
