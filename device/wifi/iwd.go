package wifi

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/godbus/dbus/v5"
)

// The names of iwd on the bus.
const (
	iwdName    = "net.connman.iwd"
	iwdStation = iwdName + ".Station"
	iwdDevice  = iwdName + ".Device"
	iwdNetwork = iwdName + ".Network"
	iwdAgents  = iwdName + ".AgentManager"
	iwdAgent   = iwdName + ".Agent"
	iwdKnown   = iwdName + ".KnownNetwork"
	agentPath  = "/org/usher/wifi"
)

// iwd is the Internet Wireless Daemon.
type iwd struct{ conn *dbus.Conn }

func newIWD(c *dbus.Conn) manager { return iwd{c} }

func (i iwd) call(ctx context.Context, path dbus.ObjectPath, method string, args ...any) *dbus.Call {
	return i.conn.Object(iwdName, path).CallWithContext(ctx, method, dbus.FlagNoAutoStart, args...)
}

// objects are iwd's, with their properties.
type objects = map[dbus.ObjectPath]map[string]map[string]dbus.Variant

// adapter is the first device that is a station of a network.
func (i iwd) adapter(ctx context.Context) (all objects, station dbus.ObjectPath, err error) {
	if err := i.call(ctx, "/", "org.freedesktop.DBus.ObjectManager.GetManagedObjects").Store(&all); err != nil {
		return nil, "", fmt.Errorf("ask iwd for its devices: %w", err)
	}
	var stations, devices []dbus.ObjectPath
	for path, of := range all {
		if of[iwdStation] != nil {
			stations = append(stations, path)
		}
		if of[iwdDevice] != nil {
			devices = append(devices, path)
		}
	}
	switch {
	case len(stations) > 0:
		return all, slices.Min(stations), nil
	case len(devices) > 0:
		return all, "", ErrOff
	}
	return all, "", ErrNoAdapter
}

func word(of map[string]dbus.Variant, name string) string {
	s, _ := of[name].Value().(string)
	return s
}

func (i iwd) status(ctx context.Context) (Status, error) {
	s := Status{Manager: "iwd", State: Off}
	all, station, err := i.adapter(ctx)
	if errors.Is(err, ErrOff) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.Adapter = word(all[station][iwdDevice], "Name")
	s.State = map[string]State{"connected": Connected, "roaming": Connected, "connecting": Connecting}[word(all[station][iwdStation], "State")]
	if s.State == "" {
		s.State = Disconnected
	}
	at, _ := all[station][iwdStation]["ConnectedNetwork"].Value().(dbus.ObjectPath)
	s.Network = word(all[at][iwdNetwork], "Name")
	if at == "" {
		return s, nil
	}
	ordered, err := i.ordered(ctx, station)
	for _, o := range ordered {
		if o.Path == at {
			s.Signal = o.percent()
		}
	}
	return s, err
}

// ordered is a network as a station sees it.
type ordered struct {
	Path   dbus.ObjectPath
	Signal int16 // hundredths of dBm
}

// percent is the signal from 0 (-100 dBm) to 100 (-50 dBm), as NetworkManager
// reckons it.
func (o ordered) percent() int { return min(max((int(o.Signal)/100+100)*2, 0), 100) }

func (i iwd) ordered(ctx context.Context, station dbus.ObjectPath) (list []ordered, err error) {
	if err := i.call(ctx, station, iwdStation+".GetOrderedNetworks").Store(&list); err != nil {
		return nil, fmt.Errorf("ask iwd for networks: %w", err)
	}
	return list[:min(len(list), mostSeen)], nil
}

// scan has the station look around, and waits for it.
func (i iwd) scan(ctx context.Context, station dbus.ObjectPath) error {
	if i.call(ctx, station, iwdStation+".Scan").Err != nil {
		return ctx.Err() // it looks already, or did a moment ago
	}
	within, cancel := context.WithTimeout(ctx, scanTime)
	defer cancel()
	err := until(within, lookOften, func() (bool, error) {
		scanning, err := get[bool](ctx, i.conn, iwdName, station, iwdStation, "Scanning")
		return !scanning, err
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return ctx.Err()
	}
	return err
}

func (i iwd) list(ctx context.Context) ([]Network, error) {
	_, station, err := i.adapter(ctx)
	if err == nil {
		err = i.scan(ctx, station)
	}
	if err != nil {
		return nil, err
	}
	all, _, err := i.adapter(ctx)
	if err != nil {
		return nil, err
	}
	order, err := i.ordered(ctx, station)
	signals := map[string]int{} // by name, the strongest of its kinds
	for _, o := range order {
		name := word(all[o.Path][iwdNetwork], "Name")
		signals[name] = max(signals[name], o.percent())
	}
	delete(signals, "")
	list := make([]Network, 0, len(signals))
	for name, signal := range signals {
		n := iwdSeen(all[i.find(all, station, name)][iwdNetwork])
		n.Signal = signal
		list = append(list, n)
	}
	return list, err
}

// iwdSeen is what a network's properties say; nothing about its signal.
func iwdSeen(of map[string]dbus.Variant) Network {
	connected, _ := of["Connected"].Value().(bool)
	_, known := of["KnownNetwork"].Value().(dbus.ObjectPath)
	return Network{Name: word(of, "Name"), Known: known, Connected: connected, Security: iwdSecurity(word(of, "Type"))}
}

// iwdSecurity is what iwd calls the types; of WPA and WPA3 it makes one.
func iwdSecurity(kind string) Security {
	switch kind {
	case "open":
		return Open
	case "wep":
		return WEP
	case "psk":
		return WPA
	}
	return Enterprise // 8021x, hotspot
}

func (i iwd) join(ctx context.Context, j Join) error {
	if !utf8.ValidString(j.Name) {
		return ErrUnseen // iwd passes over a network whose name is no text (station.c)
	}
	all, station, err := i.adapter(ctx)
	if err != nil {
		return err
	}
	network := i.find(all, station, j.Name)
	if network == "" && !j.Hidden {
		if err := i.scan(ctx, station); err != nil {
			return err
		}
		if all, _, err = i.adapter(ctx); err != nil {
			return err
		}
		network = i.find(all, station, j.Name)
	}
	if network == "" && !j.Hidden {
		return ErrUnseen
	}
	before, _ := all[station][iwdStation]["ConnectedNetwork"].Value().(dbus.ObjectPath)
	defer i.goBack(ctx, before)
	if network == "" {
		return i.connect(ctx, j, WPA, station, iwdStation+".ConnectHiddenNetwork", j.Name)
	}
	of := all[network][iwdNetwork]
	known, _ := of["KnownNetwork"].Value().(dbus.ObjectPath)
	security := iwdSecurity(word(of, "Type"))
	switch {
	case security == Enterprise:
		return ErrEnterprise
	case security == WEP:
		return ErrWeak
	case security == WPA && known == "" && j.Passphrase == "":
		return ErrNeeded
	case known != "" && j.Passphrase != "": // or it would not ask for the new one
		if err := i.call(ctx, known, iwdKnown+".Forget").Err; err != nil {
			return fmt.Errorf("forget the passphrase of before: %w", err)
		}
	}
	return i.connect(ctx, j, security, network, iwdNetwork+".Connect")
}

// goBack has the box be on the network of before, which iwd knows, when nobody
// waits any more for another; nothing is waited for. Without one iwd goes on: to
// disconnect would keep it from ever connecting by itself.
func (i iwd) goBack(ctx context.Context, before dbus.ObjectPath) {
	if ctx.Err() == nil || before == "" {
		return
	}
	tidy, end := afterwards(ctx)
	defer end()
	_ = i.conn.Object(iwdName, before).CallWithContext(tidy, iwdNetwork+".Connect", dbus.FlagNoReplyExpected).Err // sent
}

// find is the network of a name that a station sees. To iwd it is another for
// each kind of protection: then it is the one that the box is on, or knows, or
// can join with a passphrase.
func (i iwd) find(all objects, station dbus.ObjectPath, name string) (best dbus.ObjectPath) {
	rank := func(path dbus.ObjectPath) int {
		n := iwdSeen(all[path][iwdNetwork])
		return slices.Index([]bool{n.Connected, n.Known, n.Security == WPA, n.Security == Open, true}, true)
	}
	for _, path := range slices.Sorted(maps.Keys(all)) {
		is := word(all[path][iwdNetwork], "Name") == name && strings.HasPrefix(string(path), string(station)+"/")
		if is && (best == "" || rank(path) < rank(best)) {
			best = path
		}
	}
	return best
}

// agent answers iwd's question for the passphrase.
type agent struct{ secret Secret }

// RequestPassphrase is the method of net.connman.iwd.Agent.
func (a agent) RequestPassphrase(dbus.ObjectPath) (string, *dbus.Error) {
	if a.secret == "" {
		return "", dbus.NewError(iwdAgent+".Error.Canceled", nil)
	}
	return string(a.secret), nil
}

// Cancel is the method of net.connman.iwd.Agent.
func (agent) Cancel(string) *dbus.Error { return nil }

// Release is the method of net.connman.iwd.Agent.
func (agent) Release() *dbus.Error { return nil }

// connect has iwd connect, which answers when it is done.
func (i iwd) connect(ctx context.Context, j Join, s Security, path dbus.ObjectPath, method string, args ...any) error {
	if err := i.conn.Export(agent{j.Passphrase}, agentPath, iwdAgent); err != nil {
		return fmt.Errorf("answer iwd's questions: %w", err)
	}
	if err := i.call(ctx, "/net/connman/iwd", iwdAgents+".RegisterAgent", dbus.ObjectPath(agentPath)).Err; err != nil {
		return fmt.Errorf("answer iwd's questions: %w", err)
	}
	err := i.call(ctx, path, method, args...).Err
	var bad dbus.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case !errors.As(err, &bad):
		return fmt.Errorf("%w: %w", ErrFailed, err)
	}
	switch strings.TrimPrefix(bad.Name, iwdName+".") {
	case "Failed", "InvalidFormat":
		if s == WPA {
			return ErrPassphrase
		}
	case "NotFound":
		return ErrUnseen
	case "Aborted":
		return ErrNeeded
	}
	return fmt.Errorf("%w: %s", ErrFailed, bad.Name)
}

// forget has iwd forget what it keeps of a network, seen from here or not; it
// leaves it by that.
func (i iwd) forget(ctx context.Context, name string) error {
	all, _, err := i.adapter(ctx)
	if err != nil && !errors.Is(err, ErrOff) && !errors.Is(err, ErrNoAdapter) {
		return err
	}
	forgotten := false
	for path, of := range all {
		if of[iwdKnown] == nil || word(of[iwdKnown], "Name") != name {
			continue
		}
		if err := i.call(ctx, path, iwdKnown+".Forget").Err; err != nil {
			return fmt.Errorf("forget a network: %w", err)
		}
		forgotten = true
	}
	if !forgotten {
		return ErrUnknown
	}
	return nil
}
