package image

import (
	"encoding/binary"
	"errors"
)

// inflater undoes DEFLATE (RFC 1951) in place: what was unpacked before is the
// window, and nothing is copied that is not the result. Blocks are small, so
// its tables are, too: making those is a good part of the work.
type inflater struct {
	src  []byte
	next int    // of src, the byte that is read next
	bits uint64 // bits that were read, the first one lowest
	n    int    // how many
	over int    // of those, how many are after the end of src

	lit     [1024]entry // literals and lengths; the first 1<<litBits are looked up first
	dist    [512]entry
	pre     [1 << preBits]entry
	lengths [maxLit + maxDist]uint8
	mean    *meanings // nil until needed
	fixed   *fixed    // RFC 1951, 3.2.6; nil until needed
}

// fixed are the tables that need not be described.
type fixed struct {
	lit  [1024]entry
	dist [512]entry
}

const (
	litBits  = 9 // of codes that are found with one look
	distBits = 8
	preBits  = 7
	maxLit   = 286
	maxDist  = 30
	endOf    = 256 // the symbol that ends a block
)

var errInflate = errors.New("not DEFLATE")

// inflate fills chunk from at to end with what is stored in src. Bytes of the
// chunk before at may be referred to.
func (f *inflater) inflate(chunk []byte, at, end int, src []byte) error {
	f.src, f.next, f.bits, f.n, f.over = src, 0, 0, 0, 0
	if f.mean == nil {
		f.mean = newMeanings()
	}
	for at < end {
		f.refill()
		kind := f.take(3) >> 1 // the bit before says that it is the last: there is as much as is asked for
		var err error
		switch kind {
		case 0:
			at, err = f.plain(chunk[:end], at)
		case 1:
			if err = f.preset(); err == nil {
				at, err = f.symbols(chunk[:end], at, &f.fixed.lit, &f.fixed.dist)
			}
		case 2:
			if err = f.tables(); err == nil {
				at, err = f.symbols(chunk[:end], at, &f.lit, &f.dist)
			}
		default:
			err = errInflate
		}
		if err == nil && f.n < f.over {
			err = errInflate // it went on after its end
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// refill has 56 bits at hand. After the end they are zeros.
func (f *inflater) refill() {
	if len(f.src)-f.next >= 8 {
		f.bits |= binary.LittleEndian.Uint64(f.src[f.next:]) << f.n
		f.next += (63 - f.n) >> 3
		f.n |= 56
		return
	}
	for ; f.n < 56; f.n += 8 {
		if f.next < len(f.src) {
			f.bits |= uint64(f.src[f.next]) << f.n
			f.next++
		} else {
			f.over += 8
		}
	}
}

// take takes bits that are at hand.
func (f *inflater) take(n int) int {
	v := int(f.bits & (1<<n - 1))
	f.bits >>= n
	f.n -= n
	return v
}

// plain copies a block that is not compressed (RFC 1951, 3.2.4).
func (f *inflater) plain(out []byte, at int) (int, error) {
	f.take(f.n & 7)
	f.refill()
	length, check := f.take(16), f.take(16)
	f.next -= (f.n - f.over) / 8 // whole bytes that were read ahead
	if length != check^0xffff || f.over > 0 && f.n < f.over || f.next < 0 || length > len(f.src)-f.next {
		return at, errInflate
	}
	f.bits, f.n, f.over = 0, 0, 0
	n := copy(out[at:], f.src[f.next:f.next+length])
	f.next += n
	return at + n, nil
}

// symbols unpacks a block until it ends or out is full.
func (f *inflater) symbols(out []byte, at int, lit *[1024]entry, dist *[512]entry) (int, error) {
	for at < len(out) {
		at = f.fast(out, at, lit, dist)
		if at == len(out) {
			break
		}
		f.refill()
		e := lit[f.bits&(1<<litBits-1)]
		if e&link != 0 {
			f.take(litBits)
			e = lit[e.into(f.bits)&1023]
		}
		f.take(e.length())
		if e&literal != 0 {
			out[at] = byte(e.value())
			at++
			continue
		}
		if e&bad != 0 || f.over > 64 {
			return at, errInflate
		}
		if e&stop != 0 {
			return at, nil
		}
		n := e.value() + f.take(e.extra())
		d, ok := f.distance(dist)
		if !ok || d > at {
			return at, errInflate
		}
		at += repeat(out, at, d, n)
	}
	return at, nil
}

func (f *inflater) distance(dist *[512]entry) (d int, ok bool) {
	e := dist[f.bits&(1<<distBits-1)]
	if e&link != 0 {
		f.take(distBits)
		e = dist[e.into(f.bits)&511]
	}
	f.take(e.length())
	return e.value() + f.take(e.extra()), e&stop == 0
}

// fast does what symbols does, as long as there is room before the ends of src
// and out. It stops in front of whatever is not ordinary. The bits are in
// variables of its own, and are filled up once for two literals or a match: at
// most 15+5+15+13 bits.
func (f *inflater) fast(out []byte, at int, lit *[1024]entry, dist *[512]entry) int {
	src, next, bits, n := f.src, f.next, f.bits, uint(f.n)
	for next+8 <= len(src) && at+2 <= len(out) {
		bits |= binary.LittleEndian.Uint64(src[next:]) << (n & 63)
		next += int((63 - n) >> 3)
		n |= 56
		e := lit[bits&(1<<litBits-1)]
		if e&literal != 0 {
			bits, n = bits>>(e&15), n-uint(e&15)
			out[at] = byte(e >> 16)
			at++
			e = lit[bits&(1<<litBits-1)]
			if e&literal != 0 {
				bits, n = bits>>(e&15), n-uint(e&15)
				out[at] = byte(e >> 16)
				at++
			}
			continue
		}
		b, left := bits, n
		if e&link != 0 {
			b, left = b>>litBits, left-litBits
			e = lit[e.into(b)&1023]
		}
		b, left = b>>(e&15), left-uint(e&15)
		if e&(literal|stop) != 0 {
			if e&stop != 0 {
				break
			}
			out[at] = byte(e >> 16)
			at, bits, n = at+1, b, left
			continue
		}
		extra := uint(e >> 4 & 15)
		length := int(e>>16) + int(b&(1<<extra-1))
		b, left = b>>extra, left-extra
		e = dist[b&(1<<distBits-1)]
		if e&link != 0 {
			b, left = b>>distBits, left-distBits
			e = dist[e.into(b)&511]
		}
		b, left = b>>(e&15), left-uint(e&15)
		extra = uint(e >> 4 & 15)
		d := int(e>>16) + int(b&(1<<extra-1))
		if e&stop != 0 || d > at {
			break
		}
		bits, n = b>>extra, left-extra
		at += repeat(out, at, d, length)
	}
	f.next, f.bits, f.n = next, bits, int(n)
	return at
}

// repeat copies n bytes from d before; what it makes may be part of that.
func repeat(out []byte, at, d, n int) int {
	if d >= 8 && len(out)-at >= n+8 { // eight at a time, of which the last may be too many
		from, to := out[at-d:], out[at:]
		for i := 0; i < n; i += 8 {
			binary.LittleEndian.PutUint64(to[i:], binary.LittleEndian.Uint64(from[i:]))
		}
		return n
	}
	n = min(n, len(out)-at)
	for i := at; i < at+n; i++ {
		out[i] = out[i-d]
	}
	return n
}
