package box

import (
	"slices"
	"time"

	"usher/device/cec"
)

// PowerState is whether the box is on.
//
//	           StandbyAsked                nobody delays it, or not any longer
//	 on ──────────────────────▶ leaving ─────────────────────────────▶ standby
//	▲  ▲                           │                                      │
//	│  └── WakeAsked, a key ───────┘        WakeAsked, a key, a title     │
//	│                                                                     ▼
//	└──── the picture moves again, or three seconds ◀───────────────── waking
//
// What happens at once on StandbyAsked, delayed or not: the picture is held,
// the position stored for good, nothing is fetched ahead any more, and the
// television is told. Only "standby" itself waits for those who delay it.
type PowerState uint8

// The states of power.
const (
	PowerOn      PowerState = iota
	PowerLeaving            // on the way to standby; somebody delays it
	PowerStandby            // the picture is held, the front is dim
	PowerWaking             // on, and the picture is not back yet
)

var powerNames = [...]string{"on", "leaving", "standby", "waking"}

// String is the name used on the bridge.
func (p PowerState) String() string {
	if int(p) < len(powerNames) {
		return powerNames[p]
	}
	return "unknown"
}

// MarshalText is String.
func (p PowerState) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// Source is who or what asked for something.
type Source string

// The sources.
const (
	ByTV      Source = "cec"     // the television, or its remote
	ByRemote  Source = "evdev"   // a remote of the box's own
	ByPanel   Source = "panel"   // a button of the box
	ByPhone   Source = "phone"   // a phone that acts as a remote
	ByPage    Source = "bridge"  // the page
	ByCLI     Source = "cli"     // the command line
	ByIdle    Source = "idle"    // nobody did anything for a while
	ByMachine Source = "machine" // the machine under the box sleeps or woke
	ByBoot    Source = "boot"    // the daemon started
)

// person says that somebody at the box did it. What has no source is taken for
// no person: it may not light a television.
func (s Source) person() bool {
	return s == ByRemote || s == ByPanel || s == ByPhone || s == ByPage || s == ByCLI
}

// cause is what the television is told of a source.
func (s Source) cause() cec.Cause {
	switch s {
	case ByRemote, ByPanel, ByPhone:
		return cec.CauseKey
	case ByPage, ByCLI:
		return cec.CauseApp
	case ByIdle:
		return cec.CauseIdle
	case ByMachine:
		return cec.CauseResume
	case ByBoot:
		return cec.CauseBoot
	default:
		return ""
	}
}

// PowerSettings are what a household may choose.
type PowerSettings struct {
	Idle time.Duration // without an act of a person and without a picture; 0: never to standby by itself
}

// The times of power.
const (
	warnFor     = 2 * time.Minute  // the screen says that standby comes
	wakeTime    = 3 * time.Second  // for the picture to be back
	leaveMost   = 2 * time.Minute  // standby is delayed by all together
	inhibitMost = 10 * time.Minute // one may want to delay it
	inhibitors  = 16
	chainLength = 12
)

// Power is the power of the box. It lasts over titles.
type Power struct {
	State      PowerState
	Since      time.Time // of State; zero: since the start
	By         Source    // who asked for State
	Reason     string    // English, such as "the power key"
	Resume     bool      // the film goes on when the box wakes
	Nap        bool      // the machine under it sleeps, and the box was on before
	Until      time.Time // leaving: standby comes then at the latest
	Inhibitors []Inhibitor
	Settings   PowerSettings
	Acted      time.Time   // a person did something, or a picture stopped
	Warned     time.Time   // standby comes then unless somebody acts; zero: it is not near
	Chain      []PowerStep // the last changes, oldest first
}

// PowerStep is one change of power, for those who ask why.
type PowerStep struct {
	At     time.Time
	To     PowerState
	By     Source
	Reason string
}

// Inhibitor delays standby, and the sleep of the machine, for a stated reason
// and a bounded time.
type Inhibitor struct {
	ID     string
	Reason string // English, shown to people
	Until  time.Time
}

// Events of power.
type (
	// Began says that the daemon runs; the first event.
	Began struct{}
	// StandbyAsked asks for standby. In standby it changes nothing.
	StandbyAsked struct {
		By     Source
		Reason string
	}
	// WakeAsked asks the box to wake. Awake, it shows the picture when a person
	// asks, and else changes nothing.
	WakeAsked struct {
		By     Source
		Reason string
	}
	// InhibitorTaken delays standby from now on for at most For (ten minutes,
	// and two minutes once standby was asked). The same ID replaces.
	InhibitorTaken struct {
		ID, Reason string
		For        time.Duration
	}
	// InhibitorReleased ends it.
	InhibitorReleased struct{ ID string }
	// SleepComing says that the machine will sleep; AllowSleep answers it.
	SleepComing struct{}
	// PowerChosen is what the household chose about standby.
	PowerChosen struct{ Settings PowerSettings }
	// SleepOver says that the machine is awake again, or does not sleep after all.
	SleepOver struct{}
)

func (Began) boxEvent()             {}
func (StandbyAsked) boxEvent()      {}
func (WakeAsked) boxEvent()         {}
func (InhibitorTaken) boxEvent()    {}
func (InhibitorReleased) boxEvent() {}
func (SleepComing) boxEvent()       {}
func (PowerChosen) boxEvent()       {}
func (SleepOver) boxEvent()         {}

// Effects of power.
type (
	// InhibitSleep keeps the machine from sleeping for a reason; "" lets it.
	InhibitSleep struct{ Reason string }
	// AllowSleep lets a machine sleep that waits for it, once all positions are
	// on disk.
	AllowSleep struct{}
)

func (InhibitSleep) boxEffect() {}
func (AllowSleep) boxEffect()   {}

// Timers of power. They belong to no title: their session is 0.
const (
	TimerPower   Timer = "power"   // leaving or waking ends
	TimerIdle    Timer = "idle"    // is anybody there
	TimerInhibit Timer = "inhibit" // an inhibitor lapses
)

func lasting(t Timer, after time.Duration) Effect { return SetTimer{Timer: t, After: max(after, 0)} }

// awake says that the box is on, or nearly.
func (p Power) awake() bool { return p.State == PowerOn || p.State == PowerWaking }

// to is p in another state.
func (p Power) to(state PowerState, now time.Time, by Source, reason string) Power {
	p.State, p.Since, p.By, p.Reason, p.Until = state, now, by, reason, time.Time{}
	p.Chain = append(slices.Clone(p.Chain[max(len(p.Chain)-chainLength+1, 0):]), PowerStep{At: now, To: state, By: by, Reason: reason})
	return p
}

// power takes the events of power.
func power(s State, now time.Time, e Event) (State, []Effect) {
	switch e := e.(type) {
	case Began:
		s.Power.Acted = now
		fx := s.tellTV(cec.SetPower{Power: cec.PowerOn, Cause: cec.CauseBoot})
		return s, append(fx, watchIdle(s)...)
	case StandbyAsked:
		return standby(s, now, e)
	case WakeAsked:
		return wake(s, now, e)
	case InhibitorTaken:
		return inhibit(s, now, e)
	case InhibitorReleased:
		return uninhibit(s, now, func(i Inhibitor) bool { return i.ID == e.ID })
	case PowerChosen:
		s.Power.Settings, s.Power.Acted, s.Power.Warned = e.Settings, now, time.Time{}
		return s, watchIdle(s)
	case SleepComing:
		return machineSleeps(s, now)
	case SleepOver:
		return machineWoke(s, now)
	}
	return s, nil
}

// standby begins standby; twice is once.
func standby(s State, now time.Time, e StandbyAsked) (State, []Effect) {
	if !s.Power.awake() {
		return s, nil
	}
	s, fx := retire(s, now)
	s.Power = s.Power.to(PowerLeaving, now, e.By, e.Reason)
	s.Power.Inhibitors = lapsed(s.Power.Inhibitors, now)
	if len(s.Power.Inhibitors) == 0 || e.By == ByMachine {
		s, more := asleep(s, now)
		return s, append(fx, more...)
	}
	s.Power.Until = now.Add(leaveMost)
	fx = append(fx, s.tellTV(cec.SetPower{Power: cec.PowerToStandby, Cause: e.By.cause(), Detail: e.Reason})...)
	return s, append(fx, lasting(TimerPower, leaveMost))
}

// retire holds the picture, with its position stored, and lets nothing be
// fetched ahead of a wish any more.
func retire(s State, now time.Time) (State, []Effect) {
	s.Power.Warned = time.Time{}
	s.Power.Resume = s.Phase.active() && (!s.Hold || s.TV.Paused)
	s.Focus, s.TV.Paused = Focused{}, false
	fx := append(s.takeBack(), Expect{})
	if !s.Phase.active() || s.Hold {
		return s, fx
	}
	s, more := hold(s, now, true)
	return s, append(fx, more...)
}

// asleep reaches standby.
func asleep(s State, now time.Time) (State, []Effect) {
	by, reason := s.Power.By, s.Power.Reason
	if len(s.Power.Inhibitors) > 0 {
		reason += "; not delayed any longer"
	}
	s.Power = s.Power.to(PowerStandby, now, by, reason)
	return s, s.tellTV(cec.SetPower{Power: cec.PowerStandby, Cause: by.cause(), Detail: s.Power.Reason})
}

// wake leaves standby, and lets the film go on where it was.
func wake(s State, now time.Time, e WakeAsked) (State, []Effect) {
	if s.Power.awake() {
		return s, s.showPicture(e.By, e.Reason)
	}
	resume := s.Power.Resume && s.Phase.active()
	s.Power = s.Power.to(PowerOn, now, e.By, e.Reason)
	s.Power.Resume, s.Power.Nap, s.Power.Acted = false, false, now
	fx := s.tellTV(cec.SetPower{Power: cec.PowerOn, Cause: e.By.cause(), Detail: e.Reason})
	fx = append(append(fx, s.showPicture(e.By, e.Reason)...), watchIdle(s)...)
	if !resume {
		return s, fx
	}
	if s.Phase.loaded() {
		s.Power.State = PowerWaking
		fx = append(fx, lasting(TimerPower, wakeTime))
	}
	s, more := hold(s, now, false)
	return s, append(fx, more...)
}

// powerDue ends leaving and waking when their time is up.
func powerDue(s State, now time.Time) (State, []Effect) {
	switch {
	case s.Power.State == PowerWaking:
		s.Power.State = PowerOn
	case s.Power.State == PowerLeaving && !now.Before(s.Power.Until):
		return asleep(s, now)
	}
	return s, nil
}

// machineSleeps is standby without delay: the machine does not wait for long.
func machineSleeps(s State, now time.Time) (State, []Effect) {
	var fx []Effect
	if nap := s.Power.awake(); nap {
		s, fx = standby(s, now, StandbyAsked{By: ByMachine, Reason: "the machine goes to sleep"})
		s.Power.Nap = true
	}
	return s, append(fx, AllowSleep{})
}

// machineWoke puts back what was before the sleep; a box in standby stays there.
func machineWoke(s State, now time.Time) (State, []Effect) {
	if !s.Power.Nap {
		return s, nil
	}
	return wake(s, now, WakeAsked{By: ByMachine, Reason: "the machine woke up"})
}
