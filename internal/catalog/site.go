package catalog

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"usher/internal/box"
	"usher/internal/offer"
)

// site is one service as the box knows it. Only its keeper writes.
type site struct {
	config Config

	mu     sync.Mutex
	stand  box.Service
	now    *view // nil until a catalogue is there
	seen   *view // of seenBy, made from seenOf
	seenOf *view
	seenBy uint64
	look   func(*view) (by uint64, build func() *view)

	again chan struct{} // has a token when it should be read at once
	stale atomic.Bool   // its ETag means nothing any more

	first chan struct{} // closed when now or stand.Problem is known
	once  sync.Once
}

// view is one catalogue with what belongs to it; it never changes.
type view struct {
	doc       document
	etag      string
	catalogue offer.Catalogue
	titles    map[string]entry // films, series, channels and episodes, by qualified id
	order     []string         // of titles, as the catalogue has them
	words     []searchable
}

// entry is a title and where it hangs.
type entry struct {
	title  *offer.Title
	series *offer.Title // of an episode
	poster string       // as the service wrote it
	back   string
}

func newSite(c Config, look func(*view) (uint64, func() *view)) *site {
	return &site{config: c, look: look, stand: box.Service{ID: c.ID, Name: c.ID}, first: make(chan struct{}), again: make(chan struct{}, 1)}
}

func (s *site) standing() box.Service {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stand
}

// whole is the view there is with all that the service sent; nil for none. It
// is for keeping, not for showing.
func (s *site) whole() *view {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// current is what the viewer may see of the view there is, without waiting; nil
// for none. It is made anew when the viewer or the catalogue changes.
func (s *site) current() *view {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.through()
}

// through needs the lock.
func (s *site) through() *view {
	if s.now == nil {
		return nil
	}
	by, build := s.look(s.now)
	if s.seen == nil || s.seenOf != s.now || s.seenBy != by {
		s.seen, s.seenOf, s.seenBy = build(), s.now, by
	}
	return s.seen
}

// view waits until there is a catalogue or a reason for there being none.
func (s *site) view(ctx context.Context) (*view, error) {
	select {
	case <-s.first:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the catalogue of %q: %w", s.config.ID, context.Cause(ctx))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.through(); v != nil {
		return v, nil
	}
	return nil, s.stand.Problem
}

// adopt takes over a catalogue. reached is false for one from the disk.
func (s *site) adopt(v *view, reached bool) (box.Service, bool) {
	s.mu.Lock()
	s.now = v
	s.mu.Unlock()
	return s.settle(box.Service{
		ID: s.config.ID, Name: v.doc.Name, Reachable: reached,
		Revision: v.catalogue.Revision, Titles: len(v.catalogue.Titles),
	})
}

// fail notes a problem; the catalogue stays. A service that answers garbage
// is reachable all the same, but not in a way that helps anybody.
func (s *site) fail(p *box.Problem) (box.Service, bool) {
	next := s.standing()
	next.Reachable, next.Problem = false, p
	return s.settle(next)
}

// settle stores a standing and says whether it is news.
func (s *site) settle(next box.Service) (box.Service, bool) {
	s.mu.Lock()
	before := s.stand
	s.stand = next
	s.mu.Unlock()
	told := false
	s.once.Do(func() { close(s.first); told = true })
	return next, told || !same(before, next)
}

func same(a, b box.Service) bool {
	if (a.Problem == nil) != (b.Problem == nil) || a.Problem != nil && *a.Problem != *b.Problem {
		return false
	}
	a.Problem, b.Problem = nil, nil
	return a == b
}
