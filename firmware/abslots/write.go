//go:build linux

package abslots

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/maphash"

	"usher/firmware"
)

// add adds up what was fetched, and hands on what is what was signed. What is not
// is asked for again, once: a source does not add up what it gives.
func (c *copying) add() {
	defer close(c.summed)
	for h := range c.fetched {
		switch {
		case h.k == there:
			n := int64(c.rel.Length(h.i))
			c.done.Add(n)
			c.kept.Add(n)
			continue
		case h.k == zeros || c.failed() != nil || c.signed(h):
			c.summed <- h
			continue
		case h.again:
			c.fail(&firmware.Error{Reason: firmware.Untrusted, Err: fmt.Errorf("chunk %d: %w", h.i, errUnsigned)})
		default:
			c.doubted <- held{i: h.i, early: h.early} // there is room for as many as there are buffers
		}
		c.free <- h.b[:cap(h.b)]
	}
}

var errUnsigned = errors.New("it is not what was signed")

// signed says whether a chunk is what was signed, and keeps what is to be found
// when it is read again. Both sums take a piece while it is in the processor's
// cache.
func (c *copying) signed(h held) bool {
	sum := sha256.New()
	var short maphash.Hash
	short.SetSeed(c.found.seed)
	for b := h.b; len(b) > 0; {
		part := b[:min(len(b), pieceSize/4)]
		b = b[len(part):]
		c.adding <- struct{}{}
		sum.Write(part)
		_, _ = short.Write(part) // never fails
		<-c.adding
	}
	c.found.sums[h.i] = short.Sum64()
	return firmware.Sum(sum.Sum(nil)) == c.rel.Chunks[h.i]
}

// write writes what was added up, one chunk at a time and in order: what a kill
// cuts off is one. After the first failure nothing is written.
func (c *copying) write() {
	defer close(c.wrote)
	for h := range c.summed {
		if c.failed() == nil {
			if err := c.put(h); err != nil {
				c.fail(err)
			} else {
				c.done.Add(int64(len(h.b)))
				c.wrote <- h.i // there is room for all
			}
		}
		c.free <- h.b[:cap(h.b)]
	}
}

// zeroer is a Disk that can make zeros without writing them.
type zeroer interface {
	Zero(at, length int64) error
}

// put writes one chunk.
func (c *copying) put(h held) error {
	at := c.rel.At(h.i)
	if h.k == zeros {
		if d, ok := c.d.(zeroer); ok && d.Zero(at, int64(len(h.b))) == nil {
			c.found.made[h.i] = true // or so it says; that is seen when it is read again
			return nil
		}
		clear(h.b)
		c.found.sums[h.i] = maphash.Bytes(c.found.seed, h.b)
	}
	if _, err := c.d.WriteAt(h.b, at); err != nil {
		return fmt.Errorf("write chunk %d: %w", h.i, err)
	}
	return c.flow.wrote(at, int64(len(h.b)))
}
