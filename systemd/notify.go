package systemd

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// sendTime is how long a message may take: the manager's queue may be full.
const sendTime = time.Second

// Notifier tells the service manager how the daemon stands. The zero Notifier
// tells nobody.
type Notifier struct {
	addr *net.UnixAddr
	ping time.Duration
}

// Env looks up a variable, like os.LookupEnv.
type Env func(name string) (value string, ok bool)

// NewNotifier reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. pid is this
// process. A variable that makes no sense is an error, because a daemon that
// cannot say that it is ready is killed after a while.
func NewNotifier(env Env, pid int) (*Notifier, error) {
	n := &Notifier{}
	if path, ok := env("NOTIFY_SOCKET"); ok && path != "" {
		// "@" is an abstract socket; a relative path or vsock address is none of ours.
		if path[0] != '/' && path[0] != '@' {
			return nil, fmt.Errorf("NOTIFY_SOCKET %q: neither a path nor an abstract socket", path)
		}
		n.addr = &net.UnixAddr{Name: path, Net: "unixgram"}
	}
	text, ok := env("WATCHDOG_USEC")
	if !ok || text == "" {
		return n, nil
	}
	usec, err := strconv.ParseUint(text, 10, 53)
	if err != nil || usec == 0 {
		return nil, fmt.Errorf("WATCHDOG_USEC %q: not a number of microseconds", text)
	}
	if owner, ok := env("WATCHDOG_PID"); ok && owner != "" && owner != strconv.Itoa(pid) {
		return n, nil // meant for another process of this unit
	}
	n.ping = time.Duration(usec) * time.Microsecond / 3
	return n, nil
}

// Ping is how often Alive has to be called: a third of WatchdogSec=, so that
// two may be late. 0 is never.
func (n *Notifier) Ping() time.Duration { return n.ping }

// Ready says that start-up is over (Type=notify), with a line for people.
func (n *Notifier) Ready(status string) error { return n.send("READY=1", "STATUS="+oneLine(status)) }

// Status says what is going on, for systemctl status.
func (n *Notifier) Status(status string) error { return n.send("STATUS=" + oneLine(status)) }

// Alive feeds the watchdog.
func (n *Notifier) Alive() error { return n.send("WATCHDOG=1") }

// Stopping says that the daemon is on its way down.
func (n *Notifier) Stopping() error { return n.send("STOPPING=1") }

// Extend asks for more time to start or stop, counted from now.
func (n *Notifier) Extend(by time.Duration) error {
	return n.send("EXTEND_TIMEOUT_USEC=" + strconv.FormatInt(by.Microseconds(), 10))
}

func (n *Notifier) send(lines ...string) error {
	if n.addr == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), sendTime)
	defer cancel()
	c, err := (&net.Dialer{}).DialContext(ctx, n.addr.Net, n.addr.Name)
	if err != nil {
		return fmt.Errorf("notify the service manager: %w", err)
	}
	defer c.Close()
	if err := c.SetWriteDeadline(time.Now().Add(sendTime)); err != nil {
		return fmt.Errorf("notify the service manager: %w", err)
	}
	if _, err := c.Write([]byte(strings.Join(lines, "\n"))); err != nil {
		return fmt.Errorf("notify the service manager: %w", err)
	}
	return nil
}

// oneLine keeps a status from becoming other assignments.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s)
}
