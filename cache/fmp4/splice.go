package fmp4

import (
	"encoding/binary"
	"fmt"
)

// Splice changes the head of a segment of rendition from so that it can follow
// segments of rendition to under the initialization section of to. out takes
// the place of the first used bytes of the segment; the rest stays. head is
// the beginning of the segment: as long as it does not reach the first sample
// the error is ErrShort. Other errors are ErrForm and ErrUnfit.
func Splice(head []byte, from, to Init) (out []byte, used int, err error) {
	if !to.Fits(from) {
		return nil, 0, ErrUnfit
	}
	s := splicer{b: append([]byte(nil), head...), from: from, to: to, grow: len(from.parameters)}
	moof, err := s.top()
	if err != nil {
		return nil, 0, err
	}
	if err := s.fragment(moof); err != nil {
		return nil, 0, err
	}
	if s.first < 0 {
		return nil, 0, fmt.Errorf("no sample of the picture: %w", ErrUnfit)
	}
	if len(s.b) < s.first {
		return nil, 0, ErrShort
	}
	if err := s.growData(moof.end); err != nil {
		return nil, 0, err
	}
	return append(s.b[:s.first:s.first], from.parameters...), s.first, nil
}

// splicer works on a copy of the head.
type splicer struct {
	b        []byte
	from, to Init
	grow     int // bytes that are inserted
	first    int // where: before the first sample of the picture
	runs     []int
}

// top finds the first moof. A segment index before it would no longer be
// true; nobody needs it in HLS, so it becomes free space.
func (s *splicer) top() (box, error) {
	for at := 0; ; {
		x, err := boxAt(s.b, at)
		if err != nil {
			return box{}, err
		}
		switch x.kind {
		case "moof":
			if x.end > len(s.b) {
				return box{}, ErrShort
			}
			return x, nil
		case "mdat", "moov":
			return box{}, fmt.Errorf("%s before moof: %w", x.kind, ErrUnfit)
		case "sidx":
			copy(s.b[at+4:], "free")
		}
		at = x.end
		if at > len(s.b) {
			return box{}, ErrShort
		}
	}
}

// fragment corrects the track fragments.
func (s *splicer) fragment(moof box) error {
	list, err := inside(s.b, moof, 0)
	if err != nil {
		return err
	}
	s.first = -1
	for _, x := range list {
		if x.kind != "traf" {
			continue
		}
		if err := s.track(moof, x); err != nil {
			return err
		}
	}
	for _, at := range s.runs { // what lies behind the first sample moved
		if v := int(int32(binary.BigEndian.Uint32(s.b[at:]))); s.first >= 0 && moof.at+v > s.first {
			binary.BigEndian.PutUint32(s.b[at:], uint32(v+s.grow))
		}
	}
	return nil
}

// track corrects one track fragment.
func (s *splicer) track(moof, traf box) error {
	list, err := inside(s.b, traf, 0)
	if err != nil {
		return err
	}
	tfhd, ok := find(s.b, list, "tfhd")
	if !ok || len(tfhd.body(s.b)) < 8 {
		return fmt.Errorf("tfhd: %w", ErrForm)
	}
	body := tfhd.body(s.b)
	if flags(body)&1 != 0 {
		return fmt.Errorf("absolute data offset: %w", ErrUnfit)
	}
	picture := binary.BigEndian.Uint32(body[4:]) == s.from.Track
	for _, x := range list {
		switch {
		case x.kind == "senc" || x.kind == "saiz" || x.kind == "saio":
			return fmt.Errorf("encrypted: %w", ErrUnfit)
		case x.kind == "tfdt" && picture:
			err = s.shift(x)
		case x.kind == "trun":
			err = s.run(moof, x, picture)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func flags(body []byte) uint32 { return binary.BigEndian.Uint32(body) & 0xffffff }

// shift moves the decode time by the difference of the edit lists: the
// player applies that of rendition to.
func (s *splicer) shift(tfdt box) error {
	by := s.to.Start - s.from.Start
	body := tfdt.body(s.b)
	switch {
	case len(body) >= 12 && body[0] == 1:
		v := int64(binary.BigEndian.Uint64(body[4:])) + by
		binary.BigEndian.PutUint64(body[4:], uint64(max(v, 0)))
	case len(body) >= 8 && body[0] == 0:
		v := int64(binary.BigEndian.Uint32(body[4:])) + by
		binary.BigEndian.PutUint32(body[4:], uint32(max(v, 0)))
	default:
		return fmt.Errorf("tfdt: %w", ErrForm)
	}
	return nil
}

// The flags of trun (ISO/IEC 14496-12 section 8.8.8).
const (
	runOffset   = 0x000001
	runFirst    = 0x000004
	runDuration = 0x000100
	runSize     = 0x000200
)

// run notes where a run's data are, and makes the first sample of the picture
// longer.
func (s *splicer) run(moof, trun box, picture bool) error {
	body := trun.body(s.b)
	if len(body) < 12 {
		return fmt.Errorf("trun: %w", ErrForm)
	}
	f := flags(body)
	if f&runOffset == 0 {
		return fmt.Errorf("run without data offset: %w", ErrUnfit)
	}
	s.runs = append(s.runs, trun.at+trun.head+8)
	if !picture || s.first >= 0 || binary.BigEndian.Uint32(body[4:]) == 0 {
		return nil
	}
	at := 12
	if f&runFirst != 0 {
		at += 4
	}
	if f&runDuration != 0 {
		at += 4
	}
	if f&runSize == 0 && s.grow > 0 || len(body) < at+4 {
		return fmt.Errorf("run without sample sizes: %w", ErrUnfit)
	}
	offset := int(int32(binary.BigEndian.Uint32(body[8:])))
	if s.first = moof.at + offset; s.first < moof.end+8 {
		return fmt.Errorf("data offset %d: %w", offset, ErrForm)
	}
	if s.grow > 0 {
		binary.BigEndian.PutUint32(body[at:], binary.BigEndian.Uint32(body[at:])+uint32(s.grow))
	}
	return nil
}

// growData corrects the size of the media data that the first sample is in.
func (s *splicer) growData(at int) error {
	for at < s.first {
		x, err := boxAt(s.b[:s.first], at)
		if err != nil {
			return fmt.Errorf("media data: %w", ErrForm)
		}
		if x.kind != "mdat" || x.end <= s.first {
			at = x.end
			continue
		}
		if x.head == 16 {
			binary.BigEndian.PutUint64(s.b[at+8:], uint64(x.end-x.at+s.grow))
		} else {
			binary.BigEndian.PutUint32(s.b[at:], uint32(x.end-x.at+s.grow))
		}
		return nil
	}
	return fmt.Errorf("first sample is in no media data: %w", ErrForm)
}
