//go:build linux

package rauc

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"usher/firmware"
	"usher/internal/durable"
)

// stage is how far a release is in a slot.
//
//	writing ─▶ written ─▶ switching ─▶ trying ─▶ good
//	                                     │         │
//	              bad ◀──────────── leaving ◀──────┘
//
// switching and leaving are written down before RAUC is told, and their ends
// after that: a power cut in between leaves one of the two.
type stage string

const (
	writing   stage = "writing"
	written   stage = "written"
	switching stage = "switching"
	trying    stage = "trying"
	good      stage = "good"
	leaving   stage = "leaving"
	bad       stage = "bad"
)

// entry is what RAUC does not know of a slot.
type entry struct {
	Stage   stage           `json:"stage"`
	Version string          `json:"version"` // "" while writing: that was cut off
	Counter uint64          `json:"counter"`
	Image   firmware.Sum    `json:"image"`            // of the release, firmware.Release.Image
	Count   uint32          `json:"count"`            // RAUC's of installs: before this one while writing, with it afterwards, whatever RAUC remembers
	Boot    string          `json:"boot"`             // which start of the system it got its stage in
	Reason  firmware.Reason `json:"reason,omitempty"` // leaving and bad
}

// record is all that is remembered.
type record struct {
	Floor uint64           `json:"floor"`
	Slots map[string]entry `json:"slots"` // by RAUC's name
}

func (r record) clone() record {
	return record{Floor: r.Floor, Slots: maps.Clone(r.Slots)}
}

func (r record) equal(o record) bool { return r.Floor == o.Floor && maps.Equal(r.Slots, o.Slots) }

// put gives a slot its entry; the first makes the map.
func (r *record) put(name string, e entry) {
	if r.Slots == nil {
		r.Slots = map[string]entry{}
	}
	r.Slots[name] = e
}

const (
	recordName  = "rauc.json"
	recordLimit = 64 << 10 // bytes
)

// load reads the record. Where there is none, the box is as it left the factory.
func (s *Slots) load() (record, error) {
	data, err := durable.Read(filepath.Join(s.opt.Folder, recordName), recordLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return record{Floor: s.opt.Factory.Counter}, nil
	}
	if err != nil {
		return record{}, &firmware.Error{Reason: firmware.Damaged, Err: err}
	}
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		return record{}, &firmware.Error{Reason: firmware.Damaged, Err: fmt.Errorf("read %s: %w", recordName, err)}
	}
	r.Floor = max(r.Floor, s.opt.Factory.Counter)
	return r, nil
}

// TrialFile is there, in Options.Folder, from before a new firmware may start
// until what became of it is written down. The health check of a start goes by
// it, since RAUC's boot loaders do not say that a start is a trial.
const TrialFile = "rauc-trial"

// save writes the record down. A power cut may leave a trial's file without a
// trial, never a trial without its file.
func (s *Slots) save(r record) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	file, on := filepath.Join(s.opt.Folder, TrialFile), r.trial()
	if _, missing := os.Stat(file); on && missing != nil {
		err = durable.Replace(file, nil)
	}
	if err == nil {
		err = durable.Replace(filepath.Join(s.opt.Folder, recordName), data)
	}
	if err == nil && !on {
		err = durable.Remove(file)
	}
	return reasoned(err)
}

// trial says that a slot is on trial, may start untried, or is given up and not
// left yet.
func (r record) trial() bool {
	for _, e := range r.Slots {
		switch e.Stage {
		case switching, trying, leaving:
			return true
		case writing: // RAUC activates what it has written
			if e.Version != "" {
				return true
			}
		}
	}
	return false
}

// look is how things stand: what RAUC says, and what is remembered.
type look struct {
	booted, other status
	primary       string // the slot that starts next; "" when the boot loader does not say
	boot          string // this start of the system
	rec           record
}

// mark is one thing to tell RAUC.
type mark struct{ state, slot string }

// settle brings the record up to what happened since it was written, and says
// what RAUC has to be told so that it does what the record says. It is pure.
func (l look) settle(f Factory) (r record, marks []mark) {
	r = l.rec.clone()
	e, known := r.Slots[l.booted.Name]
	if known {
		e, known = e.runs(l)
	}
	if !known {
		e = adopted(l.booted, f)
	}
	if e.Stage == good && e.Boot != l.boot { // boot loaders count the starts of good ones, too
		marks = append(marks, mark{"good", l.booted.Name})
		e.Boot = l.boot
	}
	r.put(l.booted.Name, e)
	if e, known = r.Slots[l.other.Name]; !known {
		return r, marks
	}
	if e, known = e.rests(l); !known {
		delete(r.Slots, l.other.Name)
		return r, marks
	}
	r.put(l.other.Name, e)
	if l.primary != l.other.Name {
		return r, marks
	}
	switch e.Stage {
	case bad:
		marks = append(marks, mark{"active", l.booted.Name}, mark{"bad", l.other.Name})
	case writing, written: // RAUC activates what it has installed
		marks = append(marks, mark{"active", l.booted.Name})
	}
	return r, marks
}

// adopted is the entry of a slot that runs what no release of Usher put there:
// what left the factory, or was installed by hand.
func adopted(s status, f Factory) entry {
	e := entry{Stage: good, Version: s.Version, Count: s.Count}
	if s.Version == "" || s.Version == f.Version {
		e.Version, e.Counter = f.Version, f.Counter
	}
	return e
}

// foreign says that RAUC has installed something else over an entry. Where it
// counts fewer installs than there were, the power took its own record of them:
// RAUC renames a file for that and does not flush the folder.
func (e entry) foreign(s status) bool {
	if s.Count < e.Count {
		return false
	}
	return s.Version != "" && s.Version != e.Version || s.Count != 0 && e.Count != 0 && s.Count != e.Count
}

// runs is the entry of the slot that runs, or that it is of something else.
func (e entry) runs(l look) (entry, bool) {
	switch e.Stage {
	case writing:
		switch {
		case l.booted.Version == e.Version:
			e.Count = l.booted.Count
		case e.Version == "" || l.booted.Count > e.Count:
			return e, false
		default: // RAUC has the boot loader start only what is whole: its record of that is lost
			e.Count++
		}
	default:
		if e.foreign(l.booted) {
			return e, false
		}
	}
	switch e.Stage {
	case writing, written, switching: // it was started, whoever did it
		e.Stage = trying
	case leaving:
		if e.Boot != l.boot { // it was started once more all the same
			e.Stage, e.Reason = trying, firmware.NoReason
		}
	}
	return e, true
}

// rests is the entry of the slot that does not run.
func (e entry) rests(l look) (entry, bool) {
	if e.Stage == writing {
		if e.Version != "" && l.other.Whole && l.other.Version == e.Version && l.other.Count != e.Count {
			e.Stage, e.Count = written, l.other.Count
		} else if e.Boot != l.boot { // RAUC went with the power: nobody goes on
			e.Version = ""
		}
		return e, true
	}
	if e.foreign(l.other) {
		return e, false
	}
	again := e.Boot != l.boot
	switch {
	case e.Stage == switching && l.primary != l.other.Name: // usherd or the power went before RAUC was told
		e.Stage = written
	case e.Stage == switching && again, e.Stage == trying && again:
		e.Stage, e.Reason = bad, firmware.NoStart
	case e.Stage == leaving:
		e.Stage = bad
	case e.Stage == good && !l.other.Runs:
		e.Stage, e.Reason = bad, firmware.NoStart
	}
	return e, true
}

// info is a slot as the contract has it. One that no release of Usher was
// written into is worth something when RAUC wrote it and it would start.
func (l look) info(s status) firmware.SlotInfo {
	i := firmware.SlotInfo{Name: s.Name, Booted: s.Name == l.booted.Name, Primary: s.Name == l.primary}
	e, ok := l.rec.Slots[s.Name]
	if !ok {
		i.Version = s.Version
		if s.Whole && s.Runs {
			i.State = firmware.Good
		}
		return i
	}
	i.Version, i.Counter, i.Reason = e.Version, e.Counter, e.Reason
	switch e.Stage {
	case writing:
		i.State, i.Version, i.Counter, i.Reason = firmware.Empty, "", 0, firmware.Interrupted
	case written:
		i.State = firmware.Written
	case switching, trying:
		i.State, i.Attempts = firmware.Trying, attempts
	case good:
		i.State = firmware.Good
	default:
		i.State = firmware.Bad
	}
	return i
}
