package daemon

import (
	"sync"
	"time"

	"usher/internal/box"
)

// journalSize is how many events one half of a Journal holds.
const journalSize = 2048

// Entry is one event, when it was taken in, and what followed from it.
type Entry struct {
	At      time.Time
	Event   box.Event
	Effects []box.Effect
}

// Journal records the last events, between one and two times journalSize, and
// the state before the first of them, so that replaying them through box.Next
// gives the state of now. It is safe for concurrent use.
type Journal struct {
	mu      sync.Mutex
	base    box.State // before old
	middle  box.State // between old and fresh
	old     []Entry
	fresh   []Entry
	dropped int
}

func newJournal(start box.State) *Journal { return &Journal{base: start, middle: start} }

// add records an entry and the state it led to.
func (j *Journal) add(e Entry, after box.State) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.fresh = append(j.fresh, e)
	if len(j.fresh) < journalSize {
		return
	}
	j.dropped += len(j.old)
	j.base, j.old = j.middle, j.fresh
	j.middle, j.fresh = after, make([]Entry, 0, journalSize)
}

// Read gives the state before the first entry, the entries, and how many
// earlier ones are gone.
func (j *Journal) Read() (box.State, []Entry, int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	all := make([]Entry, 0, len(j.old)+len(j.fresh))
	return j.base, append(append(all, j.old...), j.fresh...), j.dropped
}
