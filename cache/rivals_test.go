package cache

import "container/list"

// The policies that lost to second chance; see TestMonthOfViewing.

// sieve is a queue for eviction (SIEVE, NSDI 2024): a hand moves from old to
// new, spares what was used since it last came by, and takes the first that
// was not. A hit costs one counter and no reordering.
type sieve struct {
	line
	hand *node
}

func (s *sieve) remove(n *node) {
	if s.hand == n {
		s.hand = n.newer
	}
	s.line.remove(n)
}

func (s *sieve) evict() *node {
	n := s.hand
	if n == nil {
		n = s.tail
	}
	for n != nil && n.uses > 0 {
		n.uses = 0
		if n = n.newer; n == nil {
			n = s.tail
		}
	}
	if n == nil {
		return nil
	}
	s.hand = n
	s.remove(n)
	return n
}

// s3fifo: a small queue for what came once, a main queue for what came again,
// and a ghost queue of the keys that left the small one (S3-FIFO, SOSP 2023).
// Sizes are in bytes.
type s3fifo struct {
	small, main line
	ghosts      *list.List // of Key, newest first
	ghost       map[Key]*list.Element
	inMain      map[*node]bool
}

func newS3FIFO() *s3fifo {
	return &s3fifo{ghosts: list.New(), ghost: map[Key]*list.Element{}, inMain: map[*node]bool{}}
}

func (s *s3fifo) add(n *node) {
	if e := s.ghost[n.key]; e != nil {
		s.ghosts.Remove(e)
		delete(s.ghost, n.key)
		s.inMain[n] = true
		s.main.add(n)
		return
	}
	s.small.add(n)
}

func (s *s3fifo) remove(n *node) {
	if s.inMain[n] {
		delete(s.inMain, n)
		s.main.remove(n)
		return
	}
	s.small.remove(n)
}

func (s *s3fifo) evict() *node {
	for s.small.tail != nil && (s.small.used > (s.small.used+s.main.used)/10 || s.main.tail == nil) {
		n := s.small.evict()
		if n.uses > 1 {
			n.uses = 0
			s.inMain[n] = true
			s.main.add(n)
			continue
		}
		s.haunt(n.key)
		return n
	}
	for s.main.tail != nil {
		n := s.main.evict()
		if n.uses > 0 {
			n.uses--
			s.main.add(n)
			continue
		}
		delete(s.inMain, n)
		return n
	}
	return nil
}

// haunt remembers as many keys as there are objects in the main queue.
func (s *s3fifo) haunt(k Key) {
	s.ghost[k] = s.ghosts.PushFront(k)
	for s.ghosts.Len() > max(len(s.inMain), 16) {
		e := s.ghosts.Back()
		delete(s.ghost, s.ghosts.Remove(e).(Key))
	}
}

// lru is what most caches do.
type lru struct{ line }

// touch is called by the replay for each hit.
func (l *lru) touch(n *node) {
	l.remove(n)
	l.add(n)
}
