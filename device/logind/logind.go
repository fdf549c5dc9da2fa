package logind

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
)

// The names of logind on the bus.
const (
	name    = "org.freedesktop.login1"
	path    = "/org/freedesktop/login1"
	manager = "org.freedesktop.login1.Manager"
	signal  = "PrepareForSleep"
)

// callTime is how long logind may take to answer.
const callTime = 5 * time.Second

// Options configure a Guard.
type Options struct {
	Address string            // of the bus; "" is the system bus
	Sleep   func(coming bool) // called from Run, in order: the machine will sleep, or is awake again; must not block
	Logger  *slog.Logger
}

// Guard holds the locks.
type Guard struct {
	opt  Options
	wake chan struct{}

	mu     sync.Mutex
	allow  bool   // the sleep that was announced may come
	reason string // the machine must not sleep because of this; "" may

	// Of Run's goroutine.
	logind dbus.BusObject
	delay  *os.File // nil: not held
	block  *os.File
	why    string // of block
	coming bool   // a sleep was announced, and is not over
	denied bool   // logind lets us block nothing
}

// New prepares a guard; Run starts it.
func New(opt Options) *Guard { return &Guard{opt: opt, wake: make(chan struct{}, 1)} }

// Allow lets the machine sleep that said it will.
func (g *Guard) Allow() { g.set(func() { g.allow = true }) }

// Inhibit keeps the machine from sleeping and from being turned off, for a
// reason that people see; "" ends that.
func (g *Guard) Inhibit(reason string) { g.set(func() { g.reason = reason }) }

func (g *Guard) set(change func()) {
	g.mu.Lock()
	change()
	g.mu.Unlock()
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// Run watches until ctx ends (nil), there is no logind here (nil), or the bus
// is lost.
func (g *Guard) Run(ctx context.Context) error {
	conn, err := g.dial(ctx)
	if err != nil {
		g.opt.Logger.Info("No system bus: the sleep of the machine is not watched", "err", err)
		return nil
	}
	defer conn.Close()
	defer g.release()
	g.logind = conn.Object(name, path)
	signals := make(chan *dbus.Signal, 8)
	conn.Signal(signals)
	match := []dbus.MatchOption{dbus.WithMatchSender(name), dbus.WithMatchInterface(manager), dbus.WithMatchMember(signal), dbus.WithMatchObjectPath(path)}
	if err := conn.AddMatchSignalContext(ctx, match...); err != nil {
		return fmt.Errorf("watch %s: %w", name, err)
	}
	if g.delay, err = g.lock(ctx, "sleep", "the position of a film is stored", "delay"); absent(err) {
		g.opt.Logger.Info("No logind: the sleep of the machine is not watched")
		return nil
	} else if err != nil {
		g.opt.Logger.Warn("The sleep of the machine cannot be delayed", "err", err)
	}
	return g.watch(ctx, signals)
}

func (g *Guard) dial(ctx context.Context) (*dbus.Conn, error) {
	if g.opt.Address != "" {
		return dbus.Connect(g.opt.Address, dbus.WithContext(ctx))
	}
	return dbus.ConnectSystemBus(dbus.WithContext(ctx))
}

func (g *Guard) watch(ctx context.Context, signals <-chan *dbus.Signal) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case s, ok := <-signals:
			if !ok && ctx.Err() == nil {
				return errors.New("watch logind: the bus is lost")
			}
			if ok {
				g.announced(ctx, s)
			}
		case <-g.wake:
			g.settle(ctx)
		}
	}
}

// announced takes PrepareForSleep.
func (g *Guard) announced(ctx context.Context, s *dbus.Signal) {
	if s.Name != manager+"."+signal || len(s.Body) != 1 {
		return
	}
	coming, ok := s.Body[0].(bool)
	if !ok {
		return
	}
	g.opt.Logger.Info("Sleep of the machine", "coming", coming)
	if g.coming = coming; !coming {
		g.again(ctx)
	}
	g.opt.Sleep(coming)
}

// again takes the delay for the next sleep.
func (g *Guard) again(ctx context.Context) {
	g.mu.Lock()
	g.allow = false
	g.mu.Unlock()
	if g.delay != nil {
		return
	}
	var err error
	if g.delay, err = g.lock(ctx, "sleep", "the position of a film is stored", "delay"); err != nil {
		g.opt.Logger.Warn("The sleep of the machine cannot be delayed", "err", err)
	}
}

// settle brings the locks to what was asked for.
func (g *Guard) settle(ctx context.Context) {
	g.mu.Lock()
	allow, reason := g.allow, g.reason
	g.allow = false
	g.mu.Unlock()
	if allow && g.coming { // an answer that comes when the sleep is over is not for the next one
		g.delay = closed(g.delay)
	}
	if reason == g.why || reason != "" && g.denied {
		return
	}
	g.block, g.why = closed(g.block), ""
	if reason == "" {
		return
	}
	f, err := g.lock(ctx, "sleep:shutdown", reason, "block")
	if err != nil {
		g.denied = true // asking again would be denied again
		g.opt.Logger.Warn("The machine cannot be kept from sleeping", "err", err, "hint", "install systemd/60-usher-polkit.rules")
		return
	}
	g.block, g.why = f, reason
}

func (g *Guard) release() {
	g.delay, g.block, g.why = closed(g.delay), closed(g.block), ""
	g.coming, g.denied = false, false
}

func closed(f *os.File) *os.File {
	if f != nil {
		_ = f.Close() // the read end of a pipe: nothing can be lost
	}
	return nil
}

// lock takes an inhibitor lock, which lasts until the file is closed.
func (g *Guard) lock(ctx context.Context, what, why, mode string) (*os.File, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	var fd dbus.UnixFD
	if err := g.logind.CallWithContext(ctx, manager+".Inhibit", 0, what, "Usher", why, mode).Store(&fd); err != nil {
		return nil, fmt.Errorf("inhibit %s: %w", what, err)
	}
	return os.NewFile(uintptr(fd), "inhibitor"), nil
}

// absent says that there is no logind on the bus, and none can be started.
func absent(err error) bool {
	e, ok := errors.AsType[dbus.Error](err)
	return ok && (e.Name == "org.freedesktop.DBus.Error.ServiceUnknown" || e.Name == "org.freedesktop.DBus.Error.NameHasNoOwner" ||
		e.Name == "org.freedesktop.DBus.Error.Spawn.ExecFailed" || e.Name == "org.freedesktop.DBus.Error.Spawn.ChildExited")
}

// Reboot starts the machine anew (org.freedesktop.login1.Manager.Reboot), as far
// as polkit lets this user. address is that of the bus; "" is the system's.
func Reboot(ctx context.Context, address string) error {
	g := Guard{opt: Options{Address: address}}
	conn, err := g.dial(ctx)
	if err != nil {
		return fmt.Errorf("start the machine anew: %w", err)
	}
	defer conn.Close()
	if err := conn.Object(name, path).CallWithContext(ctx, manager+".Reboot", 0, false).Err; err != nil {
		return fmt.Errorf("start the machine anew: %w", err)
	}
	return nil
}
