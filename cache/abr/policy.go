package abr

import "time"

// The policy's constants, found on one half of the traces and measured on the
// other; docs/abr.md says how.
const (
	coldRate    = 2_200_000              // bit/s assumed of a link that nothing is known of
	startBudget = 800 * time.Millisecond // in which the first segment is to be there
	startShare  = 0.6                    // of the estimate, for the first segment

	emptyShare = 0.26 // of the link's rate that a rung may take when nothing is held
	fullShare  = 1.37 // and when the window is full
	keepEmpty  = 1.0  // by so much more when it is the rung at hand, with nothing held
	keepFull   = 1.53 // and with a full window
	look       = 9.0  // s of segments whose sizes are averaged

	near      = 9.5  // s of segments that must come in time
	nearShare = 0.41 // of the rate of the last seconds, for a rung above the one at hand
	keepShare = 1.3  // and for that one and lower ones
	reserve   = 0.45 // s of buffer that must be left meanwhile

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
	if floor := l.floor(); best < floor && l.lasts(floor) {
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

// best is the highest rung that is afforded, and what stands above it.
func (l *ladder) best() (rung int, why Reason) {
	why = Top
	for r := l.high; r > l.low; r-- {
		switch {
		case !l.lasts(r):
			why = Emergency
		case !l.affords(r):
			why = Link
		case why == Top || l.mean(r) <= float64(l.Link.Rate):
			return r, why
		default:
			return r, Buffer
		}
	}
	return l.low, why
}

// The constants of giving up.
const (
	leastTook = 500 * time.Millisecond // before that a fetch says nothing
	worthIt   = 0.5                    // the smaller one must come in this share of the time that is left
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
