package cectest

import (
	"context"
	"slices"
	"sync"
	"time"

	"usher/device/cec"
)

// Bus is a cec.Bus on a Room that lives on this machine's clock. The room is
// touched through Do only while Run runs.
type Bus struct {
	mu     sync.Mutex
	room   *Room
	port   *Port
	out    []cec.BusEvent // told, not yet delivered
	wake   chan struct{}
	events chan cec.BusEvent
}

// NewBus puts a room with its port on the clock.
func NewBus(room *Room, port *Port) *Bus {
	return &Bus{room: room, port: port, wake: make(chan struct{}, 1), events: make(chan cec.BusEvent, 128)}
}

// Events delivers what happens.
func (b *Bus) Events() <-chan cec.BusEvent { return b.events }

// Transmit puts a frame on the wire.
func (b *Bus) Transmit(o cec.Outgoing) {
	b.Do(func() {
		if b.port.tell == nil {
			b.out = append(b.out, cec.Sent{ID: o.ID, At: b.room.now, Result: cec.ResultDropped})
			return
		}
		b.port.Send(o)
	})
}

// Do is something that happens in the room now, such as a key of the
// television's remote.
func (b *Bus) Do(f func()) {
	b.mu.Lock()
	b.room.Advance(time.Now())
	f()
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Run opens the port and keeps the room's clock until ctx ends.
func (b *Bus) Run(ctx context.Context) error {
	defer close(b.events)
	b.Do(func() { b.port.Open(func(e cec.BusEvent) { b.out = append(b.out, e) }) })
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		next := b.step()
		if !b.deliver(ctx) {
			break
		}
		timer.Reset(next)
		select {
		case <-b.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	b.Do(b.port.Close)
	return nil
}

// step does what is due, and says how long nothing will happen.
func (b *Bus) step() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.room.Advance(now)
	if next, ok := b.room.Next(); ok {
		return next.Sub(now)
	}
	return time.Hour
}

// deliver hands out what was told; false: the bus ends.
func (b *Bus) deliver(ctx context.Context) bool {
	b.mu.Lock()
	out := slices.Clone(b.out)
	b.out = b.out[:0]
	b.mu.Unlock()
	for _, e := range out {
		select {
		case b.events <- e:
		case <-ctx.Done():
			return false
		}
	}
	return ctx.Err() == nil
}
