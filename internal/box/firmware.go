package box

import "time"

// FirmwareStage is how far an update is.
//
//	         an offer        written          may restart        started anew
//	idle ──▶ offered ──▶ writing ──▶ written ──▶ switching ──▶ proving ──▶ idle
//	                 a person, or by itself       (the rules)             kept, or back
type FirmwareStage string

// The stages.
const (
	FirmwareAbsent    FirmwareStage = ""          // the box has no slots
	FirmwareIdle      FirmwareStage = "idle"      // nothing new is known
	FirmwareChecking  FirmwareStage = "checking"  // the list of releases is read
	FirmwareOffered   FirmwareStage = "offered"   // a release waits for a person
	FirmwareWriting   FirmwareStage = "writing"   // it is fetched and written to the slot that does not run
	FirmwareWritten   FirmwareStage = "written"   // whole; the next start may try it
	FirmwareSwitching FirmwareStage = "switching" // the box starts anew
	FirmwareProving   FirmwareStage = "proving"   // what runs is on trial
)

// FirmwareReport is what the edge of the firmware says of it.
type FirmwareReport struct {
	Stage   FirmwareStage
	Version string            // that runs
	Slot    string            // from which
	Offer   string            // the version that is offered, written or tried
	Notes   map[string]string // of the offer, by language
	Done    int64             // bytes of the offer that are written
	Total   int64
	Urgent  time.Time // from then on it is installed whatever was put off; zero: never
	Hold    bool      // the server that leads the fleet says when it may be started
	Checked time.Time // the list of releases was read then; zero: not yet
	Problem *Problem  // why the last look or the last update did not go well
	Back    bool      // Problem is of an update that did not stay, lately: people are told
	Later   Putoff
}

// Putoff is how a household put a version off.
type Putoff struct {
	Version string
	Until   time.Time
	Times   int
}

// Firmware is the part of the State that is about updates.
type Firmware struct {
	FirmwareReport
	Metered bool // the network is paid for by the byte
	Quiet   bool // the hours in which a box may start anew by itself
	Asked   bool // a person wants the offer now
	Pace    Pace // as told last
	Look    time.Time
	Waits   string // what it waits for: the word of a rule
}

// FirmwareAct is what the edge is asked to do.
type FirmwareAct string

// The acts.
const (
	FirmwareCheck    FirmwareAct = "check"
	FirmwareInstall  FirmwareAct = "install"
	FirmwareRollBack FirmwareAct = "rollback"
)

// Events of updates.
type (
	// FirmwareReported is news of the edge.
	FirmwareReported struct{ Report FirmwareReport }
	// FirmwareAround says what is around the box, as far as updates care.
	FirmwareAround struct{ Metered, Quiet bool }
	// FirmwareAsked is a wish of a person. An install is carried out when nobody
	// watches any more.
	FirmwareAsked struct{ Act FirmwareAct }
	// FirmwarePostponed puts the offer off for a while, at most a day.
	FirmwarePostponed struct{ For time.Duration }
)

func (FirmwareReported) boxEvent()  {}
func (FirmwareAround) boxEvent()    {}
func (FirmwareAsked) boxEvent()     {}
func (FirmwarePostponed) boxEvent() {}

// Effects of updates. What comes of them arrives as FirmwareReported.
type (
	// DoFirmware asks the edge for something.
	DoFirmware struct{ Act FirmwareAct }
	// PaceFirmware says how fast it may fetch and write.
	PaceFirmware struct{ Pace Pace }
	// SwitchFirmware has the written slot tried: the box starts anew, and goes to
	// standby again where it was in it.
	SwitchFirmware struct{ Standby bool }
	// KeepPutoff has it remembered.
	KeepPutoff struct{ Later Putoff }
)

func (DoFirmware) boxEffect()     {}
func (PaceFirmware) boxEffect()   {}
func (SwitchFirmware) boxEffect() {}
func (KeepPutoff) boxEffect()     {}

// TimerFirmware looks whether the box may start anew.
const TimerFirmware Timer = "firmware"

// The limits of putting off.
const (
	putoffMost  = 24 * time.Hour // at a time
	putoffTimes = 3              // for each version
)

// switchTime is for how long the front says that the box starts anew.
const switchTime = 2 * time.Minute

// firmware takes the events of updates.
func firmware(s State, now time.Time, e Event) (State, []Effect) {
	f := &s.Firmware
	switch e := e.(type) {
	case FirmwareReported:
		return firmwareReported(s, now, e.Report)
	case FirmwareAround:
		f.Metered, f.Quiet = e.Metered, e.Quiet
	case FirmwareAsked:
		if e.Act == FirmwareInstall {
			f.Asked = true
		}
		if e.Act != FirmwareInstall || f.Stage != FirmwareWriting && f.Stage != FirmwareWritten {
			return s, []Effect{DoFirmware(e)}
		}
	case FirmwarePostponed:
		f.Asked = false
		times := 0
		if f.Later.Version == f.Offer {
			times = f.Later.Times
		}
		f.Later = Putoff{Version: f.Offer, Until: now.Add(e.For), Times: times + 1}
		return s, []Effect{KeepPutoff{Later: f.Later}}
	}
	return s, nil
}

// firmwareReported takes what the edge says. While it switches there is no way
// back but its word that it did not.
func firmwareReported(s State, now time.Time, r FirmwareReport) (State, []Effect) {
	f := &s.Firmware
	was := f.Stage
	if r.Stage == FirmwareIdle && was != FirmwareIdle || r.Stage == FirmwareProving {
		f.Asked = false // a wish ends with what came of it, not before anything began
	}
	f.FirmwareReport = r
	if was == FirmwareSwitching && r.Stage != FirmwareSwitching {
		return uninhibit(s, now, func(i Inhibitor) bool { return i.ID == InhibitUpdate })
	}
	return s, nil
}

// followFirmware tells the edge what may be done now, when that changed, and
// has the box start anew when everything allows it.
func followFirmware(s State, now time.Time) (State, []Effect) {
	f := &s.Firmware
	if f.Stage == FirmwareAbsent {
		return s, nil
	}
	may := judge(s.scene(now))
	f.Waits = f.waits(may)
	var fx []Effect
	if may.Pace != f.Pace {
		f.Pace = may.Pace
		fx = append(fx, PaceFirmware{Pace: may.Pace})
	}
	switch {
	case f.Stage != FirmwareWritten:
		return s, fx
	case !may.Restart:
		s, more := lookAgain(s, now)
		return s, append(fx, more...)
	}
	f.Stage = FirmwareSwitching
	s, more := inhibit(s, now, InhibitorTaken{ID: InhibitUpdate, Reason: "the box starts anew with its new firmware", For: switchTime})
	return s, append(append(fx, more...), SwitchFirmware{Standby: s.Power.State == PowerStandby})
}

// lookAgain sets the next look to when time alone may change the answer.
func lookAgain(s State, now time.Time) (State, []Effect) {
	at := time.Time{}
	for _, t := range []time.Time{s.Power.Acted.Add(s.Firmware.alone(now)), s.Firmware.putoff(), s.Firmware.Urgent} {
		if t.After(now) && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	if at.IsZero() || at.Equal(s.Firmware.Look) {
		return s, nil
	}
	s.Firmware.Look = at
	return s, []Effect{lasting(TimerFirmware, at.Sub(now))}
}

// putoff is until when the offer is put off; zero: it is not.
func (f Firmware) putoff() time.Time {
	if f.Later.Version != f.Offer {
		return time.Time{}
	}
	return f.Later.Until
}

// refuseFirmware says what is wrong with a wish about updates.
func refuseFirmware(s State, e Event) *Problem {
	f := s.Firmware
	busy := f.Stage == FirmwareSwitching || f.Stage == FirmwareProving
	switch e := e.(type) {
	case FirmwareAsked:
		switch {
		case f.Stage == FirmwareAbsent:
			return new(firmwareAbsent)
		case busy || e.Act == FirmwareRollBack && f.Stage == FirmwareWriting:
			return new(firmwareBusy)
		case e.Act == FirmwareRollBack && s.moving():
			return new(firmwareWatching)
		}
	case FirmwarePostponed:
		switch {
		case f.Stage == FirmwareAbsent:
			return new(firmwareAbsent)
		case busy:
			return new(firmwareBusy)
		case f.Offer == "":
			return new(firmwareNone)
		case e.For <= 0 || e.For > putoffMost:
			return new(firmwarePutoffLong)
		case f.Later.Version == f.Offer && f.Later.Times >= putoffTimes:
			return new(firmwarePutoffOften)
		}
	}
	return nil
}
