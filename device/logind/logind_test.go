package logind

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"go.uber.org/goleak"

	"usher/internal/dbustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is for a machine that has much else to do.
const patience = 20 * time.Second

// held is a lock that somebody took; gone is closed when it was given back.
type held struct {
	what, who, why, mode string
	gone                 chan struct{}
}

// fake is an org.freedesktop.login1.
type fake struct {
	conn    *dbus.Conn
	locks   chan held
	reboots atomic.Int32
	sending atomic.Int32
	deny    atomic.Bool // reboots, and locks of mode block are denied
}

func newFake(t *testing.T, address string) *fake {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{conn: conn, locks: make(chan held, 8)}
	t.Cleanup(func() {
		conn.Close()
		for f.sending.Load() > 0 {
			time.Sleep(time.Millisecond)
		}
	})
	if err := conn.Export(f, path, manager); err != nil {
		t.Fatal(err)
	}
	if r, err := conn.RequestName(name, dbus.NameFlagDoNotQueue); err != nil || r != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("name: %v, %v", r, err)
	}
	return f
}

// Reboot is the method of the same name.
func (f *fake) Reboot(ask bool) *dbus.Error {
	if ask || f.deny.Load() {
		return dbus.NewError("org.freedesktop.DBus.Error.AccessDenied", []any{"no"})
	}
	f.reboots.Add(1)
	return nil
}

// Inhibit is the method of the same name.
func (f *fake) Inhibit(what, who, why, mode string) (dbus.UnixFD, *dbus.Error) {
	if mode == "block" && f.deny.Load() {
		return 0, dbus.NewError("org.freedesktop.DBus.Error.AccessDenied", []any{"no"})
	}
	theirs, ours, err := os.Pipe()
	if err != nil {
		return 0, dbus.MakeFailedError(err)
	}
	fd := dbus.UnixFD(ours.Fd())
	h := held{what, who, why, mode, make(chan struct{})}
	f.locks <- h
	go func() {
		defer close(h.gone)
		defer theirs.Close()
		_, _ = io.Copy(io.Discard, theirs) // until the last copy of the other end is closed
	}()
	f.sending.Add(1)
	go func() { // the message is sent when this method has returned
		defer f.sending.Add(-1)
		defer ours.Close()
		pipe, _ := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
		for end := time.Now().Add(2 * time.Second); copies(pipe) < 3 && time.Now().Before(end); time.Sleep(50 * time.Microsecond) {
		}
	}()
	return fd, nil
}

// copies is how many descriptors of this process are of a pipe: two are the
// fake's, and one more is the guard's, once it has its lock.
func copies(pipe string) (n int) {
	all, _ := filepath.Glob("/proc/self/fd/*")
	for _, fd := range all {
		if to, _ := os.Readlink(fd); to == pipe {
			n++
		}
	}
	return n
}

func (f *fake) prepare(t *testing.T, coming bool) {
	t.Helper()
	if err := f.conn.Emit(path, manager+"."+signal, coming); err != nil {
		t.Fatal(err)
	}
}

func (f *fake) taken(t *testing.T) held {
	t.Helper()
	select {
	case h := <-f.locks:
		return h
	case <-time.After(patience):
		t.Fatal("no lock was taken")
		return held{}
	}
}

func (h held) released(t *testing.T) {
	t.Helper()
	select {
	case <-h.gone:
	case <-time.After(patience):
		t.Fatalf("%s of %s is still held", h.mode, h.what)
	}
}

func (h held) kept(t *testing.T) {
	t.Helper()
	select {
	case <-h.gone:
		t.Fatalf("%s of %s was given back", h.mode, h.what)
	case <-time.After(300 * time.Millisecond):
	}
}

// guarding runs a guard; stop ends it.
func guarding(t *testing.T, address string) (g *Guard, sleeps chan bool, ended chan error, stop func()) {
	t.Helper()
	sleeps, ended = make(chan bool, 8), make(chan error, 1)
	g = New(Options{Address: address, Sleep: func(coming bool) { sleeps <- coming }, Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { ended <- g.Run(ctx) }()
	return g, sleeps, ended, cancel
}

func told(t *testing.T, sleeps <-chan bool) bool {
	t.Helper()
	select {
	case coming := <-sleeps:
		return coming
	case <-time.After(patience):
		t.Fatal("nothing was told")
		return false
	}
}

func ends(t *testing.T, ended <-chan error) error {
	t.Helper()
	select {
	case err := <-ended:
		return err
	case <-time.After(patience):
		t.Fatal("Run goes on")
		return nil
	}
}

func TestSleepWaitsUntilItIsAllowed(t *testing.T) {
	address := dbustest.Start(t).Address()
	f := newFake(t, address)
	g, sleeps, ended, stop := guarding(t, address)
	delay := f.taken(t)
	if delay.mode != "delay" || delay.what != "sleep" || delay.who != "Usher" || delay.why == "" {
		t.Errorf("lock %+v", delay)
	}
	stranger, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	if err := stranger.Emit(path, manager+"."+signal, false); err != nil { // would be told first
		t.Fatal(err)
	}
	f.prepare(t, true)
	if !told(t, sleeps) {
		t.Fatal("told that the machine woke")
	}
	delay.kept(t)
	g.Allow()
	delay.released(t)
	f.prepare(t, false)
	if told(t, sleeps) {
		t.Fatal("told that it sleeps")
	}
	next := f.taken(t)
	g.Allow() // late: the disk was slow, and that sleep is over
	next.kept(t)
	stop()
	if err := ends(t, ended); err != nil {
		t.Error(err)
	}
	next.released(t)
}

func TestMachineIsKeptAwakeForAReason(t *testing.T) {
	address := dbustest.Start(t).Address()
	f := newFake(t, address)
	g, sleeps, ended, stop := guarding(t, address)
	f.taken(t)
	g.Inhibit("an update is being written")
	block := f.taken(t)
	if block.mode != "block" || block.what != "sleep:shutdown" || block.why != "an update is being written" {
		t.Errorf("lock %+v", block)
	}
	block.kept(t)
	g.Inhibit("")
	block.released(t)
	f.deny.Store(true)
	g.Inhibit("another")
	if f.prepare(t, true); !told(t, sleeps) { // it goes on
		t.Error("told that the machine woke")
	}
	stop()
	if err := ends(t, ended); err != nil {
		t.Error(err)
	}
}

func TestWithoutLogind(t *testing.T) {
	bus := dbustest.Start(t)
	address := bus.Address()
	_, _, ended, stop := guarding(t, address)
	defer stop()
	if err := ends(t, ended); err != nil {
		t.Errorf("a bus without logind: %v", err)
	}
	bus.Stop()
	_, _, ended, stop = guarding(t, address)
	defer stop()
	if err := ends(t, ended); err != nil {
		t.Errorf("no bus: %v", err)
	}
}

func TestALostBusIsAnError(t *testing.T) {
	bus := dbustest.Start(t)
	address := bus.Address()
	f := newFake(t, address)
	_, _, ended, stop := guarding(t, address)
	defer stop()
	f.taken(t)
	bus.Stop()
	if err := ends(t, ended); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("lost bus: %v", err)
	}
}

func TestReboot(t *testing.T) {
	address := dbustest.Start(t).Address()
	f := newFake(t, address)
	if err := Reboot(t.Context(), address); err != nil || f.reboots.Load() != 1 {
		t.Errorf("%v, %d times", err, f.reboots.Load())
	}
	f.deny.Store(true)
	if Reboot(t.Context(), address) == nil {
		t.Error("a denial is not told")
	}
}
