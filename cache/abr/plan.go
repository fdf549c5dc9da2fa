package abr

import (
	"math"
	"time"
)

// ladder is a situation with what follows from it.
type ladder struct {
	Situation
	low, high int    // the rungs that may be chosen
	cut       Reason // the limit that made high lower than the top; NoReason: none
	over      bool
	segment   float64 // s
	full      float64
}

func (s Situation) ladder() ladder {
	l := ladder{Situation: s, high: -1, segment: s.Segment.Seconds(), full: s.Full.Seconds()}
	if l.segment <= 0 {
		l.segment = 4
	}
	if l.full <= 0 {
		l.full = 30
	}
	for i, r := range s.Ladder {
		if why := s.forbidden(r); why != NoReason {
			l.cut = why
		} else {
			l.high, l.cut = i, NoReason
		}
	}
	if l.high < 0 {
		l.high, l.over = 0, true
		return l
	}
	for l.low < l.high && s.forbidden(s.Ladder[l.low]) != NoReason {
		l.low++
	}
	return l
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

func (l *ladder) choice(r int, why Reason) Choice {
	c := Choice{Rung: r, Why: why, Over: l.over}
	if r == l.high {
		c.Limit = l.cut
	}
	return c
}

// mean is a rung's mean rate, bit/s.
func (l *ladder) mean(r int) float64 {
	if r < 0 || r >= len(l.Ladder) {
		return 1
	}
	return l.Ladder[r].rate()
}

// bits is what segment k from the next one on takes at rung r.
func (l *ladder) bits(k, r int) float64 {
	if k < len(l.Sizes) && r < len(l.Sizes[k]) && l.Sizes[k][r] > 0 {
		return float64(l.Sizes[k][r])
	}
	return l.mean(r) * l.segment
}

// lasts says whether rung r can be kept for the horizon without the buffer
// falling below the reserve.
func (l *ladder) lasts(r int) bool {
	buffer, spent := l.Buffer.Seconds(), 0.0
	least := min(reserve.Seconds(), buffer/2)
	margin := 1.0
	if r > l.Last {
		margin = raiseMargin
	}
	latency := l.Link.latency().Seconds()
	for k := 0; float64(k)*l.segment < horizon.Seconds(); k++ {
		took := latency + l.bits(k, r)/max(1, margin*l.Link.predict(spent))
		spent += took
		if buffer -= took; buffer < least {
			return false
		}
		buffer = min(buffer+l.segment, l.full)
	}
	return true
}

// latency is bounded, so that one odd reading does not rule the choice.
func (e Estimate) latency() time.Duration {
	return min(max(e.Latency, 0), 800*time.Millisecond)
}

// predict is a careful guess of the mean rate over some seconds from now, bit/s.
// A link's short-term mean swings more than its long-term one.
func (e Estimate) predict(seconds float64) float64 {
	near, far := float64(e.Fast), float64(e.Rate)
	w := math.Exp(-seconds / 15)
	return w*min(near, far) + (1-w)*far*(1-0.25*min(e.Spread, 1))
}
