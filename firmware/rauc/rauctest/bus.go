package rauctest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/godbus/dbus/v5"
)

// Bus is a dbus-daemon of its own, on which everybody may do everything.
type Bus struct {
	dir string
	cmd *exec.Cmd
}

// ErrNoBus says that there is no dbus-daemon on this machine.
var ErrNoBus = errors.New("dbus-daemon is not installed")

// busTime is how long a bus may take to answer.
const busTime = 30 * time.Second

// StartBus starts a bus.
func StartBus() (*Bus, error) {
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		return nil, ErrNoBus
	}
	dir, err := os.MkdirTemp("", "rauctest-") // a short name: sockets have a limit
	if err != nil {
		return nil, err
	}
	b := &Bus{dir: dir}
	conf := `<busconfig><type>system</type><listen>` + b.Address() + `</listen><auth>EXTERNAL</auth><policy context="default">
<allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>`
	err = os.WriteFile(filepath.Join(dir, "conf"), []byte(conf), 0o600)
	if err == nil {
		err = b.Restart()
	}
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// Address is where it listens, also after it was started again.
func (b *Bus) Address() string { return "unix:path=" + filepath.Join(b.dir, "bus") }

// Restart kills it, if it runs, and starts it again.
func (b *Bus) Restart() error {
	b.kill()
	_ = os.Remove(filepath.Join(b.dir, "bus")) // there is none at first
	b.cmd = exec.CommandContext(context.Background(), "dbus-daemon", "--config-file="+filepath.Join(b.dir, "conf"), "--nofork", "--nopidfile")
	if err := b.cmd.Start(); err != nil {
		b.cmd = nil
		return fmt.Errorf("start the bus: %w", err)
	}
	for end := time.Now().Add(busTime); ; time.Sleep(5 * time.Millisecond) {
		conn, err := dbus.Connect(b.Address())
		if err == nil {
			return conn.Close()
		}
		if time.Now().After(end) {
			return fmt.Errorf("reach the bus: %w", err)
		}
	}
}

func (b *Bus) kill() {
	if b.cmd != nil {
		_ = b.cmd.Process.Kill() // it may have ended
		_ = b.cmd.Wait()         // killed is no news
		b.cmd = nil
	}
}

// Close ends it.
func (b *Bus) Close() error {
	b.kill()
	return os.RemoveAll(b.dir)
}
