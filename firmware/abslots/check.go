//go:build linux

package abslots

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"sync"

	"usher/firmware"
)

// readers is how many read the slot again at a time: one waits for the disk
// while the other adds up.
const readers = 2

// check reads again, from the medium, what was written to the slot. That it was
// what is signed is known; what is asked is whether the medium gives it back.
// For that a sum of 64 bits under a key that nobody knows is as good as a
// digest, and costs a small part of it on processors that have no instructions
// for SHA-256.
func (s *Slots) check(ctx context.Context, rel firmware.Release, f found) error {
	var beside sync.WaitGroup
	var wrong [readers]error
	for n := range readers {
		beside.Go(func() {
			b := make([]byte, min(pieceSize, rel.Chunk))
			for i := n; i < len(rel.Chunks) && wrong[n] == nil; i += readers {
				if !f.there[i] {
					wrong[n] = s.checkChunk(ctx, rel, i, b, f)
				}
			}
		})
	}
	beside.Wait()
	for _, err := range wrong {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Slots) checkChunk(ctx context.Context, rel firmware.Release, i int, b []byte, f found) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var h maphash.Hash
	h.SetSeed(f.seed)
	if err := readAt(&h, s.opt.Images[s.target()], rel.At(i), rel.Length(i), b); err != nil {
		return &firmware.Error{Reason: firmware.Damaged, Err: fmt.Errorf("read chunk %d back: %w", i, err)}
	}
	if h.Sum64() != f.sums[i] {
		return &firmware.Error{Reason: firmware.Damaged, Err: fmt.Errorf("chunk %d: %w", i, errVerify)}
	}
	return nil
}

// readAt reads a stretch of a disk into a sum; b is used for reading.
func readAt(into io.Writer, d Disk, at int64, length int, b []byte) error {
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
