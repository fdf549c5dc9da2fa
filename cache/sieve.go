package cache

// sieve is a queue for eviction (SIEVE, NSDI 2024): a hand moves from old to
// new, spares what was used since it last came by, and takes the first that
// was not. A hit costs one counter and no reordering, so the film that is read
// once from front to back does not push out what is read again and again.
type sieve struct {
	head *node // newest
	tail *node // oldest
	hand *node
}

func (s *sieve) add(n *node) {
	n.older = s.head
	if s.head != nil {
		s.head.newer = n
	}
	s.head = n
	if s.tail == nil {
		s.tail = n
	}
}

func (s *sieve) remove(n *node) {
	if s.hand == n {
		s.hand = n.newer
	}
	if n.newer != nil {
		n.newer.older = n.older
	} else {
		s.head = n.older
	}
	if n.older != nil {
		n.older.newer = n.newer
	} else {
		s.tail = n.newer
	}
	n.newer, n.older = nil, nil
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
