//go:build linux

package launch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
)

// Options says what to start. Dir and Logger must be set.
type Options struct {
	Dir string // for the sockets of the bus and of mpv; made with mode 0700; at most 90 bytes long
	Bus string // address of the bus to put the player on; empty: a private one in Dir
	MPV MPV
	// Program is another player to run in place of MPV; nil: MPV.
	Program Program
	// Notify is told when the player runs (problem nil) and why it does not.
	// It is called from Run's goroutines and must not block. nil is no one.
	Notify func(problem error)
	Logger *slog.Logger
}

// Player is a supervised player, with a private bus if it needs one.
type Player struct {
	o       Options
	bus     *process // nil: the bus is someone else's
	program Program
	process *process
	web     atomic.Pointer[webAccess] // of the VLC that runs
}

// New allocates a Player; Run starts it.
func New(o Options) *Player {
	if o.Notify == nil {
		o.Notify = func(error) {}
	}
	p := &Player{o: o, program: o.Program}
	if p.program == nil {
		p.program = o.MPV
	}
	own := privateBus{o.Dir, p.program.user()}
	ready := func(context.Context) error { return nil }
	if o.Bus == "" {
		p.o.Bus, ready = own.address(), own.wait
		p.bus = &process{name: "dbus-daemon", spec: own.command, log: o.Logger, notify: p.busNotify}
	}
	spec := func(ctx context.Context) (command, error) {
		c, err := p.prepare()
		if err != nil {
			return c, err
		}
		return c, ready(ctx)
	}
	p.process = &process{name: p.program.Name(), limited: true, spec: spec, log: o.Logger, notify: func(_ int, err error) { p.o.Notify(err) }}
	return p
}

// prepare makes the command of the next start.
func (p *Player) prepare() (command, error) {
	at := place{dir: p.home(), socket: p.Socket(), bus: p.o.Bus}
	p.web.Store(nil)
	if _, is := p.program.(VLC); is {
		web, err := openWeb(at.dir, p.program.user())
		if err != nil {
			p.o.Logger.Warn("VLC runs without its web interface: tracks cannot be chosen", "error", err)
		}
		at.web = web
		p.web.Store(web)
	}
	c, err := p.program.command(at)
	if c.user = p.program.user(); c.user != 0 {
		c = wrapped(c)
	}
	return c, err
}

// Web is the loopback address (host:port) and the password of the web
// interface of the VLC that runs; empty for other players.
func (p *Player) Web() (address, password string) {
	w := p.web.Load()
	if w == nil {
		return "", ""
	}
	return fmt.Sprintf("127.0.0.1:%d", w.port), w.password
}

// busNotify passes on why the bus does not run; that it runs is no news.
func (p *Player) busNotify(_ int, err error) {
	if err != nil {
		p.o.Notify(err)
	}
}

// Address is the address of the bus that the player is on.
func (p *Player) Address() string { return p.o.Bus }

// Socket is the path of mpv's JSON IPC.
func (p *Player) Socket() string { return filepath.Join(p.o.Dir, "mpv.sock") }

// PID is the process id of the running player, or 0.
func (p *Player) PID() int { return int(p.process.pid.Load()) }

// home is the folder that a player running as another user has for itself.
func (p *Player) home() string { return filepath.Join(p.o.Dir, "home") }

// folders makes the folders. A player that runs as another user may pass
// through to the bus and write into its home, and nowhere else.
func (p *Player) folders() error {
	if err := os.MkdirAll(p.o.Dir, 0o700); err != nil {
		return err
	}
	if err := os.MkdirAll(p.home(), 0o700); err != nil {
		return err
	}
	user := p.program.user()
	if user == 0 {
		return nil
	}
	return errors.Join(os.Chmod(p.o.Dir, 0o711), os.Chown(p.home(), int(user), int(user)))
}

// Hung ends a player that does not answer; Run starts it again.
func (p *Player) Hung() {
	p.process.hung.Store(true)
	p.process.kill()
}

// Kill ends the player as a crash does; Run starts it again.
func (p *Player) Kill() { p.process.kill() }

// Run keeps the bus and the player running until ctx ends, and returns when
// both are gone.
func (p *Player) Run(ctx context.Context) error {
	if err := p.folders(); err != nil {
		return fmt.Errorf("make folder of the player's sockets: %w", err)
	}
	if len(p.o.Dir) > 90 {
		return fmt.Errorf("folder of the player's sockets %q: longer than a socket's address may be (90 bytes)", p.o.Dir)
	}
	var wg sync.WaitGroup
	if p.bus != nil {
		wg.Go(func() { _ = p.bus.run(ctx) }) // ends only with ctx
	}
	err := p.process.run(ctx)
	wg.Wait()
	return err
}
