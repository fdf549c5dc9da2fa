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
// renditions need not agree (RFC 8216 section 6.2.4). In fragmented MP4 it is
// made to fit the init section that the player has, as in a film, so separate
// sound and subtitles are not touched. Channels without dates, encrypted ones in
// fragmented MP4, and byte ranges keep the rendition that was opened; so do the
// parts of low latency, which a player reads instead of segments.
type tuner struct {
	s     *session
	rungs []*rung // rising in rate
	base  int     // whose playlist the player reads

	mu     sync.Mutex
	slots  map[string]*liveSlot // by the address in that playlist
	stands map[*object]*liveSlot
	last   int           // rung of the newest segment that was bound
	mixed  bool          // there were others than base
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
	path string

	// guarded by tuner.mu
	spot
	bound piece // its object is nil while nothing is decided
	had   bool  // the player has all of it
}

// spot is where a segment was seen last in the player's playlist.
type spot struct {
	list *hls.Playlist
	i    int           // in list
	from time.Duration // programme time
}

const (
	liveTries   = 4                      // to find a segment in another rendition's playlist
	liveBetween = 250 * time.Millisecond // of these
	liveLookup  = time.Second            // for them, or half of what the player holds
)

// tune lets a channel change its rendition when it can.
func (s *session) tune(top *doc, p *hls.Playlist, i int) error {
	list := s.picture.latest()
	if p == nil || s.low || s.quiet || list == nil || !list.Live() || list.IFramesOnly {
		return nil
	}
	if why := untunable(list); why != "" {
		s.log.Info("The channel keeps its rendition", "reason", why)
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

// untunable says why the segments of a channel cannot be replaced; "" they can.
func untunable(p *hls.Playlist) string {
	if _, ok := programStart(p); !ok {
		return "it has no dates"
	}
	if !bindable(p) {
		return "it is encrypted in its boxes"
	}
	return ""
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
		sl = &liveSlot{t: t, base: base}
		ext := ".ts"
		if p.FMP4() {
			ext = ".m4s"
		}
		t.s.mu.Lock()
		sl.path = t.s.issue(sl, "live", key, fileName(raw, ext))
		t.s.mu.Unlock()
		t.slots[key] = sl
	}
	sl.spot = spot{p, r.Index, at + p.Segments[r.Index].Start}
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
		delete(t.stands, sl.bound.o)
		t.s.retire(sl.path)
	}
}

// owner implements target.
func (sl *liveSlot) owner() *session { return sl.t.s }

// serve implements target.
func (sl *liveSlot) serve(w http.ResponseWriter, r *http.Request) {
	pc := sl.t.bind(r.Context(), sl)
	if pc.o != sl.base {
		sl.base.asked()
	}
	if !pc.fmp4 {
		pc.o.serve(w, r)
		return
	}
	pc.serve(w, r, func() { sl.t.s.sawLive(pc.o) })
}

// bind decides about a segment, once.
func (t *tuner) bind(ctx context.Context, sl *liveSlot) piece {
	t.mu.Lock()
	if pc := sl.bound; pc.o != nil {
		t.mu.Unlock()
		return pc
	}
	x, sit := sl.spot, t.situation(sl)
	c := abr.Next(sit)
	t.mu.Unlock()
	pc := t.own(ctx, sl.base, x)
	if c.Rung != t.base {
		if other, ok := t.find(ctx, c.Rung, x, max(liveLookup, sit.Buffer/2)); ok {
			pc = other
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if sl.bound.o != nil {
		return sl.bound
	}
	t.bindTo(sl, pc)
	t.choice, t.sit = c, sit
	if t.began == "" {
		t.began = sit.Explain(c)
	}
	return pc
}

// bindTo notes a decision. The caller holds mu.
func (t *tuner) bindTo(sl *liveSlot, pc piece) {
	sl.bound = pc
	t.mixed = t.mixed || pc.rung != t.base
	t.stands[pc.o] = sl
	if pc.rung != t.last {
		t.fell, t.since = pc.rung < t.last, 0
	}
	t.last = pc.rung
	t.since += sl.takes()
	t.acct.wanted++
}

func (x spot) takes() time.Duration { return x.list.Segments[x.i].Duration }

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
	t.acct.played(t.acct.index+1, sl.takes(), sl.bound.rung, t.rungs[sl.bound.rung].Rung)
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

// find is the segment of rung r about the same time; ok is false when there is
// none that fits, or not soon enough. Another rendition's playlist may be read a
// moment before the segment is in it.
func (t *tuner) find(ctx context.Context, r int, x spot, patience time.Duration) (pc piece, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	d := t.rungs[r].doc
	for range liveTries {
		v, _, err := d.get(ctx, "")
		if err != nil || !v.raw.Live() || v.raw.FMP4() != x.list.FMP4() {
			return pc, false
		}
		at, ok := programStart(v.raw)
		if !ok {
			return pc, false
		}
		if i := v.raw.SegmentNear(x.from - at); i >= 0 && x.same(v.raw, i, at) {
			return t.fit(ctx, r, x, v.raw, i)
		}
		if at+v.raw.Duration > x.from+alignment || sleep(ctx, max(liveBetween, time.Until(v.until))) != nil {
			return pc, false // it is there already, and another one
		}
	}
	return pc, false
}

// own makes a piece of a segment in the rendition that was opened. Once there
// were others it takes its parameter sets along.
func (t *tuner) own(ctx context.Context, o *object, x spot) piece {
	pc := piece{need: need{o: o}, rung: t.base, own: true}
	t.mu.Lock()
	mixed := t.mixed
	t.mu.Unlock()
	seg := x.list.Segments[x.i]
	if !mixed || !x.list.FMP4() || seg.Map < 0 || seg.KeySet >= 0 {
		return pc
	}
	if init, err := t.s.picture.init(ctx, x.list, seg.Map); err == nil {
		pc.from, pc.to, pc.fmp4 = init, init, true
	}
	return pc
}

// fit makes a piece of segment i of rung r. In fragmented MP4 ok is false when it
// cannot be shown under the init section that the player has; the init sections
// are fetched once.
func (t *tuner) fit(ctx context.Context, r int, x spot, p *hls.Playlist, i int) (pc piece, ok bool) {
	d := t.rungs[r].doc
	pc = piece{need: need{o: d.segment(p, i)}, rung: r, fmp4: p.FMP4()}
	if pc.o == nil || !pc.fmp4 {
		return pc, pc.o != nil
	}
	mine, theirs := x.list.Segments[x.i], p.Segments[i]
	if mine.KeySet >= 0 || theirs.KeySet >= 0 || mine.Map < 0 || theirs.Map < 0 {
		return pc, false
	}
	var err error
	if pc.from, err = d.init(ctx, p, theirs.Map); err != nil {
		return pc, false
	}
	if pc.to, err = t.s.picture.init(ctx, x.list, mine.Map); err != nil {
		return pc, false
	}
	return pc, pc.to.Fits(pc.from)
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
func (x spot) same(p *hls.Playlist, i int, at time.Duration) bool {
	mine, theirs := x.list.Segments[x.i], p.Segments[i]
	return (at+theirs.Start-x.from).Abs() <= alignment && (mine.Duration-theirs.Duration).Abs() <= alignment &&
		!mine.Gap && !theirs.Gap && theirs.Range.Length == 0 && sameKeys(x.list, mine, p, theirs)
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
