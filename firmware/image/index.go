package image

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"usher/firmware"
)

// The sizes of blocks, bytes: powers of two. File systems of 4 KiB blocks change
// in those; larger ones keep the index of a large image small.
const (
	MinBlock  = 4 << 10
	MaxBlock  = 64 << 10
	MaxBlocks = 512 << 10
	MaxIndex  = indexHead + MaxBlocks*indexEntry
)

// An encoded index, numbers little-endian:
//
//	 0  4  magic "USHX"
//	 4  4  version, 1
//	 8  4  size of a block       12  4  size of a chunk
//	16  8  size of the image
//	24 10  for each block: the first 8 bytes of its SHA-256, and how long it is
//	       stored: 0 is not at all (it is all zeros), 65535 as it is
const (
	indexMagic   = "USHX"
	indexVersion = 1
	indexHead    = 24
	indexEntry   = 10
	storedRaw    = 0xffff
)

// ErrIndex says that an index contradicts itself or its release.
var ErrIndex = errors.New("not an index of blocks")

// Index says of each block of an image what it is and where it is stored.
type Index struct {
	block, chunk int
	size         int64
	table        []byte  // indexEntry bytes for each block
	at           []int64 // where the blocks of each chunk begin in the data; one more at the end
}

// DecodeIndex reads the index of a release.
func DecodeIndex(data []byte, r firmware.Release) (Index, error) {
	x, err := ReadIndex(data)
	if err == nil && (x.chunk != r.Chunk || x.size != r.Size) {
		err = fmt.Errorf("%w: of another image", ErrIndex)
	}
	return x, err
}

// ReadIndex reads an index, of whatever image. It goes on using data.
func ReadIndex(data []byte) (Index, error) {
	if len(data) < indexHead || string(data[:4]) != indexMagic {
		return Index{}, ErrIndex
	}
	le := binary.LittleEndian
	if v := le.Uint32(data[4:]); v != indexVersion {
		return Index{}, fmt.Errorf("%w: of version %d", ErrIndex, v)
	}
	x := Index{block: int(le.Uint32(data[8:])), chunk: int(le.Uint32(data[12:])), size: int64(le.Uint64(data[16:])), table: data[indexHead:]}
	if err := x.check(); err != nil {
		return Index{}, err
	}
	return x, x.place()
}

func (x Index) check() error {
	switch {
	case x.block < MinBlock || x.block > MaxBlock || x.block&(x.block-1) != 0:
		return fmt.Errorf("%w: blocks of %d bytes", ErrIndex, x.block)
	case x.chunk < x.block || x.chunk > firmware.MaxChunk || x.chunk&(x.chunk-1) != 0:
		return fmt.Errorf("%w: chunks of %d bytes", ErrIndex, x.chunk)
	case x.size <= 0 || x.size > int64(MaxBlocks)*int64(x.block) || int64(len(x.table)) != indexEntry*((x.size+int64(x.block)-1)/int64(x.block)):
		return fmt.Errorf("%w: %d bytes for an image of %d", ErrIndex, len(x.table), x.size)
	}
	return nil
}

// place finds out where each chunk is stored.
func (x *Index) place() error {
	at := int64(0)
	x.at = x.at[:0]
	for i := range x.Blocks() {
		if i%x.perChunk() == 0 {
			x.at = append(x.at, at)
		}
		if n := x.entryLength(i); n != storedRaw && n >= x.length(i) {
			return fmt.Errorf("%w: block %d grew to %d bytes", ErrIndex, i, n)
		}
		at += int64(x.Stored(i))
	}
	x.at = append(x.at, at)
	return nil
}

// Encode writes an index.
func (x Index) Encode() []byte {
	b := make([]byte, indexHead, indexHead+len(x.table))
	copy(b, indexMagic)
	le := binary.LittleEndian
	le.PutUint32(b[4:], indexVersion)
	le.PutUint32(b[8:], uint32(x.block))
	le.PutUint32(b[12:], uint32(x.chunk))
	le.PutUint64(b[16:], uint64(x.size))
	return append(b, x.table...)
}

// Blocks is how many there are.
func (x Index) Blocks() int { return len(x.table) / indexEntry }

// Block is the size of a block, bytes; the last one may be shorter.
func (x Index) Block() int { return x.block }

// DataLength is the length of the data file, bytes.
func (x Index) DataLength() int64 { return x.at[len(x.at)-1] }

// Stored is how long block i is in the data file, bytes.
func (x Index) Stored(i int) int {
	if n := x.entryLength(i); n != storedRaw {
		return n
	}
	return x.length(i)
}

func (x Index) perChunk() int { return x.chunk / x.block }

func (x Index) length(i int) int {
	return int(min(int64(x.block), x.size-int64(i)*int64(x.block)))
}

func (x Index) entryLength(i int) int {
	return int(binary.LittleEndian.Uint16(x.table[i*indexEntry+8:]))
}

// sameChunk says whether another image has the same chunk at the same place.
func (x Index) sameChunk(other Index, i int) bool {
	first := i * x.perChunk()
	last := min(first+x.perChunk(), x.Blocks())
	if x.block != other.block || last > other.Blocks() || x.length(last-1) != other.length(last-1) {
		return false
	}
	for b := first; b < last; b++ {
		if x.sum(b) != other.sum(b) {
			return false
		}
	}
	return true
}

// zeros says whether chunk i is all zeros.
func (x Index) zeros(i int) bool { return x.at[i] == x.at[i+1] }

func (x Index) sum(i int) short { return short(x.table[i*indexEntry:]) }

// short is the beginning of a SHA-256: enough to find a block by.
type short [8]byte

func shorten(b []byte) short {
	sum := sha256.Sum256(b)
	return short(sum[:])
}

func (s short) compare(other short) int { return bytes.Compare(s[:], other[:]) }
