package abrsim

import "math"

// Rival is another policy.
type Rival struct {
	Name   string
	New    func() Policy // for one session
	Window float64       // s that its player reads ahead as it is delivered; 0 is [DefaultWindow]
}

// Rivals are the policies that ours is measured against, written from their
// published descriptions. Windows: maxBufferLength of hls.js, 30 s;
// bufferTimeAtTopQualityLongForm of dash.js, 60 s; that of the paper for MPC, 30 s.
func Rivals() []Rival {
	return []Rival{
		{"hls.js", func() Policy { return &ewma{} }, 30},
		{"throughput", func() Policy { return &throughput{} }, 60},
		{"BOLA-E", func() Policy { return &bola{} }, 60},
		{"DYNAMIC", func() Policy { return &bola{dynamic: true} }, 60},
		{"robust MPC", func() Policy { return &mpc{} }, 30},
		{"mpv, highest rung", func() Policy { return fixed(math.MaxFloat64) }, 0},
		{"mpv, rung below 3.5 Mb/s", func() Policy { return fixed(3_500_000) }, 0},
		{"mpv, lowest rung", func() Policy { return fixed(0) }, 0},
	}
}

// fixed is a player that does not adapt: the highest rung below a rate.
type fixed float64

func (f fixed) Choose(v View) int {
	return highestBelow(v.Title, float64(f))
}

func (fixed) Hear(Progress) (int, bool) { return 0, false }

// highestBelow is the best rung whose mean rate is not above a rate.
func highestBelow(t *Title, rate float64) int {
	best := 0
	for r := range t.Ladder {
		if t.mean(r) <= rate {
			best = r
		}
	}
	return best
}

// history is the throughput of whole segments, as players measure it.
type history struct{ rates []float64 }

func (h *history) hear(p Progress) {
	if p.Done {
		h.rates = append(h.rates, p.Size/max(p.Now-p.Began, 0.001))
	}
}

// harmonic is the harmonic mean of the last n.
func (h *history) harmonic(n int) float64 {
	last := h.rates[max(0, len(h.rates)-n):]
	if len(last) == 0 {
		return 0
	}
	sum := 0.0
	for _, r := range last {
		sum += 1 / r
	}
	return float64(len(last)) / sum
}

// throughput takes the highest rung below nine tenths of the harmonic mean of
// the last five segments (dash.js's ThroughputRule; the mean is FESTIVE's, Jiang,
// Sekar and Zhang, CoNEXT 2012). It gives up what would stall as dash.js's
// AbandonRequestsRule does.
type throughput struct{ history }

func (t *throughput) Choose(v View) int { return highestBelow(v.Title, 0.9*t.harmonic(5)) }

func (t *throughput) Hear(p Progress) (int, bool) {
	t.hear(p)
	return abandon(p, 0.9)
}

// abandon is dash.js's AbandonRequestsRule: after half a second, a fetch that
// will take 1.8 times as long as its segment lasts is given up for what the link
// carries, when that is less to fetch than what is left. Its rule for buffers:
// none while the buffer holds.
func abandon(p Progress, share float64) (int, bool) {
	took := p.Now - p.First
	if took < 0.5 || p.Bits <= 0 || p.Rung == 0 || p.Buffer > stableBuffer {
		return 0, false
	}
	rate := p.Bits / took
	if p.Size/rate <= 1.8*p.Title.Segment {
		return 0, false
	}
	r := highestBelow(p.Title, share*rate)
	if r >= p.Rung || float64(p.Title.Sizes[p.Next][r]) >= p.Size-p.Bits {
		return 0, false
	}
	return r, true
}

// stableBuffer is dash.js's bufferTimeDefault, s.
const stableBuffer = 18

// ewma is the rule of hls.js 1.x: two moving averages over the time of fetching
// (half-lives of 3 and 9 s, the lower counts), 0.95 of it for the rung at hand
// and below, 0.7 for higher ones, and no rung whose fetch would outlast the
// buffer; when none is left, one whose fetch would stall for no more than a
// segment or four seconds; and the emergency switch of a fetch under way.
type ewma struct {
	fast, slow, fastW, slowW float64
}

func (e *ewma) Hear(p Progress) (int, bool) {
	if p.Done {
		took := max(p.Now-p.First, 0.05)
		e.add(p.Size/took, took)
		return 0, false
	}
	return e.emergency(p)
}

func (e *ewma) add(rate, took float64) {
	f, s := math.Exp2(-took/3), math.Exp2(-took/9)
	e.fast, e.fastW = f*e.fast+(1-f)*rate, f*e.fastW+(1-f)
	e.slow, e.slowW = s*e.slow+(1-s)*rate, s*e.slowW+(1-s)
}

func (e *ewma) rate() float64 {
	if e.fastW == 0 {
		return 500_000 // abrEwmaDefaultEstimate
	}
	return min(e.fast/e.fastW, e.slow/e.slowW)
}

func (e *ewma) Choose(v View) int {
	if r := e.best(v, v.Buffer, 0.95, 0.7); r >= 0 && v.Last >= 0 {
		return r
	}
	return max(0, e.best(v, v.Buffer+min(v.Title.Segment, 4), 1, 1))
}

func (e *ewma) best(v View, longest, down, up float64) int {
	for r := len(v.Title.Ladder) - 1; r >= 0; r-- {
		share := down
		if r > v.Last {
			share = up
		}
		bw := share * e.rate()
		if bw > v.Title.mean(r) && v.Title.mean(r)*v.Title.Segment/bw < longest {
			return r
		}
	}
	return -1
}

// emergency: when more than half of the segment's time has gone and what is left
// takes longer than the buffer, a lower rung that comes sooner.
func (e *ewma) emergency(p Progress) (int, bool) {
	took := p.Now - p.First
	if took < 0.5*p.Title.Segment || p.Bits <= 0 || p.Buffer >= 2*p.Title.Segment {
		return 0, false
	}
	rate := p.Bits / took
	left := (p.Size - p.Bits) / rate
	if left <= p.Buffer {
		return 0, false
	}
	for r := p.Rung - 1; r >= 0; r-- {
		if need := p.Title.mean(r) * p.Title.Segment / (0.8 * rate); need < p.Buffer || r == 0 && need < left {
			e.add(rate, took)
			return r, true
		}
	}
	return 0, false
}
