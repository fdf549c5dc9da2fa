package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// contender is one way to watch a film over the link.
type contender struct {
	name string
	what string // settings, for the report
	// open starts what is needed and has it wait for the order to play.
	open func(ctx context.Context, s *scene) (player, error)
}

// scene is where a contender plays: an origin behind a link, a folder.
type scene struct {
	origin *origin
	stream string // name of the film at the origin
	dir    string // empty at first, short enough for sockets in it
	config string // more lines of usherd's configuration
	o      *options
}

// player is a contender that runs. It belongs to one goroutine.
type player interface {
	// prepare is what happens before somebody presses OK, at the link's pace.
	prepare(ctx context.Context) error
	// begin gives the order to play: OK. The clock runs from before it.
	begin(ctx context.Context) error
	// look says what is shown now.
	look() (sight, error)
	// close ends all that open started.
	close()
}

// patience is how long a contender may take to be ready to play.
const patience = 30 * time.Second

// contenders are all that take part, in the order of the report.
func contenders() []contender {
	return []contender{
		{"mpv", "as it is, waiting for the address", openMPV},
		{"VLC", "as it is, no window", openVLC},
		{"GStreamer", "playbin3, hlsdemux2, pauses while it buffers", openGst},
		{"hls.js", "in headless Chromium, as it is", openHLSJS},
		{"nginx + mpv", "proxy_cache with proxy_cache_lock in between, cold", openNginx},
		{"Usher + mpv", "default settings; nothing cached, link unknown", openUsher},
	}
}

// usherWithKit is Usher after the focus has rested on the title.
func usherWithKit() contender {
	return contender{"Usher + mpv, start kit", "the same after the focus has rested on the title for 6 s", openUsherKit}
}

// controlName is the contender who needs no network: what he stalls is the machine's.
const controlName = "no network"

// watchers are who watches films together: the contenders, and for control a
// mpv that plays the same film from the disk.
func (b *bench) watchers() []contender {
	fromDisk := func(ctx context.Context, s *scene) (player, error) {
		return startMPV(ctx, s, filepath.Join(s.o.title, "ts", "r3", "index.m3u8"))
	}
	return append(b.taking(contenders()), contender{controlName, "for control: mpv plays from the disk; its stalls are the machine's", fromDisk})
}

// process is a program that ends with the bench.
type process struct {
	cmd  *exec.Cmd
	log  *os.File
	done chan struct{}
}

// launch starts a program with its output in a file of dir. A user of 0 is the
// bench's own.
func launch(dir string, user uint32, env []string, argv ...string) (*process, error) {
	path, err := exec.LookPath(argv[0])
	if err != nil {
		if path = "/usr/sbin/" + argv[0]; !executable(path) {
			return nil, fmt.Errorf("%s is not installed", argv[0])
		}
	}
	log, err := os.Create(filepath.Join(dir, filepath.Base(argv[0])+".log"))
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", argv[0], err)
	}
	p := &process{cmd: exec.Command(path, argv[1:]...), log: log, done: make(chan struct{})} //nolint:noctx // close ends it
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.Env = append(plainEnv(), env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if user != 0 {
		p.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: user, Gid: user}
	}
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", argv[0], err), log.Close())
	}
	go func() { defer close(p.done); _ = p.cmd.Wait() }()
	return p, nil
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&0o111 != 0
}

// plainEnv is the environment without what would give a player a screen or a
// sound card: it must be the same on every machine.
func plainEnv() (env []string) {
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		switch name {
		case "DISPLAY", "WAYLAND_DISPLAY", "PULSE_SERVER", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY":
		default:
			env = append(env, e)
		}
	}
	return env
}

// close asks the program to end, and ends it after three seconds.
func (p *process) close() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(3 * time.Second):
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // its group, also what it left behind
	<-p.done
	_ = p.log.Close()
}

// ended says whether the program is gone.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// until tries something every 20 ms for as long as patience lasts.
func until(ctx context.Context, what string, try func() error) error {
	var err error
	for limit := time.Now().Add(patience); time.Now().Before(limit); {
		if err = try(); err == nil {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return fmt.Errorf("%s: not within %v: %w", what, patience, err)
}

// freePort is a port that nobody listens on now.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
