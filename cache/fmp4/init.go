package fmp4

import (
	"encoding/binary"
	"fmt"
)

// Init is what an initialization section says that matters for splicing.
type Init struct {
	Tracks    int    // how many there are
	Track     uint32 // track_ID of the picture
	Timescale uint32 // of the picture's track, ticks per second
	Codec     string // sample entry, such as "avc1" or "hvc1"
	Start     int64  // media_time of the edit list: presentation time 0, in ticks

	nalSize    int    // bytes of a NAL unit's length
	parameters []byte // parameter sets as NAL units with their lengths
}

// ParseInit reads an initialization section. The error is ErrForm or ErrUnfit
// (no picture, or encrypted).
func ParseInit(b []byte) (Init, error) {
	top, err := children(b, 0, len(b))
	if err != nil {
		return Init{}, err
	}
	moov, ok := find(b, top, "moov")
	if !ok {
		return Init{}, fmt.Errorf("no moov: %w", ErrForm)
	}
	list, err := inside(b, moov, 0)
	if err != nil {
		return Init{}, err
	}
	var out Init
	for _, x := range list {
		if x.kind != "trak" {
			continue
		}
		out.Tracks++
		if err := out.track(b, x); err != nil {
			return Init{}, err
		}
	}
	if out.Codec == "" {
		return Init{}, fmt.Errorf("no picture: %w", ErrUnfit)
	}
	return out, nil
}

// track takes in a track when it is the first picture.
func (i *Init) track(b []byte, trak box) error {
	list, err := inside(b, trak, 0)
	if err != nil {
		return err
	}
	hdlr, ok := find(b, list, "mdia", "hdlr")
	if !ok || len(hdlr.body(b)) < 12 {
		return fmt.Errorf("no hdlr: %w", ErrForm)
	}
	if string(hdlr.body(b)[8:12]) != "vide" || i.Codec != "" {
		return nil
	}
	tkhd, ok1 := find(b, list, "tkhd")
	mdhd, ok2 := find(b, list, "mdia", "mdhd")
	stsd, ok3 := find(b, list, "mdia", "minf", "stbl", "stsd")
	if !ok1 || !ok2 || !ok3 {
		return fmt.Errorf("track is not whole: %w", ErrForm)
	}
	var okT, okM bool
	i.Track, okT = afterTimes(tkhd.body(b))
	i.Timescale, okM = afterTimes(mdhd.body(b))
	if !okT || !okM || i.Timescale == 0 {
		return fmt.Errorf("track header: %w", ErrForm)
	}
	if elst, ok := find(b, list, "edts", "elst"); ok {
		i.Start = mediaTime(elst.body(b))
	}
	return i.sample(b, stsd)
}

// afterTimes is the field behind creation and modification time: the track's
// id in tkhd, the timescale in mdhd.
func afterTimes(body []byte) (uint32, bool) {
	at := 12
	if len(body) > 0 && body[0] == 1 {
		at = 20
	}
	if len(body) < at+4 {
		return 0, false
	}
	return binary.BigEndian.Uint32(body[at:]), true
}

// mediaTime is that of the first edit which is not empty; 0 when there is none.
func mediaTime(body []byte) int64 {
	if len(body) < 8 {
		return 0
	}
	step := 12
	if body[0] == 1 {
		step = 20
	}
	for at := 8; at+step <= len(body); at += step {
		t := int64(int32(binary.BigEndian.Uint32(body[at+4:])))
		if step == 20 {
			t = int64(binary.BigEndian.Uint64(body[at+8:]))
		}
		if t >= 0 {
			return t
		}
	}
	return 0
}

// visualEntry is how many bytes a VisualSampleEntry has before its boxes.
const visualEntry = 78

// sample reads the first sample entry.
func (i *Init) sample(b []byte, stsd box) error {
	entries, err := inside(b, stsd, 8)
	if err != nil || len(entries) == 0 {
		return fmt.Errorf("stsd: %w", ErrForm)
	}
	e := entries[0]
	switch e.kind {
	case "avc1", "avc3", "hvc1", "hev1", "av01", "vp09":
	default:
		return fmt.Errorf("sample entry %q: %w", e.kind, ErrUnfit)
	}
	list, err := inside(b, e, visualEntry)
	if err != nil {
		return err
	}
	i.Codec = e.kind
	if c, ok := find(b, list, "avcC"); ok {
		return i.avc(c.body(b))
	}
	if c, ok := find(b, list, "hvcC"); ok {
		return i.hevc(c.body(b))
	}
	if e.kind == "av01" || e.kind == "vp09" { // they repeat theirs in each key frame
		return nil
	}
	return fmt.Errorf("no decoder configuration: %w", ErrForm)
}

// avc reads an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 section 5.3.3).
func (i *Init) avc(c []byte) error {
	if len(c) < 7 {
		return fmt.Errorf("avcC: %w", ErrForm)
	}
	i.nalSize = int(c[4]&3) + 1
	rest := c[5:]
	for _, mask := range []byte{0x1f, 0xff} { // sequence, then picture parameter sets
		if len(rest) < 1 {
			return fmt.Errorf("avcC: %w", ErrForm)
		}
		n := int(rest[0] & mask)
		var ok bool
		if rest, ok = i.units(rest[1:], n); !ok {
			return fmt.Errorf("avcC: %w", ErrForm)
		}
	}
	return nil
}

// hevc reads an HEVCDecoderConfigurationRecord (section 8.3.3).
func (i *Init) hevc(c []byte) error {
	if len(c) < 23 {
		return fmt.Errorf("hvcC: %w", ErrForm)
	}
	i.nalSize = int(c[21]&3) + 1
	rest, ok := c[23:], true
	for range c[22] {
		if len(rest) < 3 {
			return fmt.Errorf("hvcC: %w", ErrForm)
		}
		n := int(binary.BigEndian.Uint16(rest[1:]))
		if rest, ok = i.units(rest[3:], n); !ok {
			return fmt.Errorf("hvcC: %w", ErrForm)
		}
	}
	return nil
}

// units takes n NAL units, each behind a length of two bytes, into parameters.
func (i *Init) units(b []byte, n int) (rest []byte, ok bool) {
	for range n {
		if len(b) < 2 {
			return nil, false
		}
		size := int(binary.BigEndian.Uint16(b))
		if len(b) < 2+size || i.nalSize < 2 && size > 0xff || i.nalSize == 3 {
			return nil, false
		}
		var length [4]byte
		binary.BigEndian.PutUint32(length[:], uint32(size))
		i.parameters = append(append(i.parameters, length[4-i.nalSize:]...), b[2:2+size]...)
		b = b[2+size:]
	}
	return b, true
}

// Fits says whether segments of j can be shown under i once they are spliced:
// the same kinds of track, clock and coding.
func (i Init) Fits(j Init) bool {
	return i.Tracks == j.Tracks && i.Track == j.Track && i.Timescale == j.Timescale &&
		i.nalSize == j.nalSize && family(i.Codec) == family(j.Codec)
}

// Plain says whether splicing a segment of j would change nothing. One of i itself
// is not plain when it has parameter sets: the decoder may have those of another
// rendition from the segment before.
func (i Init) Plain(j Init) bool {
	return i.Fits(j) && i.Start == j.Start && len(j.parameters) == 0
}

// family puts together the sample entries that one decoder reads.
func family(codec string) string {
	switch codec {
	case "avc1", "avc3":
		return "avc"
	case "hvc1", "hev1":
		return "hevc"
	}
	return codec
}
