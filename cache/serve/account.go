package serve

import (
	"time"

	"usher/cache/abr"
)

// account is what is counted of one film. film.mu guards it.
type account struct {
	count int // slots that the player got
	rung  int // of the newest; unbound before
	index int // of the newest

	media    time.Duration // of count
	bits     float64       // rate × time, of count
	switches int

	wanted    int   // slots that the player asked for
	inTime    int   // of these, whole in the cache when asked for
	abandoned int   // fetches given up for a smaller rendition
	yielded   int   // what the budget counted before the film
	ahead     int64 // bytes fetched before they were asked for
	replaced  int   // segments fetched again in a better rendition before they were asked for
	thrown    int64 // bytes of ahead that something else took the place of

	held    time.Duration // lately
	least   time.Duration // of held, once there was more than enough
	full    bool          // there was
	outages int
	away    time.Duration // in outages
	lost    bool          // in one now
	at      time.Time     // of the last look
}

// played counts what the player got.
func (a *account) played(i int, takes time.Duration, index int, r abr.Rung) {
	rate := r.Average
	if rate == 0 {
		rate = r.Bandwidth
	}
	if a.count > 0 && a.rung != index && i == a.index+1 {
		a.switches++
	}
	a.count++
	a.index, a.rung = i, index
	a.media += takes
	a.bits += float64(rate) * takes.Seconds()
}

// look notes how things are. silent is for how long the service has been.
func (a *account) look(held, silent time.Duration, now time.Time) {
	a.held = held
	if held > enough && !a.full {
		a.full, a.least = true, held
	}
	if a.full {
		a.least = min(a.least, held)
	}
	lost := silent > silence
	switch {
	case lost && !a.lost: // it began before it was noticed
		a.outages++
		a.away += silent
	case a.lost && !a.at.IsZero():
		a.away += now.Sub(a.at)
	}
	a.lost, a.at = lost, now
}

// Report is what became of a film so far.
type Report struct {
	Segments  int           // that the player got
	Media     time.Duration // in them
	MeanRate  int           // bit/s, weighted by time
	Rate      int           // bit/s of the newest
	Height    int           // lines of the newest; 0 unknown
	Switches  int           // from one rendition to another
	Wanted    int           // segments that the player asked for
	InTime    int           // of these, whole in the cache before
	Abandoned int           // fetches given up for a smaller rendition
	Ahead     int64         // bytes read ahead
	Unread    int64         // bytes of these that the player did not ask for, so far; with Thrown
	Replaced  int           // segments fetched again in a better rendition before the player asked for them
	Thrown    int64         // bytes that something else took the place of: of Replaced and Abandoned
	Held      time.Duration // at hand from the playhead on
	Least     time.Duration // the least of it, once it was more than 8 s
	Outages   int           // times that the service fell silent
	Away      time.Duration // for how long in all
	Rungs     int           // renditions that may be chosen
	Yielded   int           // fetches ahead that made way for somebody who waited, of all films and kits
	Began     string        // why the first segment was as it was, in one line
	Decision  string        // why the newest segment is as it is, in one line
	Reason    string        // the same as one word; see abr.Reason
	Link      int           // bit/s that the link carries; 0 unknown
}

// Report tells about an open session; ok is false when it has no film, and is no
// channel that may change its rendition.
func (g *Origin) Report(tag uint64) (r Report, ok bool) {
	s := g.session(tag)
	if s == nil {
		return Report{}, false
	}
	if t := s.tuner.Load(); t != nil {
		return t.report(time.Now()), true
	}
	f := s.film.Load()
	if f == nil {
		return Report{}, false
	}
	return f.report(time.Now()), true
}

func (f *film) report(now time.Time) Report {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.acct
	r := Report{
		Segments: a.count, Media: a.media, Switches: a.switches, Wanted: a.wanted, InTime: a.inTime,
		Abandoned: a.abandoned, Ahead: a.ahead, Held: f.held(f.position(now)), Least: a.least,
		Yielded: f.s.g.budget.interrupted() - a.yielded, Began: f.began,
		Replaced: a.replaced, Thrown: a.thrown, Unread: a.thrown,
		Outages: a.outages, Away: a.away, Rungs: len(f.rungs), Link: f.s.g.meter.estimate().Rate,
	}
	if a.media > 0 {
		r.MeanRate = int(a.bits / a.media.Seconds())
	}
	if a.count > 0 {
		r.Rate, r.Height = f.rungs[a.rung].Bandwidth, f.rungs[a.rung].Height
	}
	for _, sl := range f.slots {
		if !sl.given && sl.reading == 0 {
			r.Unread += sl.size
		}
	}
	switch {
	case len(f.rungs) == 1:
		r.Decision = "the service offers one rendition that this box can use"
		r.Reason = abr.Top.String()
	case len(f.sit.Ladder) > 0:
		r.Decision, r.Reason = f.sit.Explain(f.last), f.last.Why.String()
		if f.last.Limit != abr.NoReason {
			r.Reason = f.last.Limit.String()
		}
	}
	return r
}
