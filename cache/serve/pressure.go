package serve

import "time"

// quietPlayer is for how long a player that has nothing open counts as having
// enough.
const quietPlayer = 2 * time.Second

// Pressure says how much of the link is left for what nobody waits for.
type Pressure struct {
	Playing bool          // a title is open
	Reserve time.Duration // of film at hand beyond what was asked for last
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
	p := Pressure{Link: g.LinkRate(), Strain: g.budget.paused(), Served: int64(g.o.Store.Stats().ServedBytes)}
	if at := g.missed.Load(); at > 0 {
		p.Missed = time.Unix(0, at)
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	for _, s := range g.sessions {
		s.press(&p)
	}
	return p
}

// press adds the needs of one title; the neediest counts.
func (s *session) press(p *Pressure) {
	used, idle := s.idleSince()
	full := idle && time.Since(used) > quietPlayer
	p.Full = full && (p.Full || !p.Playing)
	p.Playing = true
	p.Bitrate += s.bitrate()
}

// bitrate is what playing it takes.
func (s *session) bitrate() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bandwidth
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
