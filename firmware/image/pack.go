package image

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"usher/firmware"
)

// Packed is what Pack found out about an image.
type Packed struct {
	Size   int64 // bytes
	Chunks []firmware.Sum
	Index  Index
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

// Pack reads an image to its end and writes its data file. chunk and block are
// sizes in bytes. The same image gives the same bytes, from the same version of Go.
func Pack(img io.Reader, chunk, block int, data io.Writer) (Packed, error) {
	p := packer{out: data, buf: make([]byte, chunk)}
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
	x    Index
	out  io.Writer
	buf  []byte
	held bytes.Buffer
}

// pack stores one chunk.
func (p *packer) pack(c []byte) error {
	p.Chunks = append(p.Chunks, sha256.Sum256(c))
	p.x.size += int64(len(c))
	w, err := flate.NewWriter(&p.held, flate.DefaultCompression)
	if err != nil {
		return err
	}
	for len(c) > 0 {
		b := c[:min(len(c), p.x.block)]
		c = c[len(b):]
		if err := p.block(w, b); err != nil {
			return err
		}
	}
	return nil
}

// syncMark ends what flate.Writer.Flush writes (RFC 1951, an empty stored
// block); it is not stored, as in RFC 7692.
func syncMark() []byte { return []byte{0, 0, 0xff, 0xff} }

// block stores one block. The compressor sees all of them, so that its window is
// the chunk.
func (p *packer) block(w *flate.Writer, b []byte) error {
	p.held.Reset()
	if _, err := w.Write(b); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
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
		return fmt.Errorf("write the data: %w", err)
	}
	return nil
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
