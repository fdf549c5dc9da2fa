package cache

// sieve orders keys for eviction (SIEVE, NSDI 2024): a hand moves from old to
// new, spares what was used since it last came by, and takes the first that
// was not. A hit costs one bit and no reordering, so the film that is read
// once from front to back does not push out what is read again and again.
type sieve struct {
	nodes map[Key]*node
	head  *node // newest
	tail  *node // oldest
	hand  *node
	used  int64
}

type node struct {
	key     Key
	size    int64
	class   Class
	visited bool
	blob    *Blob // memory store
	sound   bool  // disk store: the checksum was verified by this process
	newer   *node
	older   *node
}

func newSieve() *sieve { return &sieve{nodes: map[Key]*node{}} }

func (s *sieve) get(k Key) *node {
	n := s.nodes[k]
	if n != nil {
		n.visited = true
	}
	return n
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
	s.nodes[n.key] = n
	s.used += n.size
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
	delete(s.nodes, n.key)
	s.used -= n.size
}

// evict removes and returns the next victim; nil when empty.
func (s *sieve) evict() *node {
	n := s.hand
	if n == nil {
		n = s.tail
	}
	for n != nil && n.visited {
		n.visited = false
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

// usage counts objects and bytes by class.
func (s *sieve) usage() Usage {
	u := Usage{Bytes: s.used, Objects: len(s.nodes), Classes: map[Class]ClassUsage{}}
	for _, n := range s.nodes {
		c := u.Classes[n.class]
		c.Objects++
		c.Bytes += n.size
		u.Classes[n.class] = c
	}
	return u
}
