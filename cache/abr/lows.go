package abr

// Scales is for how many lengths of time the least that a link carried is
// known: 2, 4, 8 … 64 s of traffic.
const Scales = 6

const (
	lowCells = 1 << Scales // s: the longest length
	lowFades = 0.0032      // of the way to the mean that a low is forgotten in each second of traffic
)

// span is the length of scale i, s.
func span(i int) float64 { return float64(int(2) << i) }

// lows keeps how little came within stretches of time: the least service that
// a link gave, as network calculus has it (Le Boudec and Thiran, 2001). A low
// is forgotten slowly.
type lows struct {
	cells   [lowCells]float32 // bit in each second of traffic, a ring
	seconds int               // cells that were filled
	part    float64           // s of the cell that is being filled
	bits    float64           // in it
	low     [Scales]float32   // bit/s
}

// add takes what came in a time, both positive or zero; mean is what lows fade
// to, bit/s. The caller bounds the time.
func (w *lows) add(bits, seconds, mean float64) {
	for seconds > 1e-9 {
		take := min(seconds, 1-w.part)
		share := bits * take / seconds
		w.part, w.bits = w.part+take, w.bits+share
		seconds, bits = seconds-take, bits-share
		if w.part > 1-1e-9 {
			w.close(mean)
		}
	}
}

// close ends a cell, and looks at the stretches that end with it.
func (w *lows) close(mean float64) {
	w.cells[w.seconds%lowCells] = float32(w.bits)
	w.seconds++
	w.part, w.bits = 0, 0
	var sum float64
	for i, n := 0, 1; n <= min(w.seconds, lowCells); n++ {
		sum += float64(w.cells[(w.seconds-n)%lowCells])
		if n == int(2)<<i {
			w.note(i, sum/float64(n), mean)
			i++
		}
	}
}

// note takes the mean rate of the last stretch of scale i.
func (w *lows) note(i int, rate, mean float64) {
	low := float64(w.low[i])
	low += lowFades * max(0, mean-low)
	if w.seconds == int(2)<<i { // the first one
		low = rate
	}
	w.low[i] = float32(min(low, rate))
}

// known says whether there was a stretch of scale i.
func (w *lows) known(i int) bool { return w.seconds >= int(2)<<i }

// figures are the lows, bit/s, at least 1; 0 is unknown.
func (w *lows) figures() (all [Scales]int) {
	for i := range all {
		if w.known(i) {
			all[i] = max(1, int(w.low[i]))
		}
	}
	return all
}
