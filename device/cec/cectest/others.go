package cectest

import (
	"time"

	"usher/device/cec"
)

// Receiver is an audio system: it makes the sound while its mode is on.
type Receiver struct {
	Volume int
	Muted  bool
	Silent bool // answers no question about the sound

	room *Room
	mode bool
	off  bool
}

// NewReceiver is a receiver that is on, with System Audio Mode as said.
func (r *Room) NewReceiver(mode bool) *Receiver {
	a := &Receiver{Volume: 30, room: r, mode: mode}
	r.devices = append(r.devices, a)
	return a
}

// SetMode turns System Audio Mode on or off, and says so to everybody.
func (a *Receiver) SetMode(on bool) {
	a.mode = on
	a.room.say(a, cec.Broadcast, cec.SetSystemAudioMode{On: on})
}

func (a *Receiver) address() cec.Address { return cec.AudioSystem }

func (a *Receiver) hear(m cec.Message, _ cec.Frame) {
	switch b := m.Body.(type) {
	case cec.UserControlPressed:
		a.Volume = volume(a.Volume, b.Code)
		if b.Code == cec.UIMute {
			a.Muted = !a.Muted
		}
	case cec.Bare:
		a.hearBare(m, cec.Opcode(b))
	}
}

func (a *Receiver) hearBare(m cec.Message, op cec.Opcode) {
	var say cec.Body
	switch op {
	case cec.OpStandby:
		a.off = true
	case cec.OpGiveSystemAudioModeStatus:
		say = cec.SystemAudioModeStatus{On: a.mode && !a.off}
	case cec.OpGiveAudioStatus:
		say = cec.ReportAudioStatus{Volume: uint8(a.Volume), Muted: a.Muted}
	case cec.OpGiveDevicePowerStatus:
		say = cec.ReportPowerStatus{Power: cec.Power(map[bool]uint8{true: 1}[a.off])}
	}
	if say != nil && !a.Silent {
		a.room.After(20*time.Millisecond, func() { a.room.say(a, m.From, say) })
	}
}

// Rival is another player, at another socket.
type Rival struct {
	room   *Room
	socket cec.Physical
}

// NewRival is a player in that socket, with address 8.
func (r *Room) NewRival(socket cec.Physical) *Rival {
	v := &Rival{room: r, socket: socket}
	r.devices = append(r.devices, v)
	return v
}

// Play lights the television and takes its picture.
func (v *Rival) Play() {
	v.room.say(v, cec.TV, cec.Bare(cec.OpImageViewOn))
	v.room.say(v, cec.Broadcast, cec.ActiveSource{At: v.socket})
}

func (v *Rival) address() cec.Address { return cec.Playback2 }

func (v *Rival) hear(cec.Message, cec.Frame) {}
