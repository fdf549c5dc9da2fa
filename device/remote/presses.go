package remote

import (
	"slices"
	"time"
)

// Binding says what a button of a remote means. The zero Binding means
// nothing. A button with Short alone acts when it goes down and repeats while it
// is held; one that has Long or Double as well acts when it is clear which was
// meant.
type Binding struct {
	Short  Key
	Long   Key // held for LongAfter
	Double Key // pressed twice within DoubleWithin
}

// The times of a button, as people expect them of a TV.
const (
	LongAfter    = 600 * time.Millisecond // YouTube's, which people are used to
	DoubleWithin = 300 * time.Millisecond // between release and second press
	RepeatAfter  = 400 * time.Millisecond
	RepeatEvery  = 50 * time.Millisecond
	// HeldAtMost ends a press whose release was lost.
	HeldAtMost = 30 * time.Second
)

// What is more than fingers do is noise, and is dropped.
const (
	maxHeld    = 8                     // buttons that are down at a time
	pressEvery = 20 * time.Millisecond // presses of a device in the long run: a knob that is turned fast sends 50 a second
	pressBurst = 50                    // at once
)

// Button names a button: the device it is on, and the device's own code for it.
type Button struct {
	Device string
	Code   uint32
}

// Presses turns the downs and ups of buttons into key events. Repeats are its
// own, so that they are the same on every remote; those of a device are not to
// be given to it. Times are of one monotonic clock. It is a pure state machine:
// call Tick when Due says so. The zero Presses is ready.
type Presses struct {
	held  []press
	spent map[string]time.Duration // by device: when a whole burst may come again
}

// press is one button that is down, or was a moment ago.
type press struct {
	button  Button
	binding Binding
	since   time.Duration // of the last down; of the up while waiting for a second press
	stage   stage
	loose   bool          // see Loose
	key     Key           // what was said to be pressed
	next    time.Duration // when to look again
}

type stage uint8

const (
	deciding stage = iota // down, and short, long or double is open
	down                  // Press was given
	released              // up, and a second press may follow
	second                // down again: double
)

// Down takes in that a button went down at time now. One that is down already
// is left alone.
func (p *Presses) Down(b Button, binding Binding, now time.Duration) []Event {
	out := p.Tick(now)
	if i := p.find(b); i >= 0 {
		if p.held[i].stage != released {
			return out
		}
		h := &p.held[i]
		h.stage, h.key, h.since = second, h.binding.Double, now
		h.next = now + HeldAtMost
		return append(out, Event{h.key, Press})
	}
	if binding == (Binding{}) || len(p.held) >= maxHeld || !p.may(b.Device, now) {
		return out
	}
	h := press{button: b, binding: binding, since: now}
	if binding.Long == "" && binding.Double == "" {
		h.stage, h.key, h.next = down, binding.Short, now+RepeatAfter
		out = append(out, Event{h.key, Press})
	} else if h.next = now + HeldAtMost; binding.Long != "" {
		h.next = now + LongAfter
	}
	p.held = append(p.held, h)
	return out
}

// may says whether one more press is what fingers do, and counts it.
func (p *Presses) may(device string, now time.Duration) bool {
	spent := max(p.spent[device], now) + pressEvery
	if spent-now > pressBurst*pressEvery {
		return false
	}
	if p.spent == nil {
		p.spent = map[string]time.Duration{}
	}
	p.spent[device] = spent
	return true
}

// Loose is Down of a button that may be let go without a word. That time passes
// says nothing about such a button: it gets long and repeats by Still only.
func (p *Presses) Loose(b Button, binding Binding, now time.Duration) []Event {
	out := p.Down(b, binding, now)
	if i := p.find(b); i >= 0 {
		p.held[i].loose = true
	}
	return out
}

// Still takes in that a loose button is still down.
func (p *Presses) Still(b Button, now time.Duration) []Event {
	out := p.Tick(now)
	if i := p.find(b); i >= 0 && p.held[i].loose && p.held[i].next <= now {
		out = append(out, p.held[i].goOn(now)...)
	}
	return out
}

// Up takes in that a button was let go.
func (p *Presses) Up(b Button, now time.Duration) []Event {
	out := p.Tick(now)
	i := p.find(b)
	if i < 0 {
		return out
	}
	switch h := &p.held[i]; h.stage {
	case deciding:
		if h.binding.Double != "" {
			h.stage, h.since, h.next = released, now, now+DoubleWithin
			return out
		}
		out = append(out, tap(h.binding.Short)...)
	case down, second:
		out = append(out, Event{h.key, Release})
	case released:
		return out
	}
	p.held = slices.Delete(p.held, i, i+1)
	return out
}

// Gone lets go of everything on a device that went away.
func (p *Presses) Gone(device string, now time.Duration) []Event {
	out := p.Tick(now)
	delete(p.spent, device)
	p.held = slices.DeleteFunc(p.held, func(h press) bool {
		if h.button.Device != device {
			return false
		}
		if h.stage == down || h.stage == second {
			out = append(out, Event{h.key, Release})
		}
		return true
	})
	return out
}

// Due is when Tick has something to do; false when nothing is held.
func (p *Presses) Due() (at time.Duration, ok bool) {
	for _, h := range p.held {
		next := h.next
		if h.waits() {
			next = h.since + HeldAtMost
		}
		if !ok || next < at {
			at, ok = next, true
		}
	}
	return at, ok
}

// Tick gives what time alone brings: repeats, long presses, the end of waiting
// for a second press, and of presses whose release was lost.
func (p *Presses) Tick(now time.Duration) (out []Event) {
	p.held = slices.DeleteFunc(p.held, func(h press) bool {
		if h.stage == released && h.next <= now {
			out = append(out, tap(h.binding.Short)...)
			return true
		}
		if now-h.since < HeldAtMost {
			return false
		}
		if h.stage == down || h.stage == second {
			out = append(out, Event{h.key, Release})
		}
		return true
	})
	for i := range p.held {
		if h := &p.held[i]; h.next <= now && !h.waits() {
			out = append(out, h.goOn(now)...)
		}
	}
	return out
}

// waits says that time alone brings nothing: only Still does.
func (h *press) waits() bool { return h.loose && (h.stage == deciding || h.stage == down) }

// goOn is the next thing that comes of a button that stays down.
func (h *press) goOn(now time.Duration) []Event {
	switch h.stage {
	case deciding:
		h.stage, h.key, h.next = down, h.binding.Long, now+RepeatAfter
		return []Event{{h.key, Press}}
	case down:
		// One repeat however late the tick is: what was missed is past.
		h.next = now + RepeatEvery
		return []Event{{h.key, Repeat}}
	default:
		h.next = h.since + HeldAtMost
		return nil
	}
}

// tap is a short press that is over when it is known. A button without a short
// meaning gives none.
func tap(k Key) []Event {
	if k == "" {
		return nil
	}
	return []Event{{k, Press}, {k, Release}}
}

func (p *Presses) find(b Button) int {
	return slices.IndexFunc(p.held, func(h press) bool { return h.button == b })
}
