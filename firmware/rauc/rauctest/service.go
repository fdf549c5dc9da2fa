package rauctest

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
)

// The names of RAUC on the bus.
const (
	busName    = "de.pengutronix.rauc"
	iface      = "de.pengutronix.rauc.Installer"
	properties = "org.freedesktop.DBus.Properties"
)

// Quirks are what may go wrong, or be otherwise in another version.
type Quirks struct {
	Old     bool   // no InspectBundle, as before 1.10
	Silent  bool   // Completed is not sent
	Refuses string // the error with which installs end
	Foreign bool   // bundles are signed with a key that RAUC does not know
	DiesAt  int    // percent of an install at which the process is killed; 0 never
	// Half is called in the middle of each install and may block; nil: nothing.
	Half func()
}

// Service is a run of rauc service.
type Service struct {
	box    *Box
	quirks Quirks
	conn   *dbus.Conn
	wg     sync.WaitGroup

	mu        sync.Mutex
	operation string
	lastError string
	busy      bool
	progress  progress
}

type progress struct {
	Percent int32
	Text    string
	Depth   int32
}

// Serve puts RAUC of a box on a bus.
func (b *Box) Serve(address string, q Quirks) (*Service, error) {
	s := &Service{box: b, quirks: q, operation: "idle"}
	var err error
	if s.conn, err = dbus.Connect(address); err != nil {
		return nil, err
	}
	methods := map[string]any{"Info": s.info, "InstallBundle": s.install, "Mark": s.mark, "GetSlotStatus": s.status, "GetPrimary": s.primary}
	if !q.Old {
		methods["InspectBundle"] = s.inspect
	}
	steps := []func() error{
		func() error { return s.conn.ExportMethodTable(methods, "/", iface) },
		func() error { return s.conn.ExportMethodTable(map[string]any{"Get": s.get}, "/", properties) },
		s.own,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			s.Stop()
			return nil, err
		}
	}
	return s, nil
}

// busTime is how long a bus may take to answer.
const busTime = time.Minute

// own takes RAUC's name, as soon as the one before has left the bus.
func (s *Service) own() error {
	for end := time.Now().Add(busTime); ; time.Sleep(5 * time.Millisecond) {
		got, err := s.conn.RequestName(busName, dbus.NameFlagDoNotQueue)
		if err != nil || got == dbus.RequestNameReplyPrimaryOwner {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s has another owner", busName)
		}
	}
}

// Stop kills the process, whatever it does.
func (s *Service) Stop() {
	_ = s.conn.Close() // closed already is as good
	s.wg.Wait()
}

// Hold keeps RAUC busy until free is called.
func (s *Service) Hold() (free func()) {
	s.set(func() { s.busy = true })
	return func() { s.set(func() { s.busy = false }) }
}

func (s *Service) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func failed(text string) *dbus.Error {
	return dbus.NewError("org.gtk.GDBus.UnmappedGError.Quark._g_2dio_2derror_2dquark.Code30", []any{text})
}

// enter says whether a method may go on.
func (s *Service) enter() *dbus.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy {
		return failed("already processing a different method")
	}
	return nil
}

// open verifies a bundle.
func (s *Service) open(file string) (version string, err *dbus.Error) {
	data, e := os.ReadFile(file)
	switch {
	case e != nil:
		return "", failed("Failed to open bundle for reading: " + e.Error())
	case s.quirks.Foreign:
		return "", failed("signature verification failed: Verify error: unable to get local issuer certificate")
	case len(data) == 0:
		return "", failed("Signature size (0) is invalid")
	}
	v := data[0] &^ 0x80
	if v < ' ' {
		v += '0'
	}
	return string(rune(v)), nil
}

func (s *Service) info(file string) (compatible, version string, err *dbus.Error) {
	if err := s.enter(); err != nil {
		return "", "", err
	}
	version, err = s.open(file)
	return s.box.Compatible, version, err
}

func (s *Service) inspect(file string, _ map[string]dbus.Variant) (map[string]dbus.Variant, *dbus.Error) {
	compatible, version, err := s.info(file)
	return map[string]dbus.Variant{
		"manifest-hash": dbus.MakeVariant("00"),
		"update":        dbus.MakeVariant(map[string]dbus.Variant{"compatible": dbus.MakeVariant(compatible), "version": dbus.MakeVariant(version)}),
	}, err
}

func (s *Service) mark(state, which string) (slot, message string, err *dbus.Error) {
	if err := s.enter(); err != nil {
		return "", "", err
	}
	slot, ok := s.box.mark(state, which)
	if !ok {
		return "", "", failed("No slot with class or name " + which + " found")
	}
	return slot, "marked slot " + slot + " as " + state, nil
}

func (s *Service) primary() (string, *dbus.Error) {
	if err := s.enter(); err != nil {
		return "", err
	}
	if slot := s.box.Primary(); slot != "" {
		return slot, nil
	}
	return "", failed("Unable to obtain primary element")
}

// slotStatus is the (sa{sv}) of GetSlotStatus.
type slotStatus struct {
	Name string
	Dict map[string]dbus.Variant
}

func (s *Service) status() ([]slotStatus, *dbus.Error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	b := s.box
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []slotStatus
	for i, x := range b.slots {
		d := map[string]dbus.Variant{
			"class": dbus.MakeVariant("rootfs"), "type": dbus.MakeVariant("raw"), "bootname": dbus.MakeVariant(string(rune('A' + i))),
			"state": dbus.MakeVariant(map[bool]string{true: "booted", false: "inactive"}[i == b.booted]), "device": dbus.MakeVariant("/dev/null"),
			"boot-status": dbus.MakeVariant(map[bool]string{true: "good", false: "bad"}[x.left > 0]),
		}
		if x.count > 0 {
			d["bundle.version"], d["installed.count"] = dbus.MakeVariant(x.version), dbus.MakeVariant(x.count)
			d["status"] = dbus.MakeVariant(map[bool]string{true: "ok", false: "pending"}[x.whole])
		}
		list = append(list, slotStatus{name(i), d})
	}
	return list, nil
}

func (s *Service) get(_, member string) (dbus.Variant, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch member {
	case "Operation":
		return dbus.MakeVariant(s.operation), nil
	case "LastError":
		return dbus.MakeVariant(s.lastError), nil
	case "Compatible":
		return dbus.MakeVariant(s.box.Compatible), nil
	case "Progress":
		return dbus.MakeVariant(s.progress), nil
	}
	return dbus.Variant{}, dbus.NewError("org.freedesktop.DBus.Error.UnknownProperty", []any{member})
}

// Wait waits until the bus has lost the service.
func (s *Service) Wait() { <-s.conn.Context().Done() }
