package abr

import "time"

// ladder is a situation with what follows from it.
type ladder struct {
	Situation
	low, high int    // the rungs that may be chosen; high is -1 when there is no ladder
	cut       Reason // the limit that made high lower than the top
	over      bool
	segment   float64 // s
	fill      float64 // how full the window is, 0 to 1
	full      float64 // s
	held      float64 // s
}

func (s Situation) ladder() ladder {
	l := ladder{Situation: s, segment: s.Segment.Seconds(), full: s.Full.Seconds(), held: max(0, s.Buffer.Seconds())}
	if l.segment <= 0 {
		l.segment = 4
	}
	if l.full <= 0 {
		l.full = 30
	}
	l.fill = min(l.held/l.full, 1)
	l.low, l.high, l.cut = s.allowed()
	if l.over = l.high < 0; l.over && len(s.Ladder) > 0 {
		l.low, l.high = 0, 0
	}
	return l
}

// allowed is the lowest and the highest rung that no limit forbids, and the
// limit that stands above it; high is -1 when all are forbidden. A rung between
// them may be forbidden only when a ladder rises in rate but falls in height:
// then high is below it.
func (s Situation) allowed() (low, high int, cut Reason) {
	low, high = 0, -1
	for i, r := range s.Ladder {
		why := s.forbidden(r)
		if why == NoReason && high < 0 {
			low = i
		}
		if why != NoReason && high >= 0 {
			return low, high, why
		}
		if why == NoReason {
			high = i
		}
		cut = why
	}
	return low, high, cut
}

// forbidden is the reason of the first limit that forbids a rung.
func (s Situation) forbidden(r Rung) Reason {
	for _, m := range s.Limits {
		if !m.allows(r) {
			return m.Why
		}
	}
	return NoReason
}

// floor is the lowest rung that is not below the quality floor; the best one
// when all are.
func (l *ladder) floor() int {
	for r := l.low; r < l.high; r++ {
		if l.mean(r) >= float64(l.MinBandwidth) {
			return r
		}
	}
	return max(l.high, l.low)
}

func (l *ladder) choice(r int, why Reason) Choice {
	c := Choice{Rung: r, Why: why, Over: l.over}
	if r == l.high && why == Top {
		c.Limit = l.cut
	}
	return c
}

// mean is a rung's mean rate, bit/s.
func (l *ladder) mean(r int) float64 { return l.Ladder[r].rate() }

// bits is what segment k from the next one on takes at rung r.
func (l *ladder) bits(k, r int) float64 {
	if k < len(l.Sizes) && r < len(l.Sizes[k]) && l.Sizes[k][r] > 0 {
		return float64(l.Sizes[k][r])
	}
	return l.mean(r) * l.segment
}

// room is how much of rung r can be held, and how much of it is enough, s: the
// window, or what there is memory for.
func (l *ladder) room(r int) (most, enough float64) {
	most, enough = l.full, l.full*insuredShare
	if l.Room > 0 {
		fits := 8 * float64(l.Room) / l.mean(r)
		most, enough = min(most, fits), min(enough, fits*memoryShare)
	}
	return most, enough
}

// latency is bounded, so that one odd reading does not rule the choice.
func (e Estimate) latency() time.Duration {
	return min(max(e.Latency, 0), 600*time.Millisecond)
}
