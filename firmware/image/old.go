package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
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

// scan reads the old image, once. What cannot be read is not there.
func (o *Old) scan(ctx context.Context) error {
	if o.done {
		return nil
	}
	o.have = o.have[:0]
	buf := make([]byte, 64*o.block)
	for at := int64(0); at < o.size; at += int64(len(buf)) {
		if ctx.Err() != nil {
			return fmt.Errorf("read the present image: %w", context.Cause(ctx))
		}
		n, err := o.img.ReadAt(buf[:min(int64(len(buf)), o.size-at)], at)
		if err != nil && !errors.Is(err, io.EOF) {
			continue // a bad spot costs its blocks
		}
		o.add(uint32(at/int64(o.block)), buf[:n])
	}
	slices.SortFunc(o.have, func(a, b where) int { return a.sum.compare(b.sum) })
	o.have = slices.CompactFunc(o.have, func(a, b where) bool { return a.sum == b.sum })
	o.done = true
	return nil
}

func (o *Old) add(first uint32, b []byte) {
	for ; len(b) >= o.block; b, first = b[o.block:], first+1 {
		if !isZero(b[:o.block]) {
			o.have = append(o.have, where{shorten(b[:o.block]), first})
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

// lend copies a block that is there. It is hashed again: a file system that is
// mounted may have changed it.
func (o *Old) lend(sum short, into []byte) bool {
	w, ok := o.find(sum)
	if !ok || len(into) != o.block {
		return false
	}
	n, err := o.img.ReadAt(into, int64(w.block)*int64(o.block))
	return n == len(into) && (err == nil || errors.Is(err, io.EOF)) && shorten(into) == sum
}
