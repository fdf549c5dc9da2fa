package serve

import (
	"sync"
	"time"

	"usher/cache"
	"usher/cache/abr"
	"usher/cache/hls"
)

// film is a title with an end that a player reads: Usher chooses the rendition
// of each of its segments and reads ahead of the player.
//
// The player gets the whole title as a list of slots, each with an address of
// its own. Which rendition a slot is gets decided when the player asks for it,
// or before, when it is read ahead (decision 007). Where there is one rendition
// only, or the service's own list has to stay, the player reads that, and the
// film only reads ahead.
type film struct {
	s     *session
	path  string  // of the list of slots; "" when the player reads the service's own
	rungs []*rung // rising in rate
	start int     // the rung that the list was written from
	first int     // the first slot that is listed: the title was trimmed
	wake  chan struct{}

	mu     sync.Mutex
	slots  []*slot
	sound  *doc // separate sound; nil when it is in the segments
	head   Playhead
	until  time.Duration // held up to here, as it was told last
	told   bool          // head was told by somebody who knows
	jumped bool          // the playhead is elsewhere: what is being fetched may be useless
	given  map[cache.Key]bool
	last   abr.Choice
	sit    abr.Situation // of last
	began  string        // of the first, in words
	rest   time.Time     // nothing is read ahead until then
	// learning is closed when the other renditions were read about; nil while
	// nobody does.
	learning chan struct{}
	acct     account
}

// Playhead is where a player is.
type Playhead struct {
	Position time.Duration // in the title
	At       time.Time     // when it was there
	Rate     float64       // how fast it moves; 0: it stands
}

// now is the position at a time.
func (h Playhead) now(t time.Time) time.Duration {
	if h.Rate <= 0 || h.At.IsZero() {
		return h.Position
	}
	return h.Position + time.Duration(float64(t.Sub(h.At))*h.Rate)
}

// newFilm makes the film of an opened title. rungs are rising; start is the one
// whose playlist was read.
func newFilm(s *session, rungs []*rung, start int, list *hls.Playlist) *film {
	f := &film{s: s, rungs: rungs, start: start, wake: make(chan struct{}, 1), given: map[cache.Key]bool{}}
	f.slots = make([]*slot, len(list.Segments))
	for i, seg := range list.Segments {
		f.slots[i] = &slot{f: f, i: i, at: seg.Start, takes: seg.Duration, rung: unbound}
	}
	f.first = max(list.SegmentAt(s.req.Trim), 0)
	if s.req.Trim <= 0 {
		f.first = 0
	}
	f.head.Position = list.Segments[f.first].Start
	f.acct.rung, f.acct.yielded = unbound, s.g.budget.interrupted()
	return f
}

// offer gives the list of slots an address, when there is a choice to make.
func (f *film) offer(list *hls.Playlist, raw string) {
	if len(f.rungs) < 2 || !bindable(list) {
		return
	}
	ext := ".ts"
	if list.FMP4() {
		ext = ".m4s"
	}
	s := f.s
	s.mu.Lock()
	defer s.mu.Unlock()
	f.path = s.issue(f, "film", raw, fileName(raw, ".m3u8"))
	for i, sl := range f.slots {
		name, err := list.SegmentRef(i).URL()
		if err != nil {
			name = "segment"
		}
		sl.path = s.issue(sl, "slot", raw+"\x00"+sl.number(), fileName(name, ext))
	}
}

// nudge makes the reading ahead think again.
func (f *film) nudge() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// position is where the player is, as well as it is known: without somebody
// who tells, it moves by the clock from the slot that it asked for first, up to
// what it was given. The caller holds mu.
func (f *film) position(now time.Time) time.Duration {
	switch {
	case f.told:
		return f.head.now(now)
	case f.acct.count == 0:
		return f.head.Position
	}
	newest := f.slots[f.acct.index]
	return max(min(f.head.now(now), newest.at+newest.takes), f.head.Position)
}

// guess is where a player is that nobody tells about, by what it asks for. The
// caller holds mu.
func (f *film) guess(sl *slot, now time.Time) {
	if f.told || f.acct.count > 0 && sl.i >= f.acct.index && sl.i <= f.acct.index+2 {
		return
	}
	f.head = Playhead{Position: sl.at, At: now, Rate: 1}
}

// at is the slot that a time lies in. The caller holds mu.
func (f *film) at(t time.Duration) int {
	lo, hi := 0, len(f.slots)-1
	for lo < hi {
		mid := (lo + hi) / 2
		if s := f.slots[mid]; s.at+s.takes > t {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return max(lo, f.first)
}

// seekJump is how far the playhead may lie from where it would be before it
// counts as a jump.
const seekJump = 2 * time.Second

// Playhead tells the origin where the player of a session is. It never blocks;
// an unknown tag is no error.
func (g *Origin) Playhead(tag uint64, h Playhead) {
	s := g.session(tag)
	if s == nil {
		return
	}
	if f := s.film.Load(); f != nil {
		f.follow(h)
	}
	if t := s.tuner.Load(); t != nil {
		t.follow(h)
	}
}

func (f *film) follow(h Playhead) {
	now := time.Now()
	f.mu.Lock()
	off := f.position(now) - h.now(now)
	if f.told && off.Abs() > seekJump {
		f.jumped = true
		clear(f.given) // the player may have thrown away what it had
		for _, sl := range f.slots {
			sl.given, sl.asked = false, false
		}
	}
	f.head, f.told = h, true
	f.mu.Unlock()
	f.nudge()
}

// session is the open session of a tag; nil for none.
func (g *Origin) session(tag uint64) *session {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.sessions[tag]
}

// held is the media at hand from a time on without a gap: what the player has
// taken and what is in the cache. The caller holds mu.
func (f *film) held(from time.Duration) time.Duration {
	until := from
	for i := f.at(from); i < len(f.slots); i++ {
		if sl := f.slots[i]; !sl.given && !f.has(sl) {
			break
		}
		until = f.slots[i].at + f.slots[i].takes
	}
	if f.sound != nil {
		until = min(until, f.soundUntil(from))
	}
	return max(until-from, 0)
}

// has says whether a slot's segment is whole in the cache. The caller holds mu.
func (f *film) has(sl *slot) bool {
	if sl.rung == unbound {
		return false
	}
	n, ok := f.need(sl.i, sl.rung)
	return ok && f.kept(n)
}

func (f *film) kept(n need) bool { return f.s.g.kept(n) }

// kept says whether what is needed is whole in the cache.
func (g *Origin) kept(n need) bool {
	r := g.o.Store.Peek(n.o.key(n.rng))
	if r == nil {
		return false
	}
	defer r.Close()
	_, whole := r.Have()
	return whole
}

// soundUntil is held for separate sound. The caller holds mu.
func (f *film) soundUntil(from time.Duration) time.Duration {
	p := f.sound.latest()
	if p == nil || len(p.Segments) == 0 {
		return from
	}
	until := from
	for i := p.SegmentAt(from); i < len(p.Segments); i++ {
		n, ok := segmentNeed(f.sound, p, i)
		if !ok || !f.given[n.o.key(n.rng)] && !f.kept(n) {
			return until
		}
		until = p.Segments[i].Start + p.Segments[i].Duration
	}
	return until
}

// need is what slot i takes at a rung; ok is false while the rung is not known
// or for a gap. The caller holds mu.
func (f *film) need(i, r int) (need, bool) {
	p := f.rungs[r].list
	if p == nil || i >= len(p.Segments) {
		return need{}, false
	}
	return segmentNeed(f.rungs[r].doc, p, i)
}

// segmentNeed is one segment of a media playlist.
func segmentNeed(d *doc, p *hls.Playlist, i int) (need, bool) {
	if p.Segments[i].Gap {
		return need{}, false
	}
	c := collector{d: d, p: p}
	c.add(p.SegmentRef(i), p.Segments[i].Start)
	if len(c.all) == 0 {
		return need{}, false
	}
	return c.all[0], true
}

// latest is the playlist as it was last read, without asking; nil when it never
// was.
func (d *doc) latest() *hls.Playlist {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cur == nil {
		return nil
	}
	return d.cur.raw
}

// saw takes note of what the player was given of objects that have no slot.
func (s *session) saw(o *object, rng hls.Range) {
	f := s.film.Load()
	if f == nil || o.class != cache.Media {
		return
	}
	k := o.key(rng)
	f.mu.Lock()
	f.given[k] = true
	if f.path == "" {
		f.sawPlain(k)
	}
	f.mu.Unlock()
	f.nudge()
}

// sawPlain finds the slot of an object that the player read by the service's
// own list. The caller holds mu.
func (f *film) sawPlain(k cache.Key) {
	from := f.at(f.position(time.Now()))
	for _, i := range []int{from, from + 1, from + 2} { // nearly always
		if f.sawSlot(i, k) {
			return
		}
	}
	for i := range f.slots {
		if f.sawSlot(i, k) {
			return
		}
	}
}

func (f *film) sawSlot(i int, k cache.Key) bool {
	if i >= len(f.slots) {
		return false
	}
	n, ok := f.need(i, f.start)
	if !ok || n.o.key(n.rng) != k {
		return false
	}
	f.guess(f.slots[i], time.Now())
	f.gave(f.slots[i], f.start)
	return true
}

// gave notes that the player has a slot. The caller holds mu.
func (f *film) gave(sl *slot, r int) {
	sl.given, sl.rung = true, r
	f.acct.played(sl.i, sl.takes, r, f.rungs[r].Rung)
}
