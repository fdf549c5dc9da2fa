package abr

import (
	"math"
	"time"
)

// The Meter's constants. docs/abr.md says how they were found.
const (
	sampleBusy  = 500 * time.Millisecond // busy time that makes one sample
	leastBits   = 64 << 10               // less than this in a sample says nothing
	silenceCap  = 4 * time.Second        // of a silence no more than this counts: an outage is no rate
	lullCap     = 22 * time.Second       // but lows hear of so much of it
	fastHalf    = 0.4                    // s of busy time
	rateHalf    = 4.0
	longHalf    = 38.0
	latencyHalf = 8.0 // requests
)

// Meter measures the link to a service by what arrives from there. It counts
// time only while something flows, so gaps between segments do not matter;
// bytes of all transfers together, so parallel ones and prefetches do not
// either; and it leaves out what comes with the first byte, so that latency is
// not taken for a slow link, nor tiny objects for a fast one. The zero value is
// ready. It is not safe for concurrent use.
type Meter struct {
	flowing int // transfers of which something came and that are not held
	at      time.Time
	heard   time.Time // of the last bytes, or when flowing began

	busy time.Duration // of the sample being gathered
	bits float64

	fast, rate, long mean
	lows             lows
	quiet            time.Duration // silence beyond silenceCap in the sample being gathered
	latency          mean
	saved            time.Time // when what was restored was stored; zero: nothing was
	last             time.Time // of the last sample
	samples          int
}

// Flow is one transfer. Its methods belong to the meter and share its rules.
type Flow struct {
	m     *Meter
	asked time.Time
	state flowState
}

type flowState uint8

const (
	waiting flowState = iota // for the first byte
	flows
	held
	ended
)

// Begin says that something was asked for upstream.
func (m *Meter) Begin(now time.Time) *Flow {
	m.advance(now)
	return &Flow{m: m, asked: now}
}

// Bytes says that n bytes came. The first call sets the latency; n of it counts
// only when other transfers flow already.
func (f *Flow) Bytes(now time.Time, n int) {
	m := f.m
	m.advance(now)
	switch f.state {
	case ended:
		return
	case waiting:
		m.latency.add(now.Sub(f.asked).Seconds(), 1, latencyHalf)
		if m.flowing == 0 {
			n = 0
		}
		f.run(now)
	case held:
		if m.flowing == 0 {
			n = 0 // it waited in the system's buffers
		}
		f.run(now)
	case flows:
	}
	m.bits += 8 * float64(max(n, 0))
	m.heard = now
	if m.busy >= sampleBusy {
		m.fold(now)
	}
}

func (f *Flow) run(now time.Time) {
	if f.m.flowing == 0 {
		f.m.heard = now
	}
	f.m.flowing++
	f.state = flows
}

// Hold says that reading stops on this side: a budget, a full cache. Until the
// next Bytes the transfer says nothing about the link.
func (f *Flow) Hold(now time.Time) { f.leave(now, held) }

// End says that the transfer ended, well or not.
func (f *Flow) End(now time.Time) { f.leave(now, ended) }

func (f *Flow) leave(now time.Time, to flowState) {
	if f.state == ended {
		return
	}
	f.m.advance(now)
	if f.state == flows {
		f.m.flowing--
		if f.m.flowing == 0 && f.m.bits >= leastBits {
			f.m.fold(now)
		}
	}
	f.state = to
}

// advance counts time up to now as busy while something flows.
func (m *Meter) advance(now time.Time) {
	if m.at.IsZero() || now.Before(m.at) {
		m.at = now
		return
	}
	if m.flowing > 0 {
		from, to := m.at, now
		if end := m.heard.Add(silenceCap); end.Before(to) {
			m.lull(from, to)
			to = end
		}
		if to.After(from) {
			m.busy += to.Sub(from)
		}
	}
	m.at = now
}

// lull counts silence that is no rate: only the lows hear of it, of no more
// than lullCap.
func (m *Meter) lull(from, to time.Time) {
	if end := m.heard.Add(lullCap); end.Before(to) {
		to = end
	}
	if begin := m.heard.Add(silenceCap); from.Before(begin) {
		from = begin
	}
	if to.After(from) {
		m.quiet += to.Sub(from)
	}
}

// fold makes the gathered bytes a sample.
func (m *Meter) fold(now time.Time) {
	if w := m.busy.Seconds(); w > 0 {
		rate := m.bits / w
		m.rate.add(rate, w, rateHalf)
		m.long.add(rate, w, longHalf)
		m.fast.add(rate, w, fastHalf)
		m.lows.add(0, m.quiet.Seconds(), m.long.value())
		m.lows.add(m.bits, w, m.long.value())
		m.samples++
		m.last = now
	}
	m.busy, m.bits, m.quiet = 0, 0, 0
}

// Estimate is what is known of a link.
type Estimate struct {
	Rate int // bit/s, the mean of the last seconds of traffic
	Long int // bit/s, the mean of the last minutes of traffic
	// Low[i] is the least that 2<<i seconds of traffic carried, bit/s; 0 is unknown.
	Low     [Scales]int
	Fast    int           // bit/s, of the last second or so
	Heard   time.Duration // traffic that Low is from
	Latency time.Duration // from asking to the first byte
	Samples int           // 0: nothing is known
	Age     time.Duration // since the last sample
	Silent  time.Duration // nothing came for so long although something flows
}

// Known says that the estimate is good for anything.
func (e Estimate) Known() bool { return e.Samples > 0 && e.Rate > 0 }

// Estimate is what the meter knows at a time.
func (m *Meter) Estimate(now time.Time) Estimate {
	e := Estimate{Samples: m.samples, Latency: time.Duration(m.latency.value() * float64(time.Second))}
	if m.flowing > 0 && now.After(m.heard) {
		e.Silent = now.Sub(m.heard)
	}
	switch {
	case !m.last.IsZero():
		e.Age = max(0, now.Sub(m.last))
	case !m.saved.IsZero(): // a box may not know the date yet
		e.Age = min(max(0, now.Sub(m.saved)), maxAge)
	}
	if m.samples == 0 {
		return e
	}
	e.Rate, e.Long = int(m.rate.value()), int(m.long.value())
	e.Fast, e.Low, e.Heard = int(m.fast.value()), m.lows.figures(), time.Duration(m.lows.seconds)*time.Second
	return e
}

// mean is a mean in which what is older weighs less.
type mean struct{ w, sum float64 }

// add takes x with weight w; what was there halves with each half of weight.
func (a *mean) add(x, w, half float64) {
	keep := math.Exp2(-w / half)
	a.w = a.w*keep + w
	a.sum = a.sum*keep + w*x
}

func (a *mean) value() float64 {
	if a.w <= 0 {
		return 0
	}
	return a.sum / a.w
}
