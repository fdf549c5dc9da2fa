package image

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"usher/firmware"
)

// Old is an image that the box has already, such as the slot that runs. It is
// read through once, when the first block is looked for, unless it is remembered
// what it holds.
type Old struct {
	img   io.ReaderAt
	size  int64
	block int
	wrote *Index  // what it is remembered to hold; nil: that is not known
	have  []where // sorted by sum; nil until scanned
	seen  []sight // of each chunk of the new image
	done  bool
}

// sight is what is known of a chunk of the new image.
type sight uint8

const (
	unseen sight = iota
	same         // it stands at the same place here
	other        // something else does
)

// where is a block of the old image.
type where struct {
	sum   short
	block uint32
}

// NewOld is an old image of size bytes, to be cut into blocks as an index has them.
func NewOld(img io.ReaderAt, size int64, x Index) *Old {
	chunks := (x.size + int64(x.chunk) - 1) / int64(x.chunk)
	return &Old{img: img, size: min(size, int64(MaxBlocks)*int64(x.block)), block: x.block, seen: make([]sight, chunks)}
}

// Remember says what the image held when it was written, so that it need not be
// read to find that out. One that says something else of the image costs reading
// it after all, and one of other blocks nothing: neither does harm.
func (o *Old) Remember(wrote Index) {
	if wrote.block == o.block && wrote.size <= o.size {
		o.wrote = &wrote
	}
}

func (o *Old) remembered() bool { return o.wrote != nil }

// doubt forgets what was remembered: it was wrong.
func (o *Old) doubt() {
	if o.wrote != nil {
		o.wrote, o.have, o.done = nil, nil, false
		clear(o.seen)
	}
}

// scanners is how many read the old image at a time: one waits for the disk
// while the other adds up.
const scanners = 2

// whole reads a chunk of the new image, if it stands at the same place as far as
// is known. Where nothing is known of it, a part of its blocks says whether that
// is likely: whoever takes it adds it up, and a wrong guess costs that.
func (o *Old) whole(i int, r firmware.Release, x Index, into []byte) bool {
	if o.seen[i] == other {
		return false
	}
	n, err := o.img.ReadAt(into, r.At(i))
	if n < len(into) || err != nil && !errors.Is(err, io.EOF) || o.seen[i] == unseen && !likely(i, x, into) {
		o.seen[i] = other
		return false
	}
	o.seen[i] = same
	return true
}

// oneOf is how many blocks there are for one that is looked at. What is new in a
// chunk is seldom a block alone.
const oneOf = 32

// likely looks at a part of the blocks of a chunk.
func likely(i int, x Index, chunk []byte) bool {
	first := i * x.perChunk()
	for b := first; b < min(first+x.perChunk(), x.Blocks()); b += oneOf {
		at := (b - first) * x.block
		if shorten(chunk[at:at+x.length(b)]) != x.sum(b) {
			return false
		}
	}
	return true
}

// mistaken takes note that a chunk does not stand at the same place after all.
func (o *Old) mistaken(i int) {
	o.doubt()
	o.seen[i] = other
}

// scan reads the old image, once; what is known of it is not read again. What
// cannot be read is not there.
func (o *Old) scan(ctx context.Context, r firmware.Release, x Index) error {
	if o.done {
		return nil
	}
	if o.wrote != nil {
		o.recall(x)
		return nil
	}
	if err := o.read(ctx, r, x); err != nil {
		return err
	}
	o.sort()
	return nil
}

// recall has what was remembered in place of what would be read.
func (o *Old) recall(x Index) {
	o.have = make([]where, 0, o.wrote.Blocks())
	for b := range o.wrote.Blocks() {
		if o.wrote.Stored(b) > 0 && o.wrote.length(b) == o.block {
			o.have = append(o.have, where{o.wrote.sum(b), uint32(b)})
		}
	}
	for i := range o.seen {
		o.seen[i] = other
		if x.sameChunk(*o.wrote, i) {
			o.seen[i] = same
		}
	}
	o.sort()
}

// read finds out what the image holds.
func (o *Old) read(ctx context.Context, r firmware.Release, x Index) error {
	var beside sync.WaitGroup
	var list [scanners]scanner
	room := int(o.size/int64(o.block))/scanners + x.perChunk()
	for n := range list {
		s := &list[n]
		*s = scanner{o: o, r: r, x: x, buf: make([]byte, min(scanPiece, r.Chunk)), have: make([]where, 0, room)}
		beside.Go(func() {
			for i := n; int64(i)*int64(r.Chunk) < o.size && ctx.Err() == nil; i += scanners {
				s.chunk(i)
			}
		})
	}
	beside.Wait()
	if ctx.Err() != nil {
		return fmt.Errorf("read the present image: %w", context.Cause(ctx))
	}
	o.have = slices.Concat(list[0].have, list[1].have)
	return nil
}

// sort has the blocks in the order in which they are looked for.
func (o *Old) sort() {
	slices.SortFunc(o.have, func(a, b where) int {
		return cmp.Or(a.sum.compare(b.sum), cmp.Compare(a.block, b.block))
	})
	o.have = slices.CompactFunc(o.have, func(a, b where) bool { return a.sum == b.sum })
	o.done = true
}

// scanPiece is how much is read at a time, bytes: a multiple of every block.
const scanPiece = 256 << 10

// scanner finds out which blocks every second chunk of the old image has.
type scanner struct {
	o    *Old
	r    firmware.Release
	x    Index
	buf  []byte
	have []where
}

// chunk looks at one. Most are what they will be: of those the index knows the
// blocks, so that they are added up once. Of the others each block is.
func (s *scanner) chunk(i int) {
	first := i * s.x.perChunk()
	if i < len(s.r.Chunks) && s.unchanged(i) {
		for b := first; b < min(first+s.x.perChunk(), s.x.Blocks()); b++ {
			if s.x.Stored(b) > 0 && s.x.length(b) == s.x.block {
				s.have = append(s.have, where{s.x.sum(b), uint32(b)})
			}
		}
		return
	}
	at := int64(i) * int64(s.r.Chunk)
	for end := min(at+int64(s.r.Chunk), s.o.size); at < end; at += int64(len(s.buf)) {
		n, err := s.o.img.ReadAt(s.buf[:min(int64(len(s.buf)), end-at)], at)
		if err != nil && !errors.Is(err, io.EOF) {
			continue // a bad spot costs its blocks
		}
		s.blocks(s.buf[:n], uint32(at/int64(s.x.block)))
	}
}

// unchanged says whether a chunk is the new one.
func (s *scanner) unchanged(i int) bool {
	if s.o.seen[i] == unseen && s.x.zeros(i) {
		s.o.seen[i] = other // nobody takes zeros from anywhere
	}
	if s.o.seen[i] == unseen {
		h := sha256.New()
		n, err := io.CopyBuffer(only{h}, io.NewSectionReader(s.o.img, s.r.At(i), int64(s.r.Length(i))), s.buf)
		s.o.seen[i] = other
		if err == nil && n == int64(s.r.Length(i)) && firmware.Sum(h.Sum(nil)) == s.r.Chunks[i] {
			s.o.seen[i] = same
		}
	}
	return s.o.seen[i] == same
}

// only hides what else a writer can do, so that a buffer is used.
type only struct{ io.Writer }

func (s *scanner) blocks(b []byte, first uint32) {
	for ; len(b) >= s.x.block; b, first = b[s.x.block:], first+1 {
		if !isZero(b[:s.x.block]) {
			s.have = append(s.have, where{shorten(b[:s.x.block]), first})
		}
	}
}

func (o *Old) find(sum short) (where, bool) {
	if o == nil {
		return where{}, false
	}
	i, ok := slices.BinarySearchFunc(o.have, sum, func(w where, s short) int { return w.sum.compare(s) })
	if !ok {
		return where{}, false
	}
	return o.have[i], true
}

func (o *Old) has(sum short) bool {
	_, ok := o.find(sum)
	return ok
}

// lend copies blocks that stand one after the other, as they are there now: a
// file system that is mounted may have changed them since.
func (o *Old) lend(first uint32, into []byte) bool {
	n, err := o.img.ReadAt(into, int64(first)*int64(o.block))
	return n == len(into) && (err == nil || errors.Is(err, io.EOF))
}
