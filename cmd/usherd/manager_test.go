package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// serviceManager starts usherd as systemd would: with the sockets opened, and
// a socket of its own to be told on.
type serviceManager struct {
	told *net.UnixConn
	page string
	cmd  *exec.Cmd
}

func startByManager(t *testing.T) *serviceManager {
	t.Helper()
	dir := t.TempDir()
	told, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { told.Close() })
	page, media, api := opened(t, "tcp", "127.0.0.1:0"), opened(t, "tcp", "127.0.0.1:0"), opened(t, "unix", filepath.Join(dir, "usher.sock"))
	m := &serviceManager{told: told, page: page.addr}
	m.cmd = exec.Command("sh", "-c", `LISTEN_PID=$$ exec usherd -demo -listen "$1" -media "$2" -socket "$3"`, "sh", page.addr, media.addr, api.addr)
	m.cmd.ExtraFiles = []*os.File{page.file, media.file, api.file}
	m.cmd.Env = append(os.Environ(), "LISTEN_FDS=3", "NOTIFY_SOCKET="+filepath.Join(dir, "notify"), "WATCHDOG_USEC=600000",
		"TMPDIR="+dir, "XDG_CACHE_HOME="+dir, "USHER_PLAYER_KIND=simulated")
	m.cmd.Stderr = os.Stderr
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.cmd.Process.Kill(); _ = m.cmd.Wait() })
	return m
}

type openedSocket struct {
	addr string
	file *os.File
}

func opened(t *testing.T, network, address string) openedSocket {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false)
	}
	f, err := l.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	addr := l.Addr().String()
	l.Close() // the file stays open, as in a manager
	return openedSocket{addr, f}
}

// hears waits until it is told something that begins as said.
func (m *serviceManager) hears(t *testing.T, prefix string) {
	t.Helper()
	if err := m.told.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 4096)
	for {
		n, err := m.told.Read(b)
		if err != nil {
			t.Fatalf("not told %q: %v", prefix, err)
		}
		if strings.HasPrefix(string(b[:n]), prefix) {
			return
		}
	}
}

func TestServiceManager(t *testing.T) {
	m := startByManager(t)
	m.hears(t, "READY=1\nSTATUS=Ready on http://"+m.page)
	m.hears(t, "WATCHDOG=1")
	m.hears(t, "WATCHDOG=1")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.page+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("the socket that was handed over is not served: %v", err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("/healthz on it: %s", resp.Status)
	}
	if err := m.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	m.hears(t, "STOPPING=1")
	if err := m.cmd.Wait(); err != nil {
		t.Errorf("ended with %v", err)
	}
}

// A loop that takes no turns must not be called alive.
func TestWatchdogOfAStuckLoop(t *testing.T) {
	dir := t.TempDir()
	told, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer told.Close()
	t.Setenv("NOTIFY_SOCKET", filepath.Join(dir, "notify"))
	t.Setenv("WATCHDOG_USEC", "30000")
	a := &appliance{}
	if err := a.openManager(); err != nil {
		t.Fatal(err)
	}
	a.alive = func() time.Time { return time.Now().Add(-2 * stuckAfter) }
	if err := a.feedWatchdog(t.Context()); err == nil {
		t.Fatal("a stuck loop is not noticed")
	}
	if err := told.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := told.Read(make([]byte, 100)); err == nil {
		t.Errorf("the manager was told something of %d bytes", n)
	}
}

func TestSocketWithoutUseIsSaidAtTheStart(t *testing.T) {
	var said bytes.Buffer
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a := &appliance{log: slog.New(slog.NewTextHandler(&said, nil)), handed: []net.Listener{l}}
	if err := a.leaveHanded(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), l.Addr().String()) {
		t.Errorf("said %q", said.String())
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) || len(a.handed) != 0 {
		t.Errorf("the socket is kept: %v, %d", err, len(a.handed))
	}
}
