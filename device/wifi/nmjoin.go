package wifi

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

func (n nm) join(ctx context.Context, j Join) error {
	device, err := n.adapter(ctx)
	if err != nil {
		return err
	}
	all, err := n.look(ctx, device)
	if _, there := all[j.Name]; err == nil && !there && !j.Hidden {
		if err = n.scan(ctx, device); err == nil {
			all, err = n.look(ctx, device)
		}
	}
	if err != nil {
		return err
	}
	to, there := all[j.Name]
	known, err := n.kept(ctx)
	switch {
	case err != nil:
		return err
	case !there && !j.Hidden:
		return ErrUnseen
	case !there:
		to = seen{Network{Name: j.Name, Security: hiddenSecurity(j)}, "/"}
	}
	if old := known[j.Name]; len(old) > 0 && j.Passphrase == "" {
		return n.activate(ctx, device, old[0], to)
	}
	return n.add(ctx, device, to, j, known[j.Name])
}

// hiddenSecurity is what a network that cannot be seen is taken for.
func hiddenSecurity(j Join) Security {
	if j.Passphrase == "" {
		return Open
	}
	return WPA
}

// text is a name as a word of D-Bus, which takes UTF-8 without zeros only.
func text(name string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(name, "\uFFFD"), "\x00", "\uFFFD")
}

// settings are what a new connection is made of.
func (j Join) settings(s Security) (settings, error) {
	all := settings{
		"connection": {"id": dbus.MakeVariant(text(j.Name)), "type": dbus.MakeVariant(wireless)},
		wireless:     {"ssid": dbus.MakeVariant([]byte(j.Name)), "mode": dbus.MakeVariant("infrastructure"), "hidden": dbus.MakeVariant(j.Hidden)},
	}
	keys := ""
	switch s {
	case Open:
		return all, nil
	case WPA:
		keys = "wpa-psk"
	case WPA3:
		keys = "sae"
	case WEP:
		return nil, ErrWeak
	default:
		return nil, ErrEnterprise
	}
	if j.Passphrase == "" {
		return nil, ErrNeeded
	}
	all[wireless+"-security"] = map[string]dbus.Variant{"key-mgmt": dbus.MakeVariant(keys), "psk": dbus.MakeVariant(string(j.Passphrase))}
	return all, nil
}

// activate goes to a network whose connection is kept.
func (n nm) activate(ctx context.Context, device, connection dbus.ObjectPath, to seen) error {
	fails, err := n.watch(ctx, device)
	if err != nil {
		return err
	}
	tidy, end := afterwards(ctx)
	defer end()
	var active dbus.ObjectPath
	if err := n.call(tidy, nmPath, nmName+".ActivateConnection", connection, device, to.point).Store(&active); err != nil {
		return fmt.Errorf("%w: %w", ErrFailed, err)
	}
	err = n.wait(ctx, device, active, fails, to.Security)
	if ctx.Err() != nil {
		_ = n.call(tidy, nmPath, nmName+".DeactivateConnection", active).Err // it may have ended by itself
	}
	return err
}

// add goes to a network with a new connection, in the place of those that were
// kept for it. One that does not come about is not kept.
func (n nm) add(ctx context.Context, device dbus.ObjectPath, to seen, j Join, old []dbus.ObjectPath) error {
	s, err := j.settings(to.Security)
	if err != nil {
		return err
	}
	fails, err := n.watch(ctx, device)
	if err != nil {
		return err
	}
	tidy, end := afterwards(ctx)
	defer end()
	var made, active dbus.ObjectPath
	if err := n.call(tidy, nmPath, nmName+".AddAndActivateConnection", s, device, to.point).Store(&made, &active); err != nil {
		return fmt.Errorf("%w: %w", ErrFailed, err)
	}
	bad := n.wait(ctx, device, active, fails, to.Security)
	forget := old
	if bad != nil {
		forget = []dbus.ObjectPath{made}
	}
	for _, path := range forget {
		if err := n.call(tidy, path, nmConnection+".Delete").Err; err != nil && bad == nil {
			return fmt.Errorf("forget the connection of before: %w", err)
		}
	}
	return bad
}

// The states of an active connection (NMActiveConnectionState).
const (
	activeActivated    = 2
	activeDeactivating = 3
)

// failures are the reasons for which a device failed. It says them once, and a
// moment later it is at something else: nobody finds them in its properties.
type failures struct{ signals chan *dbus.Signal }

// watch gathers the failures of a device from now on, until the connection to
// the bus ends.
func (n nm) watch(ctx context.Context, device dbus.ObjectPath) (failures, error) {
	f := failures{make(chan *dbus.Signal, 64)} // a join has about ten
	n.conn.Signal(f.signals)
	err := n.conn.AddMatchSignalContext(ctx, dbus.WithMatchSender(nmName), dbus.WithMatchObjectPath(device), dbus.WithMatchInterface(nmDevice), dbus.WithMatchMember("StateChanged"))
	if err != nil {
		return f, fmt.Errorf("watch NetworkManager's device: %w", err)
	}
	return f, nil
}

// lateTime is for how long a reason may come after the end that it is of.
const lateTime = time.Second

// first is the first reason; 0: the device gave none.
func (f failures) first(ctx context.Context) uint32 {
	late := time.NewTimer(lateTime)
	defer late.Stop()
	for {
		select {
		case s, ok := <-f.signals:
			var now, before, reason uint32
			if !ok {
				return 0
			}
			if dbus.Store(s.Body, &now, &before, &reason) == nil && now == deviceFailed {
				return reason
			}
		case <-late.C:
			return 0
		case <-ctx.Done():
			return 0
		}
	}
}

// wait waits until a connection is up, or failed.
func (n nm) wait(ctx context.Context, device, active dbus.ObjectPath, fails failures, s Security) error {
	return until(ctx, lookOften, func() (bool, error) {
		state, err := get[uint32](ctx, n.conn, nmName, active, nmActive, "State")
		switch {
		case ctx.Err() != nil:
			return false, ctx.Err()
		case err != nil, state >= activeDeactivating: // one that failed is gone at once
			return true, n.why(ctx, device, fails, s)
		}
		return state == activeActivated, nil
	})
}

// why is why a connection failed, by the reason of the device
// (NMDeviceStateReason).
func (n nm) why(ctx context.Context, device dbus.ObjectPath, fails failures, s Security) error {
	reason := fails.first(ctx)
	if reason == 0 {
		var err error
		if reason, err = n.reason(ctx, device); err != nil {
			return errors.Join(ErrFailed, err)
		}
	}
	const noSecrets, disconnected, supplicantFailed, supplicantTimeout, unseen = 7, 8, 10, 11, 53
	const noAddress, dhcpStart, dhcpError, dhcpFailed = 5, 15, 16, 17
	switch reason {
	case unseen:
		return ErrUnseen
	case noAddress, dhcpStart, dhcpError, dhcpFailed:
		return ErrAddress
	case noSecrets, disconnected, supplicantFailed, supplicantTimeout:
		if s == WPA || s == WPA3 {
			return ErrPassphrase
		}
	}
	return fmt.Errorf("%w (NetworkManager's reason %d)", ErrFailed, reason)
}

// reason is that of the device's present state.
func (n nm) reason(ctx context.Context, device dbus.ObjectPath) (uint32, error) {
	both, err := get[[]any](ctx, n.conn, nmName, device, nmDevice, "StateReason")
	if err != nil || len(both) != 2 {
		return 0, err
	}
	reason, _ := both[1].(uint32)
	return reason, nil
}

// forget deletes the connections of a network; one that is active ends by it.
func (n nm) forget(ctx context.Context, name string) error {
	known, err := n.kept(ctx)
	if err != nil {
		return err
	}
	if len(known[name]) == 0 {
		return ErrUnknown
	}
	for _, path := range known[name] {
		if err := n.call(ctx, path, nmConnection+".Delete").Err; err != nil {
			return fmt.Errorf("forget a network: %w", err)
		}
	}
	return nil
}
