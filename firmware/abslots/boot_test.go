//go:build linux

package abslots

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"usher/firmware"
	"usher/firmware/firmwaretest"
)

var errMount = errors.New("wrong fs type")

// readOnly is a record that takes no writes.
type readOnly struct{ Disk }

var errReadOnly = errors.New("read-only")

func (readOnly) WriteAt([]byte, int64) (int, error) { return 0, errReadOnly }

func TestBoot(t *testing.T) {
	good := slot{state: firmware.Good, version: "1", counter: 1}
	trial := slot{state: firmware.Trying, attempts: 2, version: "2", counter: 2}
	bad := slot{state: firmware.Bad, reason: firmware.NoPlayer, version: "2", counter: 2}
	for name, c := range map[string]struct {
		record  record
		broken  string // slots that cannot be mounted
		fixed   bool   // the record cannot be written
		tried   []string
		want    Started
		problem error
		fails   bool
		left    slot // what the record says of slot b
		primary int
	}{
		"the usual":                        {record: record{slots: [2]slot{good, bad}}, tried: []string{"a"}, want: Started{Slot: "a"}, left: bad},
		"on trial":                         {record: record{primary: 1, slots: [2]slot{good, trial}}, tried: []string{"b"}, want: Started{Slot: "b", Trial: true}, left: slot{state: firmware.Trying, attempts: 1, version: "2", counter: 2}, primary: 1},
		"on trial, cannot be mounted":      {record: record{primary: 1, slots: [2]slot{good, trial}}, broken: "b", tried: []string{"b", "a"}, want: Started{Slot: "a"}, problem: errMount, left: slot{state: firmware.Bad, reason: firmware.NoStart, version: "2", counter: 2}},
		"on trial, cannot be counted":      {record: record{primary: 1, slots: [2]slot{good, trial}}, fixed: true, tried: []string{"a"}, want: Started{Slot: "a"}, problem: errReadOnly, left: trial, primary: 1},
		"good, cannot be mounted":          {record: record{slots: [2]slot{good, bad}}, broken: "a", tried: []string{"a", "b"}, want: Started{Slot: "b"}, problem: errMount, left: bad},
		"good, and the other is half":      {record: record{slots: [2]slot{good, {}}}, broken: "a", tried: []string{"a"}, problem: errMount, fails: true},
		"neither can be mounted":           {record: record{slots: [2]slot{good, bad}}, broken: "ab", tried: []string{"a", "b"}, problem: errMount, fails: true, left: bad},
		"no attempts left, the other goes": {record: record{primary: 1, slots: [2]slot{good, {state: firmware.Trying, version: "2", counter: 2}}}, tried: []string{"a"}, want: Started{Slot: "a"}, left: slot{state: firmware.Bad, reason: firmware.NoStart, version: "2", counter: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			d := part{firmwaretest.NewDisk(make([]byte, recordRoom)), 0, recordRoom}
			if err := (book{d}).write(c.record); err != nil {
				t.Fatal(err)
			}
			var disk Disk = d
			if c.fixed {
				disk = readOnly{d}
			}
			var tried []string
			got, err := Boot(disk, func(name string) error {
				tried = append(tried, name)
				if slices.Contains([]byte(c.broken), name[0]) {
					return errMount
				}
				return nil
			})
			if c.fails != (err != nil) || c.problem != nil && !errors.Is(errors.Join(err, got.Problem), c.problem) {
				t.Errorf("%v, with problem %v", err, got.Problem)
			}
			if c.problem == nil && got.Problem != nil {
				t.Errorf("problem: %v", got.Problem)
			}
			got.Problem = nil
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("started otherwise (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.tried, tried); diff != "" {
				t.Errorf("tried otherwise (-want +got):\n%s", diff)
			}
			left, err := (book{d}).read()
			if err != nil || left.slots[1] != c.left || left.primary != c.primary {
				t.Errorf("the record says %+v of b, and starts %d next; %v", left.slots[1], left.primary, err)
			}
		})
	}
}

// A box without a record starts what can be started.
func TestBootWithoutRecord(t *testing.T) {
	for name, d := range map[string]Disk{"none": nil, "empty": part{firmwaretest.NewDisk(make([]byte, recordRoom)), 0, recordRoom}} {
		got, err := Boot(d, func(name string) error {
			if name == "a" {
				return errMount
			}
			return nil
		})
		if err != nil || got.Slot != "b" || !errors.Is(got.Problem, errNoBook) || !errors.Is(got.Problem, errMount) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if _, err := Boot(d, func(string) error { return errMount }); !errors.Is(err, errMount) {
			t.Errorf("%s, and no slot: %v", name, err)
		}
	}
}
