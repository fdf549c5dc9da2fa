package uplink

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/godbus/dbus/v5"
)

// Answer says whether the network is paid for by the byte.
type Answer uint8

// The answers.
const (
	Unknown Answer = iota // there is no NetworkManager, or it does not know
	Free
	Paid
)

// String is the answer as one word.
func (a Answer) String() string {
	switch a {
	case Free:
		return "free"
	case Paid:
		return "paid"
	default:
		return "unknown"
	}
}

// answerOf is what an NMMetered means. A guess of NetworkManager, such as that
// a phone's hotspot is paid for, counts as its knowledge.
func answerOf(metered uint32) Answer {
	switch metered {
	case 1, 3: // NM_METERED_YES, NM_METERED_GUESS_YES
		return Paid
	case 2, 4: // NM_METERED_NO, NM_METERED_GUESS_NO
		return Free
	default:
		return Unknown
	}
}

// The names of NetworkManager on the bus.
const (
	name       = "org.freedesktop.NetworkManager"
	path       = "/org/freedesktop/NetworkManager"
	property   = "Metered"
	properties = "org.freedesktop.DBus.Properties"
	changed    = "PropertiesChanged"
	daemon     = "org.freedesktop.DBus"
	owner      = "NameOwnerChanged"
)

// callTime is how long NetworkManager may take to answer.
const callTime = 5 * time.Second

// Options configure a Watcher.
type Options struct {
	Address string       // of the bus; "" is the system bus
	Told    func(Answer) // called from Run with each change; before the first call it is Unknown; must not block
	Logger  *slog.Logger
}

// Watcher follows NetworkManager.
type Watcher struct {
	opt Options
	was Answer // that was told last
}

// New prepares a watcher; Run starts it.
func New(opt Options) *Watcher { return &Watcher{opt: opt} }

// Run watches until ctx ends (nil), there is no bus here (nil), or the bus is
// lost. NetworkManager may come and go meanwhile.
func (w *Watcher) Run(ctx context.Context) error {
	conn, err := w.dial(ctx)
	if err != nil {
		w.opt.Logger.Info("No system bus: the network is metered as configured", "err", err)
		return nil
	}
	defer conn.Close()
	defer w.tell(Unknown)
	signals := make(chan *dbus.Signal, 8)
	conn.Signal(signals)
	for _, match := range [][]dbus.MatchOption{
		{dbus.WithMatchSender(name), dbus.WithMatchInterface(properties), dbus.WithMatchMember(changed), dbus.WithMatchObjectPath(path)},
		{dbus.WithMatchSender(daemon), dbus.WithMatchInterface(daemon), dbus.WithMatchMember(owner), dbus.WithMatchArg(0, name)},
	} {
		if err := conn.AddMatchSignalContext(ctx, match...); err != nil {
			return fmt.Errorf("watch %s: %w", name, err)
		}
	}
	w.ask(ctx, conn)
	for {
		select {
		case <-ctx.Done():
			return nil
		case s, ok := <-signals:
			switch {
			case !ok && ctx.Err() == nil:
				return errors.New("watch NetworkManager: the bus is lost")
			case ok && concerns(s):
				w.ask(ctx, conn)
			}
		}
	}
}

func (w *Watcher) dial(ctx context.Context) (*dbus.Conn, error) {
	if w.opt.Address != "" {
		return dbus.Connect(w.opt.Address, dbus.WithContext(ctx))
	}
	return dbus.ConnectSystemBus(dbus.WithContext(ctx))
}

// concerns says whether the answer may be another one now: NetworkManager came
// or went, or the property changed. Other properties change every few seconds.
func concerns(s *dbus.Signal) bool {
	if s.Name == daemon+"."+owner {
		return true
	}
	if s.Name != properties+"."+changed || len(s.Body) != 3 || s.Body[0] != name {
		return false
	}
	values, _ := s.Body[1].(map[string]dbus.Variant)
	_, ok := values[property]
	return ok
}

// ask reads the property. Without NetworkManager nothing is known.
func (w *Watcher) ask(ctx context.Context, conn *dbus.Conn) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	var value dbus.Variant
	err := conn.Object(name, path).CallWithContext(ctx, properties+".Get", dbus.FlagNoAutoStart, name, property).Store(&value)
	if err != nil {
		w.opt.Logger.Debug("NetworkManager says nothing", "err", err)
		w.tell(Unknown)
		return
	}
	metered, _ := value.Value().(uint32)
	w.tell(answerOf(metered))
}

func (w *Watcher) tell(a Answer) {
	if a == w.was {
		return
	}
	w.was = a
	w.opt.Logger.Info("The network is another one", "metered", a.String())
	w.opt.Told(a)
}
