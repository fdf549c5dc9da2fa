package serve

import (
	"maps"
	"slices"
	"time"
)

// quietPlayer is for how long a player that has nothing open counts as having
// enough.
const quietPlayer = 2 * time.Second

// Pressure says how much of the link is left for what nobody waits for.
type Pressure struct {
	Playing bool          // a title is open
	Reserve time.Duration // of film at hand from the playhead on
	Full    bool          // the player takes no more for now, or all of the film is at hand
	Bitrate int           // bit/s of what is played
	Link    int           // bit/s of the way to the services; 0 unknown
	Missed  time.Time     // when a player last had to wait for a service; zero: never
	Strain  time.Time     // a service said that it was asked too much: until then
	Served  int64         // bytes that players got
}

// waits notes that a player waits for a service.
func (g *Origin) waits() {
	g.missed.Store(time.Now().UnixNano())
	g.o.Waiting()
}

// Pressure looks at what is open. It does not block.
func (g *Origin) Pressure() Pressure {
	p := Pressure{Link: g.LinkRate(), Strain: g.budget.paused(), Served: g.o.Store.Served()}
	if at := g.missed.Load(); at > 0 {
		p.Missed = time.Unix(0, at)
	}
	g.mu.RLock()
	open := slices.Collect(maps.Values(g.sessions))
	g.mu.RUnlock()
	for _, s := range open {
		s.press(&p)
	}
	return p
}

// press adds the needs of one title; the neediest counts.
func (s *session) press(p *Pressure) {
	n := s.needsOf(time.Now())
	if p.Playing {
		n.Reserve, n.Full = min(n.Reserve, p.Reserve), n.Full && p.Full
	}
	p.Playing, p.Reserve, p.Full = true, n.Reserve, n.Full
	p.Bitrate += n.Bitrate
}

// needsOf is what is known of one title: of a film what is at hand of it, of
// others only whether the player takes more.
func (s *session) needsOf(now time.Time) Pressure {
	s.mu.Lock()
	n := Pressure{Bitrate: s.bandwidth}
	s.mu.Unlock()
	if f := s.film.Load(); f != nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		pos := f.position(now)
		n.Reserve = f.held(pos)
		last := f.slots[len(f.slots)-1]
		n.Full = n.Reserve >= f.window() && f.window() > 0 || pos+n.Reserve >= last.at+last.takes
		if f.acct.count > 0 {
			n.Bitrate = f.rungs[f.acct.rung].Bandwidth
		}
		return n
	}
	used, idle := s.idleSince()
	n.Full = idle && now.Sub(used) > quietPlayer
	return n
}

// paused is until when some service is not to be asked for what nobody waits
// for.
func (b *budget) paused() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	var until time.Time
	for _, l := range b.lanes {
		if l.pause.After(until) {
			until = l.pause
		}
	}
	return until
}
