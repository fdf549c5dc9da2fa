package cecdev

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"usher/device/cec"
)

// Limits.
const (
	queueLimit = 16               // frames waiting to be sent
	retryEvery = 10 * time.Second // for an adapter that is busy or forbidden
	lookEvery  = 2 * time.Second  // for one that is not there, besides notices
	elseEvery  = 5 * time.Second  // for a television at another adapter, while none was ever seen
)

// errElsewhere ends the use of an adapter that no television was ever seen at,
// because one is at another.
var errElsewhere = errors.New("the television is at another adapter")

// Config says which adapter is used. The zero Config looks for a television at
// all in /dev.
type Config struct {
	Dir string // folder of device nodes; "" is /dev
	// Node is such as /dev/cec1. "" is the first that a television has given an
	// address, and that one from then on; until one has, the first there is.
	Node string
}

// Bus is a cec.Bus on an adapter of this machine.
type Bus struct {
	claim  cec.Claim
	config Config
	log    *slog.Logger
	events chan cec.BusEvent

	mu      sync.Mutex
	queue   []cec.Outgoing
	dropped []cec.Outgoing
	wake    chan struct{}

	port sync.RWMutex // held for reading while a frame is sent
	on   *adapter     // nil: none

	trouble string      // code of what was told last
	had     cec.Adapter // the one to look for; none until it is decided which
}

// New makes a bus; Run opens it.
func New(claim cec.Claim, config Config, log *slog.Logger) *Bus {
	if config.Dir == "" {
		config.Dir = "/dev"
	}
	return &Bus{
		claim: claim, config: config, log: log,
		events: make(chan cec.BusEvent, 128), wake: make(chan struct{}, 1),
	}
}

// Events delivers what happens on the bus.
func (b *Bus) Events() <-chan cec.BusEvent { return b.events }

// Transmit queues a frame.
func (b *Bus) Transmit(o cec.Outgoing) {
	b.mu.Lock()
	if len(b.queue) < queueLimit {
		b.queue = append(b.queue, o)
	} else {
		b.dropped = append(b.dropped, o)
	}
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Run looks for the adapter, and serves it for as long as it is there.
func (b *Bus) Run(ctx context.Context) error {
	w, err := newWaiter(b.config.Dir)
	if err != nil {
		close(b.events)
		return err
	}
	defer w.close()
	stop := context.AfterFunc(ctx, w.stop)
	defer stop()
	var sender sync.WaitGroup
	sender.Go(func() { b.sendAll(ctx) })
	for ctx.Err() == nil {
		pause := b.once(ctx, w)
		if ctx.Err() == nil {
			w.change(pause)
		}
	}
	sender.Wait()
	close(b.events)
	return nil
}

// once finds and serves the adapter, and says how long to wait before the
// next look.
func (b *Bus) once(ctx context.Context, w *waiter) time.Duration {
	is, _, err := find(b.config.Dir, b.config.Node, b.had)
	if err != nil {
		b.detached(ctx, err)
		return lookEvery
	}
	a, err := open(is.Node, is, b.claim)
	if err != nil {
		b.detached(ctx, err)
		return retryEvery
	}
	b.trouble = ""
	if b.config.Node != "" {
		b.had = is
	}
	b.emit(ctx, cec.Attached{Adapter: is})
	b.plug(a)
	err = b.serve(ctx, a, w)
	b.unplug(a)
	switch {
	case ctx.Err() != nil:
	case errors.Is(err, errElsewhere):
		b.emit(ctx, cec.Detached{})
	default:
		b.detached(ctx, err)
	}
	return 100 * time.Millisecond
}

func (b *Bus) plug(a *adapter) {
	b.port.Lock()
	defer b.port.Unlock()
	b.on = a
}

// unplug gives back the address first, so that a frame under way ends at once.
func (b *Bus) unplug(a *adapter) {
	if err := a.leave(); err != nil {
		b.log.Debug("Address not given back", "node", a.is.Node, "error", err)
	}
	b.port.Lock()
	defer b.port.Unlock()
	b.on = nil
	a.close()
}

// detached tells a trouble once.
func (b *Bus) detached(ctx context.Context, err error) {
	t := troubleOf(err)
	if t.Code == b.trouble {
		return
	}
	b.trouble = t.Code
	b.log.Info("No HDMI-CEC adapter", "code", t.Code, "error", err)
	b.emit(ctx, cec.Detached{Trouble: t})
}

// emit delivers an event, unless the bus ends.
func (b *Bus) emit(ctx context.Context, e cec.BusEvent) {
	select {
	case b.events <- e:
	case <-ctx.Done():
		select { // who still reads gets what fits
		case b.events <- e:
		default:
		}
	}
}

// serve reads frames and events until the adapter goes away or ctx ends.
func (b *Bus) serve(ctx context.Context, a *adapter, w *waiter) error {
	for ctx.Err() == nil {
		limit := forever
		if b.had.Driver == "" {
			limit = elseEvery
		}
		ready, err := w.wait(a.rx, limit)
		if err != nil {
			return err
		}
		if ready == 0 && ctx.Err() == nil && b.elsewhere(a) {
			return fmt.Errorf("wait for a television at %s: %w", a.is.Node, errElsewhere)
		}
		if ready&unix.POLLPRI != 0 {
			if err := b.readEvents(ctx, a); err != nil {
				return err
			}
		}
		if ready&unix.POLLIN != 0 {
			if err := b.readFrames(ctx, a); err != nil {
				return err
			}
		}
		if ready&(unix.POLLERR|unix.POLLHUP|unix.POLLNVAL) != 0 {
			return fmt.Errorf("wait for %s: %w", a.is.Node, unix.ENODEV)
		}
	}
	return nil
}

// elsewhere says that a television is at another adapter than a.
func (b *Bus) elsewhere(a *adapter) bool {
	is, at, err := find(b.config.Dir, b.config.Node, b.had)
	return err == nil && at.Known() && is.Node != a.is.Node
}

func (b *Bus) readFrames(ctx context.Context, a *adapter) error {
	for {
		r, ok, err := a.next()
		if err != nil || !ok {
			return err
		}
		b.emit(ctx, r)
	}
}

func (b *Bus) readEvents(ctx context.Context, a *adapter) error {
	for {
		e, err := a.event()
		if err != nil || e == nil {
			return err
		}
		switch e.event {
		case eventState:
			at := claimed(e)
			if at.Physical.Known() {
				b.had = a.is // it is this one, whatever becomes of its node
			}
			b.emit(ctx, at)
		case eventLost:
			b.emit(ctx, cec.Overrun{Lost: e.lost()})
		}
	}
}

// sendAll sends what is queued, one frame after the other.
func (b *Bus) sendAll(ctx context.Context) {
	for {
		o, drop, ok := b.take()
		switch {
		case !ok:
			select {
			case <-b.wake:
			case <-ctx.Done():
				return
			}
		case drop:
			b.emit(ctx, cec.Sent{ID: o.ID, At: time.Now(), Result: cec.ResultDropped})
		default:
			result := b.send(o.Frame)
			b.emit(ctx, cec.Sent{ID: o.ID, At: time.Now(), Result: result})
		}
	}
}

func (b *Bus) take() (o cec.Outgoing, drop, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.dropped) > 0 {
		o, b.dropped = b.dropped[0], b.dropped[1:]
		return o, true, true
	}
	if len(b.queue) > 0 {
		o, b.queue = b.queue[0], b.queue[1:]
		return o, false, true
	}
	return o, false, false
}

func (b *Bus) send(f cec.Frame) cec.Result {
	b.port.RLock()
	defer b.port.RUnlock()
	if b.on == nil {
		return cec.ResultDropped
	}
	return b.on.send(f)
}
