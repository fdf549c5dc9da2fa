package fmp4

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The errors of this package.
var (
	// ErrShort says that more of the segment is needed.
	ErrShort = errors.New("more of the segment is needed")
	// ErrForm says that the boxes are not what they should be.
	ErrForm = errors.New("malformed fragmented MP4")
	// ErrUnfit says that the media cannot be spliced.
	ErrUnfit = errors.New("media cannot be spliced")
)

const maxBoxes = 4096 // in one level

// box is one box (ISO/IEC 14496-12 section 4.2) of a buffer.
type box struct {
	kind string
	at   int // where it begins in the buffer
	head int // bytes of its header: 8 or 16
	end  int // where it ends
}

// boxAt reads the header at an offset. end may lie beyond the buffer.
func boxAt(b []byte, at int) (box, error) {
	if len(b)-at < 8 {
		return box{}, ErrShort
	}
	x := box{kind: string(b[at+4 : at+8]), at: at, head: 8}
	size := uint64(binary.BigEndian.Uint32(b[at:]))
	if size == 1 {
		if len(b)-at < 16 {
			return box{}, ErrShort
		}
		size, x.head = binary.BigEndian.Uint64(b[at+8:]), 16
	}
	if size < uint64(x.head) || size > 1<<40 { // 0, "to the end of the file", is not for segments
		return box{}, fmt.Errorf("box %q of %d bytes: %w", x.kind, size, ErrForm)
	}
	x.end = at + int(size)
	return x, nil
}

// children lists the boxes between two offsets of a buffer; all of them must
// lie within.
func children(b []byte, from, to int) ([]box, error) {
	var list []box
	for at := from; at < to; {
		x, err := boxAt(b[:to], at)
		if err != nil || x.end > to || len(list) >= maxBoxes {
			return nil, fmt.Errorf("box at %d: %w", at, ErrForm)
		}
		list = append(list, x)
		at = x.end
	}
	return list, nil
}

// inside lists the children of x, of which skip bytes come before them.
func inside(b []byte, x box, skip int) ([]box, error) {
	if x.at+x.head+skip > x.end {
		return nil, fmt.Errorf("box %q: %w", x.kind, ErrForm)
	}
	return children(b, x.at+x.head+skip, x.end)
}

// find is the first child of a kind on a path of kinds.
func find(b []byte, list []box, path ...string) (box, bool) {
	for _, x := range list {
		if x.kind != path[0] {
			continue
		}
		if len(path) == 1 {
			return x, true
		}
		sub, err := inside(b, x, 0)
		if err != nil {
			return box{}, false
		}
		return find(b, sub, path[1:]...)
	}
	return box{}, false
}

// body is what follows the header.
func (x box) body(b []byte) []byte { return b[x.at+x.head : x.end] }
