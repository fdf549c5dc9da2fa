//go:build linux

package abslots

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"usher/firmware"
)

// syncEvery is how many bytes are written between two flushes: enough for
// speed, little enough for a small box's memory.
const syncEvery = 8 << 20

// What a copy holds in memory: one chunk is fetched while another is written,
// and what is in the slot is read in pieces.
const (
	mostHeld  = 2         // chunks
	pieceSize = 256 << 10 // bytes
	ahead     = 4         // chunks that are looked at before their turn
)

// copying brings a slot to a release. What is there is looked at ahead of the
// source, and what is new is written behind it, so that disk, network and
// processor work at the same time. Chunks are written in order.
type copying struct {
	d       Disk
	rel     firmware.Release
	free    chan []byte
	looked  chan bool // of each chunk in order: it is there
	fetched chan held

	done, kept atomic.Int64
	failed     error // of writing; read when that has ended
}

// held is a chunk on its way.
type held struct {
	i int
	b []byte // nil: it is in the slot
}

// copy brings the slot to the release. Source and progress are called by this
// goroutine only.
func (s *Slots) copy(ctx context.Context, rel firmware.Release, from firmware.Source, progress func(firmware.Progress)) error {
	c := &copying{d: s.opt.Images[s.target()], rel: rel, free: make(chan []byte, mostHeld), looked: make(chan bool, ahead), fetched: make(chan held, ahead)}
	for range mostHeld {
		c.free <- make([]byte, rel.Chunk)
	}
	inner, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var beside sync.WaitGroup
	beside.Go(func() { c.look(inner) })
	beside.Go(func() { c.write(stop) })
	err := c.fetch(inner, from, progress)
	close(c.fetched)
	stop(err)
	beside.Wait()
	if c.failed != nil {
		return c.failed
	}
	if err != nil {
		return errors.Join(err, c.d.Sync())
	}
	if progress != nil {
		progress(firmware.Progress{Done: c.done.Load(), Total: rel.Size, Kept: c.kept.Load()})
	}
	return reasoned(c.d.Sync())
}

// look reads what is in the slot.
func (c *copying) look(ctx context.Context) {
	defer close(c.looked)
	b := make([]byte, min(pieceSize, c.rel.Chunk))
	for i, want := range c.rel.Chunks {
		got, err := sumAt(c.d, c.rel.At(i), c.rel.Length(i), b)
		select {
		case c.looked <- err == nil && got == want:
		case <-ctx.Done():
			return
		}
	}
}

// sumAt is the digest of what is on a disk; b is used for reading.
func sumAt(d Disk, at int64, length int, b []byte) (firmware.Sum, error) {
	h := sha256.New()
	for length > 0 {
		part := b[:min(len(b), length)]
		n, err := d.ReadAt(part, at)
		if n < len(part) {
			return firmware.Sum{}, errors.Join(err, io.ErrUnexpectedEOF)
		}
		h.Write(part)
		at, length = at+int64(n), length-n
	}
	return firmware.Sum(h.Sum(nil)), nil
}

// fetch gets the chunks that are not there.
func (c *copying) fetch(ctx context.Context, from firmware.Source, progress func(firmware.Progress)) error {
	i := 0
	for there := range c.looked {
		if ctx.Err() != nil {
			break
		}
		h := held{i: i}
		if !there {
			h.b = (<-c.free)[:c.rel.Length(i)] // the writer gives them back, whatever happens
			if err := from.Chunk(ctx, i, h.b); err != nil {
				return err
			}
		}
		c.fetched <- h // the writer takes them, whatever happens
		i++
		if progress != nil {
			progress(firmware.Progress{Done: c.done.Load(), Total: c.rel.Size, Kept: c.kept.Load()})
		}
	}
	return context.Cause(ctx)
}

// write writes what was fetched. After its first failure it stops the others,
// and writes no more.
func (c *copying) write(stop context.CancelCauseFunc) {
	dirty := 0
	for h := range c.fetched {
		n := int64(c.rel.Length(h.i))
		if h.b != nil && c.failed == nil {
			dirty += len(h.b)
			if c.failed = c.put(h, &dirty); c.failed != nil {
				stop(c.failed)
			}
		}
		if c.failed == nil {
			c.done.Add(n)
		}
		if h.b == nil {
			c.kept.Add(n)
		} else {
			c.free <- h.b[:cap(h.b)]
		}
	}
}

// put writes one chunk, if it is what was signed.
func (c *copying) put(h held, dirty *int) error {
	if sha256.Sum256(h.b) != c.rel.Chunks[h.i] {
		return &firmware.Error{Reason: firmware.Untrusted, Err: fmt.Errorf("chunk %d is not what was signed", h.i)}
	}
	if _, err := c.d.WriteAt(h.b, c.rel.At(h.i)); err != nil {
		return reasoned(fmt.Errorf("write chunk %d: %w", h.i, err))
	}
	if *dirty < syncEvery {
		return nil
	}
	*dirty = 0
	return reasoned(c.d.Sync())
}

// readers is how many read the slot again at a time: one waits for the disk
// while the other adds up.
const readers = 2

// check reads the slot again, from the medium.
func (s *Slots) check(ctx context.Context, rel firmware.Release) error {
	var beside sync.WaitGroup
	var found [readers]error
	for n := range readers {
		beside.Go(func() {
			b := make([]byte, min(pieceSize, rel.Chunk))
			for i := n; i < len(rel.Chunks) && found[n] == nil; i += readers {
				found[n] = s.checkChunk(ctx, rel, i, b)
			}
		})
	}
	beside.Wait()
	for _, err := range found {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Slots) checkChunk(ctx context.Context, rel firmware.Release, i int, b []byte) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	got, err := sumAt(s.opt.Images[s.target()], rel.At(i), rel.Length(i), b)
	if err != nil {
		return &firmware.Error{Reason: firmware.Damaged, Err: fmt.Errorf("read chunk %d back: %w", i, err)}
	}
	if got != rel.Chunks[i] {
		return &firmware.Error{Reason: firmware.Damaged, Err: fmt.Errorf("chunk %d: %w", i, errVerify)}
	}
	return nil
}
