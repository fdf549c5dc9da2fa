package box

import (
	"time"

	"usher/device/cec"
)

// TVView is field "tv" of topic "system".
type TVView struct {
	Present bool   `json:"present"` // the box has a place on a television's HDMI-CEC bus
	Power   string `json:"power"`   // on, standby, turning on, going to standby, unknown
	Active  bool   `json:"active"`  // the television shows the box
	Reason  string `json:"reason"`  // of Active, or why there is no television
	Sound   string `json:"sound"`   // who makes the sound: box, tv, audio-system
	Volume  int    `json:"volume"`  // percent, there; -1: unknown
	Muted   bool   `json:"muted"`
}

// PowerView is field "power" of topic "system".
type PowerView struct {
	State      string          `json:"state"`             // on, leaving, standby, waking
	SinceMS    int64           `json:"sinceMs,omitempty"` // Unix time in ms; 0: since the start
	By         Source          `json:"by,omitempty"`      // cec, evdev, panel, bridge, cli, idle, machine
	Reason     string          `json:"reason,omitempty"`
	IdleAtMS   int64           `json:"idleAtMs,omitempty"` // standby comes then unless somebody acts; 0: it is not near
	UntilMS    int64           `json:"untilMs,omitempty"`  // leaving: standby comes then at the latest
	Inhibitors []InhibitorView `json:"inhibitors"`         // who delays standby, and why
	Chain      []PowerStep     `json:"-"`
}

// InhibitorView is one who delays standby.
type InhibitorView struct {
	ID      string `json:"id"`
	Reason  string `json:"reason"`  // English
	UntilMS int64  `json:"untilMs"` // Unix time in ms
}

func lookTV(s State) TVView {
	v := TVView{
		Present: s.TV.Link.Attached && s.TV.Link.Physical.Known() && s.TV.Link.Logical != cec.Unregistered,
		Power:   s.TV.Power.String(), Active: s.TV.Active, Reason: s.TV.Reason,
		Sound: string(cec.SoundHere), Volume: -1,
	}
	if s.TV.Sound.At != "" {
		v.Sound, v.Volume, v.Muted = string(s.TV.Sound.At), s.TV.Sound.Volume, s.TV.Sound.Muted
	}
	if t := s.TV.Link.Trouble; !s.TV.Link.Attached && t.Text != "" {
		v.Reason = t.Text
	}
	return v
}

func lookPower(s State) PowerView {
	p := s.Power
	return PowerView{
		State: p.State.String(), SinceMS: unixMS(p.Since), By: p.By, Reason: p.Reason,
		IdleAtMS: unixMS(p.Warned), UntilMS: unixMS(p.Until), Inhibitors: lookInhibitors(p), Chain: p.Chain,
	}
}

func lookInhibitors(p Power) []InhibitorView {
	list := []InhibitorView{}
	for _, i := range p.Inhibitors {
		list = append(list, InhibitorView{ID: i.ID, Reason: i.Reason, UntilMS: unixMS(i.Until)})
	}
	return list
}

// unixMS is t in Unix milliseconds, 0 for no time.
func unixMS(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
