package cache

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"sync/atomic"
)

// A large file is checked block by block, each before its first byte is given
// out: checking all of it first would keep the player waiting for as long as
// the flash takes to read it.
const (
	leastBlock = 64 << 10 // bytes
	maxBlocks  = 2048     // so that their checksums fit the header
)

// blockSize is how large the blocks of a body of n bytes are.
func blockSize(n int64) int64 {
	size := int64(leastBlock)
	for size*maxBlocks < n {
		size *= 2
	}
	return size
}

// blockCount is how many blocks a body of n bytes has.
func blockCount(n, size int64) int64 { return (n + size - 1) / size }

// summer takes a body and makes its CRC-32C, and those of its blocks.
type summer struct {
	size  int64 // of a block
	whole uint32
	block uint32 // of the one that is not full yet
	n     int64
	sums  []byte // big-endian, of the full ones
}

// Write implements io.Writer; it never fails.
func (s *summer) Write(p []byte) (int, error) {
	s.whole = crc32.Update(s.whole, castagnoli(), p)
	for rest := p; len(rest) > 0; {
		part := rest[:min(int64(len(rest)), s.size-s.n%s.size)]
		s.block = crc32.Update(s.block, castagnoli(), part)
		s.n += int64(len(part))
		if s.n%s.size == 0 {
			s.close()
		}
		rest = rest[len(part):]
	}
	return len(p), nil
}

func (s *summer) close() { s.sums, s.block = binary.BigEndian.AppendUint32(s.sums, s.block), 0 }

// blocks are the checksums of all blocks; none when one is all there is.
func (s *summer) blocks() []byte {
	if s.n <= s.size {
		return nil
	}
	if s.n%s.size != 0 {
		s.close()
	}
	return s.sums
}

// checks is how far the blocks of a file were found sound by this process. All
// readers of the file share it.
type checks struct {
	size int64  // of a block
	sums []byte // as summer wrote them
	good []atomic.Bool
	left atomic.Int64
}

func newChecks(size int64, sums []byte) *checks {
	c := &checks{size: size, sums: sums, good: make([]atomic.Bool, len(sums)/4)}
	c.left.Store(int64(len(c.good)))
	return c
}

// all says that nothing is left to check.
func (c *checks) all() bool { return c.left.Load() == 0 }

// run is up to where the bytes from offset on are known to be sound; offset
// itself when its block is not.
func (c *checks) run(offset int64) int64 {
	i := offset / c.size
	for i < int64(len(c.good)) && c.good[i].Load() {
		i++
	}
	return max(i*c.size, offset)
}

// pass compares the block that holds offset with its checksum.
func (c *checks) pass(offset int64, block []byte) error {
	i := offset / c.size
	if crc32.Checksum(block, castagnoli()) != binary.BigEndian.Uint32(c.sums[4*i:]) {
		return fmt.Errorf("checksum of block %d: %w", i, ErrCorrupt)
	}
	if !c.good[i].Swap(true) {
		c.left.Add(-1)
	}
	return nil
}

// copyChecked is sendFile for a file whose blocks are still to be checked.
// What is known to be sound goes without a copy.
func (b *Blob) copyChecked(w io.Writer, offset, n int64) (written int64, err error) {
	var buf []byte
	for end := min(offset+n, b.n); offset+written < end && err == nil; {
		at, m := offset+written, int64(0)
		if sound := min(b.checks.run(at), end); sound > at {
			m, err = b.sendFile(w, at, sound-at)
		} else {
			if buf == nil {
				buf = make([]byte, min(b.checks.size, b.n))
			}
			m, err = b.copyBlock(w, at, end, buf)
		}
		written += m
	}
	if err == nil {
		err = eofError(n, written)
	}
	return written, err
}

// copyBlock reads and checks the block that holds at, and writes what of it
// lies before end. Every error of the file is ErrCorrupt.
func (b *Blob) copyBlock(w io.Writer, at, end int64, buf []byte) (int64, error) {
	from := at - at%b.checks.size
	buf = buf[:min(b.checks.size, b.n-from)]
	_, err := b.file.Seek(b.offset+from, io.SeekStart)
	if err == nil {
		_, err = io.ReadFull(b.file, buf)
	}
	if err != nil {
		return 0, fmt.Errorf("byte %d (%w): %w", from, err, ErrCorrupt)
	}
	if err := b.checks.pass(at, buf); err != nil {
		return 0, err
	}
	m, err := w.Write(buf[at-from : min(end-from, int64(len(buf)))])
	return int64(m), err
}
