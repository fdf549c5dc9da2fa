package wifi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/godbus/dbus/v5"
)

// The names of NetworkManager on the bus.
const (
	nmName       = "org.freedesktop.NetworkManager"
	nmPath       = "/org/freedesktop/NetworkManager"
	nmDevice     = nmName + ".Device"
	nmWireless   = nmDevice + ".Wireless"
	nmPoint      = nmName + ".AccessPoint"
	nmActive     = nmName + ".Connection.Active"
	nmSettings   = nmName + ".Settings"
	nmConnection = nmSettings + ".Connection"
	nmKept       = nmPath + "/Settings"
	properties   = "org.freedesktop.DBus.Properties"
)

// How long and how often is looked.
const (
	scanTime  = 8 * time.Second
	lookOften = 200 * time.Millisecond
	mostSeen  = 400 // access points that are asked about
)

// nm is NetworkManager.
type nm struct{ conn *dbus.Conn }

func newNM(c *dbus.Conn) manager { return nm{c} }

func (n nm) call(ctx context.Context, path dbus.ObjectPath, method string, args ...any) *dbus.Call {
	return n.conn.Object(nmName, path).CallWithContext(ctx, method, dbus.FlagNoAutoStart, args...)
}

// get reads a property; one that is not there, or of another type, is zero.
func get[T any](ctx context.Context, c *dbus.Conn, name string, path dbus.ObjectPath, iface, property string) (value T, err error) {
	var v dbus.Variant
	if err := c.Object(name, path).CallWithContext(ctx, properties+".Get", dbus.FlagNoAutoStart, iface, property).Store(&v); err != nil {
		return value, fmt.Errorf("read %s: %w", property, err)
	}
	value, _ = v.Value().(T)
	return value, nil
}

const deviceWiFi = 2 // NM_DEVICE_TYPE_WIFI

// adapter is the first Wi-Fi adapter that NetworkManager has.
func (n nm) adapter(ctx context.Context) (device dbus.ObjectPath, err error) {
	var all []dbus.ObjectPath
	if err := n.call(ctx, nmPath, nmName+".GetDevices").Store(&all); err != nil {
		return "", fmt.Errorf("ask NetworkManager for its devices: %w", err)
	}
	for _, d := range all {
		kind, err := get[uint32](ctx, n.conn, nmName, d, nmDevice, "DeviceType")
		if err != nil {
			return "", err
		}
		if kind == deviceWiFi {
			return d, n.on(ctx)
		}
	}
	return "", ErrNoAdapter
}

func (n nm) on(ctx context.Context) error {
	on, err := get[bool](ctx, n.conn, nmName, nmPath, nmName, "WirelessEnabled")
	if err == nil && !on {
		return ErrOff
	}
	return err
}

// The states of a device (NMDeviceState) that matter here.
const (
	deviceUnavailable = 20
	devicePrepare     = 40
	deviceActivated   = 100
	deviceFailed      = 120
)

func (n nm) status(ctx context.Context) (Status, error) {
	s := Status{Manager: "NetworkManager", State: Off}
	d, err := n.adapter(ctx)
	if errors.Is(err, ErrOff) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	if s.Adapter, err = get[string](ctx, n.conn, nmName, d, nmDevice, "Interface"); err != nil {
		return s, err
	}
	state, err := get[uint32](ctx, n.conn, nmName, d, nmDevice, "State")
	if err != nil {
		return s, err
	}
	switch {
	case state <= deviceUnavailable:
	case state == deviceActivated:
		s.State = Connected
	case state >= devicePrepare && state < deviceActivated:
		s.State = Connecting
	default:
		s.State = Disconnected
	}
	at, err := n.at(ctx, d)
	s.Network, s.Signal = at.Name, at.Signal
	return s, err
}

// at is the network that a device is on.
func (n nm) at(ctx context.Context, device dbus.ObjectPath) (Network, error) {
	point, err := get[dbus.ObjectPath](ctx, n.conn, nmName, device, nmWireless, "ActiveAccessPoint")
	if err != nil || point == "" || point == "/" {
		return Network{}, err
	}
	return n.network(ctx, point)
}

// network is what an access point tells. One that went meanwhile has no name.
func (n nm) network(ctx context.Context, point dbus.ObjectPath) (Network, error) {
	var all map[string]dbus.Variant
	if err := n.call(ctx, point, properties+".GetAll", nmPoint).Store(&all); err != nil {
		return Network{}, ctx.Err()
	}
	ssid, _ := all["Ssid"].Value().([]byte)
	strength, _ := all["Strength"].Value().(byte)
	flags, _ := all["Flags"].Value().(uint32)
	wpa, _ := all["WpaFlags"].Value().(uint32)
	rsn, _ := all["RsnFlags"].Value().(uint32)
	return Network{Name: string(ssid), Signal: min(int(strength), 100), Security: securityOf(flags, wpa|rsn)}, nil
}

// securityOf is what the flags of an access point mean (NM80211ApFlags,
// NM80211ApSecurityFlags).
func securityOf(flags, keys uint32) Security {
	const privacy, psk, enterprise, sae = 0x1, 0x100, 0x200, 0x400
	switch {
	case keys&psk != 0:
		return WPA
	case keys&sae != 0:
		return WPA3
	case keys&enterprise != 0:
		return Enterprise
	case keys == 0 && flags&privacy != 0:
		return WEP
	}
	return Open
}

// seen is a network and its strongest antenna.
type seen struct {
	Network
	point dbus.ObjectPath
}

func (n nm) look(ctx context.Context, device dbus.ObjectPath) (map[string]seen, error) {
	var points []dbus.ObjectPath
	if err := n.call(ctx, device, nmWireless+".GetAllAccessPoints").Store(&points); err != nil {
		return nil, fmt.Errorf("ask NetworkManager for networks: %w", err)
	}
	all := map[string]seen{}
	for _, p := range points[:min(len(points), mostSeen)] {
		one, err := n.network(ctx, p)
		if err != nil {
			return nil, err
		}
		if was, ok := all[one.Name]; one.Name != "" && (!ok || one.Signal > was.Signal) {
			all[one.Name] = seen{one, p}
		}
	}
	return all, nil
}

// scan has the adapter look around, and waits for it. One that looked a moment
// ago refuses, which is as good.
func (n nm) scan(ctx context.Context, device dbus.ObjectPath) error {
	last := func() (int64, error) { return get[int64](ctx, n.conn, nmName, device, nmWireless, "LastScan") }
	before, dated := last() // NetworkManager before 1.12 does not say when it looked
	if n.call(ctx, device, nmWireless+".RequestScan", map[string]dbus.Variant{}).Err != nil || dated != nil {
		return ctx.Err()
	}
	within, cancel := context.WithTimeout(ctx, scanTime)
	defer cancel()
	err := until(within, lookOften, func() (bool, error) {
		now, err := last()
		return now != before, err
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return ctx.Err() // then what was seen before is told
	}
	return err
}

func (n nm) list(ctx context.Context) ([]Network, error) {
	d, err := n.adapter(ctx)
	if err == nil {
		err = n.scan(ctx, d)
	}
	if err != nil {
		return nil, err
	}
	all, err := n.look(ctx, d)
	if err != nil {
		return nil, err
	}
	known, err := n.kept(ctx)
	if err != nil {
		return nil, err
	}
	at, err := n.at(ctx, d)
	if err != nil {
		return nil, err
	}
	list := make([]Network, 0, len(all))
	for _, one := range all {
		one.Known, one.Connected = len(known[one.Name]) > 0, one.Name == at.Name
		list = append(list, one.Network)
	}
	return list, nil
}

// settings are those of a connection, as NetworkManager has them.
type settings = map[string]map[string]dbus.Variant

// wireless is the part of a connection's settings about Wi-Fi, and its type.
const wireless = "802-11-wireless"

// kept are the connections that NetworkManager keeps, by the network's name.
func (n nm) kept(ctx context.Context) (map[string][]dbus.ObjectPath, error) {
	var list []dbus.ObjectPath
	if err := n.call(ctx, nmKept, nmSettings+".ListConnections").Store(&list); err != nil {
		return nil, fmt.Errorf("ask NetworkManager for what it keeps: %w", err)
	}
	all := map[string][]dbus.ObjectPath{}
	for _, path := range list {
		var s settings
		if n.call(ctx, path, nmConnection+".GetSettings").Store(&s) != nil {
			continue // somebody else's, or gone
		}
		if ssid, ok := s[wireless]["ssid"].Value().([]byte); ok {
			all[string(ssid)] = append(all[string(ssid)], path)
		}
	}
	return all, ctx.Err()
}
