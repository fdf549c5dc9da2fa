package wifi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/google/go-cmp/cmp"

	"usher/internal/dbustest"
)

const (
	wlan  = dbus.ObjectPath("/org/freedesktop/NetworkManager/Devices/2")
	right = "correct horse"
)

// reason is a StateReason: a state, and why.
type reason struct{ State, Why uint32 }

// shown is a network that the fake daemons show.
type shown struct {
	name        string
	strength    byte
	flags, keys uint32
	dbm         int16
	kind        string
}

func around() []shown {
	return []shown{
		{name: "Kitchen", strength: 40, flags: 1, keys: 0x100, dbm: -8000, kind: "psk"},
		{name: "Kitchen", strength: 70, flags: 1, keys: 0x100, dbm: -6500, kind: "psk"}, // another antenna
		{name: "Garden", strength: 55, dbm: -7250, kind: "open"},
		{name: "Office", strength: 30, flags: 1, keys: 0x200, dbm: -8500, kind: "8021x"},
		{name: "Attic", strength: 20, flags: 1, dbm: -9000, kind: "wep"},
	}
}

// fakeNM is a NetworkManager with an adapter, or without one.
type fakeNM struct {
	*stage
	made    []settings
	deleted []dbus.ObjectPath
	kept    []dbus.ObjectPath
	why     uint32            // of the next failures; 0: no secrets
	slow    bool              // activating never ends
	begun   int               // of these
	ended   []dbus.ObjectPath // active connections that were ended
}

func newFakeNM(t *testing.T, address string, adapter bool) *fakeNM {
	f := &fakeNM{stage: newStage(t, address, nmName)}
	devices := []dbus.ObjectPath{"/org/freedesktop/NetworkManager/Devices/1"}
	f.put(devices[0], nmDevice, map[string]any{"DeviceType": uint32(1)}, nil)
	if adapter {
		devices = append(devices, wlan)
		f.adapter()
	}
	f.put(nmPath, nmName, map[string]any{"WirelessEnabled": true}, map[string]any{
		"GetDevices":               func() ([]dbus.ObjectPath, *dbus.Error) { return devices, nil },
		"AddAndActivateConnection": f.add,
		"ActivateConnection": func(_, _, _ dbus.ObjectPath) (dbus.ObjectPath, *dbus.Error) {
			return f.activate(true), nil
		},
		"DeactivateConnection": func(active dbus.ObjectPath) *dbus.Error {
			f.locked(func() { f.ended = append(f.ended, active) })
			return nil
		},
	})
	f.put(nmKept, nmSettings, nil, map[string]any{"ListConnections": func() ([]dbus.ObjectPath, *dbus.Error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		return slices.Clone(f.kept), nil
	}})
	return f
}

func (f *fakeNM) adapter() {
	var points []dbus.ObjectPath
	for i, n := range around() {
		p := dbus.ObjectPath(fmt.Sprintf("%s/AccessPoint/%d", nmPath, i))
		points = append(points, p)
		f.put(p, nmPoint, map[string]any{"Ssid": []byte(n.name), "Strength": n.strength, "Flags": n.flags, "WpaFlags": uint32(0), "RsnFlags": n.keys}, nil)
	}
	f.put(wlan, nmDevice, map[string]any{"DeviceType": uint32(deviceWiFi), "Interface": "wlan0", "State": uint32(30), "StateReason": reason{30, 0}}, nil)
	f.put(wlan, nmWireless, map[string]any{"ActiveAccessPoint": dbus.ObjectPath("/"), "LastScan": int64(-1)}, map[string]any{
		"GetAllAccessPoints": func() ([]dbus.ObjectPath, *dbus.Error) { return points, nil },
		"RequestScan": func(map[string]dbus.Variant) *dbus.Error {
			f.set(wlan, nmWireless, map[string]any{"LastScan": time.Now().UnixMilli()})
			return nil
		},
	})
}

// add is AddAndActivateConnection: a wrong passphrase shows after a while.
func (f *fakeNM) add(s settings, _, _ dbus.ObjectPath) (made, active dbus.ObjectPath, _ *dbus.Error) {
	psk, secured := s[wireless+"-security"]["psk"]
	f.mu.Lock()
	f.made = append(f.made, s)
	f.mu.Unlock()
	made = f.keep(s)
	return made, f.activate(!secured || psk.Value() == right), nil
}

func (f *fakeNM) keep(s settings) dbus.ObjectPath {
	f.mu.Lock()
	made := dbus.ObjectPath(fmt.Sprintf("%s/%d", nmKept, len(f.kept)+len(f.deleted)+1))
	f.kept = append(f.kept, made)
	f.mu.Unlock()
	f.put(made, nmConnection, nil, map[string]any{
		"GetSettings": func() (settings, *dbus.Error) { return s, nil },
		"Delete": func() *dbus.Error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.deleted = append(f.deleted, made)
			f.kept = slices.DeleteFunc(f.kept, func(p dbus.ObjectPath) bool { return p == made })
			return nil
		},
	})
	return made
}

func (f *fakeNM) activate(good bool) dbus.ObjectPath {
	const active = dbus.ObjectPath(nmPath + "/ActiveConnection/1")
	f.put(active, nmActive, map[string]any{"State": uint32(1)}, nil)
	slow := false
	f.locked(func() {
		if slow = f.slow; slow {
			f.begun++
		}
	})
	if slow {
		return active
	}
	time.AfterFunc(300*time.Millisecond, func() {
		if good {
			f.set(active, nmActive, map[string]any{"State": uint32(activeActivated)})
			f.set(wlan, nmDevice, map[string]any{"State": uint32(deviceActivated)})
			f.set(wlan, nmWireless, map[string]any{"ActiveAccessPoint": dbus.ObjectPath(nmPath + "/AccessPoint/1")})
			return
		}
		why := uint32(7) // no secrets
		f.locked(func() {
			if f.why != 0 {
				why = f.why
			}
		})
		if err := f.conn.Emit(wlan, nmDevice+".StateChanged", uint32(deviceFailed), uint32(50), why); err != nil {
			f.t.Error(err)
		}
		f.set(wlan, nmDevice, map[string]any{"StateReason": reason{30, 0}}) // a moment later nothing was the matter
		f.set(active, nmActive, map[string]any{"State": uint32(4)})
	})
	return active
}

func (f *fakeNM) joins() (n int) {
	f.locked(func() { n = len(f.made) })
	return n
}

func (f *fakeNM) left() (n int) {
	f.locked(func() { n = len(f.kept) })
	return n
}

func wants(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
}

func TestNetworkManager(t *testing.T) {
	address := dbustest.Start(t).Address()
	f := newFakeNM(t, address, true)
	w := New(address)
	all, err := w.List(t.Context())
	want := []Network{{"Kitchen", 70, WPA, false, false}, {"Garden", 55, Open, false, false}, {"Office", 30, Enterprise, false, false}, {"Attic", 20, WEP, false, false}}
	if d := cmp.Diff(want, all); d != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, d)
	}
	wants(t, w.Join(t.Context(), Join{Name: "Cellar", Passphrase: right}), ErrUnseen)
	wants(t, w.Join(t.Context(), Join{Name: "Kitchen"}), ErrNeeded)
	wants(t, w.Join(t.Context(), Join{Name: "Kitchen", Passphrase: "short"}), ErrImproper)
	wants(t, w.Join(t.Context(), Join{Name: "Office", Passphrase: right}), ErrEnterprise)
	wants(t, w.Join(t.Context(), Join{Name: "Attic", Passphrase: right}), ErrWeak)
	if f.joins() != 0 {
		t.Fatal("something was made of networks that cannot be joined")
	}
	wants(t, w.Join(t.Context(), Join{Name: "Kitchen", Passphrase: "wrong horse"}), ErrPassphrase)
	if f.left() != 0 {
		t.Error("a passphrase that was wrong is kept")
	}
	for why, want := range map[uint32]error{5: ErrAddress, 17: ErrAddress, 53: ErrUnseen, 1: ErrFailed} {
		f.locked(func() { f.why = why })
		wants(t, w.Join(t.Context(), Join{Name: "Kitchen", Passphrase: "wrong horse"}), want)
	}
	already := f.joins()
	if err := w.Join(t.Context(), Join{Name: "Kitchen", Passphrase: right}); err != nil {
		t.Fatal(err)
	}
	s, err := w.Status(t.Context())
	if d := cmp.Diff(Status{"NetworkManager", "wlan0", Connected, "Kitchen", 70}, s); d != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, d)
	}
	if all, err = w.List(t.Context()); err != nil || !all[0].Connected || !all[0].Known || all[1].Known {
		t.Errorf("%+v, %v", all, err)
	}
	if err := w.Join(t.Context(), Join{Name: "Kitchen"}); err != nil || f.joins() != already+1 {
		t.Errorf("a known network: %v, %d made", err, f.joins())
	}
	if err := w.Join(t.Context(), Join{Name: "Kitchen", Passphrase: right}); err != nil || f.left() != 1 {
		t.Errorf("anew: %v, %d kept", err, f.left())
	}
	if err := w.Join(t.Context(), Join{Name: "Secret", Passphrase: right, Hidden: true}); err != nil {
		t.Errorf("hidden: %v", err)
	}
	f.locked(func() {
		if f.made[already+2][wireless]["hidden"].Value() != true {
			t.Error("it is looked for as one that tells its name")
		}
	})
	if err := w.Forget(t.Context(), "Kitchen"); err != nil || f.left() != 1 {
		t.Errorf("forgotten: %v, %d kept", err, f.left())
	}
	wants(t, w.Forget(t.Context(), "Kitchen"), ErrUnknown)
	f.set(nmPath, nmName, map[string]any{"WirelessEnabled": false})
	_, err = w.List(t.Context())
	wants(t, err, ErrOff)
	if s, err := w.Status(t.Context()); err != nil || s.State != Off {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestTakenBackByNetworkManager: when nobody waits any more, a new connection is
// not kept, and one that is known is not brought about.
func TestTakenBackByNetworkManager(t *testing.T) {
	address := dbustest.Start(t).Address()
	f := newFakeNM(t, address, true)
	w := New(address)
	if err := w.Join(t.Context(), Join{Name: "Kitchen", Passphrase: right}); err != nil {
		t.Fatal(err)
	}
	f.locked(func() { f.slow = true })
	for _, j := range []Join{{Name: "Garden"}, {Name: "Kitchen"}, {Name: "Kitchen", Passphrase: right}} {
		begun := func() (n int) {
			f.locked(func() { n = f.begun })
			return n
		}
		before := begun()
		ctx, leave := context.WithCancel(t.Context())
		go func() {
			defer leave()
			for begun() == before && ctx.Err() == nil {
				time.Sleep(time.Millisecond)
			}
		}()
		wants(t, w.Join(ctx, j), context.Canceled)
		leave()
		if f.left() != 1 {
			t.Errorf("%s: %d connections are kept", j.Name, f.left())
		}
	}
	f.locked(func() {
		if len(f.ended) != 1 {
			t.Errorf("the known one was ended %d times", len(f.ended))
		}
	})
}

// TestNamesThatAreNoText: any octets are a name, and two that a person could not
// tell from one another are two.
func TestNamesThatAreNoText(t *testing.T) {
	address := dbustest.Start(t).Address()
	f := newFakeNM(t, address, true)
	for i, name := range []string{"Caf\xe9", "Caf\xea"} {
		f.set(dbus.ObjectPath(fmt.Sprintf("%s/AccessPoint/%d", nmPath, i)), nmPoint, map[string]any{"Ssid": []byte(name)})
	}
	w := New(address)
	all, err := w.List(t.Context())
	if err != nil || len(all) != 5 || all[0].Name != "Caf\xea" || all[2].Name != "Caf\xe9" {
		t.Fatalf("%+v, %v", all, err)
	}
	if err := w.Join(t.Context(), Join{Name: "Caf\xea", Passphrase: right}); err != nil {
		t.Fatal(err)
	}
	f.locked(func() {
		made := f.made[len(f.made)-1]
		if d := cmp.Diff([]byte("Caf\xea"), made[wireless]["ssid"].Value()); d != "" || made["connection"]["id"].Value() != "Caf\ufffd" {
			t.Errorf("-want +got:\n%s%+v", d, made)
		}
	})
	if all, err = w.List(t.Context()); err != nil || !all[0].Known || all[2].Known {
		t.Errorf("%+v, %v", all, err)
	}
	wants(t, w.Forget(t.Context(), "Caf\xe9"), ErrUnknown)
	if err := w.Forget(t.Context(), "Caf\xea"); err != nil {
		t.Error(err)
	}
	if got := text("a\x00\xffb"); got != "a\ufffd\ufffdb" {
		t.Errorf("%q", got)
	}
}

func TestWithoutAnything(t *testing.T) {
	_, err := New("unix:path=" + t.TempDir() + "/none").Status(t.Context())
	wants(t, err, ErrNoManager)
	address := dbustest.Start(t).Address()
	_, err = New(address).List(t.Context())
	wants(t, err, ErrNoManager)
	newFakeNM(t, address, false)
	_, err = New(address).Status(t.Context())
	wants(t, err, ErrNoAdapter)
	wants(t, New(address).Join(t.Context(), Join{Name: "Kitchen"}), ErrNoAdapter)
	if s := fmt.Sprintf("%v %+v %#v %s", Join{Passphrase: right}, Join{Passphrase: right}, Join{Passphrase: right}, Secret(right)); strings.Contains(s, right) {
		t.Errorf("it prints: %s", s)
	}
}
