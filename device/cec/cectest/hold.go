package cectest

import (
	"time"

	"usher/device/cec"
)

// heldMost ends a hold whose end was lost.
const heldMost = 30 * time.Second

// Hold is a person who presses a key of the television's remote and keeps it
// down until LetGo. It says whether the key went to the box.
func (t *Television) Hold(code cec.UICode) bool {
	t.LetGo()
	to := t.port.logical
	if !t.ShowsBox() || to == cec.Unregistered {
		return false
	}
	t.hold++
	this, began := t.hold, t.room.now
	t.let = func() {
		t.let = nil
		t.Presses = append(t.Presses, Press{code, began, t.room.now.Sub(began)})
		if t.Habits.Holding != NoRelease {
			t.room.say(t, to, cec.Bare(cec.OpUserControlReleased))
		}
	}
	t.room.say(t, to, cec.UserControlPressed{Code: code})
	if t.Habits.Holding != PressRelease {
		t.room.After(repeatEvery, func() { t.again(this, to, code) })
	}
	t.room.After(heldMost, func() {
		if t.hold == this {
			t.LetGo()
		}
	})
	return true
}

// again repeats a key for as long as it is held.
func (t *Television) again(hold int, to cec.Address, code cec.UICode) {
	if t.let == nil || t.hold != hold {
		return
	}
	t.room.say(t, to, cec.UserControlPressed{Code: code})
	t.room.After(repeatEvery, func() { t.again(hold, to, code) })
}

// LetGo ends Hold. Without one it does nothing.
func (t *Television) LetGo() {
	if t.let != nil {
		t.let()
	}
}
