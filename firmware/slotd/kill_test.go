//go:build linux

package slotd

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"usher/firmware"
	"usher/firmware/abslots"
	"usher/firmware/firmwaretest"
)

const (
	killEnv   = "USHER_TEST_KILL_AT"
	folderEnv = "USHER_TEST_DIR"
	never     = 1 << 30
)

// killedImage is what is written over and over.
func killedImage() []byte { return firmwaretest.Image(2, 12<<10) }

// TestHelperChild is a helper in a process of its own; without the variable it
// is nothing.
func TestHelperChild(t *testing.T) {
	at, err := strconv.Atoi(os.Getenv(killEnv))
	if err != nil {
		t.Skip("SKIP: this test is the child of TestHelperKilledAnywhere")
	}
	dir := os.Getenv(folderEnv)
	f := os.NewFile(3, "socket")
	l, err := net.FileListener(f)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	var left atomic.Int64
	left.Store(int64(at))
	disk := func(name string) abslots.Disk { return firmwaretest.Mortal{File: opened(t, dir, name), Left: &left} }
	signed := &register{}
	signed.sign(firmwaretest.Describe("2", 5, board, killedImage()))
	s := New(Options{
		Slots: abslots.New(abslots.Options{
			Record: disk("record"), Images: [2]abslots.Disk{disk("a"), disk("b")}, Board: board, Logger: slog.New(slog.DiscardHandler),
		}),
		Judge: signed, Allow: []uint32{uint32(os.Getuid())}, Idle: time.Hour, Logger: slog.New(slog.DiscardHandler),
	})
	if err := s.Run(t.Context(), l.(*net.UnixListener)); err != nil {
		t.Fatal(err)
	}
}

// manager starts helpers, as systemd does: the first is killed at a step, those
// after it are not. The socket stays open.
type manager struct {
	socket string
	dir    string
	f      *os.File

	mu     sync.Mutex
	cmd    *exec.Cmd
	over   bool
	deaths int
	done   chan struct{}
}

func manage(t *testing.T, dir string, at int) *manager {
	t.Helper()
	m := &manager{socket: filepath.Join(dir, "sock"), dir: dir, done: make(chan struct{})}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: m.socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if m.f, err = l.File(); err != nil {
		t.Fatal(err)
	}
	l.Close()
	go func() {
		defer close(m.done)
		for m.run(at) {
			at = never
		}
	}()
	return m
}

// run is the life of a helper. False: there shall be no other.
func (m *manager) run(at int) bool {
	cmd := exec.Command(os.Args[0], "-test.run=^TestHelperChild$")
	cmd.Env = append(os.Environ(), killEnv+"="+strconv.Itoa(at), folderEnv+"="+m.dir)
	cmd.ExtraFiles = []*os.File{m.f}
	m.mu.Lock()
	if m.over || cmd.Start() != nil {
		m.mu.Unlock()
		return false
	}
	m.cmd = cmd
	m.mu.Unlock()
	_ = cmd.Wait() // killed, by itself or by stop
	m.mu.Lock()
	defer m.mu.Unlock()
	m.deaths++
	return !m.over
}

// stop ends it, and says how many helpers died before.
func (m *manager) stop() int {
	m.mu.Lock()
	died := m.deaths
	m.over = true
	if m.cmd != nil {
		_ = m.cmd.Process.Kill()
	}
	m.mu.Unlock()
	<-m.done
	m.f.Close()
	return died
}

// TestHelperKilledAnywhere kills the helper before each of its writes and
// flushes, and in the middle of each write. The daemon hears of an interrupted
// write, or of nothing at all; the next call is answered by another helper; and
// the update then goes on where it was.
func TestHelperKilledAnywhere(t *testing.T) {
	img := killedImage()
	r := firmwaretest.Describe("2", 5, board, img)
	for at, ended := 0, false; !ended; at++ {
		dir := t.TempDir()
		files(t, dir)
		m := manage(t, dir, at)
		c := NewClient(m.socket, nil)
		err := c.Write(t.Context(), r, &firmwaretest.Source{Image: img}, nil)
		if err != nil {
			if !isReason(err, firmware.Interrupted) {
				t.Errorf("killed at %d: %v", at, err)
			}
			if a, b := slotOf(t, c, "a"), slotOf(t, c, "b"); !a.Primary || a.State != firmware.Good || b.State != firmware.Empty && b.State != firmware.Written {
				t.Errorf("killed at %d: %+v %+v", at, a, b)
			}
			err = c.Write(t.Context(), r, &firmwaretest.Source{Image: img}, nil)
		}
		if err := errors.Join(err, c.Activate(t.Context())); err != nil {
			t.Errorf("killed at %d, and then: %v", at, err)
		}
		if b := slotOf(t, c, "b"); b.State != firmware.Trying || !b.Primary {
			t.Errorf("killed at %d: in the end %+v", at, b)
		}
		ended = m.stop() == 0
		old, errA := os.ReadFile(filepath.Join(dir, "a"))
		written, errB := os.ReadFile(filepath.Join(dir, "b"))
		if errA != nil || errB != nil || !bytes.Equal(old[:16<<10], firmwaretest.Image(1, 16<<10)) || !bytes.Equal(written[:len(img)], img) {
			t.Fatalf("killed at %d: the slots are not what they should be: %v %v", at, errA, errB)
		}
	}
}
