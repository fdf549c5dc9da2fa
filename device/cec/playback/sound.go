package playback

import (
	"slices"
	"time"

	"usher/device/cec"
)

// tri is yes, no, or not known.
type tri uint8

const (
	unknown tri = iota
	yes
	no
)

// sound is what is known about who makes the sound.
type sound struct {
	want    Volume
	system  tri  // an audio system is there and on
	mode    tri  // it makes the sound (System Audio Mode)
	asked   bool // whether it does
	tvDeaf  bool // the television does not take volume keys
	sysDeaf bool
	volume  int // percent, -1 unknown
	muted   bool
	at      cec.SoundAt // as reported
	pending query
}

// query is a question about the sound that delays a key.
type query struct {
	until time.Time
	press cec.PressKey
	over  bool // released meanwhile
}

// sentKey is a key that we hold down at another device.
type sentKey struct {
	to    cec.Address
	code  cec.UICode
	next  time.Time
	until time.Time
}

func startSound(c Config) cec.SoundAt {
	s := sound{want: c.Volume}
	return s.target()
}

func (s sound) view() cec.Sound { return cec.Sound{At: s.at, Volume: s.volume, Muted: s.muted} }

// target is where volume keys go.
func (s sound) target() cec.SoundAt {
	audio := s.system != no && !s.sysDeaf
	switch {
	case s.want == VolumeBox:
		return cec.SoundHere
	case s.want == VolumeAudio && audio, s.want == VolumeAuto && audio && s.mode == yes:
		return cec.SoundAudio
	case s.tvDeaf || s.want == VolumeAudio:
		return cec.SoundHere
	default:
		return cec.SoundTV
	}
}

// retarget reports when the sound moved, or got louder.
func (t *turn) retarget() {
	t.sound.want = t.cfg.Volume
	was := t.sound.view()
	t.sound.at = t.sound.target()
	if was.At != t.sound.at {
		t.sound.volume, t.sound.muted = -1, false
		t.report(cec.SoundChanged{Sound: t.sound.view()})
	}
}

// audioMode takes who makes the sound.
func (t *turn) audioMode(from cec.Address, on bool) {
	if from != cec.AudioSystem {
		return
	}
	t.sound.mode, t.sound.asked, t.sound.sysDeaf = no, true, false
	if on {
		t.sound.mode, t.sound.system = yes, yes
	}
	t.retarget()
	t.soundKnown()
}

// audioStatus takes how loud it is.
func (t *turn) audioStatus(from cec.Address, b cec.ReportAudioStatus) {
	speaks := (from == cec.AudioSystem && t.sound.at == cec.SoundAudio) || (from == cec.TV && t.sound.at == cec.SoundTV)
	if !speaks {
		return
	}
	was := t.sound.view()
	t.sound.volume, t.sound.muted = int(b.Volume), b.Muted
	if b.Volume > 100 {
		t.sound.volume = -1
	}
	if was != t.sound.view() {
		t.report(cec.SoundChanged{Sound: t.sound.view()})
	}
}

// placeOf hears that a device announces itself: it came, was turned on, or its
// CEC was. What it refused before, it may want now.
func (t *turn) placeOf(from cec.Address) {
	t.aborted = slices.DeleteFunc(t.aborted, func(r refusal) bool { return r.by == from })
	switch from {
	case cec.TV:
		t.sound.tvDeaf, t.asked = false, false
	case cec.AudioSystem:
		t.sound.system, t.sound.asked, t.sound.sysDeaf = yes, false, false
	}
	t.retarget()
}

// audioRefused hears that a question about the sound is not answered.
func (t *turn) audioRefused(by cec.Address, op cec.Opcode) {
	if by == cec.AudioSystem && op == cec.OpGiveSystemAudioModeStatus {
		t.sound.mode = no
		t.retarget()
		t.soundKnown()
	}
}

// pressKey sends a key to others.
func (t *turn) pressKey(a cec.PressKey) {
	t.from = "the key " + a.Code.String() + " of the box"
	if !a.Down {
		t.releaseKey(a.Code)
		return
	}
	if t.pressing != nil && t.pressing.code == a.Code {
		return // the same key once more: it is held
	}
	if !t.present() {
		t.note("key for others: not sent, the box has no address on the bus")
		return
	}
	if a.Code.Sound() && t.cfg.Volume == VolumeAuto && !t.sound.asked && t.sound.system != no {
		t.askSound(a)
		return
	}
	t.press(a.Code)
}

// askSound asks the audio system, if there is one, whether it makes the
// sound. It is asked once for each claim or coming of one, at the first key.
func (t *turn) askSound(a cec.PressKey) {
	t.sound.asked = true
	t.sound.pending = query{until: t.now.Add(time.Second), press: a}
	if !t.tell(cec.AudioSystem, cec.Bare(cec.OpGiveSystemAudioModeStatus), "who makes the sound") {
		t.soundKnown()
	}
}

// soundKnown lets the key go that waited for the answer.
func (t *turn) soundKnown() {
	q := t.sound.pending
	if q.until.IsZero() {
		return
	}
	t.sound.pending = query{}
	t.press(q.press.Code)
	if q.over {
		t.releaseKey(q.press.Code)
	}
}

func (t *turn) soundDue() {
	if t.due(t.sound.pending.until) {
		t.soundKnown()
	}
}

// press sends User Control Pressed to where the key belongs.
func (t *turn) press(code cec.UICode) {
	to := cec.TV
	if code.Sound() {
		switch t.sound.target() {
		case cec.SoundHere:
			t.note("volume: not sent, nobody on the bus takes it")
			return
		case cec.SoundAudio:
			to = cec.AudioSystem
		}
	}
	t.releaseSent()
	if t.tell(to, cec.UserControlPressed{Code: code}, "key for others") {
		t.pressing = &sentKey{to: to, code: code, next: t.now.Add(resendEvery), until: t.now.Add(resendLimit)}
	}
}

// releaseKey ends the key that we hold.
func (t *turn) releaseKey(code cec.UICode) {
	if !t.sound.pending.until.IsZero() && t.sound.pending.press.Code == code {
		t.sound.pending.over = true
		return
	}
	if t.pressing != nil && t.pressing.code == code {
		t.releaseSent()
	}
}

// releaseSent always sends the release, and asks the audio system how loud it
// is now.
func (t *turn) releaseSent() {
	k := t.pressing
	if k == nil {
		return
	}
	t.pressing = nil
	t.tell(k.to, cec.Bare(cec.OpUserControlReleased), "key for others")
	if k.to == cec.AudioSystem && k.code.Sound() {
		t.tell(k.to, cec.Bare(cec.OpGiveAudioStatus), "how loud is it now")
	}
}

// pressingDue repeats the key that we hold.
func (t *turn) pressingDue() {
	k := t.pressing
	if k == nil || !t.due(k.next) {
		return
	}
	t.from = "the key " + k.code.String() + " of the box"
	if t.due(k.until) {
		t.releaseSent()
		return
	}
	k.next = t.now.Add(resendEvery)
	if k.code.Repeats() {
		t.tell(k.to, cec.UserControlPressed{Code: k.code}, "key held for others")
	}
}

// pressFailed hears that a device does not take keys.
// A volume key that nobody takes is the box's own from then on, until the
// device is heard of again.
func (t *turn) pressFailed(by cec.Address, deaf bool) {
	k := t.pressing
	if k != nil && k.to == by {
		t.pressing = nil
	}
	if !deaf || (k != nil && !k.code.Sound()) {
		return
	}
	switch by {
	case cec.TV:
		t.sound.tvDeaf = true
	case cec.AudioSystem:
		t.sound.sysDeaf = true
	}
	t.retarget()
}
