//go:build linux

package launch

import (
	"fmt"
	"os"
	"os/exec"

	"usher/player"
)

// Program is a player that can be run: MPV, VLC or Other.
type Program interface {
	// Check says what is missing to run it: nil, or a *Problem.
	Check() error
	// Video says whether a picture will be shown.
	Video() bool
	// Name is what logs and problems call it.
	Name() string
	command(p place) (command, error)
	// user is who it has to run as: 0 is whoever usherd runs as.
	user() uint32
}

// place is where a program is started.
type place struct {
	dir    string     // for files of its own
	socket string     // where mpv puts its JSON IPC
	bus    string     // address of the bus
	web    *webAccess // of VLC; nil: none
}

// Nobody is the user that a player which refuses root runs as, when usherd is root.
const Nobody = 65534

// unprivileged is Nobody for root, and 0 (no change) for everybody else.
func unprivileged() uint32 {
	if os.Getuid() == 0 {
		return Nobody
	}
	return 0
}

func hasDisplay() bool { return os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "" }

// find gives the path of a program, or says how to install it.
func find(name, hint string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", &Problem{
			Reason: player.ReasonNoPlayer, Err: err, Text: fmt.Sprintf("The player %s is not installed.", name), Hint: hint,
		}
	}
	return path, nil
}

// Other is any player that puts itself on the session bus with MPRIS.
type Other struct {
	Program string // name or path
	Args    []string
	Env     []string // added to usherd's own
	Shown   bool     // it shows a picture
	User    uint32   // run as this user, when usherd is root; 0: as usherd
}

// Check says whether the program is there.
func (o Other) Check() error {
	_, err := o.command(place{})
	return err
}

// Video says whether a picture will be shown.
func (o Other) Video() bool { return o.Shown }

// Name is the program.
func (o Other) Name() string { return o.Program }

func (o Other) user() uint32 {
	if os.Getuid() != 0 {
		return 0
	}
	return o.User
}

func (o Other) command(p place) (command, error) {
	path, err := find(o.Program, "Install it, or name another program.")
	return command{path: path, args: o.Args, env: append([]string{"DBUS_SESSION_BUS_ADDRESS=" + p.bus, "HOME=" + p.dir}, o.Env...)}, err
}
