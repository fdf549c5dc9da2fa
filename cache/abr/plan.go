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

// affords says whether the link carries rung r, given what is held: with an
// empty window a rung may take only a part of the rate, so that the window
// fills; with a full one more than the rate, and then it is the long-term rate
// that counts, because what is held outlasts a bad minute. The rung at hand,
// and what is below it, may take more than one above.
func (l *ladder) affords(r int) bool {
	share := emptyShare + (fullShare-emptyShare)*l.fill
	if r <= l.Last {
		share *= keepEmpty + (keepFull-keepEmpty)*l.fill
	}
	rate := float64(l.Link.Rate)
	rate += l.fill * l.fill * max(0, float64(l.Link.Long)-rate)
	return l.demand(r) <= share*rate
}

// demand is what rung r takes over the next segments, bit/s.
func (l *ladder) demand(r int) float64 {
	n := min(int(look/l.segment)+1, maxLook)
	var sum float64
	for k := range n {
		sum += l.bits(k, r)
	}
	return sum / (float64(n) * l.segment)
}

// maxLook bounds the work of one decision when segments are very short.
const maxLook = 64

// lasts says whether the next segments at rung r come before the buffer is down
// to the reserve, if the link gives only a part of its rate.
func (l *ladder) lasts(r int) bool {
	share := nearShare
	if r <= l.Last {
		share = keepShare
	}
	rate, latency := max(1, share*float64(l.Link.Rate)), l.Link.latency().Seconds()
	buffer, least := l.held, min(reserve, l.held/2)
	for k := 0; k < maxLook && float64(k)*l.segment < near; k++ {
		if buffer -= latency + l.bits(k, r)/rate; buffer < least {
			return false
		}
		buffer = min(buffer+l.segment, l.full)
	}
	return true
}

// latency is bounded, so that one odd reading does not rule the choice.
func (e Estimate) latency() time.Duration {
	return min(max(e.Latency, 0), 600*time.Millisecond)
}
