package playback

import (
	"time"

	"usher/device/cec"
)

// turn is one step under way: the new state, and what follows.
type turn struct {
	State
	now  time.Time
	from string // what it follows from, for the log
	step Step
}

// Next is the device after in happened at now, and what is to be done. in is a
// cec.BusEvent, a cec.Act, Configure or Tick; anything else changes nothing.
func Next(s State, now time.Time, in any) (State, Step) {
	t := &turn{State: s.clone(), now: now}
	if t.cfg.Mode == ModeOff {
		t.off(in)
		return t.State, t.step
	}
	t.expire()
	switch in := in.(type) {
	case cec.BusEvent:
		t.bus(in)
	case cec.Act:
		t.act(in)
	case Configure:
		t.configure(in.Config)
	}
	t.pump()
	return t.State, t.step
}

// off keeps what the daemon says, so that turning CEC on finds the truth.
func (t *turn) off(in any) {
	switch in := in.(type) {
	case cec.SetPower:
		t.power = in.Power
	case cec.SetDeck:
		t.deck = in.Deck
	case Configure:
		t.configure(in.Config)
	}
}

// expire does what is due.
func (t *turn) expire() {
	t.from = "time"
	t.flightsDue()
	t.keyDue()
	t.pressingDue()
	t.soundDue()
	t.wakeDue()
	if t.due(t.blocked) {
		t.blocked, t.woken = time.Time{}, nil
		t.report(cec.TroubleChanged{})
	}
}

// due says that a deadline was set and has passed.
func (t *turn) due(at time.Time) bool { return !at.IsZero() && !t.now.Before(at) }

func (t *turn) report(r cec.Report) { t.step.Reports = append(t.step.Reports, r) }

func (t *turn) note(text string) { t.step.Notes = append(t.step.Notes, Note{Text: text, From: t.from}) }

func (t *turn) configure(c Config) {
	was := t.cfg
	t.cfg = c
	if was.Hold != c.Hold {
		t.hold = c.Hold
	}
	if c.Mode == ModeOff {
		t.silence()
	}
	if c.Mode != ModeOn {
		t.wake = nil
	}
	t.retarget()
}

// silence drops all that waits, and ends the key that is held.
func (t *turn) silence() {
	t.endKey(t.now)
	t.queue, t.flight, t.pressing, t.wake = nil, nil, nil, nil
	t.sound.pending = query{}
	t.lose(cec.NoPhysical, "CEC was turned off")
}

func (t *turn) bus(e cec.BusEvent) {
	switch e := e.(type) {
	case cec.Attached:
		t.attached, t.adapter, t.trouble = true, e.Adapter, cec.Trouble{}
		t.report(cec.LinkChanged{Link: t.link()})
	case cec.Detached:
		t.detached(e)
	case cec.Claimed:
		t.claimed(e)
	case cec.Received:
		t.received(e)
	case cec.Sent:
		t.settled(e)
	case cec.Overrun:
		t.from = "the adapter"
		t.note("frames were lost")
		t.endKey(t.now)
	}
}

func (t *turn) detached(e cec.Detached) {
	t.endKey(t.now)
	t.attached, t.trouble = false, e.Trouble
	t.physical, t.logical = cec.NoPhysical, cec.Unregistered
	t.flight, t.queue, t.pressing, t.watchers = nil, nil, nil, nil
	t.wake = nil // a Standby that comes meanwhile is not heard
	t.forget()
	t.lose(cec.NoPhysical, "the adapter is gone")
	t.report(cec.LinkChanged{Link: t.link()})
}

// claimed takes a new place on the bus. A new physical address means another
// cable or another set, of which nothing is known.
func (t *turn) claimed(e cec.Claimed) {
	t.from = "a claim"
	if e.Physical != t.physical {
		t.forget()
		if t.physical.Known() {
			t.lose(cec.NoPhysical, "the cable or the television's address changed")
		}
	}
	t.physical, t.logical, t.left = e.Physical, e.Logical, false
	if !t.present() {
		t.endKey(t.now)
		t.pressing, t.watchers = nil, nil
	}
	t.report(cec.LinkChanged{Link: t.link()})
	t.report(cec.SoundChanged{Sound: t.sound.view()})
	t.wakeClaimed()
}

// forget drops what was learned about others.
func (t *turn) forget() {
	t.aborted, t.asked = nil, false
	t.setTVPower(cec.PowerUnknown)
	t.tvAsked, t.tvSeen = time.Time{}, time.Time{}
	t.sound = sound{volume: t.sound.volume, muted: t.sound.muted, at: t.sound.at}
	t.retarget()
}

// present says that we have a place on the bus.
func (s State) present() bool {
	return s.attached && s.physical.Known() && s.logical != cec.Unregistered
}

func (t *turn) act(a cec.Act) {
	t.from = "the box"
	switch a := a.(type) {
	case cec.ShowPicture:
		t.showPicture(a)
	case cec.SetPower:
		t.setPower(a)
	case cec.PressKey:
		t.pressKey(a)
	case cec.SetDeck:
		t.setDeck(a.Deck)
	case cec.AskPower:
		t.askPower("the box asks")
	case cec.Leave:
		t.leave()
	}
}
