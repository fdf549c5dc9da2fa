package wifi

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/google/go-cmp/cmp"

	"usher/internal/dbustest"
)

const station = dbus.ObjectPath("/net/connman/iwd/0/4")

// fakeIWD is an iwd with a station.
type fakeIWD struct {
	*stage
	agent  dbus.ObjectPath
	by     dbus.Sender
	asked  int
	hidden string
	stuck  chan struct{} // connecting to an open network begins, and never ends
	again  int           // connected to one that it was on before
}

func newFakeIWD(t *testing.T, address string) *fakeIWD {
	f := &fakeIWD{stage: newStage(t, address, iwdName)}
	f.put("/net/connman/iwd", iwdAgents, nil, map[string]any{
		"RegisterAgent": func(from dbus.Sender, path dbus.ObjectPath) *dbus.Error {
			f.locked(func() { f.by, f.agent = from, path })
			return nil
		},
	})
	if err := f.conn.ExportMethodTable(map[string]any{"GetManagedObjects": func() (objects, *dbus.Error) {
		return f.copied(), nil
	}}, "/", "org.freedesktop.DBus.ObjectManager"); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fakeIWD) station() {
	f.put(station, iwdDevice, map[string]any{"Name": "wlan0", "Powered": true}, nil)
	f.put(station, iwdStation, map[string]any{"State": "disconnected", "Scanning": false}, map[string]any{
		"Scan": func() *dbus.Error { return dbus.NewError(iwdName+".InProgress", nil) },
		"GetOrderedNetworks": func() (list []ordered, _ *dbus.Error) {
			for i, n := range around()[1:] {
				list = append(list, ordered{f.path(i + 1), n.dbm})
			}
			return list, nil
		},
		"ConnectHiddenNetwork": func(name string) *dbus.Error {
			f.locked(func() { f.hidden = name })
			return f.connect("/hidden", "psk")
		},
	})
	for i, n := range around()[1:] {
		p := f.path(i + 1)
		f.put(p, iwdNetwork, map[string]any{"Name": n.name, "Type": n.kind, "Connected": false}, map[string]any{
			"Connect": func() *dbus.Error { return f.connect(p, n.kind) },
		})
	}
}

func (f *fakeIWD) path(i int) dbus.ObjectPath {
	return dbus.ObjectPath(fmt.Sprintf("%s/n%d", station, i))
}

// connect asks the agent, as iwd does for a network that it does not know.
func (f *fakeIWD) connect(p dbus.ObjectPath, kind string) *dbus.Error {
	var known bool
	var by, agent string
	f.locked(func() {
		_, known = f.objects[p][iwdNetwork]["KnownNetwork"]
		by, agent = string(f.by), string(f.agent)
	})
	if known {
		f.locked(func() { f.again++ })
	}
	if f.stuck != nil && kind == "open" {
		f.stuck <- struct{}{}
		<-f.t.Context().Done()
		return nil
	}
	if kind == "psk" && !known {
		f.locked(func() { f.asked++ })
		var got string
		if err := f.conn.Object(by, dbus.ObjectPath(agent)).Call(iwdAgent+".RequestPassphrase", 0, p).Store(&got); err != nil {
			return dbus.NewError(iwdName+".Aborted", nil)
		}
		if got != right {
			return dbus.NewError(iwdName+".Failed", nil)
		}
	}
	saved := dbus.ObjectPath("/net/connman/iwd/saved")
	var name string
	f.locked(func() { name, _ = f.objects[p][iwdNetwork]["Name"].Value().(string) })
	f.set(p, iwdNetwork, map[string]any{"Connected": true, "KnownNetwork": saved})
	f.set(station, iwdStation, map[string]any{"State": "connected", "ConnectedNetwork": p})
	f.put(saved, iwdKnown, map[string]any{"Name": name}, map[string]any{"Forget": func() *dbus.Error {
		f.locked(func() { delete(f.objects[p][iwdNetwork], "KnownNetwork") })
		return nil
	}})
	return nil
}

func TestIWD(t *testing.T) {
	address := dbustest.Start(t).Address()
	f := newFakeIWD(t, address)
	w := New(address)
	_, err := w.Status(t.Context())
	wants(t, err, ErrNoAdapter)
	f.put(station, iwdDevice, map[string]any{"Name": "wlan0", "Powered": false}, nil)
	if s, err := w.Status(t.Context()); err != nil || s.State != Off {
		t.Errorf("%+v, %v", s, err)
	}
	_, err = w.List(t.Context())
	wants(t, err, ErrOff)
	f.station()
	all, err := w.List(t.Context())
	want := []Network{{"Kitchen", 70, WPA, false, false}, {"Garden", 56, Open, false, false}, {"Office", 30, Enterprise, false, false}, {"Attic", 20, WEP, false, false}}
	if d := cmp.Diff(want, all); d != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, d)
	}
	wants(t, w.Join(t.Context(), Join{Name: "Cellar", Passphrase: right}), ErrUnseen)
	wants(t, w.Join(t.Context(), Join{Name: "Kitchen"}), ErrNeeded)
	wants(t, w.Join(t.Context(), Join{Name: "Office", Passphrase: right}), ErrEnterprise)
	wants(t, w.Join(t.Context(), Join{Name: "Attic", Passphrase: right}), ErrWeak)
	wants(t, w.Join(t.Context(), Join{Name: "Kitchen", Passphrase: "wrong horse"}), ErrPassphrase)
	if err := w.Join(t.Context(), Join{Name: "Kitchen", Passphrase: right}); err != nil {
		t.Fatal(err)
	}
	s, err := w.Status(t.Context())
	if d := cmp.Diff(Status{"iwd", "wlan0", Connected, "Kitchen", 70}, s); d != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, d)
	}
	asked := func() (n int) {
		f.locked(func() { n = f.asked })
		return n
	}
	before := asked()
	if err := w.Join(t.Context(), Join{Name: "Kitchen"}); err != nil || asked() != before {
		t.Errorf("a known network: %v, asked %d times", err, asked()-before)
	}
	wants(t, w.Join(t.Context(), Join{Name: "Kitchen", Passphrase: "wrong horse"}), ErrPassphrase)
	if err := w.Join(t.Context(), Join{Name: "Garden"}); err != nil {
		t.Errorf("an open network: %v", err)
	}
	if err := w.Forget(t.Context(), "Garden"); err != nil {
		t.Errorf("forget: %v", err)
	}
	if all, err = w.List(t.Context()); err != nil || all[1].Known {
		t.Errorf("after it was forgotten: %+v, %v", all, err)
	}
	wants(t, w.Forget(t.Context(), "Kitchen"), ErrUnknown)
	if err := w.Join(t.Context(), Join{Name: "Secret", Passphrase: right, Hidden: true}); err != nil {
		t.Errorf("hidden: %v", err)
	}
	f.locked(func() {
		if f.hidden != "Secret" {
			t.Errorf("hidden: %q", f.hidden)
		}
	})
}

// TestIWDHasOneNameTwice: a network with and without a password is two to iwd
// and one to people, the one that can be joined with a password; a network whose
// name is no text iwd does not have.
func TestIWDHasOneNameTwice(t *testing.T) {
	address := dbustest.Start(t).Address()
	f := newFakeIWD(t, address)
	f.station()
	f.set(f.path(2), iwdNetwork, map[string]any{"Name": "Kitchen"}) // which was the open Garden
	w := New(address)
	all, err := w.List(t.Context())
	if err != nil || len(all) != 3 || all[0] != (Network{"Kitchen", 70, WPA, false, false}) {
		t.Fatalf("%+v, %v", all, err)
	}
	wants(t, w.Join(t.Context(), Join{Name: "Kitchen"}), ErrNeeded)
	f.set(f.path(2), iwdNetwork, map[string]any{"KnownNetwork": dbus.ObjectPath("/net/connman/iwd/saved")})
	if err := w.Join(t.Context(), Join{Name: "Kitchen"}); err != nil {
		t.Errorf("the known one: %v", err)
	}
	wants(t, w.Join(t.Context(), Join{Name: "Caf\xe9", Hidden: true}), ErrUnseen)
}

// TestTakenBackByIWD: when nobody waits any more, the box goes back to where it was.
func TestTakenBackByIWD(t *testing.T) {
	address := dbustest.Start(t).Address()
	f := newFakeIWD(t, address)
	f.stuck = make(chan struct{})
	f.station()
	w := New(address)
	if err := w.Join(t.Context(), Join{Name: "Kitchen", Passphrase: right}); err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	go func() {
		<-f.stuck
		leave()
	}()
	wants(t, w.Join(ctx, Join{Name: "Garden"}), context.Canceled)
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		again := 0
		if f.locked(func() { again = f.again }); again > 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("it does not go back")
		}
	}
}
