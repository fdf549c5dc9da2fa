package wifi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/godbus/dbus/v5"
)

// The errors of calls; each may come with more words.
var (
	ErrNoManager  = errors.New("neither NetworkManager nor iwd runs on this box")
	ErrNoAdapter  = errors.New("the box has no Wi-Fi adapter that can be used")
	ErrOff        = errors.New("the radio of the Wi-Fi is switched off")
	ErrUnseen     = errors.New("no such network is seen from here")
	ErrNeeded     = errors.New("the network wants a passphrase")
	ErrPassphrase = errors.New("the network refused the passphrase")
	ErrImproper   = errors.New("a passphrase has 8 to 63 letters")
	ErrEnterprise = errors.New("the network wants a user name and certificates")
	ErrWeak       = errors.New("the network's protection (WEP) can be broken by anybody")
	ErrAddress    = errors.New("the network gave the box no address")
	ErrUnknown    = errors.New("the box does not know the network")
	ErrFailed     = errors.New("the network did not let the box in")
)

// Security is what a network wants of who joins.
type Security string

// The kinds of security.
const (
	Open       Security = "open" // or with Enhanced Open (OWE), which wants nothing either
	WEP        Security = "wep"  // broken since 2001, and not joined
	WPA        Security = "wpa"  // a passphrase, WPA2 and mixed modes
	WPA3       Security = "wpa3" // a passphrase, WPA3 only
	Enterprise Security = "enterprise"
)

// Network is one that is seen, under one name however many antennas it has. A
// name, here and elsewhere, is the octets of the network's SSID, which need not
// be text.
type Network struct {
	Name      string
	Signal    int // 0 to 100
	Security  Security
	Known     bool // the box has its passphrase
	Connected bool
}

// State is how the box's Wi-Fi stands.
type State string

// The states.
const (
	Off          State = "off"
	Disconnected State = "disconnected"
	Connecting   State = "connecting"
	Connected    State = "connected"
)

// Status is how the box's Wi-Fi stands, and by whom.
type Status struct {
	Manager string // "NetworkManager" or "iwd"
	Adapter string // interface, such as wlan0
	State   State
	Network string // that it is on, or getting on
	Signal  int    // of it, 0 to 100; 0: not known
}

// Secret is a passphrase; it does not print.
type Secret string

// String hides it.
func (Secret) String() string { return "[passphrase]" }

// GoString hides it.
func (Secret) GoString() string { return "[passphrase]" }

// Join is a wish to be on a network.
type Join struct {
	Name       string
	Passphrase Secret // "" for an open one, or one that is known
	Hidden     bool   // it does not tell its name
}

// maxName is the length of a network's name in bytes (IEEE 802.11, SSID).
const maxName = 32

// check refuses what no network takes.
func (j Join) check() error {
	if j.Name == "" || len(j.Name) > maxName {
		return fmt.Errorf("%w: a name has 1 to %d bytes", ErrUnseen, maxName)
	}
	if p := string(j.Passphrase); p != "" && !regexp.MustCompile(`^([ -~]{8,63}|[0-9A-Fa-f]{64})$`).MatchString(p) {
		return ErrImproper // IEEE 802.11, annex J.4: printable ASCII, or the key itself
	}
	return nil
}

// manager is a daemon that has the box's Wi-Fi.
type manager interface {
	status(ctx context.Context) (Status, error)
	list(ctx context.Context) ([]Network, error)
	join(ctx context.Context, j Join) error
	forget(ctx context.Context, name string) error
}

// Wifi is the box's Wi-Fi. Its methods may be called from any goroutine.
type Wifi struct{ address string }

// New prepares; address is that of the bus, "" the system bus.
func New(address string) *Wifi { return &Wifi{address: address} }

// Status says how the Wi-Fi stands.
func (w *Wifi) Status(ctx context.Context) (s Status, err error) {
	err = w.with(ctx, func(m manager) error {
		s, err = m.status(ctx)
		return err
	})
	return s, err
}

// mostListed is how many networks are told, the strongest first.
const mostListed = 100

// List looks around, and gives the networks, the strongest first, after the
// one that the box is on.
func (w *Wifi) List(ctx context.Context) (all []Network, err error) {
	err = w.with(ctx, func(m manager) error {
		all, err = m.list(ctx)
		return err
	})
	slices.SortFunc(all, func(a, b Network) int {
		if a.Connected != b.Connected {
			return map[bool]int{true: -1, false: 1}[a.Connected]
		}
		return cmp.Or(cmp.Compare(b.Signal, a.Signal), cmp.Compare(a.Name, b.Name))
	})
	return all[:min(len(all), mostListed)], err
}

// Join puts the box on a network.
func (w *Wifi) Join(ctx context.Context, j Join) error {
	if err := j.check(); err != nil {
		return err
	}
	return w.with(ctx, func(m manager) error { return m.join(ctx, j) })
}

// Forget has a network forgotten, and with it its passphrase. The box leaves it
// where it is on it.
func (w *Wifi) Forget(ctx context.Context, name string) error {
	return w.with(ctx, func(m manager) error { return m.forget(ctx, name) })
}

// with finds who has the Wi-Fi.
func (w *Wifi) with(ctx context.Context, f func(manager) error) error {
	conn, err := w.dial(ctx)
	if err != nil {
		return fmt.Errorf("%w: no system bus: %w", ErrNoManager, err)
	}
	defer conn.Close()
	for _, one := range []struct {
		name string
		make func(*dbus.Conn) manager
	}{{nmName, newNM}, {iwdName, newIWD}} {
		var there bool
		err := conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, one.name).Store(&there)
		if err != nil {
			return fmt.Errorf("ask the bus for %s: %w", one.name, err)
		}
		if there {
			return f(one.make(conn))
		}
	}
	return ErrNoManager
}

// dial connects, until ctx ends at the latest. What is connected outlives ctx:
// what was begun is taken back when nobody waits for it any more.
func (w *Wifi) dial(ctx context.Context) (*dbus.Conn, error) {
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	connected := context.AfterFunc(ctx, cancel)
	connect := dbus.ConnectSystemBus
	if w.address != "" {
		connect = func(o ...dbus.ConnOption) (*dbus.Conn, error) { return dbus.Connect(w.address, o...) }
	}
	conn, err := connect(dbus.WithContext(own))
	if err != nil {
		cancel()
		return nil, err
	}
	if !connected() {
		return nil, errors.Join(ctx.Err(), conn.Close())
	}
	return conn, nil
}

// tidyTime is how long taking something back may last after ctx ended.
const tidyTime = 3 * time.Second

// afterwards is a context that ends tidyTime after ctx, for what has to be known
// or taken back also when nobody waits any more.
func afterwards(ctx context.Context) (own context.Context, end context.CancelFunc) {
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(tidyTime, cancel) })
	return own, func() { stop(); cancel() }
}

// until looks again and again whether something is so, until ctx ends.
func until(ctx context.Context, every time.Duration, is func() (bool, error)) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if ok, err := is(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
