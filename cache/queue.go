package cache

// line is a list of nodes from old to new. A node is in one line at a time.
type line struct {
	head *node // newest
	tail *node // oldest
	used int64 // bytes
}

func (l *line) add(n *node) {
	n.older = l.head
	if l.head != nil {
		l.head.newer = n
	}
	l.head = n
	if l.tail == nil {
		l.tail = n
	}
	l.used += n.size
}

func (l *line) remove(n *node) {
	if n.newer != nil {
		n.newer.older = n.older
	} else {
		l.head = n.older
	}
	if n.older != nil {
		n.older.newer = n.newer
	} else {
		l.tail = n.newer
	}
	n.newer, n.older = nil, nil
	l.used -= n.size
}

// evict removes the oldest; nil when empty.
func (l *line) evict() *node {
	n := l.tail
	if n != nil {
		l.remove(n)
	}
	return n
}

// chance is a queue for eviction by second chance: the oldest goes, unless it
// was used since it came by last. Decision 005 says why not something cleverer.
type chance struct{ line }

// evict implements queue.
func (c *chance) evict() *node {
	for c.tail != nil {
		n := c.line.evict()
		if n.uses == 0 {
			return n
		}
		n.uses--
		c.add(n)
	}
	return nil
}
