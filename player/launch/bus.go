//go:build linux

package launch

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"usher/player"
)

// SessionBus is the address of the session bus that usherd was started with,
// or of its user's lingering session; empty when there is none.
func SessionBus() string {
	if a := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); a != "" {
		return a
	}
	path := filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "bus")
	if s, err := os.Stat(path); filepath.IsAbs(path) && err == nil && s.Mode()&os.ModeSocket != 0 {
		return "unix:path=" + path
	}
	return ""
}

// busConfig limits the private bus to the user that usherd runs as, to the one
// that the player runs as if that is another, and to what one player and its
// controllers need. Names may be owned and messages sent freely within those
// users, because all of them are ours.
const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <deny user="*"/>
%s    <deny own="*"/>
    <allow own_prefix="org.mpris.MediaPlayer2"/>
    <allow send_destination="*" eavesdrop="false"/>
    <allow receive_sender="*" eavesdrop="false"/>
  </policy>
  <limit name="max_completed_connections">64</limit>
  <limit name="max_incomplete_connections">16</limit>
  <limit name="max_message_size">1048576</limit>
  <limit name="max_incoming_bytes">4194304</limit>
  <limit name="max_outgoing_bytes">4194304</limit>
  <limit name="max_message_unix_fds">0</limit>
</busconfig>
`

// privateBus is a message bus of our own: its files are in dir.
type privateBus struct {
	dir  string
	user uint32 // of the player; 0: usherd's own
}

// allowed are the users that may connect, as lines of the configuration.
func (b privateBus) allowed() string {
	line := "    <allow user=\"%d\"/>\n"
	text := fmt.Sprintf(line, os.Getuid())
	if b.user != 0 {
		text += fmt.Sprintf(line, b.user)
	}
	return text
}

func (b privateBus) socket() string  { return filepath.Join(b.dir, "bus") }
func (b privateBus) address() string { return "unix:path=" + b.socket() }

// command writes the bus configuration and gives the daemon's command line.
func (b privateBus) command(context.Context) (command, error) {
	path, err := exec.LookPath("dbus-daemon")
	if err != nil {
		return command{}, &Problem{
			Reason: player.ReasonNoPlayer, Err: err, Text: "There is no D-Bus session and dbus-daemon is not installed.",
			Hint: "Install it: sudo apt install dbus",
		}
	}
	if strings.ContainsAny(b.dir, "%,;<&>\n") {
		return command{}, fmt.Errorf("private bus in %q: the folder's name cannot be part of a D-Bus address", b.dir)
	}
	if err := os.Remove(b.socket()); err != nil && !os.IsNotExist(err) {
		return command{}, fmt.Errorf("remove old bus socket: %w", err)
	}
	conf := filepath.Join(b.dir, "bus.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, busConfig, b.socket(), b.allowed()), 0o600); err != nil {
		return command{}, fmt.Errorf("write bus configuration: %w", err)
	}
	return command{path: path, args: []string{"--nofork", "--nopidfile", "--nosyslog", "--config-file=" + conf}}, nil
}

// wait blocks until the bus takes connections or ctx ends. A player that is
// started earlier would run without D-Bus for ever.
func (b privateBus) wait(ctx context.Context) error {
	for {
		c, err := (&net.Dialer{}).DialContext(ctx, "unix", b.socket())
		if err == nil {
			return c.Close()
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		sleep(ctx, 10*time.Millisecond)
	}
}
