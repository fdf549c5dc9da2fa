package wifi

import (
	"maps"
	"os"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stage is a fake daemon: objects with properties, and methods.
type stage struct {
	t    *testing.T
	conn *dbus.Conn

	mu      sync.Mutex
	objects objects
}

func newStage(t *testing.T, address, name string) *stage {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if r, err := conn.RequestName(name, dbus.NameFlagDoNotQueue); err != nil || r != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("name: %v, %v", r, err)
	}
	return &stage{t: t, conn: conn, objects: objects{}}
}

// put gives an object properties of an interface, and methods where it has some.
func (s *stage) put(path dbus.ObjectPath, iface string, values map[string]any, methods map[string]any) {
	s.t.Helper()
	s.set(path, iface, values)
	if err := s.conn.Export(shelf{s, path}, path, properties); err != nil {
		s.t.Fatal(err)
	}
	if methods == nil {
		return
	}
	if err := s.conn.ExportMethodTable(methods, path, iface); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) set(path dbus.ObjectPath, iface string, values map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.objects[path] == nil {
		s.objects[path] = map[string]map[string]dbus.Variant{}
	}
	of := maps.Clone(s.objects[path][iface])
	if of == nil {
		of = map[string]dbus.Variant{}
	}
	for name, v := range values {
		of[name] = dbus.MakeVariant(v)
	}
	s.objects[path][iface] = of
}

func (s *stage) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// copied are the objects as they are now.
func (s *stage) copied() objects {
	all := objects{}
	s.locked(func() {
		for path, of := range s.objects {
			all[path] = map[string]map[string]dbus.Variant{}
			for iface, values := range of {
				all[path][iface] = maps.Clone(values)
			}
		}
	})
	return all
}

// shelf is the properties of an object.
type shelf struct {
	s    *stage
	path dbus.ObjectPath
}

// Get is the method of the same name.
func (p shelf) Get(iface, name string) (dbus.Variant, *dbus.Error) {
	all, err := p.GetAll(iface)
	v, ok := all[name]
	if !ok {
		return v, dbus.MakeFailedError(os.ErrNotExist)
	}
	return v, err
}

// GetAll is the method of the same name.
func (p shelf) GetAll(iface string) (map[string]dbus.Variant, *dbus.Error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return maps.Clone(p.s.objects[p.path][iface]), nil
}
