package abr

import "time"

// The policy's constants; docs/abr.md says how they were found.
const (
	coldRate    = 1_650_000              // bit/s assumed of a link that nothing is known of
	startBudget = 800 * time.Millisecond // in which the first segment is to be there
	startShare  = 0.6                    // of the estimate, for the first segment

	climbEmpty, climbFull = 1.0, 0.17 // caution.empty and full, for a rung above the one at hand
	climbHorizon          = 92.0      // s
	climbReserve          = 3.2       // s
	climbInsurance        = 72.0      // s
	climbMore             = 9.0       // s
	keepEmpty, keepFull   = 1.0, 0.01 // and for that one and lower ones
	keepHorizon           = 70.0      // s
	keepReserve           = 0.9       // s
	keepInsurance         = 64.0      // s
	keepMore              = 3.0       // s
	insuredLater          = 23.0      // s of film after which the insurance is looked at
	insuredShare          = 0.8       // of a window that is too small for it
	memoryShare           = 0.95      // of what there is memory for, where that is less
	floorHorizon          = 12.0      // s

	persists    = 138.0 // s: how long the link is expected to stay as it is
	faster      = 1.0   // share of the fast rate that is believed when the window is full
	unheard     = 0.3   // of the mean: the worst of a link that was not heard yet
	heardHalf   = 120.  // s of traffic in which half of that doubt goes
	shortScale  = 2     // 8 s
	shortWeight = 0.85  // of the low of that scale in those of all
	deeper      = 3.85  // times as far below the mean as was seen
	leastShare  = 0.03  // of the mean: no less is expected

	settle = 8 * time.Second // of media after a fall before anything better
)

// Start chooses the rung of the first segment of a title, or after a jump to
// where nothing is held: the best that is there within startBudget.
func Start(s Situation) Choice {
	l := s.ladder()
	if l.high < 0 {
		return Choice{Why: Cold, Over: true}
	}
	rate, why := float64(coldRate), Cold
	if s.Link.Known() {
		rate, why = startShare*float64(s.Link.Rate), Beginning
	}
	budget := (startBudget - s.Link.latency()).Seconds() * rate
	best := l.low
	for r := l.low; r <= l.high; r++ {
		if l.bits(0, r) <= budget && l.mean(r) <= rate {
			best = r
		}
	}
	if floor := l.floor(); s.Link.Known() && best < floor && l.mean(floor) <= rate {
		best, why = floor, Floor
	}
	return l.choice(best, why)
}

// Next chooses the rung of the segment after one of rung s.Last: the best that
// the link and what is held afford, kept for longer than it is taken. While
// the link is not known, or nothing came before, it is [Start].
func Next(s Situation) Choice {
	if s.Last < 0 || s.Last >= len(s.Ladder) || !s.Link.Known() {
		return Start(s)
	}
	l := s.ladder()
	best, why := l.best()
	if floor := l.floor(); best < floor && l.stands(floor) {
		best, why = floor, Floor
	}
	switch {
	case best > s.Last && s.Away:
		best, why = max(s.Last, l.low), Away
	case best > s.Last && s.Fell && s.Since < settle:
		best, why = max(s.Last, l.low), Damping
	}
	return l.choice(best, why)
}

// best is the highest rung that lasts and insures, and what stands above it.
func (l *ladder) best() (rung int, why Reason) {
	climb := caution{climbEmpty, climbFull, climbHorizon, climbReserve, climbInsurance, climbMore, true}
	keep := caution{keepEmpty, keepFull, keepHorizon, keepReserve, keepInsurance, keepMore, true}
	up, stay, plain := l.curve(climb), l.curve(keep), l.curve(caution{})
	why = Top
	for r := l.high; r > l.low; r-- {
		c, k := &stay, keep
		if r > l.Last {
			c, k = &up, climb
		}
		switch {
		case !l.lasts(r, c, k) || !l.insures(r, &plain, k):
			why = l.against(r)
		case why == Top || l.mean(r) <= float64(l.Link.Rate):
			return r, why
		default:
			return r, Buffer
		}
	}
	return l.low, why
}

// stands says whether the quality floor can be kept: for some seconds, on a
// link that does no worse than now.
func (l *ladder) stands(r int) bool {
	c := l.curve(caution{})
	return l.lasts(r, &c, caution{horizon: floorHorizon, reserve: keepReserve})
}

// against is what is against a rung that does not last: the picture would stop,
// if its next segment takes longer than what is held.
func (l *ladder) against(r int) Reason {
	if l.bits(0, r) > l.held*float64(l.Link.Rate) {
		return Emergency
	}
	return Link
}

// The constants of giving up.
const (
	leastTook = 500 * time.Millisecond // before that a fetch says nothing
	worthIt   = 0.9                    // the smaller one must come in this share of the time that is left
)

// Abandon says whether a fetch under way that nobody reads yet is better given
// up, and for which rung: when the buffer would be empty before it is there,
// and a smaller one comes in less than half of what it still takes.
func Abandon(s Situation, t Transfer) (Choice, bool) {
	l := s.ladder()
	stay := Choice{Rung: t.Rung, Why: Link}
	if !s.Link.Known() || s.Away || t.Rung <= l.low || t.Rung >= len(s.Ladder) || t.Took < leastTook {
		return stay, false
	}
	size := float64(t.Size)
	if size <= 0 {
		size = l.bits(0, t.Rung)
	}
	rate, held := float64(s.Link.Rate), s.Buffer.Seconds()
	left := (size - float64(max(t.Done, 0))) / rate
	if left <= held {
		return stay, false
	}
	for r := min(t.Rung-1, l.high); r >= l.low; r-- {
		if need := l.bits(0, r) / rate; (need < held || r == l.low) && need < worthIt*left {
			return l.choice(r, Emergency), true
		}
	}
	return stay, false
}
