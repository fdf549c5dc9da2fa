package hls

import (
	"bytes"
	"strconv"
	"time"
)

// Trim is a media playlist that begins with the segment that contains start,
// and the time at which that segment begins. It is for players that cannot
// seek. Media sequence numbers stay, so that keys whose IV is the sequence
// number still decrypt; the map and the keys in force are repeated; an
// implicit byte range gets its offset; EXT-X-START goes.
//
// A playlist that still grows comes back as it is, with 0.
func (p *Playlist) Trim(start time.Duration) (*Playlist, time.Duration, error) {
	if p.Kind != Media {
		return nil, 0, ErrKind
	}
	i := p.SegmentAt(start)
	if i <= 0 || p.Live() {
		return p, 0, nil
	}
	seg := p.Segments[i]
	out := p.trimmedHead(i)
	out = p.appendInForce(out, seg)
	out = p.appendFirst(out, seg)
	out = append(out, p.data[seg.hi:]...)
	q, err := Parse(out, p.base, p.limits)
	return q, seg.Start, err
}

// SegmentAt is the index of the segment that contains t: the first before the
// beginning, the last after the end, -1 when there are no segments.
func (p *Playlist) SegmentAt(t time.Duration) int {
	lo, hi := 0, len(p.Segments)
	for lo < hi {
		mid := (lo + hi) / 2
		if s := p.Segments[mid]; s.Start+s.Duration > t {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return min(lo, len(p.Segments)-1)
}

// SegmentNear is the index of the segment that begins nearest to t; -1 when
// there are none.
func (p *Playlist) SegmentNear(t time.Duration) int {
	i := p.SegmentAt(t)
	if i >= 0 && i+1 < len(p.Segments) && p.Segments[i+1].Start-t < t-p.Segments[i].Start {
		return i + 1
	}
	return i
}

// trimmedHead is what stands before the first segment and belongs to the
// whole playlist, with the numbers of segment i.
func (p *Playlist) trimmedHead(i int) []byte {
	seg := p.Segments[i]
	out := make([]byte, 0, len(p.data))
	first := true
	for line := range bytes.Lines(p.data[:p.Segments[0].hi]) {
		if !headLine(line) {
			continue
		}
		out = append(out, line...)
		if first {
			first = false
			eol := lineEnd(line)
			out = appendNumber(out, "#EXT-X-MEDIA-SEQUENCE:", seg.MSN, eol)
			out = appendNumber(out, "#EXT-X-DISCONTINUITY-SEQUENCE:", p.headDiscontinuity(seg), eol)
		}
	}
	return out
}

// headDiscontinuity is the number for the head of a playlist that begins with
// seg: a tag before seg itself counts on top of it (RFC 8216 section 6.2.2).
func (p *Playlist) headDiscontinuity(seg Segment) uint64 {
	n := seg.Discontinuity
	for line := range bytes.Lines(p.data[seg.lo:seg.hi]) {
		if n > 0 && string(bytes.TrimSpace(line)) == "#EXT-X-DISCONTINUITY" {
			n--
		}
	}
	return n
}

// headLine says whether a line before the first URI belongs to the playlist
// and not to the segment, and stays true when it is trimmed.
func headLine(line []byte) bool {
	name, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte{':'})
	if !bytes.HasPrefix(name, []byte("#")) {
		return false
	}
	switch string(name) {
	case "#EXTINF", "#EXT-X-BYTERANGE", "#EXT-X-DISCONTINUITY", "#EXT-X-KEY", "#EXT-X-MAP",
		"#EXT-X-PROGRAM-DATE-TIME", "#EXT-X-GAP", "#EXT-X-BITRATE", "#EXT-X-PART", "#EXT-X-DATERANGE",
		"#EXT-X-START", "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-DISCONTINUITY-SEQUENCE":
		return false
	}
	return true
}

func lineEnd(line []byte) string {
	if bytes.HasSuffix(line, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

func appendNumber(out []byte, tag string, n uint64, eol string) []byte {
	return append(strconv.AppendUint(append(out, tag...), n, 10), eol...)
}

// appendInForce repeats the map and keys that earlier lines set for seg.
func (p *Playlist) appendInForce(out []byte, seg Segment) []byte {
	mapSet := -1
	if seg.Map >= 0 {
		m := p.Maps[seg.Map]
		if m.line.lo < seg.lo {
			out = p.appendKeys(out, m.KeySet, seg.lo)
			out = append(out, p.data[m.line.lo:m.line.hi]...)
			mapSet = m.KeySet
		}
	}
	if p.keysBefore(seg) == mapSet {
		return out
	}
	if mapSet >= 0 {
		out = append(out, "#EXT-X-KEY:METHOD=NONE\n"...)
	}
	return p.appendKeys(out, p.keysBefore(seg), seg.lo)
}

// keysBefore is the key set in force where the lines of seg begin.
func (p *Playlist) keysBefore(seg Segment) int {
	if i := int(seg.MSN - p.MediaSequence); i > 0 && i <= len(p.Segments)-1 {
		return p.Segments[i-1].KeySet
	}
	return -1
}

func (p *Playlist) appendKeys(out []byte, set int, before uint32) []byte {
	if set < 0 {
		return out
	}
	for _, i := range p.KeySets[set] {
		if l := p.Keys[i].line; l.lo < before {
			out = append(out, p.data[l.lo:l.hi]...)
		}
	}
	return out
}

// appendFirst copies the lines of seg; a byte range gets its offset.
func (p *Playlist) appendFirst(out []byte, seg Segment) []byte {
	for line := range bytes.Lines(p.data[seg.lo:seg.hi]) {
		text := bytes.TrimSpace(line)
		if !bytes.HasPrefix(text, []byte("#EXT-X-BYTERANGE:")) || bytes.IndexByte(text, '@') >= 0 {
			out = append(out, line...)
			continue
		}
		out = append(append(out, text...), '@')
		out = append(strconv.AppendInt(out, seg.Range.Offset, 10), lineEnd(line)...)
	}
	return out
}
