//go:build linux

package abslots

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/maphash"
	"sync"
	"sync/atomic"

	"usher/firmware"
)

// What a copy holds in memory: one chunk is fetched while another is written,
// and what is in the slot is read in pieces.
const (
	mostHeld  = 2         // chunks
	pieceSize = 256 << 10 // bytes
	ahead     = 4         // chunks that are looked at before their turn
	lookers   = 2         // one waits for the disk while the other adds up
)

// copying brings a slot to a release. What is there is looked at ahead of the
// source, and what is new is written behind it, so that disk, network and
// processor work at the same time.
type copying struct {
	d       Disk
	rel     firmware.Release
	free    chan []byte
	looked  [lookers]chan kind // of every second chunk, in order
	fetched chan held
	doubted chan int // chunks that are not what was signed, to be asked for again

	done, kept atomic.Int64
	found      found
	hints      firmware.Hints // none where they do not fit
	flow       flow
	failed     error // of writing; read when that has ended
}

// found is what reading the slot again is to find.
type found struct {
	there []bool   // chunks that were in the slot: read from the medium, and not written
	sums  []uint64 // of the others as they were written
	seed  maphash.Seed
}

// held is a chunk on its way.
type held struct {
	i int
	b []byte // nil: it is in the slot
	k kind

	again bool // it was asked for twice
}

// kind is what has to be done about a chunk.
type kind uint8

const (
	fresh kind = iota // written
	zeros             // made zeros
	there             // left as it is
)

// copy brings the slot to the release. Source and progress are called by this
// goroutine only.
func (s *Slots) copy(ctx context.Context, rel firmware.Release, from firmware.Source, progress func(firmware.Progress)) (found, error) {
	d, n := s.opt.Images[s.target()], len(rel.Chunks)
	c := &copying{d: d, rel: rel, free: make(chan []byte, mostHeld), fetched: make(chan held, ahead), doubted: make(chan int, ahead), flow: flow{d: d}}
	c.found = found{make([]bool, n), make([]uint64, n), maphash.MakeSeed()}
	if h, ok := from.(firmware.Hinter); ok {
		if c.hints = h.Hints(ctx); !c.hints.Fit(rel) {
			c.hints = firmware.Hints{}
		}
	}
	if err := c.flow.sync(); err != nil { // so that looking reads the medium
		return found{}, reasoned(err)
	}
	for range mostHeld {
		c.free <- make([]byte, rel.Chunk)
	}
	inner, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var beside sync.WaitGroup
	for first := range c.looked {
		c.looked[first] = make(chan kind, ahead/lookers)
		beside.Go(func() { c.look(inner, first) })
	}
	beside.Go(func() { c.write(stop) })
	err := c.fetch(inner, from, progress)
	close(c.fetched)
	stop(err)
	beside.Wait()
	if c.failed != nil {
		return found{}, c.failed
	}
	if err != nil {
		return found{}, errors.Join(err, c.d.Sync())
	}
	c.tell(progress)
	return c.found, reasoned(c.d.Sync())
}

func (c *copying) tell(progress func(firmware.Progress)) {
	if progress != nil {
		progress(firmware.Progress{Done: c.done.Load(), Total: c.rel.Size, Kept: c.kept.Load()})
	}
}

// look reads what is in the slot, of every second chunk.
func (c *copying) look(ctx context.Context, first int) {
	defer close(c.looked[first])
	b := make([]byte, min(max(pieceSize, c.hints.Length), c.rel.Chunk))
	none := sha256.Sum256(make([]byte, c.rel.Chunk))
	for i := first; i < len(c.rel.Chunks); i += lookers {
		k, is := fresh, c.is
		if c.rel.Chunks[i] == none {
			k, is = zeros, c.empty
		}
		if c.maybe(i, b) && is(i, b) {
			k, c.found.there[i] = there, true
		}
		select {
		case c.looked[first] <- k:
		case <-ctx.Done():
			return
		}
	}
}

// empty says whether a chunk is all zeros, which takes no digest to see.
func (c *copying) empty(i int, b []byte) bool {
	return readAt(onlyZeros{}, c.d, c.rel.At(i), c.rel.Length(i), b) == nil
}

// onlyZeros takes nothing else.
type onlyZeros struct{}

// Write implements io.Writer.
func (onlyZeros) Write(b []byte) (int, error) {
	if !isZero(b) {
		return 0, errNotZero
	}
	return len(b), nil
}

var errNotZero = errors.New("not all zeros")

// isZero says whether there are zeros only: each byte is the one before it.
func isZero(b []byte) bool {
	return len(b) == 0 || b[0] == 0 && bytes.Equal(b[1:], b[:len(b)-1])
}

// maybe says whether a chunk that is in the slot begins as it should, so that
// the rest is worth a look.
func (c *copying) maybe(i int, b []byte) bool {
	if c.hints.Length == 0 {
		return true
	}
	got, err := sumAt(c.d, c.rel.At(i), min(c.hints.Length, c.rel.Length(i)), b)
	return err == nil && firmware.Hint(got[:]) == c.hints.Sums[i]
}

func (c *copying) is(i int, b []byte) bool {
	got, err := sumAt(c.d, c.rel.At(i), c.rel.Length(i), b)
	return err == nil && got == c.rel.Chunks[i]
}

// sumAt is the digest of what is on a disk; b is used for reading.
func sumAt(d Disk, at int64, length int, b []byte) (firmware.Sum, error) {
	h := sha256.New()
	err := readAt(h, d, at, length, b)
	return firmware.Sum(h.Sum(nil)), err
}

// fetch gets the chunks that are not there: first those that are at hand.
func (c *copying) fetch(ctx context.Context, from firmware.Source, progress func(firmware.Progress)) error {
	early, _ := from.(firmware.Early)
	var later []int
	for i := range c.rel.Chunks {
		k, ok := <-c.looked[i%lookers]
		if !ok || ctx.Err() != nil {
			break
		}
		wait, err := c.bring(ctx, from, early, held{i: i, k: k})
		if err != nil {
			return err
		}
		if wait {
			later = append(later, i)
		}
		if err := c.once(ctx, from); err != nil {
			return err
		}
		c.tell(progress)
	}
	for _, i := range later {
		if ctx.Err() != nil {
			break
		}
		if _, err := c.bring(ctx, from, nil, held{i: i}); err != nil {
			return err
		}
		if err := c.once(ctx, from); err != nil {
			return err
		}
		c.tell(progress)
	}
	c.settle()
	if err := c.once(ctx, from); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// once asks once more for what was not what was signed.
func (c *copying) once(ctx context.Context, from firmware.Source) error {
	for ctx.Err() == nil {
		select {
		case i := <-c.doubted:
			if _, err := c.bring(ctx, from, nil, held{i: i, again: true}); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

// settle waits until the writer has looked at all that it was given.
func (c *copying) settle() {
	var all [mostHeld][]byte
	for n := range all {
		all[n] = <-c.free
	}
	for _, b := range all {
		c.free <- b
	}
}

// bring hands a chunk to the writer, or says that it had better wait.
func (c *copying) bring(ctx context.Context, from firmware.Source, early firmware.Early, h held) (later bool, err error) {
	if h.k != there {
		h.b = (<-c.free)[:c.rel.Length(h.i)] // the writer gives them back, whatever happens
	}
	filled := h.k != fresh
	if !filled && early != nil {
		if filled, later = early.Early(ctx, h.i, h.b); later {
			c.free <- h.b[:cap(h.b)]
			return true, nil
		}
	}
	if !filled {
		if err := from.Chunk(ctx, h.i, h.b); err != nil {
			return false, err
		}
	}
	c.fetched <- h // the writer takes them, whatever happens
	return false, nil
}

// write writes what was fetched. After its first failure it stops the others,
// and writes no more. What is not what was signed is asked for again, once: a
// source does not add up what it gives.
func (c *copying) write(stop context.CancelCauseFunc) {
	for h := range c.fetched {
		n, doubt := int64(c.rel.Length(h.i)), false
		if h.k != there && c.failed == nil {
			err := c.put(h)
			doubt = errors.Is(err, errUnsigned) && !h.again
			if err != nil && !doubt {
				c.failed = reasoned(err)
				stop(c.failed)
			}
		}
		if doubt {
			c.doubted <- h.i // as many as there are buffers, and these are free for it only after
		} else if c.failed == nil {
			c.done.Add(n)
		}
		if h.k == there {
			c.kept.Add(n)
		} else {
			c.free <- h.b[:cap(h.b)]
		}
	}
}

// sums are the digest of a chunk, and what is to be found when it is read again.
// Both take a piece while it is in the processor's cache.
func (c *copying) sums(b []byte) (firmware.Sum, uint64) {
	h := sha256.New()
	var short maphash.Hash
	short.SetSeed(c.found.seed)
	for len(b) > 0 {
		part := b[:min(len(b), pieceSize/4)]
		b = b[len(part):]
		h.Write(part)
		_, _ = short.Write(part) // never fails
	}
	return firmware.Sum(h.Sum(nil)), short.Sum64()
}

// zeroer is a Disk that can make zeros without writing them.
type zeroer interface {
	Zero(at, length int64) error
}

var errUnsigned = errors.New("it is not what was signed")

// put writes one chunk, if it is what was signed.
func (c *copying) put(h held) error {
	at := c.rel.At(h.i)
	if h.k == zeros && c.zero(h) {
		return nil
	}
	sum, short := c.sums(h.b)
	if sum != c.rel.Chunks[h.i] {
		return &firmware.Error{Reason: firmware.Untrusted, Err: fmt.Errorf("chunk %d: %w", h.i, errUnsigned)}
	}
	c.found.sums[h.i] = short
	if _, err := c.d.WriteAt(h.b, at); err != nil {
		return fmt.Errorf("write chunk %d: %w", h.i, err)
	}
	return c.flow.wrote(at, int64(len(h.b)))
}

// zero says whether the disk made a chunk zeros by itself. It is looked at,
// since there are devices that only say so. Where not, zeros are written.
func (c *copying) zero(h held) bool {
	d, ok := c.d.(zeroer)
	if ok && d.Zero(c.rel.At(h.i), int64(len(h.b))) == nil {
		n, _ := c.d.ReadAt(h.b, c.rel.At(h.i))
		if n == len(h.b) && isZero(h.b) {
			c.found.sums[h.i] = maphash.Bytes(c.found.seed, h.b)
			return true
		}
	}
	clear(h.b)
	return false
}
