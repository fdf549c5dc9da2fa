//go:build linux

package abslots

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"sync"
	"time"

	"usher/firmware"
)

const (
	// readers is how many read the slot again at a time: one waits for the disk
	// while the other adds up.
	readers = 2
	// proveAfter is after how many bytes what was written is flushed and read again.
	proveAfter = 32 << 20
	// flushAfter is how much time of writing a power cut may cost.
	flushAfter = 2 * time.Second
)

// prove reads again, from the medium, what was written to the slot, while more is
// written. That it was what is signed is known; what is asked is whether the
// medium gives it back. For that a sum of 64 bits under a key that nobody knows is
// as good as a digest, and costs a small part of it on processors that have no
// instructions for SHA-256.
func (c *copying) prove(ctx context.Context) {
	var batch []int
	var bytes int64
	var bufs [readers][]byte
	for n := range bufs {
		bufs[n] = make([]byte, min(pieceSize, c.rel.Chunk))
	}
	flushed := time.Now()
	for i := range c.wrote {
		batch, bytes = append(batch, i), bytes+int64(c.rel.Length(i))
		if bytes >= proveAfter || time.Since(flushed) >= flushAfter {
			batch, bytes, flushed = c.batch(ctx, batch, bufs), 0, time.Now()
		}
	}
	for len(batch) > 0 {
		batch = c.batch(ctx, batch, bufs)
	}
}

// againReader is a Disk that can read its medium whatever is in memory. Another
// one does that after Sync.
type againReader interface {
	ReadAgain(b []byte, at int64) (int, error)
}

// readerFunc is an io.ReaderAt.
type readerFunc func(b []byte, at int64) (int, error)

// ReadAt implements io.ReaderAt.
func (f readerFunc) ReadAt(b []byte, at int64) (int, error) { return f(b, at) }

// medium is for reading again.
func (c *copying) medium() io.ReaderAt {
	if d, ok := c.d.(againReader); ok {
		return readerFunc(d.ReadAgain)
	}
	return c.d
}

// batch proves chunks, and gives those that had to be written anew. Nothing is
// read again that was not flushed before.
func (c *copying) batch(ctx context.Context, list []int, bufs [readers][]byte) (anew []int) {
	if ctx.Err() != nil {
		return nil
	}
	if err := c.d.Sync(); err != nil {
		c.fail(err)
		return nil
	}
	var beside sync.WaitGroup
	var parts [readers][]int
	for n := range readers {
		beside.Go(func() {
			for at := n; at < len(list) && ctx.Err() == nil; at += readers {
				wrote, err := c.proveChunk(list[at], bufs[n])
				if err != nil {
					c.fail(err)
				}
				if wrote {
					parts[n] = append(parts[n], list[at])
				}
			}
		})
	}
	beside.Wait()
	for _, part := range parts {
		anew = append(anew, part...)
	}
	return anew
}

// proveChunk reads a chunk again. Zeros that the disk made, and did not make, are
// written: there are devices that only say so.
func (c *copying) proveChunk(i int, b []byte) (wrote bool, err error) {
	at, length := c.rel.At(i), c.rel.Length(i)
	if c.found.made[i] {
		err = readAt(onlyZeros{}, c.medium(), at, length, b)
		if errors.Is(err, errNotZero) {
			return true, c.writeZeros(i, b)
		}
	} else {
		var h maphash.Hash
		h.SetSeed(c.found.seed)
		err = readAt(seated{&h, c.adding}, c.medium(), at, length, b)
		if err == nil && h.Sum64() != c.found.sums[i] {
			return false, &firmware.Error{Reason: firmware.Damaged, Err: fmt.Errorf("chunk %d: %w", i, errVerify)}
		}
	}
	if err != nil {
		err = &firmware.Error{Reason: firmware.Damaged, Err: fmt.Errorf("read chunk %d back: %w", i, err)}
	}
	return false, err
}

// writeZeros writes a chunk of zeros; b is used for them.
func (c *copying) writeZeros(i int, b []byte) error {
	clear(b)
	var h maphash.Hash
	h.SetSeed(c.found.seed)
	for at, rest := c.rel.At(i), c.rel.Length(i); rest > 0; {
		part := b[:min(len(b), rest)]
		if _, err := c.d.WriteAt(part, at); err != nil {
			return fmt.Errorf("write chunk %d: %w", i, err)
		}
		_, _ = h.Write(part) // never fails
		at, rest = at+int64(len(part)), rest-len(part)
	}
	c.found.made[i], c.found.sums[i] = false, h.Sum64()
	return nil
}

// readAt reads a stretch of a disk into a sum; b is used for reading.
func readAt(into io.Writer, d io.ReaderAt, at int64, length int, b []byte) error {
	for length > 0 {
		part := b[:min(len(b), length)]
		n, err := d.ReadAt(part, at)
		if n < len(part) {
			return errors.Join(err, io.ErrUnexpectedEOF)
		}
		if _, err := into.Write(part); err != nil {
			return err
		}
		at, length = at+int64(n), length-n
	}
	return nil
}
