package playback

import (
	"slices"
	"time"

	"usher/device/cec"
)

// sourceOf takes another's Active Source. It never wakes anybody.
func (t *turn) sourceOf(at cec.Physical) {
	if at == t.physical {
		return
	}
	t.lose(at, "another device took the picture")
}

// lose gives up the picture, and whatever was on its way to get it.
func (t *turn) lose(to cec.Physical, reason string) {
	if t.wake != nil && to.Known() {
		t.note("waking the television: given up, " + reason)
		t.wake = nil
	}
	was := t.active
	t.active, t.shown = false, to
	t.queue = slices.DeleteFunc(t.queue, claimsPicture) // what still waits would take it back
	if was {
		t.report(cec.SourceChanged{At: to, Reason: reason})
	}
}

func claimsPicture(o cec.Outgoing) bool {
	op := o.Frame.Opcode()
	return op == cec.OpActiveSource || op == cec.OpImageViewOn || op == cec.OpTextViewOn
}

// gain has the picture.
func (t *turn) gain(reason string) {
	was := t.active
	t.active, t.shown = true, t.physical
	if !was {
		t.report(cec.SourceChanged{Active: true, At: t.physical, Reason: reason})
	}
}

// streamPath obeys Set Stream Path: the television asks for our picture.
func (t *turn) streamPath(by cec.Address, at cec.Physical) {
	if at != t.physical {
		t.lose(at, "the television chose another input")
		return
	}
	if by == cec.TV {
		t.tvSeen = t.now
		t.setTVPower(cec.PowerOn)
	}
	t.chosen(by, "the television chose this input")
}

// routed obeys Routing Change and Routing Information. When a switch above us
// is chosen, the picture may still be ours: it says so next.
func (t *turn) routed(by cec.Address, to cec.Physical) {
	switch {
	case to == t.physical:
		if !t.power.Awake() && t.now.Sub(t.standbyAt) < quietAfter {
			t.note("waking the box: not done, routing right after Standby is part of turning off")
			return
		}
		t.chosen(by, "a switch was turned to this box")
	case to.Above(t.physical) && to != cec.Root:
	default:
		t.lose(to, "a switch was turned to another device")
	}
}

// chosen gives the picture to who asked for it by our address.
func (t *turn) chosen(by cec.Address, reason string) {
	if !t.power.Awake() && !t.busMayWake() {
		t.note("waking the box: not done, the bus woke it too often")
		return
	}
	t.gain(reason)
	t.tell(cec.Broadcast, cec.ActiveSource{At: t.physical}, "asked for the picture")
	t.wakeBox(by, reason)
}

// busMayWake is the loop breaker: it counts wakes that undo a standby.
func (t *turn) busMayWake() bool {
	if !t.blocked.IsZero() {
		return false
	}
	if t.standbyAt.IsZero() || t.now.Sub(t.standbyAt) > reversalTime {
		return true
	}
	recent := t.woken[:0]
	for _, at := range t.woken {
		if t.now.Sub(at) < reversalSpan {
			recent = append(recent, at)
		}
	}
	t.woken = append(recent, t.now)
	if len(t.woken) <= reversalLimit {
		return true
	}
	t.blocked = t.now.Add(reversalSpan)
	t.report(cec.TroubleChanged{Trouble: cec.Trouble{
		Code: "cec_loop",
		Text: "The television put the box to standby and woke it again several times within a minute.",
		Next: "Look in the television's settings for HDMI control (CEC) of this input, or set follow to off. A power key works meanwhile.",
	}})
	return false
}

// unblock ends the breaker: a person is there.
func (t *turn) unblock() {
	if !t.blocked.IsZero() {
		t.report(cec.TroubleChanged{})
	}
	t.blocked, t.woken = time.Time{}, nil
}
