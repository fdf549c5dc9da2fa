package playback

import (
	"slices"
	"time"

	"usher/device/cec"
)

// flying is a frame under way.
type flying struct {
	id    uint64
	frame cec.Frame
	until time.Time
}

// refusalLimit is how many refusals are kept: more opcodes than we send.
const refusalLimit = 64

// refusal is an opcode that a device does not want.
type refusal struct {
	by    cec.Address
	op    cec.Opcode
	until time.Time // zero: for good
}

// bucket limits a rate: one in every so long, burst at once. Its zero time is full.
type bucket struct {
	every time.Duration
	burst int
	spent time.Time // when it is full again
}

// take says whether there is one left, and takes it.
func (b *bucket) take(now time.Time) bool {
	if b.spent.Before(now) {
		b.spent = now
	}
	if b.spent.Add(b.every).Sub(now) > b.every*time.Duration(b.burst) {
		return false
	}
	b.spent = b.spent.Add(b.every)
	return true
}

// answer sends body to the sender of m.
func (t *turn) answer(m cec.Message, body cec.Body) {
	if m.From != cec.Unregistered {
		t.tell(m.From, body, "answer")
	}
}

// tell queues a message, unless a rule forbids it. It says whether it did.
func (t *turn) tell(to cec.Address, body cec.Body, rule string) bool {
	from := t.logical
	if !t.present() {
		if !viewOn(body) || !t.attached {
			t.note(rule + ": not sent, the box has no address on the bus")
			return false
		}
		from = cec.Unregistered // the one message that the standard allows without an address
	}
	if t.left {
		return false
	}
	if t.unwanted(to, cec.OpcodeOf(body)) {
		t.note(rule + ": not sent, " + to.String() + " does not want " + cec.OpcodeOf(body).String())
		return false
	}
	release := cec.OpcodeOf(body) == cec.OpUserControlReleased // never kept back: the key would stick
	if !release && (len(t.queue) >= queueLimit || !t.sent.take(t.now)) {
		t.note(rule + ": not sent, too much is being asked")
		return false
	}
	t.nextID++
	frame := cec.Message{From: from, To: to, Body: body}.Frame()
	t.queue = append(t.queue, cec.Outgoing{ID: t.nextID, Frame: frame, Why: cec.Why{Rule: rule, From: t.from}})
	return true
}

func viewOn(b cec.Body) bool {
	return cec.OpcodeOf(b) == cec.OpImageViewOn || cec.OpcodeOf(b) == cec.OpTextViewOn
}

// pump lets waiting frames go, as many as may be under way.
func (t *turn) pump() {
	for len(t.queue) > 0 && len(t.flight) < flightLimit {
		o := t.queue[0]
		t.queue = t.queue[1:]
		t.flight = append(t.flight, flying{o.ID, o.Frame, t.now.Add(flightTime)})
		t.step.Send = append(t.step.Send, o)
	}
}

// settled takes what became of a frame.
func (t *turn) settled(e cec.Sent) {
	i := slices.IndexFunc(t.flight, func(f flying) bool { return f.id == e.ID })
	if i < 0 {
		return
	}
	frame := t.flight[i].frame
	t.flight = slices.Delete(t.flight, i, i+1)
	if e.Result != cec.ResultOK {
		t.from = frame.String()
		t.unheard(frame, e.Result)
	}
}

// unheard is told of a frame that nobody took.
func (t *turn) unheard(f cec.Frame, r cec.Result) {
	if f.To() == cec.AudioSystem && r == cec.ResultNack {
		t.sound.system, t.sound.mode = no, no
		t.retarget()
		t.soundKnown()
	}
	if !f.Poll() && f.Opcode() == cec.OpUserControlPressed {
		t.pressFailed(f.To(), r == cec.ResultNack)
	}
}

// flightsDue gives up frames that the adapter never accounted for.
func (t *turn) flightsDue() {
	t.flight = slices.DeleteFunc(t.flight, func(f flying) bool { return t.due(f.until) })
}

// refused takes a Feature Abort.
func (t *turn) refused(by cec.Address, b cec.FeatureAbort) {
	r := refusal{by: by, op: b.Of}
	if b.Reason != cec.AbortUnrecognized {
		r.until = t.now.Add(abortWait)
	}
	t.aborted = slices.DeleteFunc(t.aborted, func(x refusal) bool { return x.by == by && x.op == b.Of || t.due(x.until) })
	if len(t.aborted) < refusalLimit {
		t.aborted = append(t.aborted, r)
	}
	switch b.Of {
	case cec.OpUserControlPressed:
		t.pressFailed(by, b.Reason == cec.AbortUnrecognized)
	case cec.OpGiveSystemAudioModeStatus, cec.OpGiveAudioStatus:
		t.audioRefused(by, b.Of)
	case cec.OpImageViewOn:
		t.viewRefused()
	}
}

// unwanted says whether a device has refused an opcode.
func (t *turn) unwanted(by cec.Address, op cec.Opcode) bool {
	return slices.ContainsFunc(t.aborted, func(r refusal) bool {
		return r.by == by && r.op == op && (r.until.IsZero() || t.now.Before(r.until))
	})
}
