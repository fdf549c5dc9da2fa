package wifi

import (
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"usher/internal/dbustest"
)

// TestForeignNetworkManager holds the driver against a NetworkManager that is
// not ours: the template of python-dbusmock, which desktops are tested with.
func TestForeignNetworkManager(t *testing.T) {
	const python = "/usr/bin/python3" // Debian's, which has Debian's modules
	if exec.Command(python, "-c", "import dbusmock").Run() != nil {
		t.Skip("SKIP: python-dbusmock is not installed; make test installs it (python3-dbusmock)")
	}
	address := dbustest.Start(t).Address()
	cmd := exec.Command(python, "-m", "dbusmock", "--system", "--template", "networkmanager")
	cmd.Env = append(os.Environ(), "DBUS_SYSTEM_BUS_ADDRESS="+address)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }) // killed
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	w := New(address)
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if _, err = w.Status(t.Context()); err == nil || time.Now().After(end) || errors.Is(err, ErrNoAdapter) {
			break
		}
	}
	wants(t, err, ErrNoAdapter)

	mock := func(path dbus.ObjectPath, method string, args ...any) (answer string) {
		call := conn.Object(nmName, path).Call("org.freedesktop.DBus.Mock."+method, 0, args...)
		if call.Err != nil {
			t.Fatalf("%s: %v", method, call.Err)
		}
		if len(call.Body) > 0 {
			answer, _ = call.Body[0].(string)
		}
		return answer
	}
	device := dbus.ObjectPath(mock(nmPath, "AddWiFiDevice", "mock", "wlan0", int32(30)))
	mock(device, "AddProperty", nmWireless, "ActiveAccessPoint", dbus.MakeVariant(dbus.ObjectPath("/")))
	mock(nmPath, "AddAccessPoint", string(device), "kitchen", "Kitchen", "00:23:F8:7E:12:BB", uint32(2), uint32(2425), uint32(5400), byte(82), uint32(0x100))
	mock(nmPath, "AddAccessPoint", string(device), "garden", "Garden", "00:23:F8:7E:12:BC", uint32(2), uint32(2425), uint32(5400), byte(40), uint32(0))
	all, err := w.List(t.Context())
	if err != nil || len(all) != 2 || all[0] != (Network{"Kitchen", 82, WPA, false, false}) || all[1].Security != Open {
		t.Errorf("%+v, %v", all, err)
	}
	if err := w.Join(t.Context(), Join{Name: "Kitchen", Passphrase: right}); err != nil {
		t.Errorf("join: %v", err)
	}
	if all, err = w.List(t.Context()); err != nil || !all[0].Known || all[1].Known {
		t.Errorf("after that: %+v, %v", all, err)
	}
	if s, err := w.Status(t.Context()); err != nil || s.Adapter != "wlan0" || s.Manager != "NetworkManager" {
		t.Errorf("%+v, %v", s, err)
	}
}
