package image

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"usher/firmware"
)

// Stored reads the data file of an image.
type Stored interface {
	// Read fills b from at on. More will be asked for until soon, directly after
	// it: an implementation may read ahead that far.
	Read(ctx context.Context, at int64, b []byte, until int64) error
}

// Weaver puts chunks together from what is on the box and what is stored
// elsewhere. It implements firmware.Source for its release. Its calls must not
// overlap.
type Weaver struct {
	r     firmware.Release
	x     Index
	from  Stored
	old   *Old // nil: there is none
	buf   []byte
	took  int64
	given []int // of each chunk: how much of it came from the old image, bytes; -1: it was not given yet
	flate inflater

	framed *framed // nil: there are blocks only
}

var (
	_ firmware.Source = (*Weaver)(nil)
	_ firmware.Hinter = (*Weaver)(nil)
	_ firmware.Early  = (*Weaver)(nil)
)

// gap is how many bytes are rather fetched for nothing than asked around: a
// request and its answer have heads of about that much, and take a round trip.
const gap = 1024

// ahead is how far Stored may read ahead, bytes: what is under way when a film
// begins is soon over.
const ahead = 4 << 20

// lookAhead is how much of an image is looked at for that, bytes: zeros take no
// room in the data, and an image may end in many.
const lookAhead = 16 << 20

// NewWeaver makes a Weaver; old may be nil.
func NewWeaver(r firmware.Release, x Index, from Stored, old *Old) *Weaver {
	return &Weaver{r: r, x: x, from: from, old: old, given: slices.Repeat([]int{-1}, len(r.Chunks))}
}

// Taken is how many bytes of chunks came from the old image, so far.
func (w *Weaver) Taken() int64 { return w.took }

// Hints implements firmware.Hinter: a chunk begins with a block.
func (w *Weaver) Hints(context.Context) firmware.Hints {
	h := firmware.Hints{Length: w.x.block}
	for i := range w.r.Chunks {
		h.Sums = append(h.Sums, firmware.Hint(w.x.sum(i*w.x.perChunk())))
	}
	return h
}

// Chunk implements firmware.Source. What it gives at first is not added up here:
// whoever takes it does that anyway. Asked for again, a chunk was not what was
// signed, so that what is known of the old image is wrong: it is read anew, each
// of its blocks is added up, and at last the chunk is made without them.
func (w *Weaver) Chunk(ctx context.Context, i int, into []byte) error {
	if i < 0 || i >= len(w.r.Chunks) || len(into) != w.r.Length(i) {
		return fmt.Errorf("%w: chunk %d of %d bytes", ErrIndex, i, len(into))
	}
	if w.given[i] >= 0 {
		return w.again(ctx, i, into)
	}
	if w.old != nil {
		if err := w.old.scan(ctx, w.r, w.x); err != nil {
			return err
		}
		if w.lentWhole(i, into) {
			return nil
		}
	}
	before := w.took
	var err error
	if w.byFrame(i) {
		err = w.unframe(ctx, i, into)
	} else {
		err = w.weave(ctx, i, into, asItIs)
	}
	w.given[i] = int(w.took - before)
	if errors.Is(err, errBlock) {
		return w.again(ctx, i, into) // its dictionary may have been the wrong one
	}
	return err
}

// again makes a chunk with more care.
func (w *Weaver) again(ctx context.Context, i int, into []byte) error {
	w.took -= int64(w.given[i])
	w.given[i] = 0
	ways := []trust{notAtAll}
	if w.old != nil {
		w.old.doubt()
		if err := w.old.scan(ctx, w.r, w.x); err != nil {
			return err
		}
		ways = []trust{eachAgain, notAtAll}
	}
	var err error
	for _, t := range ways {
		before := w.took
		err = w.weave(ctx, i, into, t)
		if err == nil && sha256.Sum256(into) == w.r.Chunks[i] {
			w.given[i] = int(w.took - before)
			return nil
		}
		w.took = before
		if err != nil && !errors.Is(err, errBlock) {
			return err
		}
	}
	return wrong(i, err)
}

// Early implements firmware.Early: most chunks of most releases stand where they
// stood. What is different waits until all was compared, since only then it is
// known what else the old image has; where that is remembered, nothing waits.
func (w *Weaver) Early(ctx context.Context, i int, into []byte) (filled, later bool) {
	if w.old == nil || i < 0 || i >= len(w.r.Chunks) || len(into) != w.r.Length(i) {
		return false, false
	}
	if w.given[i] >= 0 { // the guess was wrong, or what is remembered
		w.took -= int64(w.given[i])
		w.given[i] = -1
		w.old.mistaken(i)
		return false, !w.old.done
	}
	if w.old.remembered() && w.old.scan(ctx, w.r, w.x) != nil {
		return false, false
	}
	filled = w.lentWhole(i, into)
	return filled, !filled && !w.old.done
}

// lentWhole takes a chunk from the same place of the old image.
func (w *Weaver) lentWhole(i int, into []byte) bool {
	if !w.old.whole(i, w.r, w.x, into) {
		return false
	}
	w.took += int64(len(into))
	w.given[i] = len(into)
	return true
}

// trust is how far the old image is believed.
type trust uint8

const (
	asItIs    trust = iota // its blocks are what they were when it was read, or written
	eachAgain              // each is added up again
	notAtAll
)

var errBlock = errors.New("a block does not unpack")

// wrong says that a chunk cannot be had.
func wrong(i int, err error) error {
	if err != nil && !errors.Is(err, errBlock) {
		return err
	}
	return &firmware.Error{Reason: firmware.Untrusted, Err: fmt.Errorf("chunk %d is not what was signed", i)}
}

// weave puts a chunk together from front to back.
func (w *Weaver) weave(ctx context.Context, i int, into []byte, t trust) error {
	first := i * w.x.perChunk()
	last := min(first+w.x.perChunk(), w.x.Blocks())
	miss := w.borrow(first, last, into, t)
	stored, err := w.collect(ctx, i, miss)
	if err != nil {
		return err
	}
	for b := first; b < last; b++ {
		n := w.x.Stored(b)
		if miss[b-first] {
			if err := w.unpack(into, (b-first)*w.x.block, w.x.length(b), stored[:n], w.x.entryLength(b) == storedRaw); err != nil {
				return err
			}
		}
		stored = stored[n:]
	}
	return nil
}

// unpack unpacks what is stored of a block to its place in a chunk, of which
// everything before is there.
func (w *Weaver) unpack(chunk []byte, at, length int, stored []byte, raw bool) error {
	if raw {
		copy(chunk[at:at+length], stored)
		return nil
	}
	if err := w.flate.inflate(chunk, at, at+length, stored); err != nil {
		return fmt.Errorf("%w: %w", errBlock, err)
	}
	return nil
}

// borrow fills in what is zero or on the box already, and says what is missing.
func (w *Weaver) borrow(first, last int, into []byte, t trust) []bool {
	miss := make([]bool, last-first)
	for b := first; b < last; {
		part := into[(b-first)*w.x.block:]
		switch n := w.run(b, last, t); {
		case w.x.Stored(b) == 0:
			clear(part[:w.x.length(b)])
			b++
		case n > 0 && w.lent(b, part[:n*w.x.block], t):
			w.took += int64(n * w.x.block)
			b += n
		default:
			miss[b-first] = true
			b++
		}
	}
	return miss
}

// run is how many blocks from b on stand one after the other in the old image.
func (w *Weaver) run(b, last int, t trust) (n int) {
	if t == notAtAll {
		return 0
	}
	var begin uint32
	for ; b+n < last && w.x.length(b+n) == w.x.block && w.x.Stored(b+n) > 0; n++ {
		at, ok := w.old.find(w.x.sum(b + n))
		if n == 0 {
			begin = at.block
		}
		if !ok || at.block != begin+uint32(n) || n > 0 && t == eachAgain {
			break
		}
	}
	return n
}

// lent takes blocks out of the old image, from b on.
func (w *Weaver) lent(b int, into []byte, t trust) bool {
	at, ok := w.old.find(w.x.sum(b))
	return ok && w.old.lend(at.block, into) && (t == asItIs || shorten(into) == w.x.sum(b))
}

// collect reads what is missing of a chunk. It gives the chunk as it is stored,
// with holes where nothing is missing.
func (w *Weaver) collect(ctx context.Context, i int, miss []bool) ([]byte, error) {
	base := w.x.at[i]
	buf := w.room(int(w.x.at[i+1] - base))
	for _, r := range w.runs(i, miss) {
		if err := w.from.Read(ctx, r.from, buf[r.from-base:r.to-base], w.until(i, r)); err != nil {
			return nil, err
		}
	}
	return buf, nil
}

// room is for what is read, until the next call.
func (w *Weaver) room(size int) []byte {
	if cap(w.buf) < size {
		w.buf = make([]byte, max(size, w.r.Chunk)) // no form of a chunk is longer
	}
	return w.buf[:size]
}

// span is a stretch of the data file.
type span struct{ from, to int64 }

// runs are the stretches to read for one chunk.
func (w *Weaver) runs(i int, miss []bool) (list []span) {
	at := w.x.at[i]
	for k, missing := range miss {
		n := int64(w.x.Stored(i*w.x.perChunk() + k))
		if missing {
			if l := len(list); l > 0 && at-list[l-1].to <= gap {
				list[l-1].to = at + n
			} else {
				list = append(list, span{at, at + n})
			}
		}
		at += n
	}
	return list
}

// until is how far a run that ends its chunk goes on in the chunks after it.
func (w *Weaver) until(i int, r span) int64 {
	end := r.to
	at := w.x.at[i+1]
	next := (i + 1) * w.x.perChunk()
	last := min(next+lookAhead/w.x.block, w.x.Blocks())
	for b := next; b < last && at-end <= gap && end-r.from < ahead; b++ {
		n := w.x.Stored(b)
		at += int64(n)
		if n > 0 && !w.old.has(w.x.sum(b)) {
			end = at
		}
	}
	return end
}
