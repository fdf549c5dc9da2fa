package abrsim

import (
	"math"
	"sort"
)

// Bounds of the best session possible: the best QoE of whoever knows the link
// beforehand lies between them. Low is that of a session that was found, High
// what no session can pass.
type Bounds struct {
	Low, High float64
	Delay     float64 // s that the found session waits altogether
	// Unavoidable is how long the lowest rung stalls after its start, fetched as
	// early as the window allows, s: an outage that outlasts the window.
	Unavoidable float64
}

// Resolution is the grid of time on which [Best] calculates, s.
const Resolution = 0.1

// The search for the delay ends when the bounds are as close as this share of
// the top rung's rate, or after so many steps.
const (
	closeEnough = 0.002
	mostSteps   = 10
)

// Best finds the offline optimum by dynamic programming over the time at which
// a segment is there and the rung that it has.
//
// Waiting at the start and stalls cost the same in [QoE], so what counts is
// their sum, the delay D: no session with a delay of D does better than one in
// which segment k must be there by D + k·L. Fixed D makes that a shortest path.
// Times are rounded down for High (and reading ahead begins as if nothing had
// been waited for but the first segment), up for Low; so the grid's error is
// within the bounds instead of beside them. D is found by bisecting the
// interval whose bound is the highest.
func Best(trace *Trace, title *Title, o Options) Bounds {
	if o.Window <= 0 {
		o.Window = DefaultWindow
	}
	p := newPlan(trace, title, o)
	mu := Penalty(title)
	least, most := p.delays()
	base := Run(trace, title, fixed(0), o) // a session that can be had
	best := Bounds{Low: base.QoE * float64(len(title.Sizes)), Delay: base.Startup + base.Stall, Unavoidable: p.last()}
	try := func(d float64) {
		if v := p.value(d, false) - mu*d; v > best.Low {
			best.Low, best.Delay = v, d
		}
	}
	for _, more := range []float64{2 * Resolution, 0.5, 1, 2, 4} {
		try(float64(p.greedy)*Resolution + p.last() + more)
	}
	all := p.value(most, true)
	open := []span{{least, most, all, all - mu*least}}
	for range mostSteps {
		i := highest(open)
		if open[i].bound-best.Low <= closeEnough*mu*float64(len(title.Sizes)) || open[i].to-open[i].from < 2*Resolution {
			break
		}
		a, b := open[i].from, open[i].to
		mid := a + (b-a)/8 // the optimum waits little
		if b-a < 4 {
			mid = (a + b) / 2
		}
		try(mid)
		open[i].from, open[i].bound = mid, open[i].value-mu*mid
		part := p.value(mid, true)
		open = append(open, span{a, mid, part, part - mu*a})
	}
	n := float64(len(title.Sizes))
	best.High = max(best.Low, open[highest(open)].bound) / n
	best.Low /= n
	return best
}

// span is an interval of delays, what quality its end allows, and what QoE none
// in it can pass.
type span struct{ from, to, value, bound float64 }

func highest(open []span) int {
	best := 0
	for i, s := range open {
		if s.bound > open[best].bound {
			best = i
		}
	}
	return best
}

// plan is the tables of the dynamic programming.
type plan struct {
	title    *Title
	window   float64
	first    float64   // s: the first segment cannot be there earlier
	carried  []float64 // bit until each point of the grid
	asked    []float64 // bit until the first byte of what is asked for there
	now, new [][]float64
	quality  []float64
	greedy   int       // the grid point at which the lowest first segment is there
	extra    []float64 // s: how long the lowest rung has stalled until each segment
}

// last is how long the lowest rung stalls altogether.
func (p *plan) last() float64 { return p.extra[len(p.extra)-1] }

func newPlan(trace *Trace, title *Title, o Options) *plan {
	p := &plan{title: title, window: o.Window}
	lowest := math.Inf(1)
	for r := range title.Ladder {
		p.quality = append(p.quality, title.mean(r)/1e6)
		lowest = min(lowest, trace.fetched(o.Offset, float64(title.Sizes[0][r]))-o.Offset)
	}
	p.first = lowest
	var end float64 // of the fastest session there is
	for _, sizes := range title.Sizes {
		end = trace.fetched(o.Offset+end, float64(sizes[0])) - o.Offset
	}
	n := int((max(end, float64(len(title.Sizes))*title.Segment)+2*p.slack())/Resolution) + 2
	p.carried, p.asked = make([]float64, n), make([]float64, n)
	for i := range p.carried {
		at := o.Offset + float64(i)*Resolution
		p.carried[i], p.asked[i] = trace.carried(at), trace.carried(at+trace.latency(at))
	}
	for i := n - 2; i >= 0; i-- { // waiting for a lower latency is allowed
		p.asked[i] = min(p.asked[i], p.asked[i+1])
	}
	p.now, p.new = grid(len(title.Ladder), n), grid(len(title.Ladder), n)
	p.stalls()
	return p
}

// stalls plays the lowest rung: an outage that is longer than the window stops
// every session, and Low is to stop where that one does.
func (p *plan) stalls() {
	i, extra := 0, 0.0
	for k, sizes := range p.title.Sizes {
		if k > 0 {
			release, _ := p.limits(k, float64(p.greedy)*Resolution+extra, false)
			i = max(i, release)
		}
		i = min(i, len(p.asked)-1)
		i = min(sort.SearchFloat64s(p.carried, p.asked[i]+float64(sizes[0])), len(p.carried)-1)
		if k == 0 {
			p.greedy = i
		}
		extra = max(extra, float64(i-p.greedy)*Resolution-float64(k)*p.title.Segment)
		p.extra = append(p.extra, extra)
	}
}

// slack is how much longer than necessary a session may wait, s. More cannot
// pay: it costs more than the top rung throughout has over the lowest.
func (p *plan) slack() float64 {
	top := p.quality[len(p.quality)-1]
	return float64(len(p.title.Sizes)) * (1 - p.quality[0]/top)
}

func grid(rungs, n int) [][]float64 {
	g := make([][]float64, rungs)
	for r := range g {
		g[r] = make([]float64, n)
	}
	return g
}

// delays is a delay that is too short for every session, by a second at most,
// and the longest that can be worth it.
func (p *plan) delays() (least, most float64) {
	low, high := p.first, float64(len(p.carried)-1)*Resolution-float64(len(p.title.Sizes))*p.title.Segment
	for high-low > 1 {
		mid := (low + high) / 2
		if math.IsInf(p.value(mid, true), -1) {
			low = mid
		} else {
			high = mid
		}
	}
	return low, max(low, float64(p.greedy)*Resolution+p.last()) + p.slack()
}

// value is the most that quality less switching can be when segment k has to be
// there by d + k·L, in Mb/s summed over segments; -Inf when that cannot be.
func (p *plan) value(d float64, generous bool) float64 {
	low, high := 0, 0 // where states are
	for r := range p.now {
		p.now[r][0] = 0
	}
	for k := range p.title.Sizes {
		release, due := p.limits(k, d, generous)
		low, high = p.step(k, low, high, release, due, generous)
		if high < low {
			return math.Inf(-1)
		}
		p.now, p.new = p.new, p.now
	}
	best := math.Inf(-1)
	for r := range p.now {
		for _, v := range p.now[r][low : high+1] {
			best = max(best, v)
		}
	}
	return best
}

// limits are the grid points between which segment k is asked for and there. A
// delay of d is had at the start, but for the stalls of the lowest rung, which
// come where they come; and all at the start when generous.
func (p *plan) limits(k int, d float64, generous bool) (release, due int) {
	l, now, then := p.title.Segment, 0.0, 0.0
	ahead := float64(k+1)*l - p.window // what has been played when there is room
	if !generous {
		d -= p.extraAt(len(p.extra) - 1)
		now, then = p.extraAt(k), p.extraAt(int(ahead/l))
	}
	if ahead > 0 {
		if generous {
			release = int((p.first + ahead) / Resolution)
		} else {
			release = int(math.Ceil((d + then + ahead) / Resolution))
		}
	}
	return release, min(int((d+now+float64(k)*l)/Resolution), len(p.carried)-1)
}

// extraAt is how long the lowest rung has stalled until segment k.
func (p *plan) extraAt(k int) float64 {
	if len(p.extra) == 0 {
		return 0
	}
	return p.extra[min(max(k, 0), len(p.extra)-1)]
}

// step goes from the states of the segment before, between low and high, to
// those of segment k.
func (p *plan) step(k, low, high, release, due int, generous bool) (newLow, newHigh int) {
	if k > 0 {
		low = p.gather(low, high, release)
		high = max(high, low)
	}
	for r := range p.new {
		fill(p.new[r], low, due)
	}
	newLow, newHigh = len(p.carried), -1
	last := due
	if generous {
		last = min(due+1, len(p.carried)-1)
	}
	for r, size := range p.title.Sizes[k] {
		end := low
		for i := low; i <= high; i++ {
			target := p.asked[i] + float64(size)
			for end <= last && p.carried[end] < target {
				end++
			}
			if end > last {
				break
			}
			at := end
			if generous && at > i {
				at--
			}
			if v := p.now[r][i] + p.quality[r]; v > p.new[r][at] {
				p.new[r][at] = v
				newLow, newHigh = min(newLow, at), max(newHigh, at)
			}
		}
	}
	return newLow, newHigh
}

// gather turns the states of the segment before into what each rung of the next
// one begins with: the best of all rungs less the switch. Who is early waits
// for the release. It returns where the states begin.
func (p *plan) gather(low, high, release int) int {
	for i := low; i <= high; i++ {
		for r := 1; r < len(p.now); r++ {
			p.now[r][i] = max(p.now[r][i], p.now[r-1][i]-(p.quality[r]-p.quality[r-1]))
		}
		for r := len(p.now) - 2; r >= 0; r-- {
			p.now[r][i] = max(p.now[r][i], p.now[r+1][i]-(p.quality[r+1]-p.quality[r]))
		}
	}
	if release <= low {
		return low
	}
	release = min(release, len(p.carried)-1)
	for r := range p.now {
		best := math.Inf(-1)
		for i := low; i <= min(release, high); i++ {
			best = max(best, p.now[r][i])
		}
		p.now[r][release] = best
	}
	return release
}

// fill makes a row empty between two points.
func fill(row []float64, from, to int) {
	for i := from; i <= to; i++ {
		row[i] = math.Inf(-1)
	}
}
