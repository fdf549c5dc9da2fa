package ui

import (
	"context"
	"slices"
	"sync"
)

// outbox is what waits to be written to one client. It is bounded: replies by
// room, states by conflation (one for each topic), keys by a limit after
// which the client is dropped.
//
//	reader, worker ──reserve, reply──▶ ┌────────┐
//	hub ─────────────────offer──────▶ │ outbox │ ──next──▶ writer ──▶ client
//	                                   └────────┘
type outbox struct {
	limits limits
	drop   func(cause error) // ends the connection; must not block
	whole  bool              // the client's API has no patches; set before the first follow

	wake chan struct{} // a token: there may be something to write
	room chan struct{} // a token: there may be room for replies

	mu      sync.Mutex
	replies []*slot
	bytes   int   // of answers that are ready
	held    *slot // no events before this reply is out
	follows map[topicName]bool
	states  map[topicName]*waiting // the newest that was not written
	keys    []*event
}

// slot is the place of a reply among the replies.
type slot struct {
	ready bool
	data  []byte // nil: nothing to say
}

func newOutbox(lim limits, drop func(error)) *outbox {
	return &outbox{
		limits: lim, drop: drop, wake: make(chan struct{}, 1), room: make(chan struct{}, 1),
		follows: map[topicName]bool{}, states: map[topicName]*waiting{},
	}
}

func token(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// waitRoom blocks while too many replies wait, so that a client that asks
// without reading cannot fill the memory. Only the reader calls it.
func (o *outbox) waitRoom(ctx context.Context) error {
	for {
		o.mu.Lock()
		ok := len(o.replies) < o.limits.replies && o.bytes < o.limits.replyBytes
		o.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-o.room:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// reserve takes the next place among the replies.
func (o *outbox) reserve() *slot {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := new(slot)
	o.replies = append(o.replies, s)
	return s
}

// reply fills a place. Nil data says nothing.
func (o *outbox) reply(s *slot, data []byte) {
	o.mu.Lock()
	s.ready, s.data = true, data
	o.bytes += len(data)
	if o.held == s {
		o.held = nil
	}
	o.mu.Unlock()
	token(o.wake)
}

// hold keeps events back until the reply in s is out, so that a client never
// sees a change before the snapshot it changes. It is called before the
// topics are followed.
func (o *outbox) hold(s *slot) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held = s
}

// follow begins a topic anew: what waited of it is in the snapshot.
func (o *outbox) follow(name topicName) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.forget(name)
	o.follows[name] = true
}

// unfollow ends a topic at once: nothing of it is written afterwards, but for
// a message being written just now.
func (o *outbox) unfollow(names []topicName) (left []topicName) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, name := range names {
		o.forget(name)
		delete(o.follows, name)
	}
	left = []topicName{}
	for _, name := range topicNames() {
		if o.follows[name] {
			left = append(left, name)
		}
	}
	return left
}

func (o *outbox) forget(name topicName) {
	delete(o.states, name)
	if name == topicKeys {
		o.keys = nil
	}
}

// offer puts an event of a topic into the outbox if it is followed.
func (o *outbox) offer(name topicName, e *event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case !o.follows[name]:
		return
	case name.conflated():
		o.states[name] = o.states[name].add(e, o.whole)
	case len(o.keys) < o.limits.keys:
		o.keys = append(o.keys, e)
	default:
		o.follows[name] = false // drop once
		o.drop(&closing{code: closeSlow, text: "The client did not keep up; connect again and resume"})
		return
	}
	token(o.wake)
}

// settle forgets what waits of a topic, because the client is about to be told
// all of it. It says whether the client follows the topic.
func (o *outbox) settle(name topicName) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.forget(name)
	return o.follows[name]
}

// next takes what is to be written now: replies in their order, then keys,
// then states. Nil means that there is nothing.
func (o *outbox) next() []byte {
	for {
		data, name, from := o.take()
		if from == nil {
			return data
		}
		// The hub's lock comes before the outbox's.
		if data := from.wholeFrame(name, o); data != nil {
			return data
		}
	}
}

// take is next, but for a keyed topic of which the client is told the whole:
// that is to be had from a hub.
func (o *outbox) take() (data []byte, name topicName, from *hub) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if data := o.takeReply(); data != nil || o.held != nil {
		return data, "", nil
	}
	if len(o.keys) > 0 {
		e := o.keys[0]
		o.keys = slices.Delete(o.keys, 0, 1)
		return e.frame, "", nil
	}
	if len(o.states) == 0 {
		return nil, "", nil
	}
	for _, name := range topicNames() {
		w := o.states[name]
		if w == nil {
			continue
		}
		delete(o.states, name)
		if w.whole {
			return nil, name, w.event.hub
		}
		return w.frame(name), "", nil
	}
	return nil, "", nil
}

// takeReply is the next reply that is ready and says something. The caller
// holds the lock.
func (o *outbox) takeReply() []byte {
	for len(o.replies) > 0 && o.replies[0].ready {
		data := o.replies[0].data
		o.replies = slices.Delete(o.replies, 0, 1)
		o.bytes -= len(data)
		token(o.room)
		if data != nil {
			return data
		}
	}
	return nil
}
