package image

import "math/bits"

// entry is what a code means. Its lowest 4 bits are how many bits the code
// takes, the next 4 how many follow it that count, then what it is, and from bit
// 16 on the value: of a literal, the least length or distance, or for a link
// where the table of the longer codes begins, whose width are the next 4 bits.
type entry uint32

const (
	literal entry = 1 << (8 + iota)
	link          // the code is longer
	stop          // the end of the block, or bad
	bad           // no such code
)

func (e entry) is(k entry) bool { return e&k != 0 }
func (e entry) length() int     { return int(e & 15) }
func (e entry) extra() int      { return int(e >> 4 & 15) }
func (e entry) value() int      { return int(e >> 16) }

// into is where in its table a longer code stands.
func (e entry) into(rest uint64) int { return e.value() + int(rest&(1<<e.extra()-1)) }

// litEntry is the meaning of a literal or length (RFC 1951, 3.2.5).
func litEntry(symbol int) entry {
	switch {
	case symbol < endOf:
		return literal | entry(symbol)<<16
	case symbol == endOf:
		return stop
	case symbol < 265:
		return entry(symbol-257+3) << 16
	case symbol < 285:
		extra := (symbol - 261) / 4
		return entry(3+(4+(symbol-261)%4)<<extra)<<16 | entry(extra)<<4
	case symbol == 285:
		return 258 << 16
	}
	return stop | bad
}

// distEntry is that of a distance.
func distEntry(symbol int) entry {
	switch {
	case symbol < 4:
		return entry(symbol+1) << 16
	case symbol < maxDist:
		extra := symbol/2 - 1
		return entry(1+(2+symbol%2)<<extra)<<16 | entry(extra)<<4
	}
	return stop | bad
}

// fill makes the table of a code whose symbols have lengths (RFC 1951, 3.2.2).
// Codes of up to width bits are found at once: table[code], for whatever bits
// follow them. It says no to lengths that are not those of a code.
func fill(table []entry, width int, lengths []uint8, meaning []entry) bool {
	var count, at [16]int
	for _, n := range lengths {
		count[n]++
	}
	count[0] = 0
	used := 0
	for n := 1; n < 16; n++ {
		used += count[n] << (15 - n)
		at[n] = at[n-1] + count[n-1]
	}
	var order [maxLit + 2]uint16
	symbols := 0
	for s, n := range lengths {
		if n > 0 {
			order[at[n]] = uint16(s)
			at[n]++
			symbols++
		}
	}
	if used != 1<<15 { // there is room for codes: only where there is one at most
		if symbols > 1 || symbols == 1 && count[1] != 1 {
			return false
		}
		for i := range table[:1<<width] {
			table[i] = stop | bad
		}
	}
	return place(table, width, order[:symbols], &count, meaning)
}

// place puts codes into a table, shortest first. code is the code that is next,
// its bits reversed, as they are read.
func place(table []entry, width int, order []uint16, count *[16]int, meaning []entry) bool {
	code, end, n := 0, 1<<width, 1
	begin, sub, prefix := 0, 0, -1
	for _, symbol := range order {
		for count[n] == 0 {
			n++
		}
		e := meaning[symbol]
		if n <= width {
			spread(table[:1<<width], code, 1<<n, e|entry(n))
		} else {
			if p := code & (1<<width - 1); p != prefix {
				prefix, begin, sub = p, end, subWidth(n, width, count)
				if end += 1 << sub; end > len(table) {
					return false
				}
				table[prefix] = link | entry(begin)<<16 | entry(sub)<<4
			}
			spread(table[begin:end], code>>width, 1<<(n-width), e|entry(n-width))
		}
		count[n]--
		code = following(code, n)
	}
	return true
}

// spread enters a code at every place that begins with it.
func spread(table []entry, code, step int, e entry) {
	for i := code; i < len(table); i += step {
		table[i] = e
	}
}

// subWidth is how wide the table of the codes is that begin as this one, of n
// bits; count is how many of each length are still to come.
func subWidth(n, width int, count *[16]int) int {
	w, used := n-width, count[n]
	for used < 1<<w && w+width < 15 {
		w++
		used = used<<1 + count[w+width]
	}
	return w
}

// following is the code after this one, both of n bits and reversed. After the
// last one there is none, and nobody asks.
func following(code, n int) int {
	open := ^code & (1<<n - 1)
	if open == 0 {
		return code
	}
	top := 1 << (bits.Len(uint(open)) - 1)
	return code&(top-1) | top
}

// meanings are those of all symbols.
type meanings struct {
	lit  [maxLit + 2]entry
	dist [maxDist + 2]entry
	pre  [19]entry
}

func newMeanings() *meanings {
	m := new(meanings)
	for i := range m.lit {
		m.lit[i] = litEntry(i)
	}
	for i := range m.dist {
		m.dist[i] = distEntry(i)
	}
	for i := range m.pre {
		m.pre[i] = entry(i) << 16
	}
	return m
}

// preset makes the tables of blocks that describe none.
func (f *inflater) preset() error {
	if f.fixed != nil {
		return nil
	}
	var lengths [maxLit + 2]uint8
	for i := range lengths {
		switch {
		case i < 144, i >= 280:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		default:
			lengths[i] = 7
		}
	}
	var far [maxDist + 2]uint8
	for i := range far {
		far[i] = 5
	}
	f.fixed = new(fixed)
	if !fill(f.fixed.lit[:], litBits, lengths[:], f.mean.lit[:]) || !fill(f.fixed.dist[:], distBits, far[:], f.mean.dist[:]) {
		return errInflate
	}
	return nil
}

// tables reads the tables in front of a block (RFC 1951, 3.2.7).
func (f *inflater) tables() error {
	f.refill()
	lits, dists, pres := f.take(5)+257, f.take(5)+1, f.take(4)+4
	if lits > maxLit || dists > maxDist {
		return errInflate
	}
	order := [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	var pre [19]uint8
	for _, i := range order[:pres] {
		f.refill()
		pre[i] = uint8(f.take(3))
	}
	if !fill(f.pre[:], preBits, pre[:], f.mean.pre[:]) {
		return errInflate
	}
	lengths := f.lengths[:lits+dists]
	if err := f.runs(lengths); err != nil {
		return err
	}
	if !fill(f.lit[:], litBits, lengths[:lits], f.mean.lit[:]) || !fill(f.dist[:], distBits, lengths[lits:], f.mean.dist[:]) {
		return errInflate
	}
	return nil
}

// runs reads the lengths of codes, of which equal ones are told by their number.
func (f *inflater) runs(lengths []uint8) error {
	for i := 0; i < len(lengths); {
		f.refill()
		e := f.pre[f.bits&(1<<preBits-1)]
		f.take(e.length())
		again, of := 1, uint8(e.value())
		switch {
		case e.is(stop) || f.over > 64 || e.value() == 16 && i == 0:
			return errInflate
		case of == 16:
			again, of = 3+f.take(2), lengths[i-1]
		case of == 17:
			again, of = 3+f.take(3), 0
		case of == 18:
			again, of = 11+f.take(7), 0
		}
		if again > len(lengths)-i {
			return errInflate
		}
		for ; again > 0; again-- {
			lengths[i] = of
			i++
		}
	}
	return nil
}
