package mpris

import (
	"context"
	"sync"

	"usher/player"
)

// maxOutbox bounds the events that wait for a receiver that does not keep up.
const maxOutbox = 256

// outbox hands events to the receiver in order without holding up the owner.
type outbox struct {
	out  chan player.Event
	mu   sync.Mutex
	list []player.Event
	wake chan struct{} // buffered, 1
}

func newOutbox() *outbox {
	return &outbox{out: make(chan player.Event), wake: make(chan struct{}, 1)}
}

func (o *outbox) put(e player.Event) {
	o.mu.Lock()
	o.list = conflate(o.list, e)
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// run delivers until ctx ends, then closes the channel.
func (o *outbox) run(ctx context.Context) {
	defer close(o.out)
	for {
		e, ok := o.next()
		if !ok {
			select {
			case <-ctx.Done():
				return
			case <-o.wake:
			}
			continue
		}
		select {
		case <-ctx.Done():
			return
		case o.out <- e:
		}
	}
}

func (o *outbox) next() (player.Event, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.list) == 0 {
		return nil, false
	}
	e := o.list[0]
	o.list = o.list[1:]
	return e, true
}

// conflate appends e; a Changed that differs from the one before only in
// position takes its place.
func conflate(list []player.Event, e player.Event) []player.Event {
	if n := len(list); n > 0 {
		before, ok1 := list[n-1].(player.Changed)
		after, ok2 := e.(player.Changed)
		if ok1 && ok2 && sameButPosition(before.Status, after.Status) {
			list[n-1] = e
			return list
		}
	}
	if len(list) >= maxOutbox {
		list = list[1:]
	}
	return append(list, e)
}

func sameButPosition(a, b player.Status) bool {
	a.Position, a.At = b.Position, b.At
	return a == b
}
