package systemd

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func vars(pairs ...string) Env {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

// manager is the other end of NOTIFY_SOCKET.
func manager(t *testing.T, name string) *net.UnixConn {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func heard(t *testing.T, c *net.UnixConn) string {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 4096)
	n, err := c.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

func TestNotifier(t *testing.T) {
	for _, name := range []string{filepath.Join(t.TempDir(), "notify"), "@usher-notify-" + strconv.Itoa(os.Getpid())} {
		c := manager(t, name)
		n, err := NewNotifier(vars("NOTIFY_SOCKET", name, "WATCHDOG_USEC", "30000000", "WATCHDOG_PID", "42"), 42)
		if err != nil {
			t.Fatal(err)
		}
		if n.Ping() != 10*time.Second {
			t.Errorf("alive every %v", n.Ping())
		}
		for _, step := range []struct {
			do   func() error
			want string
		}{
			{func() error { return n.Ready("playing\nWATCHDOG=trigger") }, "READY=1\nSTATUS=playing WATCHDOG=trigger"},
			{func() error { return n.Status("2 films") }, "STATUS=2 films"},
			{n.Alive, "WATCHDOG=1"},
			{func() error { return n.Extend(2 * time.Second) }, "EXTEND_TIMEOUT_USEC=2000000"},
			{n.Stopping, "STOPPING=1"},
		} {
			if err := step.do(); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(step.want, heard(t, c)); d != "" {
				t.Error(d)
			}
		}
	}
}

func TestNotifierWithoutManager(t *testing.T) {
	n, err := NewNotifier(vars(), 42)
	if err != nil || n.Ready("") != nil || n.Alive() != nil || n.Ping() != 0 {
		t.Errorf("not silent: %v", err)
	}
	n, err = NewNotifier(vars("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "gone")), 42)
	if err != nil {
		t.Fatal(err)
	}
	if n.Alive() == nil {
		t.Error("a manager that is not there heard it")
	}
}

func TestNotifierEnvironment(t *testing.T) {
	for _, tc := range []struct {
		env  Env
		ping time.Duration
		bad  bool
	}{
		{vars("WATCHDOG_USEC", "3000000"), time.Second, false},
		{vars("WATCHDOG_USEC", "3000000", "WATCHDOG_PID", "41"), 0, false},
		{vars("WATCHDOG_USEC", "0"), 0, true},
		{vars("WATCHDOG_USEC", "soon"), 0, true},
		{vars("WATCHDOG_USEC", "99999999999999999999"), 0, true},
		{vars("NOTIFY_SOCKET", "relative"), 0, true},
		{vars("NOTIFY_SOCKET", "vsock:2:1234"), 0, true},
	} {
		n, err := NewNotifier(tc.env, 42)
		if (err != nil) != tc.bad || err == nil && n.Ping() != tc.ping {
			t.Errorf("got %+v, %v; want every %v, an error %v", n, err, tc.ping, tc.bad)
		}
	}
}

// passed gives a descriptor as a manager would: one number, open in this process.
func passed(t *testing.T, l interface{ File() (*os.File, error) }) int {
	t.Helper()
	f, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fd, err := syscall.Dup(int(f.Fd())) // whoever takes it closes it
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

func listen(t *testing.T, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestListeners(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usher.sock")
	tcp, unix := listen(t, "tcp", "127.0.0.1:0").(*net.TCPListener), listen(t, "unix", path).(*net.UnixListener)
	var all []net.Listener
	for _, l := range []interface{ File() (*os.File, error) }{tcp, unix} {
		got, err := listeners(vars("LISTEN_PID", "42", "LISTEN_FDS", "1"), 42, passed(t, l))
		if err != nil || len(got) != 1 {
			t.Fatalf("%d listeners, %v", len(got), err)
		}
		all = append(all, got...)
	}
	page, rest := At(all, "tcp", tcp.Addr().String())
	socket, rest := At(rest, "unix", path)
	if page == nil || socket == nil || len(rest) != 0 {
		t.Fatalf("page %v, socket %v, %d left", page, socket, len(rest))
	}
	for _, l := range []net.Listener{page, socket} {
		go func() {
			if c, err := net.Dial(l.Addr().Network(), l.Addr().String()); err == nil {
				c.Close()
			}
		}()
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		l.Close()
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the manager's socket is gone with ours: %v", err)
	}
	if none, _ := At(nil, "tcp", "127.0.0.1:1"); none != nil {
		t.Error("found a listener in nothing")
	}
}

func TestListenersRefuses(t *testing.T) {
	if l, err := Listeners(vars(), 42); l != nil || err != nil {
		t.Errorf("without any: %v, %v", l, err)
	}
	if l, err := Listeners(vars("LISTEN_PID", "41", "LISTEN_FDS", "1"), 42); l != nil || err != nil {
		t.Errorf("another's: %v, %v", l, err)
	}
	for _, n := range []string{"", "x", "-1", "33"} {
		if _, err := Listeners(vars("LISTEN_PID", "42", "LISTEN_FDS", n), 42); err == nil {
			t.Errorf("LISTEN_FDS=%q is taken", n)
		}
	}
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := listeners(vars("LISTEN_PID", "42", "LISTEN_FDS", "1"), 42, fd); err == nil {
		t.Error("a file is taken for a socket")
	}
}
