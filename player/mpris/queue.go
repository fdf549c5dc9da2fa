package mpris

import (
	"sync"

	"usher/player"
)

// maxQueue bounds the commands that wait. A person cannot press that many keys
// within the life of one call; the oldest are dropped.
const maxQueue = 64

// queue holds commands until the owner takes them. Safe for any goroutine.
type queue struct {
	mu   sync.Mutex
	list []player.Command
	wake chan struct{} // buffered, 1
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

// put adds c; it replaces a command that it makes pointless.
func (q *queue) put(c player.Command) {
	q.mu.Lock()
	q.list = merge(q.list, c)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take empties the queue.
func (q *queue) take() []player.Command {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := q.list
	q.list = nil
	return list
}

// keepOpen drops everything but the newest Open (no player is there).
func (q *queue) keepOpen() {
	q.mu.Lock()
	defer q.mu.Unlock()
	var kept []player.Command
	for _, c := range q.list {
		switch c.Op {
		case player.Open:
			kept = append(kept[:0], c)
		case player.Stop: // takes back the Open of its session
			if len(kept) > 0 && c.Session >= kept[0].Session {
				kept = kept[:0]
			}
		}
	}
	q.list = kept
}

// merge appends c to list: a burst of the same Seek, SetVolume or SetRate
// becomes its last one, and Open makes everything before it pointless.
func merge(list []player.Command, c player.Command) []player.Command {
	switch c.Op {
	case player.Open:
		list = list[:0]
	case player.Seek, player.SetVolume, player.SetRate:
		if n := len(list); n > 0 && list[n-1].Op == c.Op && list[n-1].Session == c.Session {
			list = list[:n-1]
		}
	}
	if len(list) >= maxQueue {
		list = list[1:]
	}
	return append(list, c)
}
