package box

import "maps"

// FirmwareView is how updates stand.
type FirmwareView struct {
	Stage       FirmwareStage     `json:"stage"`
	Version     string            `json:"version"`           // that runs
	Slot        string            `json:"slot"`              // from which
	Offer       string            `json:"offer,omitempty"`   // the version on its way
	Notes       map[string]string `json:"notes,omitempty"`   // of the offer, by language
	Percent     int               `json:"percent,omitempty"` // of the offer that is written
	Waits       string            `json:"waits,omitempty"`   // what it waits for: watching pairing paying delayed held metered title attended postponed hours
	LaterMS     int64             `json:"laterMs,omitempty"` // put off until then, Unix time in ms
	LaterLeft   int               `json:"laterLeft"`         // how often it may be put off
	UrgentMS    int64             `json:"urgentMs,omitempty"`
	CheckedMS   int64             `json:"checkedMs,omitempty"`
	InstallsNow bool              `json:"installsNow,omitempty"` // a person asked for it
	Problem     *Problem          `json:"problem,omitempty"`
}

// lookFirmware is nil on a box without slots. What an update waits for is said
// as of the last event: a view has no clock.
func lookFirmware(s State) *FirmwareView {
	f := s.Firmware
	if f.Stage == FirmwareAbsent {
		return nil
	}
	v := &FirmwareView{
		Stage: f.Stage, Version: f.Version, Slot: f.Slot, Offer: f.Offer, Notes: maps.Clone(f.Notes), Waits: f.Waits,
		LaterMS: unixMS(f.putoff()), LaterLeft: putoffTimes, UrgentMS: unixMS(f.Urgent), CheckedMS: unixMS(f.Checked), InstallsNow: f.Asked, Problem: f.Problem,
	}
	if f.Later.Version == f.Offer {
		v.LaterLeft = max(putoffTimes-f.Later.Times, 0)
	}
	if f.Total > 0 {
		v.Percent = int(f.Done * 100 / f.Total)
	}
	return v
}

// waits is what an update waits for, as far as it is one.
func (f Firmware) waits(m may) string {
	switch {
	case f.Stage == FirmwareWritten && !m.Restart:
		return m.Why
	case f.Stage == FirmwareWriting && m.Pace == PaceNone:
		return m.Why
	}
	return ""
}

// problems are the lasting problems of the box, and an update that did not stay.
func (s State) problems() []Problem {
	if f := s.Firmware; f.Back && f.Problem != nil {
		return replaced(s.Health, *f.Problem, func(p Problem) string { return p.Code })
	}
	return s.Health
}
