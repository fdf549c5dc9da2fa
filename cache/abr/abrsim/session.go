package abrsim

import "math"

// Options are those of a session.
type Options struct {
	Window float64 // s: reading ahead stops here; 0 is DefaultWindow
	Offset float64 // s: where in the trace the session begins
}

// DefaultWindow is Usher's survival window, s.
const DefaultWindow = 90

const (
	tick    = 0.2    // s: how often a policy hears of a fetch under way
	endless = 7200.0 // s: a session that takes longer is given up
)

// View is what a policy sees when it chooses.
type View struct {
	Title  *Title
	Next   int     // the segment to choose for
	Now    float64 // s since the session began
	Buffer float64 // s
	Window float64 // s
	Last   int     // rung of the segment before, or -1
}

// Progress is news of a fetch.
type Progress struct {
	View
	Rung    int
	Began   float64 // s
	First   float64 // s: when the first byte comes
	Bits    float64 // that came
	Size    float64 // of all of it
	Done    bool
	Dropped bool // it was given up
	Again   bool // the segment is held already, and fetched a second time
}

// Piece is a segment that is held ahead of the player.
type Piece struct {
	Segment, Rung int
	Lead          float64 // s until the player asks for it
	Again         bool    // it was fetched a second time
}

// Improver is a policy that may fetch what is held a second time.
type Improver interface {
	// Improve chooses one of the pieces, in order, and its better rung; ok is
	// false when the next segment is fetched instead. So far much was fetched and
	// wasted, in bit.
	Improve(v View, held []Piece, fetched, wasted float64) (n, rung int, ok bool)
}

// Policy chooses renditions. One value plays one session.
type Policy interface {
	Choose(v View) (rung int)
	// Hear gets news of the fetch under way every 0.2 s and at its end. A policy
	// that answers true gives the fetch up and takes the segment at that rung.
	Hear(p Progress) (rung int, drop bool)
}

// Result is what a viewer had of a session.
type Result struct {
	Startup  float64 // s until the first segment was there
	Stall    float64 // s, after that
	Stalls   int
	Bitrate  float64 // bit/s, mean over the title of the nominal rates
	Switches int
	Wasted   float64 // bit, of fetches that were given up, and of segments that a better one took the place of
	Replaced int     // segments that a better one took the place of
	Fetched  float64 // bit
	Ended    bool    // false: given up after two hours
	QoE      float64 // a segment, see QoE
	Rungs    []int
}

// session is one that runs.
type session struct {
	trace   *Trace
	title   *Title
	policy  Policy
	o       Options
	now     float64
	buffer  float64
	last    int
	began   bool
	stalled bool
	again   map[int]bool // segments that were fetched a second time, or begun to
	r       Result
}

// Run plays a title over a trace.
func Run(trace *Trace, title *Title, p Policy, o Options) Result {
	if o.Window <= 0 {
		o.Window = DefaultWindow
	}
	s := &session{trace: trace, title: title, policy: p, o: o, last: -1, again: map[int]bool{}}
	for k := range title.Sizes {
		if s.segment(k); s.now > endless {
			s.r.QoE = QoE(title, s.r)
			return s.r
		}
	}
	s.r.Ended = true
	for i, r := range s.r.Rungs {
		s.r.Bitrate += title.mean(r) / float64(len(s.r.Rungs))
		if i > 0 && r != s.r.Rungs[i-1] {
			s.r.Switches++
		}
	}
	s.r.QoE = QoE(title, s.r)
	return s.r
}

// segment waits for room, and fetches.
func (s *session) segment(k int) {
	for s.improve() {
	}
	s.pass(s.buffer + s.title.Segment - s.o.Window)
	v := s.view(k)
	rung := s.bound(s.policy.Choose(v))
	for {
		next, done := s.fetch(k, Progress{Rung: rung})
		if done {
			break
		}
		rung = next
	}
	s.buffer += s.title.Segment
	s.stalled = false
	if !s.began {
		s.began, s.r.Startup = true, s.now
	}
	s.r.Rungs = append(s.r.Rungs, rung)
	s.last = rung
}

func (s *session) bound(rung int) int { return min(max(rung, 0), len(s.title.Ladder)-1) }

func (s *session) view(k int) View {
	return View{Title: s.title, Next: k, Now: s.now, Buffer: s.buffer, Window: s.o.Window, Last: s.last}
}

// pass lets time go by.
func (s *session) pass(seconds float64) {
	if seconds <= 0 {
		return
	}
	s.now += seconds
	if !s.began {
		return
	}
	if lack := seconds - s.buffer; lack > 1e-6 {
		if !s.stalled {
			s.stalled = true
			s.r.Stalls++
		}
		s.r.Stall += lack
	}
	s.buffer = max(0, s.buffer-seconds)
}

// fetch brings one segment, or gives it up and says what to take instead.
func (s *session) fetch(k int, p Progress) (instead int, done bool) {
	size, at := float64(s.title.Sizes[k][p.Rung]), s.o.Offset+s.now
	p.Began, p.Size, p.First = s.now, size, s.now+s.trace.latency(at)
	end := s.trace.fetched(at, size) - s.o.Offset
	base := s.trace.carried(s.o.Offset + p.First)
	for s.now < end && s.now <= endless {
		s.pass(min(end, s.now+tick) - s.now + 1e-9)
		p.View = s.view(k)
		p.Bits = min(size, math.Max(0, s.trace.carried(s.o.Offset+s.now)-base))
		p.Done = s.now >= end
		if p.Done {
			p.Bits = size
		}
		r, drop := s.policy.Hear(p)
		if late := p.Again && s.lead(k) <= 0; (drop || late) && !p.Done {
			p.Dropped = true
			s.policy.Hear(p)
			s.r.Wasted += p.Bits
			s.r.Fetched += p.Bits
			return s.bound(r), false
		}
	}
	s.r.Fetched += size
	return p.Rung, true
}

// QoE is the linear model of Yin, Jindal, Sekar and Sinopoli (SIGCOMM 2015,
// equation 5) with the identity as quality and their balanced weights, divided
// by the number of segments:
//
//	(Σ R − Σ |R' − R| − μ · stall − μ · start-up) / K
//
// R is a segment's nominal rate in Mb/s; μ is the rate of the top rung, as 3000
// was with their ladder to 3000 kb/s: a second of stall costs as much as a
// segment of the best picture.
func QoE(title *Title, r Result) float64 {
	var sum float64
	for i, rung := range r.Rungs {
		sum += title.mean(rung) / 1e6
		if i > 0 {
			sum -= math.Abs(title.mean(rung)-title.mean(r.Rungs[i-1])) / 1e6
		}
	}
	return (sum - Penalty(title)*(r.Startup+r.Stall)) / float64(len(title.Sizes))
}

// Penalty is μ of a title: what a second of waiting costs, in Mb/s of one segment.
func Penalty(title *Title) float64 { return title.mean(len(title.Ladder)-1) / 1e6 }
