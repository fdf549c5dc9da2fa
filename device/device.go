// Package device is the vocabulary of the box itself: what its front shows.
//
// It is pure data: it never blocks and starts nothing.
package device

// Light is what the light on the front of a box says.
type Light string

// The lights.
const (
	Dark     Light = "off"
	Lit      Light = "on"       // steady: the box is on
	Resting  Light = "standby"  // dim, or a short flash every five seconds
	Pairing  Light = "pairing"  // two blinks, a pause
	Updating Light = "updating" // one second on, one off: do not unplug
	Fault    Light = "fault"    // fast: something needs a person
)

// Lights lists every light in a fixed order.
func Lights() []Light { return []Light{Dark, Lit, Resting, Pairing, Updating, Fault} }

// Face is what the front of a box shows: as much of it as the box has parts for.
type Face struct {
	Light Light  `json:"light"`
	Text  string `json:"text,omitempty"`  // up to six characters on a segment display
	Clock bool   `json:"clock,omitempty"` // the time of day, where Text is empty
	Level int    `json:"level"`           // brightness of the display, 0 (off) to 7
}
