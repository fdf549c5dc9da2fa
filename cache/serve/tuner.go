package serve

import (
	"context"
	"net/http"
	"sync"
	"time"

	"usher/cache/abr"
	"usher/cache/hls"
)

// tuner chooses the rendition of each segment of a live channel. The player
// reads the playlist of the rendition that was opened; what stands behind the
// address of a segment is decided when it is asked for (decision 007).
//
// A segment of another rendition may stand there when it is about the same
// programme time, by EXT-X-PROGRAM-DATE-TIME: media sequence numbers of two
// renditions need not agree (RFC 8216 section 6.2.4). Channels without dates,
// in fragmented MP4, or in byte ranges keep the rendition that was opened.
type tuner struct {
	s     *session
	rungs []*rung // rising in rate
	base  int     // whose playlist the player reads

	mu     sync.Mutex
	slots  map[string]*liveSlot // by the address in that playlist
	stands map[*object]*liveSlot
	last   int           // rung of the newest segment that was bound
	fell   bool          // the last switch was to a lower one
	since  time.Duration // of programme, since then
	held   time.Duration // that the player had at a time
	at     time.Time
	paused bool
	acct   account
	choice abr.Choice
	sit    abr.Situation
	began  string // of the first choice, in words
}

// liveSlot is one segment of a channel as the player knows it.
type liveSlot struct {
	t    *tuner
	base *object // in the rendition that was opened
	list *hls.Playlist
	i    int           // in list
	from time.Duration // programme time
	path string

	// guarded by tuner.mu
	bound *object // nil: not decided
	rung  int
	had   bool // the player has all of it
}

const (
	liveTries   = 4                      // to find a segment in another rendition's playlist
	liveBetween = 250 * time.Millisecond // of these
	liveLookup  = time.Second            // for them, or half of what the player holds
)

// tune lets a channel change its rendition when it can.
func (s *session) tune(top *doc, p *hls.Playlist, i int) error {
	list := s.picture.latest()
	if p == nil || s.low || s.quiet || list == nil || !list.Live() || list.FMP4() || list.IFramesOnly {
		return nil
	}
	if _, ok := programStart(list); !ok {
		s.log.Info("The channel keeps its rendition", "reason", "it has no dates")
		return nil
	}
	rungs, base := s.rungs(top, p, i)
	if len(rungs) < 2 || rungs[base].doc != s.picture {
		return nil
	}
	s.tuner.Store(&tuner{
		s: s, rungs: rungs, base: base, slots: map[string]*liveSlot{}, stands: map[*object]*liveSlot{}, last: base,
		acct: account{rung: unbound},
	})
	s.picture.mu.Lock()
	c := s.picture.cut
	s.picture.mu.Unlock()
	return s.picture.reduce(c) // written anew, with addresses of slots
}

// place gives segment i of the player's playlist its address.
func (t *tuner) place(p *hls.Playlist, r hls.Ref, raw string, base *object) string {
	at, ok := programStart(p)
	if !ok || r.Index < 0 || r.Range.Length > 0 {
		return base.path
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	key := raw + base.age
	sl := t.slots[key]
	if sl == nil {
		sl = &liveSlot{t: t, base: base, rung: unbound}
		t.s.mu.Lock()
		sl.path = t.s.issue(sl, "live", key, fileName(raw, ".ts"))
		t.s.mu.Unlock()
		t.slots[key] = sl
	}
	sl.list, sl.i, sl.from = p, r.Index, at+p.Segments[r.Index].Start
	return sl.path
}

// forget ends the life of a segment that the playlist no longer names.
func (t *tuner) forget(raw string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, sl := range t.slots {
		if sl.base.url != raw {
			continue
		}
		delete(t.slots, key)
		if sl.bound != nil {
			delete(t.stands, sl.bound)
		}
		t.s.retire(sl.path)
	}
}

// owner implements target.
func (sl *liveSlot) owner() *session { return sl.t.s }

// serve implements target.
func (sl *liveSlot) serve(w http.ResponseWriter, r *http.Request) {
	o := sl.t.bind(r.Context(), sl)
	if o != sl.base {
		sl.base.asked()
	}
	o.serve(w, r)
}

// bind decides about a segment, once.
func (t *tuner) bind(ctx context.Context, sl *liveSlot) *object {
	t.mu.Lock()
	if o := sl.bound; o != nil {
		t.mu.Unlock()
		return o
	}
	sit := t.situation(sl)
	c := abr.Next(sit)
	t.mu.Unlock()
	o, r := sl.base, t.base
	if c.Rung != t.base {
		if other := t.find(ctx, c.Rung, sl, max(liveLookup, sit.Buffer/2)); other != nil {
			o, r = other, c.Rung
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if sl.bound != nil {
		return sl.bound
	}
	t.bindTo(sl, o, r)
	t.choice, t.sit = c, sit
	if t.began == "" {
		t.began = sit.Explain(c)
	}
	return o
}

// bindTo notes a decision. The caller holds mu.
func (t *tuner) bindTo(sl *liveSlot, o *object, r int) {
	sl.bound, sl.rung = o, r
	t.stands[o] = sl
	if r != t.last {
		t.fell, t.since = r < t.last, 0
	}
	t.last = r
	t.since += sl.takes()
	t.acct.wanted++
}

func (sl *liveSlot) takes() time.Duration { return sl.list.Segments[sl.i].Duration }

// situation is what the policy decides from. The caller holds mu.
func (t *tuner) situation(sl *liveSlot) abr.Situation {
	sit := abr.Situation{
		Limits: t.s.limits(), Link: t.s.g.meter.estimate(), Segment: sl.takes(),
		Buffer: t.buffer(time.Now()), Full: joinSegments * sl.list.Target, Last: t.last, Since: t.since, Fell: t.fell,
	}
	for _, r := range t.rungs {
		sit.Ladder = append(sit.Ladder, r.Rung)
	}
	sit.Away = sit.Link.Silent > silence
	return sit
}

// buffer is what the player holds of the channel: what it was given, less what
// has been shown since. The caller holds mu.
func (t *tuner) buffer(now time.Time) time.Duration {
	if t.at.IsZero() || t.paused {
		return t.held
	}
	return max(0, t.held-now.Sub(t.at))
}

// given notes that the player has all of a segment.
func (t *tuner) given(sl *liveSlot, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if sl.had {
		return
	}
	sl.had = true
	t.held, t.at = t.buffer(now)+sl.takes(), now
	t.acct.played(t.acct.index+1, sl.takes(), sl.rung, t.rungs[sl.rung].Rung)
}

// standsFor is the slot that an object was given for; nil for none.
func (t *tuner) standsFor(o *object) *liveSlot {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stands[o]
}

// follow takes note of a pause, in which nothing is used up.
func (t *tuner) follow(h Playhead) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	t.held, t.at, t.paused = t.buffer(now), now, h.Rate <= 0
}

// find is the segment of rung r about the same time; nil when there is none
// that fits, or not soon enough. Another rendition's playlist may be read a
// moment before the segment is in it.
func (t *tuner) find(ctx context.Context, r int, sl *liveSlot, patience time.Duration) *object {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	d := t.rungs[r].doc
	for range liveTries {
		v, _, err := d.get(ctx, "")
		if err != nil || !v.raw.Live() || v.raw.FMP4() {
			return nil
		}
		at, ok := programStart(v.raw)
		if !ok {
			return nil
		}
		if i := v.raw.SegmentNear(sl.from - at); i >= 0 && sl.same(v.raw, i, at) {
			return d.segment(v.raw, i)
		}
		if at+v.raw.Duration > sl.from+alignment || sleep(ctx, max(liveBetween, time.Until(v.until))) != nil {
			return nil // it is there already, and another one
		}
	}
	return nil
}

// refresh reads the playlist of the present rendition when the player's was
// read, so that the next segment is found in it at once.
func (t *tuner) refresh() {
	t.mu.Lock()
	r := t.last
	t.mu.Unlock()
	if r != t.base {
		t.s.start(func() { _, _, _ = t.rungs[r].doc.get(t.s.ctx, "") }) // who needs it meets what goes wrong
	}
}

// same says whether segment i of a playlist that begins at a time can stand
// where the player's is.
func (sl *liveSlot) same(p *hls.Playlist, i int, at time.Duration) bool {
	x, y := sl.list.Segments[sl.i], p.Segments[i]
	return (at+y.Start-sl.from).Abs() <= alignment && (x.Duration-y.Duration).Abs() <= alignment &&
		!x.Gap && !y.Gap && y.Range.Length == 0 && sameKeys(sl.list, x, p, y)
}

// segment is the object of segment i, which the playlist names now; nil for
// what is no http URL.
func (d *doc) segment(p *hls.Playlist, i int) *object {
	ref := p.SegmentRef(i)
	raw, err := ref.URL()
	if err != nil || !hasHTTP(raw) {
		return nil
	}
	return d.objectOf(p, ref, raw)
}

// report is what became of a channel so far.
func (t *tuner) report(now time.Time) Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.acct
	r := Report{
		Segments: a.count, Media: a.media, Switches: a.switches, Wanted: a.wanted, Held: t.buffer(now),
		Rungs: len(t.rungs), Link: t.s.g.meter.estimate().Rate, Began: t.began,
	}
	if a.media > 0 {
		r.MeanRate = int(a.bits / a.media.Seconds())
		r.Rate, r.Height = t.rungs[a.rung].Bandwidth, t.rungs[a.rung].Height
	}
	r.Decision, r.Reason = "the channel is about to begin", abr.Beginning.String()
	if len(t.sit.Ladder) > 0 {
		r.Decision, r.Reason = t.sit.Explain(t.choice), t.choice.Why.String()
		if t.choice.Limit != abr.NoReason {
			r.Reason = t.choice.Limit.String()
		}
	}
	return r
}
