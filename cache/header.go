package cache

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"time"
)

// A blob file is
//
//	magic[8]  length of the header[4]  CRC-32C of the header[4]  header (JSON)  body
//
// with big-endian numbers. The header holds length and CRC-32C of the body, so
// that a torn or rotten file is recognised whatever the index says. Of a body of
// several blocks it holds the CRC-32C of each as well, so that it can be checked
// while it is read; files from before that have none and are checked at once.
const (
	fileMagic     = "USHRBLB1"
	filePreamble  = len(fileMagic) + 8
	maxFileHeader = 16 << 10
)

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) } // made once by the library

type fileHeader struct {
	Key          string    `json:"key"`
	Class        Class     `json:"class"`
	Size         int64     `json:"size"`
	CRC          uint32    `json:"crc32c"`
	Block        int64     `json:"block,omitempty"`  // bytes
	Blocks       []byte    `json:"blocks,omitempty"` // CRC-32C of each, big-endian
	ContentType  string    `json:"contentType,omitempty"`
	ETag         string    `json:"etag,omitempty"`
	LastModified string    `json:"lastModified,omitempty"`
	Total        int64     `json:"total,omitempty"`
	Stored       time.Time `json:"stored"`
	Expires      time.Time `json:"expires,omitzero"`
}

func headerOf(k Key, class Class, m Meta, s *summer) fileHeader {
	h := fileHeader{
		Key: k.String(), Class: class, Size: m.Size, CRC: s.whole, Blocks: s.blocks(), ContentType: m.ContentType, ETag: m.ETag,
		LastModified: m.LastModified, Total: m.Total, Stored: m.Stored, Expires: m.Expires,
	}
	if h.Blocks != nil {
		h.Block = s.size
	}
	return h
}

func (h fileHeader) meta() Meta {
	return Meta{
		Size: h.Size, ContentType: h.ContentType, ETag: h.ETag, LastModified: h.LastModified,
		Total: h.Total, Stored: h.Stored, Expires: h.Expires,
	}
}

// encode is the preamble and the header.
func (h fileHeader) encode() ([]byte, error) {
	j, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("encode header: %w", err)
	}
	if len(j) > maxFileHeader {
		return nil, fmt.Errorf("header of %d bytes: %w", len(j), ErrTooLarge)
	}
	b := append(make([]byte, 0, filePreamble+len(j)), fileMagic...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(j)))
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(j, castagnoli()))
	return append(b, j...), nil
}

// readHeader reads what encode wrote and says where the body begins. Every
// error is ErrCorrupt.
func readHeader(r io.Reader) (h fileHeader, body int64, err error) {
	var pre [filePreamble]byte
	if _, err := io.ReadFull(r, pre[:]); err != nil {
		return h, 0, fmt.Errorf("read preamble (%w): %w", err, ErrCorrupt)
	}
	n := binary.BigEndian.Uint32(pre[len(fileMagic):])
	if string(pre[:len(fileMagic)]) != fileMagic || n > maxFileHeader {
		return h, 0, fmt.Errorf("no blob file: %w", ErrCorrupt)
	}
	j := make([]byte, n)
	if _, err := io.ReadFull(r, j); err != nil {
		return h, 0, fmt.Errorf("read header (%w): %w", err, ErrCorrupt)
	}
	if crc32.Checksum(j, castagnoli()) != binary.BigEndian.Uint32(pre[len(fileMagic)+4:]) {
		return h, 0, fmt.Errorf("checksum of the header: %w", ErrCorrupt)
	}
	if err := json.Unmarshal(j, &h); err != nil {
		return h, 0, fmt.Errorf("decode header (%w): %w", err, ErrCorrupt)
	}
	if h.Size < 0 || h.Class >= classEnds {
		return h, 0, fmt.Errorf("size %d, class %d: %w", h.Size, h.Class, ErrCorrupt)
	}
	if h.Blocks != nil && !h.fitting() {
		return h, 0, fmt.Errorf("%d bytes of checksums: %w", len(h.Blocks), ErrCorrupt)
	}
	return h, int64(filePreamble) + int64(n), nil
}

// fitting says that the checksums of blocks are as many as the body has blocks.
func (h fileHeader) fitting() bool {
	return h.Block == blockSize(h.Size) && int64(len(h.Blocks)) == 4*blockCount(h.Size, h.Block)
}

func parseKey(s string) (k Key, ok bool) {
	if len(s) != 2*len(k) {
		return k, false
	}
	_, err := hex.Decode(k[:], []byte(s))
	return k, err == nil
}

// large says that the object is checked while it is read. Only for film is it
// worth a reader that may have to go on elsewhere.
func (h fileHeader) large() bool { return h.Class == Media && h.Blocks != nil }
