// Package dbustest starts a dbus-daemon for a test, on which everybody may do
// everything. The bus ends with the test, and leaves nothing behind. Starting
// it waits until it answers; a test skips, and says so, where there is none.
package dbustest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Bus is a dbus-daemon of a test.
type Bus struct {
	dir string
	cmd *exec.Cmd // nil: it does not run
}

const config = `<busconfig><type>system</type><listen>ADDRESS</listen><auth>EXTERNAL</auth><policy context="default">
<allow user="*"/><allow own="*"/><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/></policy></busconfig>`

// Start starts a bus.
func Start(t testing.TB) *Bus {
	t.Helper()
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		t.Skip("SKIP: dbus-daemon is not installed; make test installs it (tools/deps.sh)")
	}
	dir, err := os.MkdirTemp("", "usher-bus-") // a short name: sockets have a limit
	if err != nil {
		t.Fatal(err)
	}
	b := &Bus{dir: dir}
	t.Cleanup(func() { b.Stop(); _ = os.RemoveAll(dir) })
	if err := os.WriteFile(b.file("conf"), []byte(strings.Replace(config, "ADDRESS", b.Address(), 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := b.Restart(); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *Bus) file(name string) string { return filepath.Join(b.dir, name) }

// Address is where it listens, also after it was started again.
func (b *Bus) Address() string { return "unix:path=" + b.file("bus") }

// Restart kills it, if it runs, and starts it again.
func (b *Bus) Restart() error {
	b.Stop()
	_ = os.Remove(b.file("bus")) // there is none at first
	cmd := exec.CommandContext(context.Background(), "dbus-daemon", "--config-file="+b.file("conf"), "--nofork", "--nopidfile", "--print-address")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start the bus: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the bus: %w", err)
	}
	b.cmd = cmd
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return fmt.Errorf("hear of the bus: %w", err)
	}
	return nil
}

// Stop kills it.
func (b *Bus) Stop() {
	if b.cmd != nil {
		_ = b.cmd.Process.Kill() // it may have ended
		_ = b.cmd.Wait()         // killed is no news
		b.cmd = nil
	}
}
