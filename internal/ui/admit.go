package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// admission is a place among the connections.
type admission struct {
	ctx      context.Context
	stranger *stranger
	release  func()
}

// stranger is a connection that has not said session.hello yet. Strangers have
// a few places of their own; when these are full the oldest stranger goes, so
// that whoever opens connections and says nothing, or has no token, keeps
// nobody out who has one.
type stranger struct {
	door    string
	drop    context.CancelCauseFunc
	greeted bool // it is a client now; guarded by the bridge's lock
}

var errBusy = errors.New("too many connections")

var errEnded = errors.New("the bridge is not running")

// admit waits until Run has a state to show, and takes a stranger's place for
// a connection. Some places are kept for the unix socket, so that a page gone
// wild cannot lock the installer out.
func (b *Bridge) admit(ctx context.Context, r role) (admission, error) {
	timer := time.NewTimer(b.limits.hello)
	defer timer.Stop()
	select {
	case <-b.ready:
	case <-timer.C:
		return admission{}, errEnded
	case <-ctx.Done():
		return admission{}, fmt.Errorf("wait for the bridge: %w", context.Cause(ctx))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.ended:
		return admission{}, errEnded
	case b.full(r):
		return admission{}, errBusy
	}
	conn, drop := context.WithCancelCause(b.ctx)
	s := &stranger{door: r.door, drop: drop}
	b.strangers = append(b.strangers, s)
	b.evict(r.door)
	b.conns.Add(1)
	return admission{ctx: conn, stranger: s, release: func() {
		drop(nil)
		b.forget(s, r)
		b.conns.Done()
	}}, nil
}

// full says whether there is no place left for one more client that has come
// in by the door of r. The caller holds the lock.
func (b *Bridge) full(r role) bool {
	total := 0
	for _, n := range b.open {
		total += n
	}
	return total >= b.limits.conns || r.most > 0 && b.open[r.door] >= r.most
}

// evict ends the oldest stranger at a door that has too many. The caller holds
// the lock.
func (b *Bridge) evict(door string) {
	at := func(s *stranger) bool { return s.door == door }
	n := 0
	for _, s := range b.strangers {
		if at(s) {
			n++
		}
	}
	if n <= b.limits.strangers {
		return
	}
	i := slices.IndexFunc(b.strangers, at)
	b.strangers[i].drop(&closing{code: closeHello, text: "others came before session.hello did"})
	b.strangers = slices.Delete(b.strangers, i, i+1)
}

// known gives a stranger that said hello its place among the clients; not ok
// means that there is none left.
func (b *Bridge) known(s *stranger, r role) (ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.Index(b.strangers, s)
	if i < 0 || b.full(r) {
		return false
	}
	b.strangers = slices.Delete(b.strangers, i, i+1)
	b.open[r.door]++
	s.greeted = true
	return true
}

// forget gives the place of a connection back.
func (b *Bridge) forget(s *stranger, r role) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i := slices.Index(b.strangers, s); i >= 0 {
		b.strangers = slices.Delete(b.strangers, i, i+1)
		return
	}
	if s.greeted {
		b.open[r.door]--
	}
}
