package mpris

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/godbus/dbus/v5"
)

// link is one connection to a bus.
type link struct {
	conn    *dbus.Conn
	signals chan *dbus.Signal // closed when the connection ends
	address string
}

// openLink connects and asks for the signals of name owners, before anyone
// lists names: in the other order a player can appear unseen.
func openLink(ctx context.Context, o Options) (*link, error) {
	l := &link{signals: make(chan *dbus.Signal, 64), address: resolve(o.Bus)}
	opts := []dbus.ConnOption{dbus.WithContext(ctx), dbus.WithSignalHandler(dbus.NewSequentialSignalHandler())}
	var err error
	if o.Dial != nil {
		l.address = "in-process"
		l.conn, err = dialWith(ctx, o, opts)
	} else {
		l.conn, err = dbus.Dial(l.address, opts...)
	}
	if err != nil {
		return nil, fmt.Errorf("open D-Bus %q: %w", l.address, err)
	}
	if err := l.greet(ctx); err != nil {
		_ = l.conn.Close() // the first error says more
		return nil, fmt.Errorf("open D-Bus %q: %w", l.address, err)
	}
	return l, nil
}

func dialWith(ctx context.Context, o Options, opts []dbus.ConnOption) (*dbus.Conn, error) {
	rw, err := o.Dial(ctx)
	if err != nil {
		return nil, err
	}
	return dbus.NewConn(rw, opts...)
}

func (l *link) greet(ctx context.Context) error {
	if err := l.conn.Auth(nil); err != nil {
		return err
	}
	if err := l.conn.Hello(); err != nil {
		return err
	}
	l.conn.Signal(l.signals)
	ctx, cancel := context.WithTimeout(ctx, 4*callLimit)
	defer cancel()
	return l.conn.AddMatchSignalContext(ctx,
		dbus.WithMatchSender("org.freedesktop.DBus"),
		dbus.WithMatchInterface("org.freedesktop.DBus"),
		dbus.WithMatchMember("NameOwnerChanged"),
		dbus.WithMatchArg0Namespace("org.mpris.MediaPlayer2"))
}

// names lists the well-known names on the bus.
func (l *link) names(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 4*callLimit)
	defer cancel()
	var names []string
	err := l.conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.ListNames", 0).Store(&names)
	if err != nil {
		return nil, fmt.Errorf("list D-Bus names: %w", err)
	}
	return names, nil
}

// owner gives the unique name, process and user behind a well-known name.
func (l *link) owner(ctx context.Context, name string) (unique string, pid int, uid uint32, err error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	bus := l.conn.BusObject()
	if err := bus.CallWithContext(ctx, "org.freedesktop.DBus.GetNameOwner", 0, name).Store(&unique); err != nil {
		return "", 0, 0, fmt.Errorf("owner of %q: %w", name, err)
	}
	var p uint32
	if err := bus.CallWithContext(ctx, "org.freedesktop.DBus.GetConnectionUnixProcessID", 0, unique).Store(&p); err != nil {
		return "", 0, 0, fmt.Errorf("process of %q: %w", name, err)
	}
	if err := bus.CallWithContext(ctx, "org.freedesktop.DBus.GetConnectionUnixUser", 0, unique).Store(&uid); err != nil {
		return "", 0, 0, fmt.Errorf("user of %q: %w", name, err)
	}
	return unique, int(p), uid, nil
}

// close ends the connection and waits for its signals to end.
func (l *link) close() {
	_ = l.conn.Close() // closed already is as good
	for range l.signals {
	}
}

// resolve turns "session", "system" and empty into an address.
func resolve(bus string) string {
	switch bus {
	case "", "session":
		if a := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); a != "" {
			return a
		}
		return "unix:path=" + filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "bus")
	case "system":
		if a := os.Getenv("DBUS_SYSTEM_BUS_ADDRESS"); a != "" {
			return a
		}
		return "unix:path=/run/dbus/system_bus_socket"
	}
	return bus
}
