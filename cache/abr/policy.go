package abr

import "time"

// The policy's constants. docs/abr.md says how they were found.
const (
	coldRate    = 2_500_000       // bit/s assumed of a link that nothing is known of
	startBudget = time.Second     // in which the first segment is to be there
	startShare  = 0.7             // of the estimate, for the first segment
	reserve     = 2 * time.Second // of buffer that a plan must not touch
	horizon     = 45 * time.Second
	raiseMargin = 0.85 // of the predicted rate, for a rung above the last one
	settle      = 12 * time.Second
)

// Start chooses the rung of the first segment of a title, or after a jump to
// where nothing is held.
func Start(s Situation) Choice {
	l := s.ladder()
	rate, why := float64(coldRate), Cold
	if s.Link.Known() {
		rate, why = startShare*s.Link.predict(0), Beginning
	}
	budget := (startBudget - s.Link.latency()).Seconds() * rate
	best := l.low
	for r := l.low; r <= l.high; r++ {
		if l.bits(0, r) <= budget && (!s.Link.Known() || l.mean(r) <= rate) {
			best = r
		}
	}
	return l.choice(best, why)
}

// Next chooses the rung of the segment after one of rung s.Last.
func Next(s Situation) Choice {
	if s.Last < 0 || s.Last >= len(s.Ladder) || !s.Link.Known() {
		return Start(s)
	}
	l := s.ladder()
	best, why := l.low, Emergency
	for r := l.high; r >= l.low; r-- {
		if l.lasts(r) {
			best, why = r, Link
			break
		}
	}
	if best == l.high {
		why = Top
	}
	if best > s.Last && s.Fell && s.Since < settle {
		best, why = max(s.Last, l.low), Damping
	}
	return l.choice(best, why)
}

// Abandon says whether a fetch that is under way, and that nobody reads yet,
// is better given up, and for which rung.
func Abandon(s Situation, t Transfer) (Choice, bool) {
	l := s.ladder()
	if !s.Link.Known() || t.Rung <= l.low || t.Rung >= len(s.Ladder) || t.Took < time.Second {
		return Choice{Rung: t.Rung}, false
	}
	size := float64(max(t.Size, 0))
	if size == 0 {
		size = l.bits(0, t.Rung)
	}
	rate := max(s.Link.predict(0), 1)
	left := (size - float64(t.Done)) / rate
	if left <= s.Buffer.Seconds() {
		return Choice{Rung: t.Rung}, false
	}
	for r := min(t.Rung-1, l.high); r >= l.low; r-- {
		need := l.bits(0, r) / rate
		if (need < s.Buffer.Seconds() || r == l.low) && need < left/2 {
			return l.choice(r, Emergency), true
		}
	}
	return Choice{Rung: t.Rung}, false
}
