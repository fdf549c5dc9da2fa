package playback

import (
	"time"

	"usher/device/cec"
)

// waking is a one touch play under way.
type waking struct {
	why   string
	tries int
	asks  int
	text  bool // by Text View On: the set does not know Image View On
	next  time.Time
	ends  time.Time
	late  bool // the set said that it is turning on: Active Source once more when it is
}

// showPicture is one touch play: the television on, and on us.
func (t *turn) showPicture(a cec.ShowPicture) {
	t.from = told(a.Cause, a.Detail)
	switch {
	case !t.cfg.wakes(a.Cause):
		t.note("waking the television: not done, " + t.whyNot(a.Cause))
	case !t.attached:
		t.note("waking the television: not done, no adapter")
	case t.shows() && t.now.Sub(t.tvSeen) < stillOn:
		t.unblock()
		t.note("waking the television: not needed, it shows this box")
	case t.wake != nil || !passed(t.now, t.woke.At, wakeEvery):
		t.note("waking the television: not again, it was within ten seconds")
	default:
		t.unblock()
		t.beginWake()
	}
}

func (t *turn) whyNot(c cec.Cause) string {
	switch {
	case t.cfg.Mode != ModeOn:
		return "the mode is " + string(t.cfg.Mode)
	case !c.ByPerson():
		return "no person asked"
	default:
		return "wake is set to " + string(t.cfg.Wake)
	}
}

func (t *turn) beginWake() {
	t.woke = Chain{At: t.now, Why: cec.Why{Rule: "one touch play", From: t.from}, Then: "asked the television to turn on"}
	t.wake = &waking{why: t.from, ends: t.now.Add(wakeWait), text: t.unwanted(cec.TV, cec.OpImageViewOn)}
	if t.shows() {
		t.wake.next = t.now.Add(wakeLook)
		t.lookAtTV("is it on")
		return
	}
	t.tryWake()
}

// shows says that the television, as far as known, is on and on us.
func (s State) shows() bool { return s.present() && s.active && s.tvPower == cec.PowerOn }

// lookAtTV asks for its power, once for each try.
func (t *turn) lookAtTV(rule string) {
	t.wake.asks++
	t.tvAsked = t.now
	t.tell(cec.TV, cec.Bare(cec.OpGiveDevicePowerStatus), rule)
}

// tryWake sends the two messages of one touch play. Without an address there
// is only the first; the second follows the claim.
func (t *turn) tryWake() {
	w := t.wake
	w.tries++
	view := cec.Bare(cec.OpImageViewOn)
	if w.text {
		view = cec.Bare(cec.OpTextViewOn)
	}
	t.tell(cec.TV, view, "one touch play")
	w.next = t.now.Add(wakeAgain)
	if t.present() {
		t.takePicture()
	}
}

func (t *turn) takePicture() {
	t.gain("this box asked for the picture")
	t.tell(cec.Broadcast, cec.ActiveSource{At: t.physical}, "one touch play")
}

// wakeClaimed goes on when the sleeping television gives an address at last.
func (t *turn) wakeClaimed() {
	if t.wake == nil || !t.present() {
		return
	}
	t.from = t.wake.why
	t.takePicture()
	t.wake.next = t.now.Add(wakeAgain)
}

// wakeDue looks whether the television is on, and tries again if it is not.
func (t *turn) wakeDue() {
	w := t.wake
	if w == nil || !t.due(w.next) && !t.due(w.ends) {
		return
	}
	t.from = w.why
	switch {
	case t.due(w.ends):
		t.endWake("the television did not say that it is on")
	case !t.present():
		w.next = w.ends
	case w.tries == 0: // it did not say whether it is on
		t.tryWake()
	case w.asks < wakeTries:
		t.lookAtTV("did it turn on")
		w.next = t.now.Add(wakeAgain)
	default:
		w.next = w.ends
	}
}

// wakeAnswered takes the television's power while waking.
func (t *turn) wakeAnswered(p cec.Power) {
	w := t.wake
	if w == nil {
		return
	}
	t.from = w.why
	switch p {
	case cec.PowerOn:
		if w.late && t.present() {
			t.takePicture() // a set that boots does not keep what it heard before
		}
		t.endWake("the television is on")
	case cec.PowerToOn:
		w.late = true
		w.next = t.now.Add(wakeSettle)
	case cec.PowerStandby, cec.PowerToStandby:
		t.retryWake()
	}
}

func (t *turn) retryWake() {
	if t.wake.tries >= wakeTries {
		t.endWake("the television stayed in standby")
		return
	}
	t.tryWake()
}

// viewRefused tries the other message that lights a set.
func (t *turn) viewRefused() {
	if t.wake != nil && !t.wake.text {
		t.wake.text = true
		t.from = t.wake.why
		t.tell(cec.TV, cec.Bare(cec.OpTextViewOn), "one touch play")
	}
}

func (t *turn) endWake(then string) {
	t.woke.Then = then
	t.wake = nil
	t.note("waking the television: ended, " + then)
}

// passed says whether a time was long enough ago, or never.
func passed(now, at time.Time, long time.Duration) bool { return at.IsZero() || now.Sub(at) >= long }
