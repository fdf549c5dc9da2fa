package daemon

import (
	"usher/device/cec"
	"usher/internal/box"
)

// PowerEdges are told of power. None of them may block; nil is a box without.
type PowerEdges struct {
	TV      func(cec.Act)       // what happened at the box, for the television
	Rest    func(on bool)       // the box is in standby, or on the way: nothing needs to be fetched for a film
	Inhibit func(reason string) // keep the machine from sleeping for a reason; "" lets it
	Allow   func()              // the machine may sleep now: what must be on disk is
}

// doPower hands an effect of power to its edge.
func (d *Daemon) doPower(f box.Effect) {
	edges := d.opt.Power
	switch f := f.(type) {
	case box.TellTV:
		if edges.TV != nil {
			edges.TV(f.Act)
		}
	case box.InhibitSleep:
		if edges.Inhibit != nil {
			edges.Inhibit(f.Reason)
		}
	case box.AllowSleep:
		if edges.Allow != nil {
			d.saver.after(edges.Allow)
		}
	}
}

// rest tells whether the box rests, when that changed.
func (d *Daemon) rest() {
	on := d.state.Power.State == box.PowerStandby || d.state.Power.State == box.PowerLeaving
	if on == d.resting {
		return
	}
	d.resting = on
	if d.opt.Power.Rest != nil {
		d.opt.Power.Rest(on)
	}
}
