//go:build linux

package launch

import "fmt"

// VLC is how to run VLC. The zero value means the VLC of the distribution,
// with a window if there is a display.
type VLC struct {
	Program string   // name or path; empty: vlc
	Args    []string // added after Usher's own, so that they win
	// Headless plays without a window although there is a display.
	Headless bool
	Hold     bool // keeps the last picture of a title on the screen until the next one
}

// Check says what is missing to run VLC: nil, or a *Problem.
func (v VLC) Check() error {
	_, err := v.command(place{})
	return err
}

// Video says whether a picture will be shown.
func (v VLC) Video() bool { return !v.Headless && hasDisplay() }

// Name is "vlc".
func (v VLC) Name() string { return "vlc" }

// user: VLC refuses to run as root.
func (v VLC) user() uint32 { return unprivileged() }

func (v VLC) command(p place) (command, error) {
	name := v.Program
	if name == "" {
		name = "vlc"
	}
	path, err := find(name, "Install it: sudo apt install vlc-bin vlc-plugin-base (and vlc-plugin-video-output for a picture)")
	if err != nil {
		return command{}, err
	}
	args := append(append(v.fixed(), p.web.args()...), v.outputs()...)
	env := []string{"DBUS_SESSION_BUS_ADDRESS=" + p.bus, "HOME=" + p.dir, "LC_ALL=C.UTF-8"} // languages in English, text in any
	return command{path: path, args: append(args, v.Args...), env: env}, nil
}

// fixed are the arguments that Usher's control of VLC relies on.
func (v VLC) fixed() []string {
	// Reading ahead is the origin's work: what VLC has not asked for can still
	// become a better rendition. Without the second it takes 30 s of film.
	const buffer, most = 300, 6000 // ms
	return []string{
		"--intf=dummy", "--control=dbus", // no window of its own, MPRIS
		"--no-plugins-cache", // a person's own settings must not change what the remote does: see webAccess.args
		"--no-one-instance",  // never hand the title to another VLC
		"--no-playlist-autostart", "--no-loop", "--no-repeat", "--no-random",
		v.atEnd(),            // the end of a title is an end: never the next entry of a list that OpenUri lets grow
		"--no-playlist-tree", // entries are not expanded in sight of the user
		"--no-metadata-network-access", "--no-osd", "--no-video-title-show",
		"--no-interact", // no questions that nobody can answer
		fmt.Sprintf("--network-caching=%d", buffer), fmt.Sprintf("--adaptive-maxbuffer=%d", most),
		"--adaptive-logic=highest", // the origin pins one variant; VLC must not choose another
		"--quiet",
	}
}

func (v VLC) atEnd() string {
	if v.Hold {
		return "--play-and-pause"
	}
	return "--play-and-stop"
}

func (v VLC) outputs() []string {
	var args []string
	if v.Video() {
		args = append(args, "--fullscreen")
	} else {
		args = append(args, "--vout=vdummy")
	}
	if !hasSound() {
		args = append(args, "--aout=adummy")
	}
	return args
}
