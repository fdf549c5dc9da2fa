package abrsim

import "math"

// bola is BOLA-E of Spiteri, Urgaonkar and Sitaraman (INFOCOM 2016; the E form:
// Spiteri, Sitaraman and Sparacio, MMSys 2018) as dash.js has it: utilities are
// logarithms, the parameters follow from the window, a placeholder buffer keeps
// a short buffer from meaning a low rung after the start, and a switch up is
// held to what the link carries. With dynamic it is dash.js's DYNAMIC: the
// throughput rule while less than ten seconds are held, BOLA above.
type bola struct {
	history
	dynamic   bool
	byBolaNow bool    // DYNAMIC goes by the buffer now
	holder    float64 // s of placeholder buffer
	at        float64 // when Choose was called last
	steady    bool
	vp, gp    float64
	utility   []float64
}

// The constants of dash.js.
const (
	leastBuffer  = 10.0
	perLevel     = 2.0
	linkShare    = 0.9
	dynamicLevel = 10.0
)

func (b *bola) set(v View) {
	if b.utility != nil {
		return
	}
	for r := range v.Title.Ladder {
		b.utility = append(b.utility, math.Log(v.Title.mean(r)/v.Title.mean(0))+1)
	}
	top := b.utility[len(b.utility)-1]
	target := max(v.Window, leastBuffer+perLevel*float64(len(b.utility)))
	b.gp = (top - 1) / (target/leastBuffer - 1)
	if b.gp <= 0 {
		b.gp = 1
	}
	b.vp = leastBuffer / b.gp
}

func (b *bola) score(v View, r int, buffer float64) float64 {
	return (b.vp*(b.utility[r]-1+b.gp) - buffer) / v.Title.mean(r)
}

func (b *bola) byBuffer(v View, buffer float64) int {
	best := 0
	for r := range b.utility {
		if b.score(v, r, buffer) >= b.score(v, best, buffer) {
			best = r
		}
	}
	return best
}

// least is the smallest buffer at which the buffer rule takes a rung.
func (b *bola) least(v View, rung int) float64 {
	low := 0.0
	for r := range rung {
		sr, sq := v.Title.mean(r), v.Title.mean(rung)
		low = max(low, b.vp*(b.gp+(sq*(b.utility[r]-1)-sr*(b.utility[rung]-1))/(sq-sr)))
	}
	return low
}

func (b *bola) Choose(v View) int {
	b.set(v)
	link := highestBelow(v.Title, linkShare*b.harmonic(5))
	if len(b.rates) == 0 {
		b.at = v.Now
		return 0
	}
	if b.dynamic && b.goesByLink(v, link) {
		b.at = v.Now
		return link
	}
	return b.enhanced(v, link)
}

// goesByLink says whether DYNAMIC goes by throughput now: it begins so.
func (b *bola) goesByLink(v View, link int) bool {
	q := b.byBuffer(v, v.Buffer)
	if b.byBolaNow {
		b.byBolaNow = v.Buffer >= dynamicLevel/2 || q >= link
	} else {
		b.byBolaNow = v.Buffer >= dynamicLevel && q >= link
	}
	return !b.byBolaNow
}

func (b *bola) enhanced(v View, link int) int {
	if !b.steady { // start-up ends when a segment is held
		b.at = v.Now
		if v.Buffer < v.Title.Segment {
			return link
		}
		b.steady = true
		b.holder = max(0, b.least(v, link)-v.Buffer)
	}
	idle := v.Now - b.at
	b.at = v.Now
	if lead := v.Window - v.Title.Segment; v.Buffer >= lead-0.01 {
		b.holder += idle // what was not fetched because the window was full
	}
	b.holder = min(b.holder, max(0, b.vp*(b.utility[len(b.utility)-1]-1+b.gp)-v.Buffer))
	q := b.byBuffer(v, v.Buffer+b.holder)
	if q > v.Last && q > link { // the E of BOLA-E
		q = max(link, v.Last)
		b.holder = max(0, min(b.holder, b.least(v, q)-v.Buffer))
	}
	// no segment that would not be there before the buffer is empty
	for rate := b.harmonic(5); q > 0 && float64(v.Title.Sizes[v.Next][q])/max(rate, 1) > v.Buffer; {
		q--
	}
	return q
}

func (b *bola) Hear(p Progress) (int, bool) {
	b.hear(p)
	return abandon(p, linkShare)
}
