//go:build linux

package panel

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"

	"usher/device/remote"
)

// ButtonSpec names a button on a GPIO pin.
type ButtonSpec struct {
	Pin string     // of periph, such as "GPIO17"
	Key remote.Key // what it means
	// Long is what it means held for remote.LongAfter; "" is what Key means,
	// again and again.
	Long remote.Key
	// High says that the pin is high while the button is down; without, it is
	// pulled up and the button connects it to ground.
	High bool
}

// ButtonOptions configure Buttons. Emit and Logger are required.
type ButtonOptions struct {
	Emit   func(remote.Event) // called from Run; must not block
	Logger *slog.Logger

	system *system // tests
}

// Buttons are the buttons on the front of a box.
type Buttons struct {
	o    ButtonOptions
	list []button
	all  []Part
}

// button is a pin that can be waited for.
type button struct {
	spec ButtonSpec
	pin  gpio.PinIO
}

// The times of a button.
const (
	// bounce is how long contacts may chatter. A press is told at its first
	// edge; what follows within this time is looked at when it is over.
	bounce = 20 * time.Millisecond
	// edgePatience is the longest wait for an edge: a pin of sysfs cannot be
	// interrupted in it. Zero and less mean different things to different drivers.
	edgePatience = time.Second
	// chatter is how many edges of one press are thrown away at most.
	chatter = 64
)

// OpenButtons opens what there is. Buttons that cannot be used are in
// Parts with the reason.
func OpenButtons(specs []ButtonSpec, o ButtonOptions) *Buttons {
	s := o.system
	if s == nil {
		s = new(realSystem())
	}
	b := &Buttons{o: o}
	for _, spec := range specs {
		pin, err := s.button(spec)
		if slices.ContainsFunc(b.list, func(other button) bool { return other.spec.Pin == spec.Pin }) {
			err = fmt.Errorf("%s has another button", spec.Pin)
		}
		part := Part{Spec: Spec{Kind: "button " + string(spec.Key), Pins: []string{spec.Pin}}}
		if err == nil {
			b.list = append(b.list, button{spec, pin})
		} else {
			part.Problem, part.Hint = err.Error(), buttonHint(err)
			o.Logger.Warn("Button not used", "key", spec.Key, "pin", spec.Pin, "err", err)
		}
		b.all = append(b.all, part)
	}
	return b
}

// button makes a pin an input that tells its edges. Drivers that cannot pull
// it up or down leave that to the board's own resistor.
func (s system) button(spec ButtonSpec) (gpio.PinIO, error) {
	for _, k := range []remote.Key{spec.Key, spec.Long} {
		if k != "" && !k.Valid() {
			return nil, fmt.Errorf("there is no key %q", k)
		}
	}
	p, err := s.pin(spec.Pin)
	if err != nil {
		return nil, err
	}
	pull := gpio.PullUp
	if spec.High {
		pull = gpio.PullDown
	}
	err = p.In(pull, gpio.BothEdges)
	if err != nil && p.In(gpio.PullNoChange, gpio.BothEdges) != nil {
		return nil, fmt.Errorf("listen to %s: %w", spec.Pin, err)
	}
	return p, nil
}

func buttonHint(err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return hint(err)
	}
	return "Check the pin in [panel] buttons; leave buttons that the kernel has as gpio-keys to it (usher remote list shows them)."
}

// Parts are the buttons and how they do.
func (b *Buttons) Parts() []Part { return b.all }

// change is a button that went down or came up.
type change struct {
	of   int
	down bool
}

// Run listens until ctx ends, and lets go of what is held then.
func (b *Buttons) Run(ctx context.Context) error {
	changes := make(chan change)
	var listening sync.WaitGroup
	for i, x := range b.list {
		listening.Go(func() { x.listen(ctx, i, changes) })
	}
	b.follow(ctx, changes)
	b.wake(&listening)
	return nil
}

// wake interrupts those who wait for an edge until all have ended: one may be
// about to wait when it is interrupted.
func (b *Buttons) wake(listening *sync.WaitGroup) {
	ended := make(chan struct{})
	go func() { listening.Wait(); close(ended) }()
	for {
		for _, x := range b.list {
			_ = x.pin.Halt() // most drivers only; others see the end themselves
		}
		select {
		case <-ended:
			return
		case <-time.After(bounce):
		}
	}
}

// listen tells what one button does. One that is down from the start has not
// been pressed: it may be stuck.
func (x button) listen(ctx context.Context, of int, changes chan<- change) {
	down := x.down()
	for ctx.Err() == nil {
		if x.down() == down {
			x.wait(ctx)
			continue
		}
		down = !down
		select {
		case changes <- change{of, down}:
		case <-ctx.Done():
		}
		settle(ctx)
		for range chatter { // edges of the past say nothing about now
			if !x.pin.WaitForEdge(time.Nanosecond) {
				break
			}
		}
	}
}

// wait waits for an edge. A driver that fails returns at once, again and again.
func (x button) wait(ctx context.Context) {
	began := time.Now()
	if !x.pin.WaitForEdge(edgePatience) && time.Since(began) < edgePatience/2 {
		settle(ctx)
	}
}

// settle lets contacts chatter.
func settle(ctx context.Context) {
	select {
	case <-time.After(bounce):
	case <-ctx.Done():
	}
}

func (x button) down() bool { return x.pin.Read() == gpio.Level(x.spec.High) }

// follow turns changes into keys until ctx ends.
func (b *Buttons) follow(ctx context.Context, changes <-chan change) {
	var presses remote.Presses
	began := time.Now()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		if due, held := presses.Due(); held {
			timer.Reset(max(due-time.Since(began), 0))
		}
		select {
		case <-ctx.Done():
			b.emit(presses.Gone(frontDevice, time.Since(began)))
			return
		case c := <-changes:
			b.emit(b.changed(&presses, c, time.Since(began)))
		case <-timer.C:
			b.emit(presses.Tick(time.Since(began)))
		}
	}
}

// frontDevice is what the buttons are on.
const frontDevice = "panel"

func (b *Buttons) changed(presses *remote.Presses, c change, now time.Duration) []remote.Event {
	spec := b.list[c.of].spec
	name := remote.Button{Device: frontDevice, Code: uint32(c.of)}
	if !c.down {
		return presses.Up(name, now)
	}
	return presses.Down(name, remote.Binding{Short: spec.Key, Long: spec.Long}, now)
}

func (b *Buttons) emit(list []remote.Event) {
	for _, e := range list {
		b.o.Emit(e)
	}
}
