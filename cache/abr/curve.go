package abr

import "math"

// caution is how a choice looks at the link to come.
type caution struct {
	empty, full float64 // how much of the way to the worst is expected, with nothing held and with a full window, 0 to 1
	horizon     float64 // s of film that must come in time
	reserve     float64 // s of buffer that must be left meanwhile
	insurance   float64 // s of buffer for an outage: with less held, more must be held later
	more        float64 // s that the buffer grows until then, while it is not insured
	trusts      bool    // the last second counts, see ladder.now
}

// curve is what the link is expected to carry within times to come.
type curve struct {
	bits [Scales + 1]float64 // within 0, 2, 4, 8 … 64 s
	on   float64             // bit/s after that
}

// curve goes from the mean a part of the way to the worst: the part is that of
// the caution, and smaller the more is held: a full window outlasts most bad
// minutes. Until the link was heard for a while it may have worse than it showed.
func (l *ladder) curve(c caution) curve {
	part := c.empty + (c.full-c.empty)*l.fill
	doubt := (1 - unheard) * math.Exp2(-l.Link.Heard.Seconds()/heardHalf)
	now := float64(l.Link.Rate)
	if c.trusts {
		now = l.now()
	}
	var to curve
	for i := range Scales {
		mean := l.Link.mean(now, span(i))
		worst := min(l.Link.worst(i, mean), (1-doubt)*mean)
		to.on = mean - part*(mean-worst)
		to.bits[i+1] = max(to.bits[i], to.on*span(i))
	}
	to.on = max(to.on, 1)
	return to
}

// now is the rate of the link, bit/s. When the last second was faster than the
// last seconds, that is believed as far as what is held can pay for the error:
// small segments come so fast after a bad minute that many would be fetched
// before the mean has noticed.
func (l *ladder) now() float64 {
	rate := float64(l.Link.Rate)
	return rate + faster*l.fill*max(0, float64(l.Link.Fast)-rate)
}

// mean is the mean rate that is expected over so many seconds, bit/s: what the
// link does now turns into what it does in the long run.
func (e Estimate) mean(now, seconds float64) float64 {
	share := persists / seconds * (1 - math.Exp(-seconds/persists))
	return float64(e.Long) + share*(now-float64(e.Long))
}

// worst is the least rate to be expected over the length of scale i, bit/s. A
// link that had short dips will have long ones, so the lows of short stretches
// count for long ones; and one that varies will fall lower than it was seen to.
func (e Estimate) worst(i int, mean float64) float64 {
	long := e.low(i, mean)
	short := e.low(shortScale, long)
	if e.Low[shortScale] <= 0 {
		short = long
	}
	return max(leastShare*mean, mean-deeper*(mean-shortWeight*short-(1-shortWeight)*long))
}

// low is what was seen at a scale.
func (e Estimate) low(i int, mean float64) float64 {
	if e.Low[i] <= 0 {
		return mean
	}
	return min(mean, float64(e.Low[i]))
}

// when is when so many bits are there, s; from is the scale to look from, which
// it moves on for the next, later question.
func (c *curve) when(bits float64, from *int) float64 {
	for *from < Scales && c.bits[*from+1] < bits {
		*from++
	}
	if *from == Scales {
		return span(Scales-1) + (bits-c.bits[Scales])/c.on
	}
	begin := 0.0
	if *from > 0 {
		begin = span(*from - 1)
	}
	part := (bits - c.bits[*from]) / max(c.bits[*from+1]-c.bits[*from], 1)
	return begin + part*(span(*from)-begin)
}

// maxLook bounds the work of one decision when segments are very short.
const maxLook = 64

// lasts says whether the segments of the next seconds at rung r come before the
// buffer is down to the reserve, if the link carries what the curve says. It
// looks no further than the end of the title: there nothing needs to be held.
func (l *ladder) lasts(r int, c *curve, k caution) bool {
	latency := l.Link.latency().Seconds()
	buffer, least := l.held, min(k.reserve, l.held/2)
	var bits, at float64
	scale := 0
	for n := range l.segments(k.horizon) {
		bits += l.bits(n, r)
		then := c.when(bits, &scale)
		buffer -= then - at + latency
		if buffer < least {
			return false
		}
		buffer, at = min(buffer+l.segment, l.full), then
	}
	return true
}

// segments is how many begin within so many seconds of film.
func (l *ladder) segments(seconds float64) int {
	n := math.Ceil(seconds / l.segment)
	if left := l.Left.Seconds(); left > 0 {
		n = min(n, max(1, math.Round(left/l.segment)))
	}
	return int(min(n, maxLook))
}

// insures says whether rung r leaves enough for an outage of a minute that
// nothing announces: if the link goes on as it is, the buffer is not below the
// insurance later, or grows towards it fast enough to have it within the first
// minute of a film. Near its end a title needs none.
func (l *ladder) insures(r int, c *curve, k caution) bool {
	if left := l.Left.Seconds(); left > 0 && left < k.insurance {
		return true
	}
	buffer := l.held
	most, enough := l.room(r)
	var bits, at float64
	scale := 0
	for n := range l.segments(insuredLater) {
		bits += l.bits(n, r)
		then := c.when(bits, &scale)
		buffer, at = min(buffer-(then-at)+l.segment, most), then
	}
	return buffer >= min(k.insurance, enough, l.held+k.more)
}
