package playback

import (
	"time"

	"usher/device/cec"
)

// heldKey is a key that is down.
type heldKey struct {
	from   cec.Address
	code   cec.UICode
	data   string
	down   time.Time // on the wire
	last   time.Time // last press on the wire
	again  bool      // seen more than once
	ends   time.Time // by our clock, without another sign
	silent bool      // a power key: not reported
	loose  bool      // its release may never be told
}

// keyPressed takes User Control Pressed: a new key, or the held one repeated.
func (t *turn) keyPressed(from cec.Address, b cec.UserControlPressed, at time.Time) {
	t.learnVendor(from)
	if k := t.key; k != nil && k.from == from && k.code == b.Code && k.data == b.Data && t.repeated(k, at) {
		k.last, k.again = at, true
		k.ends = t.keyEnd(at)
		if k.loose && !k.silent {
			t.report(cec.KeyRepeated{Code: k.code, At: at})
		}
		return
	}
	t.endKey(at)
	t.lapsed = nil
	if !t.pressed.take(t.now) {
		t.note("key: not taken, too many at once")
		return
	}
	power := t.powerKey(from, b.Code)
	if !power && !t.power.Awake() {
		t.note("key: not taken, the box is in standby and this key does not wake it")
	}
	k := heldKey{from: from, code: b.Code, data: b.Data, down: at, last: at, silent: power || !t.power.Awake(), loose: !t.releases()}
	t.key = &k
	k.ends = t.keyEnd(at)
	if !k.silent {
		t.report(cec.KeyReport{Code: k.code, Data: k.data, Down: true, At: at, From: from, Loose: k.loose})
	}
}

// releases says that this television tells when a key is let go: it is known
// to, or did so for the key before.
func (s State) releases() bool { return s.released || s.hold == HoldRelease }

// repeated says whether a press at that time repeats the held key, and learns
// from it: who repeats will do so again, and who presses anew without having
// released sends no releases, unless the maker is known to.
func (t *turn) repeated(k *heldKey, at time.Time) bool {
	again := at.Sub(k.last) <= repeatGap
	if t.cfg.Hold == HoldAuto && (again || t.hold == HoldAuto) {
		t.hold = HoldRepeat
	}
	return again
}

// keyEnd is when the held key ends without another sign. Reckoned by the wire,
// so that a late delivery does not lengthen it.
func (t *turn) keyEnd(last time.Time) time.Time {
	if t.hold == HoldRepeat {
		return last.Add(repeatGap)
	}
	return last.Add(holdLimit)
}

// keyReleased takes User Control Released. One that comes for a key that was
// given up, never having been repeated, says that this television does not
// repeat: from now on its keys are held until their release.
func (t *turn) keyReleased(from cec.Address, at time.Time) {
	if k := t.lapsed; t.key == nil && k != nil && k.from == from && at.Sub(k.down) < holdLimit && t.cfg.Hold == HoldAuto {
		t.hold = HoldRelease
	}
	t.lapsed, t.released = nil, true
	if t.key != nil && t.key.from == from {
		t.letGo(at)
	}
}

// keyDue ends a key that was not repeated, or held too long.
func (t *turn) keyDue() {
	k := t.key
	if k == nil || !t.due(k.ends.Add(keyGrace)) {
		return
	}
	end := k.ends
	if t.hold == HoldRepeat {
		end = k.last
		if !k.again {
			t.lapsed = k
		}
	}
	t.released = false
	t.endKey(end)
}

// endKey ends the held key without a release. One that is loose was let go
// nobody knows when: it counts for as long as it was seen to be down.
func (t *turn) endKey(at time.Time) {
	if t.key != nil && t.key.loose {
		at = t.key.last
	}
	t.letGo(at)
}

// letGo releases the held key.
func (t *turn) letGo(at time.Time) {
	k := t.key
	t.key = nil
	if k == nil || k.silent {
		return
	}
	held := max(at.Sub(k.down), 0)
	t.report(cec.KeyReport{Code: k.code, Data: k.data, At: at, Held: held, From: k.from})
}

// powerKey carries out the keys of power: the box's, never the television's.
func (t *turn) powerKey(from cec.Address, code cec.UICode) bool {
	switch code {
	case cec.UIPower, cec.UIPowerOn:
		t.unblock()
		t.wakeBox(from, "the "+code.String()+" key of "+from.String())
	case cec.UIPowerOff:
		t.keySleeps(from, code)
	case cec.UIPowerToggle:
		t.unblock()
		if t.power.Awake() {
			t.keySleeps(from, code)
		} else {
			t.wakeBox(from, "the "+code.String()+" key of "+from.String())
		}
	default:
		return false
	}
	return true
}

func (t *turn) keySleeps(from cec.Address, code cec.UICode) {
	t.standbyAt = t.now
	if t.active {
		t.lose(cec.NoPhysical, "the box was turned off")
		t.tell(cec.TV, cec.InactiveSource{At: t.physical}, "the picture ends")
	}
	t.sleepBox(from, "the "+code.String()+" key of "+from.String())
}

// learnVendor asks the television once who made it, when its first key comes:
// how keys are held depends on it.
func (t *turn) learnVendor(from cec.Address) {
	if t.power.Awake() && from == cec.TV && t.tvVendor == cec.NoVendor && !t.asked && t.cfg.Hold == HoldAuto {
		t.asked = true
		t.tell(cec.TV, cec.Bare(cec.OpGiveDeviceVendorID), "who made the television")
	}
}
