package image

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// Old is an image that the box has already, such as the slot that runs. It is
// read through once, when the first block is looked for.
type Old struct {
	img   io.ReaderAt
	size  int64
	block int
	have  []where // sorted by sum; nil until scanned
	done  bool
}

// where is a block of the old image.
type where struct {
	sum   short
	block uint32
}

// NewOld is an old image of size bytes, to be cut into blocks as an index has them.
func NewOld(img io.ReaderAt, size int64, x Index) *Old {
	return &Old{img: img, size: min(size, int64(MaxBlocks)*int64(x.block)), block: x.block}
}

// scanners is how many read the old image at a time: one waits for the disk
// while the other adds up.
const scanners = 2

// scan reads the old image, once. What cannot be read is not there.
func (o *Old) scan(ctx context.Context) error {
	if o.done {
		return nil
	}
	var beside sync.WaitGroup
	var found [scanners][]where
	for n := range scanners {
		beside.Go(func() { found[n] = o.read(ctx, n) })
	}
	beside.Wait()
	if ctx.Err() != nil {
		return fmt.Errorf("read the present image: %w", context.Cause(ctx))
	}
	o.have = slices.Concat(found[:]...)
	slices.SortFunc(o.have, func(a, b where) int {
		return cmp.Or(a.sum.compare(b.sum), cmp.Compare(a.block, b.block))
	})
	o.have = slices.CompactFunc(o.have, func(a, b where) bool { return a.sum == b.sum })
	o.done = true
	return nil
}

// read adds up the blocks of each piece of the image whose turn it is.
func (o *Old) read(ctx context.Context, turn int) (have []where) {
	buf := make([]byte, 64*o.block)
	piece := int64(len(buf))
	for at := int64(turn) * piece; at < o.size && ctx.Err() == nil; at += scanners * piece {
		n, err := o.img.ReadAt(buf[:min(piece, o.size-at)], at)
		if err != nil && !errors.Is(err, io.EOF) {
			continue // a bad spot costs its blocks
		}
		first := uint32(at / int64(o.block))
		for b := buf[:n]; len(b) >= o.block; b, first = b[o.block:], first+1 {
			if !isZero(b[:o.block]) {
				have = append(have, where{shorten(b[:o.block]), first})
			}
		}
	}
	return have
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
