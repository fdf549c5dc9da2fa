//go:build linux

package panel

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"usher/device"
)

// Options configure a Panel. Logger is required.
type Options struct {
	Now    func() time.Time // the time of day, where the box stands; default time.Now
	Logger *slog.Logger

	system *system // tests
}

// Part is a part of the front and how it does.
type Part struct {
	Spec    Spec   `json:"spec"`
	Problem string `json:"problem,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

// Panel is the front of a box.
type Panel struct {
	log   *slog.Logger
	now   func() time.Time
	parts []part
	wake  chan struct{}

	mu   sync.Mutex
	face device.Face
	list []Part
}

// part is an open part; neither with one that could not be opened.
type part struct {
	light   light
	display display
	level   float64      // shown last; -1 nothing yet
	cells   [digits]byte // shown last
	bright  int
	shown   bool
}

// Open opens what there is. Parts that cannot be opened are in Parts; there is
// no error, because a box plays films without its front.
func Open(specs []Spec, o Options) *Panel {
	p := &Panel{log: o.Logger, now: o.Now, wake: make(chan struct{}, 1), face: device.Face{Light: device.Dark}}
	if p.now == nil {
		p.now = time.Now
	}
	s := o.system
	if s == nil {
		s = new(realSystem())
	}
	for _, spec := range specs {
		l, d, err := s.open(spec)
		p.parts = append(p.parts, part{light: l, display: d, level: -1})
		p.list = append(p.list, Part{Spec: spec})
		if err != nil {
			p.failed(len(p.parts)-1, err)
		}
	}
	return p
}

// Parts are the parts and how they do.
func (p *Panel) Parts() []Part {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Part(nil), p.list...)
}

// Show has a face shown; the newest wins.
func (p *Panel) Show(f device.Face) {
	p.mu.Lock()
	p.face = f
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Run shows faces until ctx ends, and then nothing.
func (p *Panel) Run(ctx context.Context) error {
	defer p.draw(device.Face{Light: device.Dark}, 0)
	timer := time.NewTimer(0)
	defer timer.Stop()
	var began time.Time
	var light device.Light
	for {
		p.mu.Lock()
		face := p.face
		p.mu.Unlock()
		if face.Light != light || began.IsZero() {
			light, began = face.Light, time.Now() // a pattern begins at its beginning
		}
		if next := p.draw(face, time.Since(began)); next > 0 {
			timer.Reset(next)
		} else {
			timer.Stop()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.wake:
		case <-timer.C:
		}
	}
}

// draw brings every part up to date and says when that has to be done again;
// 0 is when another face comes.
func (p *Panel) draw(f device.Face, since time.Duration) (next time.Duration) {
	sooner := func(d time.Duration) {
		if d > 0 && (next == 0 || d < next) {
			next = d
		}
	}
	for i := range p.parts {
		x := &p.parts[i]
		switch {
		case x.light != nil:
			level, stays := at(pattern(f.Light, x.light.dims()), since)
			sooner(stays)
			if level != x.level {
				x.level = level
				p.outcome(i, x.light.set(level))
			}
		case x.display != nil:
			cells, stays := p.cells(f)
			sooner(stays)
			if !x.shown || cells != x.cells || f.Level != x.bright {
				x.cells, x.bright, x.shown = cells, f.Level, true
				p.outcome(i, x.display.show(cells, f.Level))
			}
		}
	}
	return next
}

// cells is what a display shows, and how long.
func (p *Panel) cells(f device.Face) ([digits]byte, time.Duration) {
	switch {
	case f.Text != "" || !f.Clock:
		return segments(f.Text), 0
	default:
		now := p.now()
		return clockFace(now), now.Truncate(time.Second).Add(time.Second).Sub(now)
	}
}

// outcome gives a part up that failed: hardware that fails once fails always,
// and a log line a second helps nobody.
func (p *Panel) outcome(i int, err error) {
	if err != nil {
		p.failed(i, err)
	}
}

func (p *Panel) failed(i int, err error) {
	p.parts[i].light, p.parts[i].display = nil, nil
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list[i].Problem, p.list[i].Hint = err.Error(), hint(err)
	p.log.Warn("Part of the front panel not used", "kind", p.list[i].Spec.Kind, "err", err)
}

func hint(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "Let usherd's user write to it: group gpio for pins, a udev rule for LEDs."
	case errors.Is(err, fs.ErrNotExist):
		return "Check the name in [panel]; ls /sys/class/leds shows the LEDs that the kernel knows."
	case errors.Is(err, errNoChip):
		return "Check the pins in [panel], and which of clock and data is which."
	}
	return "Check [panel] in the configuration."
}
