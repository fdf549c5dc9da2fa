//go:build linux

package abslots

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"hash/maphash"
	"io"
	"sync"
	"sync/atomic"

	"usher/firmware"
)

// What a copy holds in memory: one chunk is fetched while another is added up and
// a third is written, and what is in the slot is read in pieces.
const (
	mostHeld  = 3         // chunks
	pieceSize = 256 << 10 // bytes
	ahead     = 4         // chunks that are looked at before their turn
	lookers   = 2         // one waits for the disk while the other adds up
	seats     = 2         // for those who add up at the same time: the box has other things to do
)

// copying brings a slot to a release. What is there is looked at ahead of the
// source, what is new is added up and written behind it, and what was written is
// read again behind that, so that disk, network and processor work at the same
// time.
type copying struct {
	d       Disk
	rel     firmware.Release
	free    chan []byte
	looked  [lookers]chan kind // of every second chunk, in order
	fetched chan held
	summed  chan held
	doubted chan held     // chunks that are not what was signed, to be asked for again
	wrote   chan int      // chunks, in the order in which they were written
	adding  chan struct{} // seats
	later   []int         // chunks that had better be asked for when all were; of whoever fetches

	done, kept atomic.Int64
	found      found
	hints      firmware.Hints // none where they do not fit
	flow       flow
	failure
}

// found is what reading the slot again is to find.
type found struct {
	made []bool   // chunks that the disk made zeros
	sums []uint64 // of the others as they were written
	seed maphash.Seed
}

// held is a chunk on its way.
type held struct {
	i int
	b []byte // nil: it is in the slot
	k kind

	early bool // it was at hand, which is a guess
	again bool // it was asked for twice
}

// kind is what has to be done about a chunk.
type kind uint8

const (
	fresh kind = iota // written
	zeros             // made zeros
	there             // left as it is
)

// failure is the first of the disk, or of what was signed. It stops whoever
// fetches; the others look at it.
type failure struct {
	mu   sync.Mutex
	err  error
	stop context.CancelCauseFunc
}

func (f *failure) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = reasoned(err)
		f.stop(f.err)
	}
}

func (f *failure) failed() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// copy brings the slot to the release, and reads it again. Source and progress
// are called by this goroutine only.
func (s *Slots) copy(ctx context.Context, rel firmware.Release, from firmware.Source, progress func(firmware.Progress)) error {
	d, n := s.opt.Images[s.target()], len(rel.Chunks)
	c := &copying{
		d: d, rel: rel, free: make(chan []byte, mostHeld), fetched: make(chan held, ahead), summed: make(chan held, mostHeld),
		doubted: make(chan held, mostHeld), wrote: make(chan int, n), adding: make(chan struct{}, seats), flow: flow{d: d},
		found: found{make([]bool, n), make([]uint64, n), maphash.MakeSeed()},
	}
	if h, ok := from.(firmware.Hinter); ok {
		if c.hints = h.Hints(ctx); !c.hints.Fit(rel) {
			c.hints = firmware.Hints{}
		}
	}
	if err := c.d.Sync(); err != nil { // so that looking reads the medium
		return reasoned(err)
	}
	for range mostHeld {
		c.free <- make([]byte, rel.Chunk)
	}
	inner, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	c.stop = stop
	err := c.run(inner, from, progress)
	switch {
	case c.failed() != nil:
		return c.failed()
	case err != nil:
		return errors.Join(err, c.d.Sync())
	}
	c.tell(progress)
	return nil
}

// run does the work, and waits for all who take part in it.
func (c *copying) run(ctx context.Context, from firmware.Source, progress func(firmware.Progress)) error {
	var beside sync.WaitGroup
	for first := range c.looked {
		c.looked[first] = make(chan kind, ahead/lookers)
		beside.Go(func() { c.look(ctx, first) })
	}
	beside.Go(c.add)
	beside.Go(c.write)
	beside.Go(func() { c.prove(ctx) })
	err := c.fetch(ctx, from, progress)
	close(c.fetched)
	if err != nil {
		c.stop(err)
	}
	beside.Wait()
	if err == nil {
		err = context.Cause(ctx) // of what came too late for fetching
	}
	return err
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
			k = there
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
	got, err := c.sumAt(c.rel.At(i), min(c.hints.Length, c.rel.Length(i)), b)
	return err == nil && firmware.Hint(got[:]) == c.hints.Sums[i]
}

func (c *copying) is(i int, b []byte) bool {
	got, err := c.sumAt(c.rel.At(i), c.rel.Length(i), b)
	return err == nil && got == c.rel.Chunks[i]
}

// sumAt is the digest of what is in the slot; b is used for reading.
func (c *copying) sumAt(at int64, length int, b []byte) (firmware.Sum, error) {
	h := sha256.New()
	err := readAt(seated{h, c.adding}, c.d, at, length, b)
	return firmware.Sum(h.Sum(nil)), err
}

// seated adds up where there is a seat.
type seated struct {
	io.Writer
	seats chan struct{}
}

// Write implements io.Writer.
func (s seated) Write(b []byte) (int, error) {
	s.seats <- struct{}{}
	defer func() { <-s.seats }()
	return s.Writer.Write(b)
}

// fetch gets the chunks that are not there: first those that are at hand.
func (c *copying) fetch(ctx context.Context, from firmware.Source, progress func(firmware.Progress)) error {
	early, _ := from.(firmware.Early)
	for i := range c.rel.Chunks {
		k, ok := <-c.looked[i%lookers]
		if !ok || ctx.Err() != nil {
			break
		}
		if err := c.next(ctx, from, early, held{i: i, k: k}); err != nil {
			return err
		}
		c.tell(progress)
	}
	if err := c.settle(ctx, from); err != nil {
		return err
	}
	for len(c.later) > 0 && ctx.Err() == nil {
		i := c.later[0]
		c.later = c.later[1:]
		if err := c.next(ctx, from, nil, held{i: i}); err != nil {
			return err
		}
		c.tell(progress)
	}
	if err := c.settle(ctx, from); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// next brings one chunk, and once more what was not what was signed.
func (c *copying) next(ctx context.Context, from firmware.Source, early firmware.Early, h held) error {
	if err := c.bring(ctx, from, early, h); err != nil {
		return err
	}
	return c.once(ctx, from)
}

// once asks once more for what was not what was signed. What was at hand was a
// guess: it is asked for like any other, when all that is at hand was looked at.
func (c *copying) once(ctx context.Context, from firmware.Source) error {
	for ctx.Err() == nil {
		select {
		case h := <-c.doubted:
			if early, ok := from.(firmware.Early); ok && h.early {
				b := <-c.free
				early.Early(ctx, h.i, b[:c.rel.Length(h.i)])
				c.free <- b
				c.later = append(c.later, h.i)
			} else if err := c.bring(ctx, from, nil, held{i: h.i, again: true}); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

// settle waits until all that was brought was added up and written, and asks once
// more for what was wrong of it.
func (c *copying) settle(ctx context.Context, from firmware.Source) error {
	for range 2 { // what was asked for again is doubted no more
		var all [mostHeld][]byte
		for n := range all {
			all[n] = <-c.free
		}
		for _, b := range all {
			c.free <- b
		}
		if err := c.once(ctx, from); err != nil {
			return err
		}
	}
	return nil
}

// bring hands a chunk on, or notes that it had better wait.
func (c *copying) bring(ctx context.Context, from firmware.Source, early firmware.Early, h held) error {
	if h.k != there {
		h.b = (<-c.free)[:c.rel.Length(h.i)] // it is given back, whatever happens
	}
	if h.k == fresh && early != nil {
		filled, later := early.Early(ctx, h.i, h.b)
		if later {
			c.free <- h.b[:cap(h.b)]
			c.later = append(c.later, h.i)
			return nil
		}
		h.early = filled
	}
	if h.k == fresh && !h.early {
		if err := from.Chunk(ctx, h.i, h.b); err != nil {
			return err
		}
	}
	c.fetched <- h // they are taken, whatever happens
	return nil
}
