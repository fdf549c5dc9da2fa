package cache

// shelf is what a store holds and in which order it goes: for each class a
// share of the budget, a queue of what was used and a line of what was read
// ahead; and the pinned objects, which never go. A class may use what others
// leave idle, and gives it back as soon as they need it. It is not locked and
// does no input or output. Decision 005 has the reasons.
type shelf struct {
	budget int64
	shares shares
	nodes  map[Key]*node
	queues [classEnds]queue
	fresh  [classEnds]line  // read ahead of somebody, and not used yet
	used   [classEnds]int64 // without what is pinned
	hits   [classEnds]uint64
	total  int64 // with what is pinned
	pinned int64
}

// node is one object of a store.
type node struct {
	key    Key
	size   int64
	class  Class
	uses   uint8 // since eviction last passed by, at most maxUses
	ahead  bool  // read ahead of somebody who has not come yet
	pinned bool
	blob   *Blob   // memory store
	sound  bool    // disk store: the checksum was verified by this process
	checks *checks // disk store: how far it was, block by block
	newer  *node
	older  *node
}

const (
	maxUses  = 3
	maxNodes = 1 << 16 // so that objects without bytes are bounded as well
)

// queue orders the objects of one class for eviction.
type queue interface {
	add(*node)
	remove(*node)
	evict() *node // removes the next victim; nil when empty
}

// shares are percent of a budget; they add up to 100.
type shares [classEnds]int64

// memoryShares: film is nearly all of it, the rest is small and asked for
// again and again.
func memoryShares() shares {
	return shares{Playlist: 4, Init: 4, Media: 80, Secret: 1, Subtitle: 4, Art: 6, Other: 1}
}

// diskShares: start kits and downloads, and the pictures of the catalogue.
func diskShares() shares {
	return shares{Playlist: 1, Init: 5, Media: 68, Subtitle: 5, Art: 20, Other: 1}
}

func newShelf(budget int64, s shares) *shelf {
	return newShelfOf(budget, s, func() queue { return &chance{} })
}

func newShelfOf(budget int64, sh shares, of func() queue) *shelf {
	s := &shelf{budget: budget, shares: sh, nodes: map[Key]*node{}}
	for c := range s.queues {
		s.queues[c] = of()
	}
	return s
}

// get finds an object for use. The first use of what was read ahead is what it
// was fetched for, and no sign that it will be used again.
func (s *shelf) get(k Key) *node {
	n := s.nodes[k]
	if n == nil {
		return nil
	}
	s.hits[n.class]++
	switch {
	case n.ahead && !n.pinned:
		s.fresh[n.class].remove(n)
		n.ahead = false
		s.queues[n.class].add(n)
	case n.uses < maxUses:
		n.uses++
	}
	return n
}

func (s *shelf) add(n *node) {
	s.nodes[n.key] = n
	s.total += n.size
	if n.pinned {
		s.pinned += n.size
		return
	}
	s.used[n.class] += n.size
	if n.ahead {
		s.fresh[n.class].add(n)
	} else {
		s.queues[n.class].add(n)
	}
}

func (s *shelf) remove(n *node) {
	delete(s.nodes, n.key)
	s.total -= n.size
	if n.pinned {
		s.pinned -= n.size
		return
	}
	s.used[n.class] -= n.size
	if n.ahead {
		s.fresh[n.class].remove(n)
	} else {
		s.queues[n.class].remove(n)
	}
}

// pin takes a node out of its queue, or puts it back.
func (s *shelf) pin(n *node, on bool) {
	if n.pinned == on {
		return
	}
	s.remove(n)
	n.pinned = on
	s.add(n)
}

// room says whether n bytes can be made to fit at all.
func (s *shelf) room(n int64) bool { return s.pinned+n <= s.budget }

// fits says whether n bytes more need no eviction.
func (s *shelf) fits(n int64) bool { return s.total+n <= s.budget && len(s.nodes) < maxNodes }

// share is what belongs to a class, in bytes.
func (s *shelf) share(c Class) int64 { return max(s.budget-s.pinned, 0) * s.shares[c] / 100 }

// victim removes and returns what goes next when n bytes of class c are to
// come: of the class that exceeds its share most. nil when nothing may go.
func (s *shelf) victim(c Class, n int64) *node {
	best, excess := -1, int64(0)
	for i := range s.queues {
		have := s.used[i]
		if have == 0 {
			continue
		}
		over := have - s.share(Class(i))
		if Class(i) == c {
			over += n
		}
		if best < 0 || over > excess {
			best, excess = i, over
		}
	}
	if best < 0 {
		return s.emptyVictim()
	}
	v := s.next(Class(best))
	delete(s.nodes, v.key)
	s.total -= v.size
	s.used[best] -= v.size
	return v
}

// next removes what goes first in a class: what was used, then what was read
// ahead. Read-ahead that nobody came for must not stay for ever, so it goes
// first where it is most of the class.
func (s *shelf) next(c Class) *node {
	fresh := &s.fresh[c]
	if fresh.used > s.used[c]/4*3 {
		return fresh.evict()
	}
	if v := s.queues[c].evict(); v != nil {
		return v
	}
	return fresh.evict()
}

// emptyVictim is an object without bytes: it only takes a place in the map.
func (s *shelf) emptyVictim() *node {
	for c := range classEnds {
		if v := s.next(c); v != nil {
			delete(s.nodes, v.key)
			return v
		}
	}
	return nil
}

// usage counts objects and bytes by class.
func (s *shelf) usage() Usage {
	u := Usage{Bytes: s.total, Objects: len(s.nodes), Budget: s.budget, Pinned: s.pinned, Classes: map[Class]ClassUsage{}}
	for _, n := range s.nodes {
		c := u.Classes[n.class]
		c.Objects++
		c.Bytes += n.size
		u.Classes[n.class] = c
	}
	return u
}
