package hls

import (
	"bytes"
	"math"
	"strconv"
	"time"
)

// attrs iterates over an attribute list (RFC 8216 section 4.2). Quoted strings
// may hold commas, equals signs and anything that looks like an attribute.
type attrs struct {
	data []byte
	pos  uint32
	end  uint32
	name []byte
	val  span // of the value, inside the quotes
	all  span // from the name to after the closing quote
}

func (s *scanner) attrs(v span) attrs { return attrs{data: s.data, pos: v.lo, end: v.hi} }

func (a *attrs) value() []byte { return a.data[a.val.lo:a.val.hi] }

// next moves to the next attribute.
func (a *attrs) next() bool {
	for a.pos < a.end && (a.data[a.pos] == ',' || isBlank(a.data[a.pos])) {
		a.pos++
	}
	if a.pos >= a.end {
		return false
	}
	lo := a.pos
	eq := bytes.IndexByte(a.data[lo:a.end], '=')
	if eq < 0 {
		return false
	}
	a.name = bytes.TrimRight(a.data[lo:lo+uint32(eq)], " \t")
	if i := bytes.LastIndexByte(a.name, ','); i >= 0 { // a word without value before it
		a.name = bytes.TrimLeft(a.name[i+1:], " \t")
	}
	a.pos = lo + uint32(eq) + 1
	a.scanValue()
	a.all = span{lo, a.pos}
	return true
}

func (a *attrs) scanValue() {
	for a.pos < a.end && isBlank(a.data[a.pos]) {
		a.pos++
	}
	if a.pos < a.end && a.data[a.pos] == '"' {
		lo := a.pos + 1
		hi := a.end
		if i := bytes.IndexByte(a.data[lo:a.end], '"'); i >= 0 {
			hi = lo + uint32(i)
		}
		a.val, a.pos = span{lo, hi}, min(hi+1, a.end)
		return
	}
	lo, hi := a.pos, a.end
	if i := bytes.IndexByte(a.data[lo:a.end], ','); i >= 0 {
		hi = lo + uint32(i)
	}
	a.pos = hi
	for hi > lo && isBlank(a.data[hi-1]) {
		hi--
	}
	a.val = span{lo, hi}
}

// maxDuration is that of a segment, and maxTotal that of all of them: what is
// reckoned with them stays far from overflow.
const (
	maxDuration = 100 * 24 * time.Hour
	maxTotal    = 100 * 365 * 24 * time.Hour
)

// parseDuration reads decimal seconds without going through a float, so that
// sums over a long film stay exact. What follows the number is ignored;
// negative and unreadable values are 0.
func parseDuration(b []byte) time.Duration {
	for len(b) > 0 && isBlank(b[0]) {
		b = b[1:]
	}
	var n int64
	i := 0
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		if n = n*10 + int64(b[i]-'0'); n > int64(maxDuration/time.Second) {
			return maxDuration
		}
	}
	d := time.Duration(n) * time.Second
	if i < len(b) && b[i] == '.' {
		unit := time.Second
		for i++; i < len(b) && b[i]-'0' <= 9 && unit > 1; i++ {
			unit /= 10
			d += time.Duration(b[i]-'0') * unit
		}
	}
	return d
}

func parseUint(b []byte) uint64 {
	var n uint64
	for i, c := range bytes.TrimLeft(b, " \t") {
		if c-'0' > 9 || i > 18 {
			break
		}
		n = n*10 + uint64(c-'0')
	}
	return n
}

func parseInt(b []byte) int { return int(min(parseUint(b), math.MaxInt32)) }

// parseSize reads a byte count; 2^60 at most, so that sums do not overflow.
func parseSize(b []byte) int64 { return int64(min(parseUint(b), 1<<60)) }

// parseRange reads n[@o].
func parseRange(b []byte) (r Range, implicit, ok bool) {
	n, o, found := bytes.Cut(b, []byte{'@'})
	r.Length = parseSize(n)
	if found {
		r.Offset = parseSize(o)
	}
	return r, !found, r.Length > 0
}

func parseResolution(b []byte) (w, h int) {
	x, y, ok := bytes.Cut(b, []byte{'x'})
	if !ok {
		return 0, 0
	}
	w, _ = strconv.Atoi(string(x))
	h, _ = strconv.Atoi(string(y))
	return max(w, 0), max(h, 0)
}
