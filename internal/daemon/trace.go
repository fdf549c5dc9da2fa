package daemon

import (
	"reflect"
	"strings"
	"time"

	"usher/internal/box"
	"usher/player"
)

// tracer is told what follows from a key; its methods do not block.
type tracer interface {
	// Press begins the trace of a key that came in at a time.
	Press(name string, at time.Time, attrs ...string)
	// Step belongs to the newest press.
	Step(name string, begin, end time.Time, attrs ...string)
}

// marks are when the parts of a step of the core ended; zero without a tracer.
type marks struct{ began, decided, acted time.Time }

func (d *Daemon) stamp() time.Time {
	if d.opt.Trace == nil {
		return time.Time{}
	}
	return time.Now()
}

func (d *Daemon) mark() marks { return marks{began: d.stamp()} }

// pressed begins a trace when a letter is a key.
func (d *Daemon) pressed(l letter) {
	e, ok := box.Recorded(d.state, l.event).(box.KeyPressed)
	if d.opt.Trace == nil || !ok {
		return
	}
	d.opt.Trace.Press("key "+string(e.Key.Key), l.at, "key", string(e.Key.Key), "action", string(e.Key.Action), "by", string(e.By))
	d.opt.Trace.Step("wait for the loop", l.at, time.Now())
}

// steps tells of one step of the core: of keys, and of what a player says after
// one. Titles are not named.
func (d *Daemon) steps(e box.Event, effects []box.Effect, m marks) {
	if d.opt.Trace == nil {
		return
	}
	switch e := e.(type) {
	case box.KeyPressed:
	case box.PlayerChanged:
		changed, ok := e.Event.(player.Changed)
		if !ok {
			return
		}
		d.opt.Trace.Step("player says", m.began, m.began, "phase", changed.Status.Phase.String())
	default:
		return
	}
	names := make([]string, len(effects))
	for i, f := range effects {
		names[i] = reflect.TypeOf(f).Name()
	}
	d.opt.Trace.Step("core decides", m.began, m.decided, "event", reflect.TypeOf(e).Name(), "effects", strings.Join(names, " "))
	d.opt.Trace.Step("edges are told", m.decided, m.acted)
	d.opt.Trace.Step("view", m.acted, time.Now())
}
