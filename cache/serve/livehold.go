package serve

import (
	"time"

	"usher/cache"
	"usher/cache/hls"
)

// liveHeld is up to where the player of a live channel has been given it, in
// programme times; 0 is not known. The session's mu guards it.
type liveHeld struct {
	picture, sound time.Duration
	told           time.Duration
}

// until is up to where both are there.
func (h *liveHeld) until(apart bool) time.Duration {
	if !apart {
		return h.picture
	}
	return min(h.picture, h.sound)
}

// sawLive notes a segment of a live channel that the player was given whole. A
// channel is not read ahead: what the player took is all that an outage leaves.
func (s *session) sawLive(o *object) {
	if t := s.tuner.Load(); t != nil {
		if sl := t.standsFor(o); sl != nil {
			t.given(sl, time.Now())
			o = sl.base
		}
	}
	d := o.from.list
	if s.quiet || o.class != cache.Media || o.from.kind != hls.RefSegment || d == nil || d != s.picture && d != s.sound {
		return
	}
	end, ok := d.programEnd(o.from.msn)
	if !ok {
		return
	}
	s.mu.Lock()
	if d == s.picture {
		s.held.picture = end
	} else {
		s.held.sound = end
	}
	until := s.held.until(s.sound != nil)
	news := until > 0 && until != s.held.told
	s.held.told = until
	s.mu.Unlock()
	if tell := s.g.o.Held; news && tell != nil && s.ctx.Err() == nil {
		tell(s.req.Tag, until)
	}
}

// late is how long the playlist of a channel may take, before that is trouble.
const late = 2 * silence

// listless says that the service is being asked for the playlist of a live
// channel, and does not answer: nothing else is asked for then.
func (s *session) listless(now time.Time) bool {
	d := s.picture
	if d == nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.flights[""]
	return d.clock.on && f != nil && now.Sub(f.began) > late
}

// programEnd is the programme time at which the segment msn ends; ok is false
// for what is no live channel.
func (d *doc) programEnd(msn uint64) (end time.Duration, ok bool) {
	d.mu.Lock()
	on, list, at := d.clock.on, d.clock.list, d.clock.at
	d.mu.Unlock()
	if !on {
		if list = d.latest(); list == nil || !list.Live() {
			return 0, false
		}
		at = d.s.programOf(list)
	}
	if list == nil {
		return 0, false
	}
	return startOf(list, at, msn+1)
}

// programOf is where a playlist of the same channel as the picture begins: by
// its own dates, or else as a twin of the picture, by the same numbers.
func (s *session) programOf(p *hls.Playlist) time.Duration {
	if at, ok := programStart(p); ok {
		return at
	}
	d := s.picture
	d.mu.Lock()
	anchor := d.clock.window(d.clock.list, time.Time{}).Anchor
	d.mu.Unlock()
	if begin, ok := startOf(p, 0, anchor.MSN); ok {
		return anchor.At - begin
	}
	return anchor.At
}
