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
	mu         sync.Mutex
	base       box.State // before old
	middle     box.State // between old and fresh
	old        []Entry
	fresh      []Entry
	dropped    int
	end        box.State // after the last entry
	steps      int       // of the clock, all
	stepsOld   int       // of these, before old
	stepsFresh int       // and before fresh
}

// Record is what a Journal holds at one time.
type Record struct {
	Base    box.State // before the first entry
	Entries []Entry
	End     box.State // after the last
	Dropped int       // entries before the first that are gone
	Steps   int       // how often the clock was set meanwhile
}

func newJournal(start box.State) *Journal { return &Journal{base: start, middle: start, end: start} }

// add records an entry, the state it led to, and how often the clock was set so
// far.
func (j *Journal) add(e Entry, after box.State, steps int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.fresh = append(j.fresh, e)
	j.end, j.steps = after, steps
	if len(j.fresh) < journalSize {
		return
	}
	j.dropped += len(j.old)
	j.base, j.old = j.middle, j.fresh
	j.middle, j.fresh = after, make([]Entry, 0, journalSize)
	j.stepsOld, j.stepsFresh = j.stepsFresh, steps
}

// Read gives the state before the first entry, the entries, and how many
// earlier ones are gone.
func (j *Journal) Read() (box.State, []Entry, int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	all := make([]Entry, 0, len(j.old)+len(j.fresh))
	return j.base, append(append(all, j.old...), j.fresh...), j.dropped
}

// Record is all that the journal holds, and where it led.
func (j *Journal) Record() Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	all := append(append(make([]Entry, 0, len(j.old)+len(j.fresh)), j.old...), j.fresh...)
	return Record{Base: j.base, Entries: all, End: j.end, Dropped: j.dropped, Steps: j.steps - j.stepsOld}
}
