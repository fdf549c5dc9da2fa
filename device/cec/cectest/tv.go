package cectest

import (
	"time"

	"usher/device/cec"
)

// Holding is what a television sends for a key that is held.
type Holding uint8

// The three ways.
const (
	Repeats      Holding = iota // the press again every 400 ms, then a release
	PressRelease                // one press, silence, a release
	NoRelease                   // the press again every 400 ms, and no release
)

// Habits are what makes one television different from another.
type Habits struct {
	Vendor       cec.VendorID
	Holding      Holding
	Lazy         time.Duration // before each answer
	Boot         time.Duration // from standby to a picture
	Forgets      bool          // Active Source that came while it booted
	LosesAddress bool          // shows no EDID in standby
	Quiet        bool          // goes to standby without saying so
	Storm        int           // asks for the source so often when it turns on, and routes to it when it turns off
	Deaf         bool          // refuses volume keys
	NoImageView  bool          // knows Text View On only
	Mute         bool          // never answers about its power
}

// Press is a key that a person pressed on the television's remote.
type Press struct {
	Code cec.UICode
	At   time.Time
	Held time.Duration
}

// Television is a set with habits.
type Television struct {
	Habits  Habits
	Volume  int
	Presses []Press // that went to the box

	room   *Room
	port   *Port
	on     bool
	boots  int // > 0: turning on; counts, so that a standby meanwhile wins
	turn   int
	source cec.Physical
	heard  cec.Physical // Active Source that came while it booted
	hold   int          // counts keys that are held
	let    func()       // lets go of the one that is held; nil: none
}

// NewTelevision is a set in standby, with the box of port at one of its sockets.
func (r *Room) NewTelevision(h Habits, port *Port) *Television {
	t := &Television{Habits: h, Volume: 20, room: r, port: port, heard: cec.NoPhysical}
	r.devices = append(r.devices, t)
	if !h.LosesAddress {
		port.Plug()
	}
	return t
}

// On says that it shows a picture; Source is whose.
func (t *Television) On() bool { return t.on }

// Source is whose picture is chosen; cec.Root is its own tuner.
func (t *Television) Source() cec.Physical { return t.source }

// ShowsBox says that the box's picture is on the screen.
func (t *Television) ShowsBox() bool { return t.on && t.source == t.port.socket }

func (t *Television) address() cec.Address { return cec.TV }

// later answers after its usual time; nobody is not answered.
func (t *Television) later(to cec.Address, body cec.Body) {
	if _, abort := body.(cec.FeatureAbort); abort && to == cec.Unregistered {
		return
	}
	t.room.After(t.Habits.Lazy, func() { t.room.say(t, to, body) })
}

// Say puts any frame on the wire in its name.
func (t *Television) Say(f cec.Frame) { t.room.send(t, f, nil) }

// PressPower is the power key of its own remote.
func (t *Television) PressPower() {
	if t.on || t.boots > 0 {
		t.sleep(!t.Habits.Quiet)
		return
	}
	t.boot()
}

func (t *Television) boot() {
	if t.on || t.boots > 0 {
		return
	}
	t.turn++
	t.boots = t.turn
	turn := t.turn
	t.room.After(t.Habits.Boot/2, func() {
		if t.boots == turn && t.Habits.LosesAddress {
			t.port.Plug()
		}
	})
	t.room.After(t.Habits.Boot, func() {
		if t.boots == turn {
			t.up()
		}
	})
}

// up has booted.
func (t *Television) up() {
	t.on, t.boots = true, 0
	if t.heard.Known() && !t.Habits.Forgets {
		t.source = t.heard
	}
	t.heard = cec.NoPhysical
	t.room.say(t, cec.Broadcast, cec.DeviceVendorID{Vendor: t.Habits.Vendor})
	t.room.say(t, cec.Broadcast, cec.ReportPowerStatus{Power: cec.PowerOn})
	t.room.say(t, cec.Broadcast, cec.Bare(cec.OpRequestActiveSource))
	if t.source == t.port.socket {
		for i := range t.Habits.Storm {
			t.room.After(time.Duration(i)*400*time.Millisecond, func() { t.ask(t.source) })
		}
	}
}

// ask asks a source for its picture, while it is chosen.
func (t *Television) ask(at cec.Physical) {
	if t.on && t.source == at {
		t.room.say(t, cec.Broadcast, cec.SetStreamPath{At: at})
	}
}

func (t *Television) sleep(tell bool) {
	t.turn++
	t.on, t.boots, t.heard = false, 0, cec.NoPhysical
	if tell {
		t.room.say(t, cec.Broadcast, cec.Bare(cec.OpStandby))
	}
	for i := range t.Habits.Storm {
		t.room.After(time.Duration(i+1)*600*time.Millisecond, func() {
			if !t.on {
				t.room.say(t, cec.Broadcast, cec.RoutingChange{Old: cec.Root, New: t.port.socket})
			}
		})
	}
	if t.Habits.LosesAddress {
		turn := t.turn
		t.room.After(300*time.Millisecond, func() {
			if t.turn == turn {
				t.port.Unplug()
			}
		})
	}
}

// Choose is a person choosing an input; cec.Root is the tuner.
func (t *Television) Choose(at cec.Physical) {
	if !t.on {
		return
	}
	t.source = at
	if at == cec.Root {
		t.room.say(t, cec.Broadcast, cec.ActiveSource{At: cec.Root})
		return
	}
	t.ask(at)
}

// repeatEvery is how often a held key is sent.
const repeatEvery = 400 * time.Millisecond

// Press is a person pressing a key of its remote for that long. Keys go to the
// box while it is shown. It says whether it went there.
func (t *Television) Press(code cec.UICode, held time.Duration) bool {
	to := t.port.logical
	if !t.ShowsBox() || to == cec.Unregistered {
		return false
	}
	t.Presses = append(t.Presses, Press{code, t.room.now, held})
	t.room.say(t, to, cec.UserControlPressed{Code: code})
	if t.Habits.Holding != PressRelease {
		for d := repeatEvery; d < held; d += repeatEvery {
			t.room.After(d, func() { t.room.say(t, to, cec.UserControlPressed{Code: code}) })
		}
	}
	if t.Habits.Holding != NoRelease {
		t.room.After(held, func() { t.room.say(t, to, cec.Bare(cec.OpUserControlReleased)) })
	}
	return true
}

func (t *Television) hear(m cec.Message, _ cec.Frame) {
	switch b := m.Body.(type) {
	case cec.ActiveSource:
		if t.on {
			t.source = b.At
		} else if t.boots > 0 {
			t.heard = b.At
		}
	case cec.InactiveSource:
		if t.on && t.source == b.At {
			t.source = cec.Root
			t.room.say(t, cec.Broadcast, cec.ActiveSource{At: cec.Root})
		}
	case cec.UserControlPressed:
		t.key(m, b.Code)
	case cec.Bare:
		t.hearBare(m, cec.Opcode(b))
	}
}

func (t *Television) key(m cec.Message, code cec.UICode) {
	if t.Habits.Deaf || !t.on {
		t.later(m.From, cec.FeatureAbort{Of: cec.OpUserControlPressed, Reason: cec.AbortUnrecognized})
		return
	}
	t.Volume = volume(t.Volume, code)
}

// volume is what a key makes of a volume.
func volume(v int, code cec.UICode) int {
	switch code {
	case cec.UIVolumeUp:
		return min(v+1, 100)
	case cec.UIVolumeDown:
		return max(v-1, 0)
	default:
		return v
	}
}

func (t *Television) hearBare(m cec.Message, op cec.Opcode) {
	switch op {
	case cec.OpImageViewOn, cec.OpTextViewOn:
		if op == cec.OpImageViewOn && t.Habits.NoImageView {
			t.later(m.From, cec.FeatureAbort{Of: op, Reason: cec.AbortUnrecognized})
			return
		}
		t.boot()
	case cec.OpStandby:
		if t.on || t.boots > 0 {
			t.sleep(true)
		}
	case cec.OpGiveDevicePowerStatus:
		if !t.Habits.Mute {
			t.later(m.From, cec.ReportPowerStatus{Power: t.power()})
		}
	case cec.OpGiveDeviceVendorID:
		t.later(cec.Broadcast, cec.DeviceVendorID{Vendor: t.Habits.Vendor})
	}
}

func (t *Television) power() cec.Power {
	switch {
	case t.on:
		return cec.PowerOn
	case t.boots > 0:
		return cec.PowerToOn
	default:
		return cec.PowerStandby
	}
}
