package box

import (
	"slices"

	"usher/device"
)

// The brightness of the display on the front, 0 to 7: a bright clock beside a
// film disturbs.
const (
	frontBright = 5
	frontDim    = 1
)

// InhibitUpdate is the ID of the inhibitor that says that an update is being
// written; the light on the front asks not to unplug the box then.
const InhibitUpdate = "update"

// Front is what the front of the box shows: derived from the state, as a View
// is, and shown as far as there are parts for it.
func Front(s State) device.Face {
	f := device.Face{Light: device.Lit, Clock: true, Level: frontBright}
	if s.Phase.active() {
		f.Level = frontDim
	}
	if s.Power.State == PowerStandby {
		f.Light, f.Level = device.Resting, frontDim
	}
	switch {
	case slices.ContainsFunc(s.Power.Inhibitors, func(i Inhibitor) bool { return i.ID == InhibitUpdate }):
		f.Light, f.Text = device.Updating, textUpdate // above all: pulling the plug does harm
	case slices.ContainsFunc(s.Health, func(p Problem) bool { return faulty(p.Code) }):
		f.Light, f.Text = device.Fault, textFault
	case slices.ContainsFunc(s.Accounts, func(a Account) bool { return a.Phase == AccountWaiting }):
		f.Light, f.Text = device.Pairing, textPairing
	}
	return f
}

// What a segment display says instead of the time: as far as seven segments can.
const (
	textUpdate  = "UPd"
	textFault   = "Err"
	textPairing = "PAIr"
)

// faulty says that a problem keeps the box from playing until a person acts.
// Others are told on the screen.
func faulty(code string) bool { return code == "player" || code == "no_player" || code == "no_plugin" }
