//go:build linux

package launch

import (
	"os"
	"path/filepath"

	"usher/player"
)

// pluginPaths is where distributions put the MPRIS plug-in of mpv.
func pluginPaths() []string {
	return []string{
		"/usr/lib/mpv-mpris/mpris.so",                    // Debian, Ubuntu
		"/usr/lib/x86_64-linux-gnu/mpv/scripts/mpris.so", // multi-arch builds
		"/usr/lib/aarch64-linux-gnu/mpv/scripts/mpris.so",
		"/usr/lib/arm-linux-gnueabihf/mpv/scripts/mpris.so",
		"/etc/mpv/scripts/mpris.so", // Arch, Debian's link
		"/usr/lib64/mpv/mpris.so",   // Fedora
		"/usr/lib/mpv/mpris.so",     // Alpine, Buildroot
		"/usr/lib64/mpv-mpris/mpris.so",
		"/usr/share/mpv/scripts/mpris.so",
	}
}

// MPV is how to run mpv. The zero value means the mpv and the plug-in of the
// distribution, with a window if there is a display.
type MPV struct {
	Program string   // name or path; empty: mpv
	Plugin  string   // path of mpris.so; empty: where distributions put it
	Args    []string // added after Usher's own, so that they win
	// Headless plays without a window although there is a display.
	Headless bool
	// Hold keeps the last picture of a title on the screen until the next one;
	// without, the window closes and what is behind it is seen.
	Hold bool
}

// Video says whether a picture will be shown.
func (m MPV) Video() bool {
	return !m.Headless && hasDisplay()
}

// Check says what is missing to run mpv: nil, or a *Problem.
func (m MPV) Check() error {
	_, err := m.command(place{socket: "/nonexistent"})
	return err
}

// Name is "mpv".
func (m MPV) Name() string { return "mpv" }

func (m MPV) user() uint32 { return 0 }

// command gives mpv's command line.
func (m MPV) command(at place) (command, error) {
	name := m.Program
	if name == "" {
		name = "mpv"
	}
	path, err := find(name, "Install it: sudo apt install mpv mpv-mpris")
	if err != nil {
		return command{}, err
	}
	plugin, err := m.plugin()
	if err != nil {
		return command{}, err
	}
	args := append(m.fixed(plugin, at.socket), m.outputs()...)
	return command{path: path, args: append(args, m.Args...), env: []string{"DBUS_SESSION_BUS_ADDRESS=" + at.bus}}, nil
}

// plugin finds the file that gives mpv its MPRIS interface.
func (m MPV) plugin() (string, error) {
	paths := pluginPaths()
	if m.Plugin != "" {
		paths = []string{m.Plugin}
	}
	for _, p := range paths {
		if s, err := os.Stat(p); err == nil && s.Mode().IsRegular() {
			return p, nil
		}
	}
	return "", &Problem{
		Reason: player.ReasonNoPlugin, Text: "mpv has no D-Bus interface: its plug-in mpris.so was not found.",
		Hint: "Install it: sudo apt install mpv-mpris (Arch: mpv-mpris, Fedora: mpv-mpris), or name the file in the configuration.",
	}
}

// fixed are the arguments that Usher's control of mpv relies on.
func (m MPV) fixed(plugin, socket string) []string {
	return []string{
		"--no-config",                  // a person's own settings must not change what the remote does
		"--idle=yes",                   // stay between titles; Stop must not end the process
		"--load-scripts=no",            // Debian links the plug-in in /etc/mpv/scripts: it would load twice
		"--script=" + plugin,           // the MPRIS interface
		"--input-ipc-server=" + socket, // why a title ended, stalls, tracks: not in MPRIS
		"--ytdl=no",                    // no other program is started for an address
		"--osc=no",                     // the page draws the overlay
		"--load-stats-overlay=no",      // no Lua at all: a faster start
		"--load-osd-console=no",        // the same
		"--load-auto-profiles=no",      // the same
		"--input-default-bindings=no",  // keys go to Usher; q must not end the player
		"--input-terminal=no",          // no keys from the terminal usherd was started in
		"--input-media-keys=no",        // media keys reach Usher first, never twice
		"--msg-level=all=warn",         // warnings and errors go to Usher's log
		"--msg-color=no",               // without terminal codes
		"--hr-seek=yes",                // land where the person pointed, not at the key frame before
		"--demuxer=lavf",               // never walk a failing HLS playlist as a list of files
		// FFmpeg asks for the next segment before it reads the present one, and
		// waits for that answer: a late segment would stall the one before it.
		"--demuxer-lavf-o=http_multiple=0",
		// The origin holds a request for two minutes while the network is away;
		// mpv's own minute would end the film before that.
		"--network-timeout=180",
		// Reading ahead is the origin's work: what mpv has not asked for can
		// still become a better rendition, and is read ahead all the same.
		"--cache-secs=6",
		"--demuxer-max-bytes=32MiB",     // bound memory: 6 s of 40 Mb/s
		"--demuxer-max-back-bytes=8MiB", // the same, for what was shown
		"--cache-pause-initial=no",      // show the first picture as soon as there is one
		"--keep-open=" + yesNo(m.Hold),  // the end of a title is an end, and its last picture may stay
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// outputs chooses picture and sound by what the machine has.
func (m MPV) outputs() []string {
	var args []string
	if m.Video() {
		args = append(args, "--fullscreen=yes", "--force-window=no", "--title=Usher", "--osd-level=0")
	} else {
		args = append(args, "--vo=null", "--video-sync=audio")
	}
	if !hasSound() {
		args = append(args, "--ao=null")
	}
	return args
}

// hasSound says whether there is a sound card or a sound server to try.
func hasSound() bool {
	if cards, _ := filepath.Glob("/dev/snd/pcm*p"); len(cards) > 0 {
		return true
	}
	dir := os.Getenv("XDG_RUNTIME_DIR")
	for _, s := range []string{"pulse/native", "pipewire-0"} {
		if _, err := os.Stat(filepath.Join(dir, s)); dir != "" && err == nil {
			return true
		}
	}
	return os.Getenv("PULSE_SERVER") != ""
}
