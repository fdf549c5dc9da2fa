//go:build linux

package rauc

import (
	"errors"
	"fmt"

	"github.com/godbus/dbus/v5"
)

// status is a slot as RAUC's GetSlotStatus tells it.
type status struct {
	Name     string // "rootfs.0"
	Class    string // "rootfs"
	Bootname string // "" for one that nothing starts from
	Booted   bool
	Runs     bool   // the boot loader would start it
	Whole    bool   // RAUC finished writing it
	Version  string // of the bundle that it was written from; "" where RAUC did not write it
	Count    uint32 // of installs; 0 is unknown
}

// The most that is taken from RAUC.
const (
	mostSlots = 64
	maxWord   = 256 // bytes
)

var errSlots = errors.New("RAUC's slots make no sense")

// rawStatus is the (sa{sv}) of GetSlotStatus.
type rawStatus struct {
	Name string
	Dict map[string]dbus.Variant
}

// read takes what is of use out of RAUC's dictionaries. Words that are too long
// are as good as none.
func read(list []rawStatus) ([]status, error) {
	if len(list) > mostSlots {
		return nil, fmt.Errorf("%w: %d of them", errSlots, len(list))
	}
	slots := make([]status, 0, len(list))
	for _, r := range list {
		if r.Name == "" || len(r.Name) > maxWord {
			return nil, fmt.Errorf("%w: a name of %d bytes", errSlots, len(r.Name))
		}
		count, _ := r.Dict["installed.count"].Value().(uint32)
		slots = append(slots, status{
			Name: r.Name, Class: word(r.Dict, "class"), Bootname: word(r.Dict, "bootname"), Booted: word(r.Dict, "state") == "booted",
			Runs: word(r.Dict, "boot-status") != "bad", Whole: word(r.Dict, "status") == "ok", Version: word(r.Dict, "bundle.version"), Count: count,
		})
	}
	return slots, nil
}

func word(d map[string]dbus.Variant, key string) string {
	s, _ := d[key].Value().(string)
	if len(s) > maxWord {
		return ""
	}
	return s
}

// pair finds the slot that runs and the one that may be written.
func pair(list []status) (booted, other status, err error) {
	for _, s := range list {
		if s.Booted && s.Bootname != "" {
			booted = s
		}
	}
	if booted.Name == "" {
		return booted, other, errors.New("RAUC does not know which slot runs: give its system.conf the bootname that the kernel is started with, or rauc.slot= to the kernel")
	}
	n := 0
	for _, s := range list {
		if s.Class == booted.Class && s.Bootname != "" && s.Name != booted.Name {
			other, n = s, n+1
		}
	}
	if n != 1 {
		return booted, other, fmt.Errorf("of class %q RAUC has %d slots that start; there must be two", booted.Class, n+1)
	}
	return booted, other, nil
}
