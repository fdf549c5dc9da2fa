//go:build linux

package rauc

import (
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/google/go-cmp/cmp"

	"usher/firmware"
)

// TestSettle: what a look makes of the record, mostly after the power went at
// some point between the record and RAUC.
func TestSettle(t *testing.T) {
	a, b := status{Name: "a", Class: "rootfs", Bootname: "A", Runs: true}, status{Name: "b", Class: "rootfs", Bootname: "B", Runs: true, Whole: true, Version: "2", Count: 4}
	stillEmpty := b
	stillEmpty.Count, stillEmpty.Whole = 3, false
	byHand := b
	byHand.Count = 5
	spent := b
	spent.Runs = false
	lost, never, another := b, b, b
	lost.Version, lost.Count = "1", 3
	never.Version, never.Count, never.Whole = "", 0, false
	another.Version, another.Count = "9", 5
	two := func(s stage, boot string) entry {
		return entry{Stage: s, Version: "2", Counter: 7, Count: 4, Boot: boot}
	}
	before := func(boot string) entry { e := two(writing, boot); e.Count = 3; return e }
	count := func(e entry, n uint32) entry { e.Count = n; return e }
	unnamed := func(e entry) entry { e.Version = ""; return e }
	firstOne := count(before("then"), 0)
	because := func(e entry, why firmware.Reason) entry { e.Reason = why; return e }
	old := entry{Stage: good, Version: "1", Boot: "now"}
	for name, c := range map[string]struct {
		booted, other status
		primary       string
		entry         entry // of b
		want          entry
		gone          bool
		marks         []mark
	}{
		"written in the end, and RAUC activated it":                {a, b, "b", before("now"), two(written, "now"), false, []mark{{"active", "a"}}},
		"not written to the end":                                   {a, stillEmpty, "a", before("now"), before("now"), false, nil},
		"not written to the end, and the power went":               {a, stillEmpty, "a", before("then"), unnamed(before("then")), false, nil},
		"what was there before it was cut off is started":          {stillEmpty, a, "b", unnamed(before("then")), entry{Stage: good, Version: "2", Count: 3, Boot: "now"}, false, []mark{{"good", "b"}}},
		"RAUC's record is lost, and it started":                    {lost, a, "b", before("then"), two(trying, "then"), false, nil},
		"RAUC's first record is lost, and it started":              {never, a, "b", firstOne, count(two(trying, "then"), 1), false, nil},
		"RAUC's record is lost, on trial":                          {lost, a, "b", two(trying, "then"), two(trying, "then"), false, nil},
		"RAUC's record is lost, and it waits":                      {a, lost, "a", two(written, "then"), two(written, "then"), false, nil},
		"another was installed by hand, and started":               {another, a, "b", before("then"), entry{Stage: good, Version: "9", Count: 5, Boot: "now"}, false, []mark{{"good", "b"}}},
		"started though nobody activated it":                       {b, a, "b", before("then"), two(trying, "then"), false, nil},
		"the power went before RAUC was told":                      {a, b, "a", two(switching, "then"), two(written, "then"), false, nil},
		"usherd went before RAUC was told":                         {a, b, "a", two(switching, "now"), two(written, "now"), false, nil},
		"it waits for the start":                                   {a, b, "b", two(switching, "now"), two(switching, "now"), false, nil},
		"the power went after RAUC was told, and it did not start": {a, b, "b", two(switching, "then"), because(two(bad, "then"), firmware.NoStart), false, []mark{{"active", "a"}, {"bad", "b"}}},
		"the power went after RAUC was told, and it started":       {b, a, "b", two(switching, "then"), two(trying, "then"), false, nil},
		"it did not start":                                         {a, spent, "a", two(trying, "then"), because(two(bad, "then"), firmware.NoStart), false, nil},
		"on trial, started once more":                              {b, a, "b", two(trying, "then"), two(trying, "then"), false, nil},
		"given up, and the other runs":                             {a, spent, "a", because(two(leaving, "then"), firmware.NoPlayer), because(two(bad, "then"), firmware.NoPlayer), false, nil},
		"given up, the power went before that":                     {b, a, "b", because(two(leaving, "then"), firmware.NoPlayer), two(trying, "then"), false, nil},
		"given up, before the start":                               {b, a, "a", because(two(leaving, "now"), firmware.NoPlayer), because(two(leaving, "now"), firmware.NoPlayer), false, nil},
		"good, and the boot loader gave it up":                     {a, spent, "a", two(good, "then"), because(two(bad, "then"), firmware.NoStart), false, nil},
		"somebody installed the same by hand":                      {a, byHand, "b", two(written, "then"), entry{}, true, nil},
		"a release that is given up for another":                   {a, b, "a", two(writing, "now"), two(writing, "now"), false, nil},
		"good, and started again":                                  {b, a, "b", two(good, "then"), two(good, "now"), false, []mark{{"good", "b"}}},
	} {
		t.Run(name, func(t *testing.T) {
			l := look{booted: c.booted, other: c.other, primary: c.primary, boot: "now", rec: record{Slots: map[string]entry{"a": old, "b": c.entry}}}
			got, marks := l.settle(Factory{Version: "1"})
			e, there := got.Slots["b"]
			if diff := cmp.Diff(c.want, e); diff != "" || there == c.gone {
				t.Errorf("there: %v\n%s", there, diff)
			}
			if diff := cmp.Diff(c.marks, marks, cmp.AllowUnexported(mark{})); diff != "" {
				t.Error(diff)
			}
			if !(record{Slots: map[string]entry{"a": old, "b": c.entry}}).equal(l.rec) {
				t.Error("the record itself was changed")
			}
			l.rec, l.primary = got, next(c.primary, marks)
			if again, marks := l.settle(Factory{Version: "1"}); !again.equal(got) || len(marks) > 0 {
				t.Errorf("a second look makes %+v of it, %v", again, marks)
			}
		})
	}
}

// next is what starts next after marks.
func next(primary string, marks []mark) string {
	for _, m := range marks {
		if m.state == "active" {
			primary = m.slot
		}
	}
	return primary
}

func TestPair(t *testing.T) {
	slot := func(name, class, boot string, booted bool) status {
		return status{Name: name, Class: class, Bootname: boot, Booted: booted}
	}
	a, b := slot("rootfs.0", "rootfs", "A", true), slot("rootfs.1", "rootfs", "B", false)
	app, rescue := slot("appfs.0", "appfs", "", true), slot("rescue.0", "rescue", "R", false)
	if booted, other, err := pair([]status{app, rescue, b, a}); err != nil || booted != a || other != b {
		t.Errorf("%+v %+v %v", booted, other, err)
	}
	third := slot("rootfs.2", "rootfs", "C", false)
	for name, list := range map[string][]status{"none": nil, "none runs": {b}, "one": {a, rescue}, "three": {a, b, third}} {
		if _, _, err := pair(list); err == nil {
			t.Errorf("%s is a pair", name)
		}
	}
}

func FuzzStatus(f *testing.F) {
	f.Add("rootfs.0", "rootfs", "A", "booted", "good", "2026.11.1", uint32(3))
	f.Add("", "", "", "", "", "", uint32(0))
	f.Fuzz(func(t *testing.T, name, class, boot, state, health, version string, count uint32) {
		raw := []rawStatus{{name, map[string]dbus.Variant{
			"class": dbus.MakeVariant(class), "bootname": dbus.MakeVariant(boot), "state": dbus.MakeVariant(state), "boot-status": dbus.MakeVariant(health),
			"bundle.version": dbus.MakeVariant(version), "installed.count": dbus.MakeVariant(count), "status": dbus.MakeVariant(int32(1)),
		}}}
		list, err := read(raw)
		if (err == nil) != (name != "" && len(name) <= maxWord) {
			t.Fatalf("name %q: %v", name, err)
		}
		if err != nil {
			return
		}
		if s := list[0]; s.Whole || len(s.Version) > maxWord || len(s.Class) > maxWord || s.Booted != (state == "booted") {
			t.Errorf("%+v", s)
		}
		l := look{booted: list[0], other: status{Name: name + "'"}, boot: "now"}
		if r, _ := l.settle(Factory{}); r.Slots[name].Stage != good {
			t.Errorf("%+v", r)
		}
	})
}
