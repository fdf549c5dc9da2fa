package uplink

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"go.uber.org/goleak"

	"usher/internal/dbustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is for a machine that has much else to do.
const patience = 20 * time.Second

// manager is an org.freedesktop.NetworkManager.
type manager struct {
	conn  *dbus.Conn
	value chan uint32 // holds the present one
}

func newManager(t *testing.T, address string, metered uint32) *manager {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	m := &manager{conn: conn, value: make(chan uint32, 1)}
	m.value <- metered
	if err := conn.Export(m, path, properties); err != nil {
		t.Fatal(err)
	}
	if r, err := conn.RequestName(name, dbus.NameFlagDoNotQueue); err != nil || r != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("name: %v, %v", r, err)
	}
	return m
}

// Get is the method of the same name.
func (m *manager) Get(iface, prop string) (dbus.Variant, *dbus.Error) {
	if iface != name || prop != property {
		return dbus.Variant{}, dbus.MakeFailedError(os.ErrInvalid)
	}
	v := <-m.value
	m.value <- v
	return dbus.MakeVariant(v), nil
}

// change sets the property and tells of it, as of another one before.
func (m *manager) change(t *testing.T, metered uint32) {
	t.Helper()
	<-m.value
	m.value <- metered
	for _, values := range []map[string]dbus.Variant{{"Connectivity": dbus.MakeVariant(uint32(4))}, {property: dbus.MakeVariant(metered)}} {
		if err := m.conn.Emit(path, properties+"."+changed, name, values, []string{}); err != nil {
			t.Fatal(err)
		}
	}
}

func watch(t *testing.T, address string) (told <-chan Answer, ended <-chan error) {
	t.Helper()
	answers, done := make(chan Answer, 16), make(chan error, 1)
	w := New(Options{Address: address, Told: func(a Answer) { answers <- a }, Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { done <- w.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	return answers, done
}

func expect(t *testing.T, told <-chan Answer, want Answer) {
	t.Helper()
	select {
	case got := <-told:
		if got != want {
			t.Fatalf("told %v, want %v", got, want)
		}
	case <-time.After(patience):
		t.Fatalf("never told %v", want)
	}
}

// TestFollowsNetworkManager from a paid network to a free one, back by a guess,
// and to its end and return.
func TestFollowsNetworkManager(t *testing.T) {
	address := dbustest.Start(t).Address()
	m := newManager(t, address, 1)
	told, _ := watch(t, address)
	expect(t, told, Paid)
	m.change(t, 2)
	expect(t, told, Free)
	m.change(t, 4) // the same, by a guess: no news
	m.change(t, 3)
	expect(t, told, Paid)
	m.conn.Close()
	expect(t, told, Unknown)
	newManager(t, address, 4)
	expect(t, told, Free)
}

// TestWithoutNetworkManager: it may come later.
func TestWithoutNetworkManager(t *testing.T) {
	bus := dbustest.Start(t)
	address := bus.Address()
	told, ended := watch(t, address)
	newManager(t, address, 0).change(t, 1)
	expect(t, told, Paid)
	bus.Stop()
	expect(t, told, Unknown)
	select {
	case err := <-ended:
		if err == nil {
			t.Error("a bus that is lost is no error")
		}
	case <-time.After(patience):
		t.Error("goes on without a bus")
	}
}

func TestWithoutBus(t *testing.T) {
	told, ended := watch(t, "unix:path="+filepath.Join(t.TempDir(), "none"))
	if err := <-ended; err != nil || len(told) != 0 {
		t.Errorf("%v, %d answers", err, len(told))
	}
}

func TestAnswers(t *testing.T) {
	for metered, want := range []Answer{Unknown, Paid, Free, Paid, Free, Unknown} {
		if got := answerOf(uint32(metered)); got != want {
			t.Errorf("NMMetered %d: %v, want %v", metered, got, want)
		}
	}
	if Paid.String() != "paid" || Free.String() != "free" || Unknown.String() != "unknown" {
		t.Error("words")
	}
}
