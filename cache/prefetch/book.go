package prefetch

import "time"

const (
	maxEntries = 48               // titles that are remembered
	kitLife    = 30 * time.Minute // for so long; origins keep kits as long
)

// entry is a title that was pointed at.
type entry struct {
	Candidate
	title  Title
	known  bool      // title is there
	asked  time.Time // when
	tie    Tie
	shown  bool  // counted by the habits for this sign
	bytes  int64 // of its kit
	cost   int64 // bytes fetched for it that nobody has read yet
	unread bool  // the kit was made and the title not started
	fails  int
}

// book are the entries by the id that people chose.
type book map[string]*entry

// point notes a sign. The focus is at one place: what it was on is trailed.
func (b book) point(now time.Time, id string, sign Sign) {
	if !traits()[sign].stays {
		b.leave()
	}
	e := b[id]
	if e == nil {
		e = &entry{Candidate: Candidate{ID: id}}
		b[id] = e
	}
	if e.Trailed || e.Sign != sign || e.Since.IsZero() {
		e.Since, e.shown = now, false
	}
	e.Sign, e.Trailed = sign, false
	for len(b) > maxEntries {
		delete(b, b.oldest(id))
	}
}

// leave trails what the focus is on.
func (b book) leave() {
	for _, e := range b {
		if !traits()[e.Sign].stays {
			e.Trailed = true
		}
	}
}

func (b book) oldest(keep string) string {
	var at string
	for id, e := range b {
		if id != keep && (at == "" || e.Since.Before(b[at].Since)) {
			at = id
		}
	}
	return at
}

// trim forgets what is long over.
func (b book) trim(now time.Time) {
	for id, e := range b {
		if now.Sub(e.Since) > kitLife && !now.Before(e.Ends()) {
			delete(b, id)
		}
	}
}

// nextShown is when the next title will have been shown for long enough to be
// counted; zero for none.
func (b book) nextShown(now time.Time) (at time.Time) {
	for _, e := range b {
		if t := e.Since.Add(Resting); !e.shown && !e.Trailed && t.After(now) {
			at = earliest(at, t)
		}
	}
	return at
}

// find is the entry of a title by either of its ids; nil for none.
func (b book) find(id string) *entry {
	if e := b[id]; e != nil {
		return e
	}
	for _, e := range b {
		if e.known && e.title.ID == id {
			return e
		}
	}
	return nil
}

// candidates are those that count now, with their chances.
func (b book) candidates(now time.Time, h *Habits) []Candidate {
	list := make([]Candidate, 0, len(b))
	for _, e := range b {
		if !now.Before(e.Ends()) {
			continue
		}
		c := e.Candidate
		c.Chance = h.Chance(now, e.context())
		list = append(list, c)
	}
	return list
}

func (e *entry) context() Context {
	return Context{Sign: e.Sign, Tie: e.tie, Genres: e.title.Genres}
}
