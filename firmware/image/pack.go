package image

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/klauspost/compress/zstd"

	"usher/firmware"
)

// Packed is what Pack found out about an image.
type Packed struct {
	Size   int64 // bytes
	Chunks []firmware.Sum
	Index  Index
	Frames []int // as Frames.Lengths; nil: there are none
}

// BlockFor is the smallest block that an image of a size can have, bytes; zero
// when it is too large.
func BlockFor(size int64) int {
	for b := int64(MinBlock); b <= MaxBlock; b *= 2 {
		if size <= b*MaxBlocks {
			return int(b)
		}
	}
	return 0
}

// Pack reads an image to its end and writes the files of its blocks and of its
// frames, which may be nil: then there are none. chunk and block are sizes in
// bytes. The same image gives the same bytes,
// from the same version of Go and of the module that makes the frames.
func Pack(img io.Reader, chunk, block int, data, frames io.Writer) (Packed, error) {
	p := packer{out: data, frames: frames, buf: make([]byte, chunk)}
	if frames != nil {
		var err error
		if p.whole, err = newFramer(chunk); err != nil {
			return Packed{}, err
		}
	}
	p.x.block, p.x.chunk = block, chunk
	for {
		n, err := io.ReadFull(img, p.buf)
		if n > 0 {
			if err := p.pack(p.buf[:n]); err != nil {
				return Packed{}, err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return Packed{}, fmt.Errorf("read the image: %w", err)
		}
	}
	p.Size, p.Index = p.x.size, p.x
	if err := p.Index.check(); err != nil {
		return Packed{}, err
	}
	return p.Packed, p.Index.place()
}

type packer struct {
	Packed
	x      Index
	out    io.Writer
	frames io.Writer
	whole  *zstd.Encoder
	buf    []byte
	frame  []byte
	held   bytes.Buffer
}

// newFramer makes frames as small as they get: they are made once, and fetched by
// many. A chunk is all of a frame's window.
func newFramer(chunk int) (*zstd.Encoder, error) {
	window := 1 << bits.Len(uint(max(chunk, zstd.MinWindowSize)-1))
	return zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(window), zstd.WithSingleSegment(true), zstd.WithEncoderCRC(false))
}

// pack stores one chunk.
func (p *packer) pack(c []byte) error {
	p.Chunks = append(p.Chunks, sha256.Sum256(c))
	p.x.size += int64(len(c))
	w, err := flate.NewWriter(&p.held, flate.DefaultCompression)
	if err != nil {
		return err
	}
	blocks := 0
	for rest := c; len(rest) > 0; {
		b := rest[:min(len(rest), p.x.block)]
		rest = rest[len(b):]
		n, err := p.block(w, b)
		if err != nil {
			return err
		}
		blocks += n
	}
	if p.frames == nil {
		return nil
	}
	return p.asFrame(c, blocks)
}

// asFrame stores a chunk as a whole, where that is smaller than its blocks.
func (p *packer) asFrame(c []byte, blocks int) error {
	p.frame = p.frame[:0]
	if blocks > 0 {
		p.frame = p.whole.EncodeAll(c, p.frame)
	}
	if len(p.frame) >= blocks {
		p.frame = p.frame[:0]
	}
	p.Frames = append(p.Frames, len(p.frame))
	if _, err := p.frames.Write(p.frame); err != nil {
		return fmt.Errorf("write the frames: %w", err)
	}
	return nil
}

// syncMark ends what flate.Writer.Flush writes (RFC 1951, an empty stored
// block); it is not stored, as in RFC 7692.
func syncMark() []byte { return []byte{0, 0, 0xff, 0xff} }

// block stores one block, and says how long it is then. The compressor sees all
// of them, so that its window is the chunk.
func (p *packer) block(w *flate.Writer, b []byte) (int, error) {
	p.held.Reset()
	if _, err := w.Write(b); err != nil {
		return 0, err
	}
	if err := w.Flush(); err != nil {
		return 0, err
	}
	stored, length := bytes.TrimSuffix(p.held.Bytes(), syncMark()), 0
	switch {
	case isZero(b):
		stored = nil
	case len(stored) >= len(b) || len(stored) >= storedRaw:
		stored, length = b, storedRaw
	default:
		length = len(stored)
	}
	sum := shorten(b)
	p.x.table = binary.LittleEndian.AppendUint16(append(p.x.table, sum[:]...), uint16(length))
	if _, err := p.out.Write(stored); err != nil {
		return 0, fmt.Errorf("write the data: %w", err)
	}
	return len(stored), nil
}

func isZero(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		if binary.LittleEndian.Uint64(b) != 0 {
			return false
		}
	}
	for _, v := range b {
		if v != 0 {
			return false
		}
	}
	return true
}
