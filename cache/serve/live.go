package serve

import (
	"context"
	"time"

	"usher/cache/hls"
)

// Times in a live channel are programme times: how long after the Unix epoch
// the programme was on, as its EXT-X-PROGRAM-DATE-TIME says. A channel without
// that tag is taken to have begun so that its newest segment ended when it was
// first seen; [Anchor] then carries the times over to the next session.

// Window is what of a live channel can be seen. At time At it reaches from
// Start to End; it moves with the clock, one second in a second.
type Window struct {
	Start, End time.Duration // programme times
	Live       time.Duration // about where a player joins: three target durations before the end (RFC 8216 section 6.3.3)
	At         time.Time
	Target     time.Duration // EXT-X-TARGETDURATION
	Begin      time.Duration // programme time of the first segment that the player of this session read; 0: none yet
	Anchor     Anchor
}

// Anchor ties a media sequence number to a programme time.
type Anchor struct {
	MSN uint64
	At  time.Duration // where that segment begins; 0 is no anchor
}

const (
	joinSegments = 3                      // from the end, where players join
	riseLeast    = 100 * time.Millisecond // a window that grew by less is no news
	lagSlack     = 2 * time.Second        // on top of a target duration: segments come in steps
	jumpMost     = 1 << 20                // segments; more between two readings means that the numbers began anew
)

// liveClock keeps the programme time of a live playlist. The doc's mu guards it.
type liveClock struct {
	on     bool // this is the picture of a session that someone follows
	list   *hls.Playlist
	at     time.Duration // where list begins
	anchor Anchor        // of the time before
	begin  time.Duration // where the player began
	told   Window
}

// read takes in the newest playlist and says where it begins.
func (c *liveClock) read(p *hls.Playlist, now time.Time) time.Duration {
	at, ok := programStart(p)
	if !ok {
		at, ok = c.follow(p)
	}
	if !ok {
		at = sinceEpoch(now) - p.Duration
	}
	c.list, c.at = p, at
	return at
}

// programStart is where p begins, by the first date in it.
func programStart(p *hls.Playlist) (time.Duration, bool) {
	for i := range p.Segments {
		if t, ok := p.ProgramTime(i); ok {
			return sinceEpoch(t) - p.Segments[i].Start, true
		}
	}
	return 0, false
}

// follow finds where p begins from what was read before.
func (c *liveClock) follow(p *hls.Playlist) (time.Duration, bool) {
	switch {
	case c.list != nil:
		return startOf(c.list, c.at, p.MediaSequence)
	case c.anchor.At == 0:
		return 0, false
	case c.anchor.MSN < p.MediaSequence && p.MediaSequence-c.anchor.MSN < jumpMost:
		return c.anchor.At + time.Duration(p.MediaSequence-c.anchor.MSN)*p.Target, true
	}
	at, ok := startOf(p, 0, c.anchor.MSN)
	return c.anchor.At - at, ok && at <= p.Duration
}

// startOf is where the segment msn begins in a playlist that begins at at. A
// little beyond its end it counts with target durations.
func startOf(p *hls.Playlist, at time.Duration, msn uint64) (time.Duration, bool) {
	if msn < p.MediaSequence || msn-p.MediaSequence > uint64(len(p.Segments))+jumpMost {
		return 0, false
	}
	i := int(msn - p.MediaSequence)
	if i < len(p.Segments) {
		return at + p.Segments[i].Start, true
	}
	return at + p.Duration + time.Duration(i-len(p.Segments))*p.Target, true
}

// window is what p offers, when it begins at at.
func (c *liveClock) window(p *hls.Playlist, now time.Time) Window {
	w := Window{Start: c.at, End: c.at + p.Duration, At: now, Target: p.Target, Begin: c.begin, Live: c.at}
	if n := len(p.Segments); n > 0 {
		w.Live = max(c.at, w.End-joinSegments*p.Target)
		w.Anchor = Anchor{MSN: p.Segments[n-1].MSN, At: c.at + p.Segments[n-1].Start}
	}
	return w
}

// news says whether w tells more than the clock alone: that the end is further
// on than it was thought, or that it stays behind. What was told before is
// renewed from time to time, because clocks differ.
func (c *liveClock) news(w Window) bool {
	if c.told.At.IsZero() || w.Begin != c.told.Begin {
		return true
	}
	drift := w.End - c.told.End - w.At.Sub(c.told.At)
	return drift > riseLeast || drift < -(w.Target+lagSlack)
}

// joinLive describes a live channel, and cuts it to where the session is to
// begin: behind the end when it asks for a programme time.
func (s *session) joinLive(d *doc, v *version, out *Opened) error {
	now := time.Now()
	d.mu.Lock()
	d.clock.on = !s.quiet
	d.clock.anchor = s.req.Anchor
	d.clock.read(v.raw, now)
	out.Window = d.clock.window(v.raw, now)
	d.clock.told = out.Window
	d.mu.Unlock()
	out.Base = out.Window.Live
	if n := len(v.raw.Segments); n > 0 {
		out.Base = out.Window.Start + v.raw.Segments[max(n-joinSegments, 0)].Start
	}
	out.URL = s.g.o.Base + d.path
	p := v.raw
	if s.req.At <= 0 || s.req.At >= out.Window.Live || len(p.Segments) <= joinSegments {
		return nil
	}
	i := p.SegmentAt(s.req.At - out.Window.Start)
	out.Base = out.Window.Start + p.Segments[i].Start
	return d.reduce(joinAt(p.Segments[i].MSN))
}

// joinAt cuts a playlist so that a player joins it at a segment.
func joinAt(msn uint64) cut { return cut{first: msn, last: msn + joinSegments - 1} }

// alignLive joins separate sound where the picture was joined.
func (s *session) alignLive(ctx context.Context, d *doc, out *Opened) error {
	if out.Base >= out.Window.Live {
		return nil
	}
	v, _, err := d.get(ctx, "")
	if err != nil || len(v.raw.Segments) == 0 {
		return err
	}
	i := v.raw.SegmentNear(out.Base - s.programOf(v.raw))
	return d.reduce(joinAt(v.raw.Segments[i].MSN))
}

// sighted follows the window of the channel that is on.
func (d *doc) sighted(p *hls.Playlist, now time.Time) {
	if t := d.s.tuner.Load(); t != nil && d == d.s.picture {
		t.refresh()
	}
	if p.Live() && p.Skipped == 0 {
		d.learn(now, func(c *liveClock) { c.read(p, now) })
	}
}

// joined notes where the player began, by the first segment it asked for. From
// then on it is shown the playlist to its end.
func (d *doc) joined(msn uint64) {
	d.mu.Lock()
	first := !d.began && d.cur != nil && d.cur.raw.Live()
	d.began = d.began || first
	whole := d.cut
	d.mu.Unlock()
	if !first {
		return
	}
	d.learn(time.Now(), func(c *liveClock) {
		if at, ok := startOf(c.list, c.at, msn); ok {
			c.begin = at
		}
	})
	if whole.last == 0 {
		return
	}
	whole.last = 0
	if err := d.reduce(whole); err != nil {
		d.s.log.Warn("Live playlist stays cut", "error", err)
	}
}

// learn changes the clock of the channel that is on, and tells the window when
// that is news.
func (d *doc) learn(now time.Time, change func(*liveClock)) {
	d.mu.Lock()
	c := &d.clock
	if !c.on {
		d.mu.Unlock()
		return
	}
	change(c)
	w := c.window(c.list, now)
	news := c.news(w)
	if news {
		c.told = w
	}
	d.mu.Unlock()
	if news && d.s.ctx.Err() == nil {
		d.s.g.o.Live(d.s.req.Tag, w)
	}
}

// asked tells the playlist of a segment that the player reads it.
func (o *object) asked() {
	if o.from.list != nil && o.from.kind == hls.RefSegment {
		o.from.list.joined(o.from.msn)
	}
}

func sinceEpoch(t time.Time) time.Duration { return time.Duration(t.UnixNano()) }
