package hls

import (
	"bytes"
	"fmt"
	"net/url"
	"time"
)

// Parse reads a playlist in one pass. base is the URL it came from after
// redirects; it may be nil when no URL will be resolved. data is kept and must
// not change afterwards. The error is ErrNotPlaylist or wraps ErrLimit; every
// oddity inside a playlist is passed over, as players do.
func Parse(data []byte, base *url.URL, limits Limits) (*Playlist, error) {
	limits = limits.withDefaults()
	if len(data) > limits.Bytes {
		return nil, fmt.Errorf("%d bytes, at most %d: %w", len(data), limits.Bytes, ErrLimit)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !isPlaylist(data) {
		return nil, ErrNotPlaylist
	}
	lines := bytes.Count(data, []byte{'\n'}) + 1
	if lines > limits.Lines {
		return nil, fmt.Errorf("%d lines, at most %d: %w", lines, limits.Lines, ErrLimit)
	}
	p := &Playlist{data: data, base: base, prefix: prefixOf(base), limits: limits}
	guess := min(lines/2+1, 1<<14)
	p.refs = make([]ref, 0, guess)
	s := scanner{p: p, data: data, guess: guess, segMap: -1, segKeys: -1}
	if err := s.run(); err != nil {
		return nil, err
	}
	return p, nil
}

// isPlaylist wants #EXTM3U and then the end of the line; IPTV lists put
// attributes after a space.
func isPlaylist(data []byte) bool {
	rest, ok := bytes.CutPrefix(data, []byte("#EXTM3U"))
	return ok && (len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0)
}

func (l Limits) withDefaults() Limits {
	if l.Bytes <= 0 {
		l.Bytes = DefaultMaxBytes
	}
	if l.Lines <= 0 {
		l.Lines = DefaultMaxLines
	}
	if l.LineBytes <= 0 {
		l.LineBytes = DefaultMaxLineBytes
	}
	return l
}

// scanner walks over the lines and holds what applies to the next segment.
type scanner struct {
	p     *Playlist
	data  []byte
	guess int

	block    uint32 // where the lines of the next segment begin
	msn      uint64
	disc     uint64
	start    time.Duration
	duration time.Duration
	hasInf   bool
	rng      Range
	hasRange bool
	implicit bool // rng has no offset of its own
	gap      bool
	pdt      span
	segMap   int
	segKeys  int

	prevEnd  int64 // where the previous byte range ended
	prevURI  span  // of the resource it was in
	partEnd  int64
	partURI  span
	variant  bool // the next URI line belongs to Variants[last]
	sawMedia bool

	variantMark int // in Playlist.lines, of the newest EXT-X-STREAM-INF

	grown int   // bytes that variables were replaced by
	err   error // ErrLimit
}

// fail ends the reading after the present line.
func (s *scanner) fail(format string, args ...any) {
	s.err = fmt.Errorf(format+": %w", append(args, ErrLimit)...)
}

func (s *scanner) run() error {
	for pos := 0; pos < len(s.data); {
		end := len(s.data)
		next := end
		if i := bytes.IndexByte(s.data[pos:], '\n'); i >= 0 {
			end = pos + i
			next = end + 1
		}
		if end-pos > s.p.limits.LineBytes {
			return fmt.Errorf("line of %d bytes, at most %d: %w", end-pos, s.p.limits.LineBytes, ErrLimit)
		}
		for end > pos && isBlank(s.data[end-1]) {
			end--
		}
		lo := pos
		for lo < end && isBlank(s.data[lo]) {
			lo++
		}
		if lo < end {
			s.line(span{uint32(lo), uint32(end)}, span{uint32(pos), uint32(next)})
		}
		if s.err != nil {
			return s.err
		}
		pos = next
	}
	if !s.sawMedia && (len(s.p.Variants) > 0 || len(s.p.Renditions) > 0) {
		s.p.Kind = Multivariant
	}
	s.finish()
	return nil
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' }

// finish drops variants whose URI line never came.
func (s *scanner) finish() {
	p := s.p
	if n := len(p.Variants); n > 0 && p.Variants[n-1].ref < 0 {
		p.Variants = p.Variants[:n-1]
		p.lines[s.variantMark].kind = lineExtra
	}
	p.Duration = s.start
	if len(p.Segments) == 0 {
		p.MediaSequence = s.msn
	}
}

// line takes the text of a line without blanks around it, and the whole line
// with its end.
func (s *scanner) line(text, whole span) {
	b := s.data[text.lo:text.hi]
	if b[0] != '#' {
		s.uri(text, whole)
		return
	}
	if len(b) < 4 || b[1] != 'E' || b[2] != 'X' || b[3] != 'T' {
		return
	}
	if bytes.HasPrefix(b, []byte("#EXTINF:")) {
		s.duration, s.hasInf, s.sawMedia = parseDuration(b[8:]), true, true
		return
	}
	name, value := b, text.hi
	if i := bytes.IndexByte(b, ':'); i >= 0 {
		name, value = b[:i], text.lo+uint32(i)+1
	}
	s.tag(name, span{value, text.hi}, whole)
}

// tag handles the tags of media playlists and passes the others on.
func (s *scanner) tag(name []byte, v, whole span) {
	p := s.p
	switch string(name) {
	case "#EXT-X-BYTERANGE":
		s.rng, s.implicit, s.hasRange = parseRange(s.data[v.lo:v.hi])
	case "#EXT-X-KEY":
		s.key(v, whole)
	case "#EXT-X-MAP":
		s.mapTag(v, whole)
	case "#EXT-X-PROGRAM-DATE-TIME":
		s.pdt = v
	case "#EXT-X-DISCONTINUITY":
		s.disc++
	case "#EXT-X-GAP":
		s.gap = true
	case "#EXT-X-TARGETDURATION":
		p.Target, s.sawMedia = parseDuration(s.data[v.lo:v.hi]), true
	case "#EXT-X-MEDIA-SEQUENCE":
		s.sawMedia = true
		if len(p.Segments) == 0 { // section 4.3.3.2; numbers follow each other without a gap
			s.msn = parseUint(s.data[v.lo:v.hi])
		}
	case "#EXT-X-DISCONTINUITY-SEQUENCE":
		if len(p.Segments) == 0 { // section 4.3.3.3
			s.disc = parseUint(s.data[v.lo:v.hi])
			p.DiscontinuitySequence = s.disc
		}
	case "#EXT-X-ENDLIST":
		p.EndList = true
	case "#EXT-X-PLAYLIST-TYPE":
		p.Type = p.text(v)
	case "#EXT-X-I-FRAMES-ONLY":
		p.IFramesOnly = true
	case "#EXT-X-VERSION":
		p.Version = int(parseUint(s.data[v.lo:v.hi]))
	case "#EXT-X-INDEPENDENT-SEGMENTS":
		p.Independent = true
	default:
		s.tagLowLatency(name, v, whole)
	}
}

func (s *scanner) tagLowLatency(name []byte, v, whole span) {
	switch string(name) {
	case "#EXT-X-PART":
		s.part(v)
	case "#EXT-X-PRELOAD-HINT":
		s.hint(v)
	case "#EXT-X-RENDITION-REPORT":
		s.uriAttr(v, "URI", RefReport)
	case "#EXT-X-SKIP":
		s.skip(v)
	case "#EXT-X-PART-INF":
		s.p.PartTarget = parseDuration(s.attr(v, "PART-TARGET"))
	case "#EXT-X-SERVER-CONTROL":
		s.p.BlockReload = string(s.attr(v, "CAN-BLOCK-RELOAD")) == "YES"
	case "#EXT-X-DATERANGE":
		s.uriAttr(v, "X-ASSET-URI", RefAsset)
		s.uriAttr(v, "X-ASSET-LIST", RefAssetList)
	case "#EXT-X-DEFINE":
		s.define(v, whole)
	default:
		s.tagMultivariant(name, v, whole)
	}
}

func (s *scanner) tagMultivariant(name []byte, v, whole span) {
	switch string(name) {
	case "#EXT-X-STREAM-INF":
		s.streamInf(v, whole)
	case "#EXT-X-MEDIA":
		s.media(v, whole)
	case "#EXT-X-I-FRAME-STREAM-INF":
		s.uriAttr(v, "URI", RefIFrames)
		s.mark(whole, lineExtra, -1)
	case "#EXT-X-IMAGE-STREAM-INF":
		s.uriAttr(v, "URI", RefImages)
		s.mark(whole, lineExtra, -1)
	case "#EXT-X-SESSION-KEY":
		s.uriAttr(v, "URI", RefSessionKey)
	case "#EXT-X-SESSION-DATA":
		s.uriAttr(v, "URI", RefSessionData)
	case "#EXT-X-CONTENT-STEERING":
		s.uriAttr(v, "SERVER-URI", RefSteering)
		s.mark(whole, lineExtra, -1)
	}
}

// uri is a line that is neither tag nor comment.
func (s *scanner) uri(text, whole span) {
	p := s.p
	if s.variant {
		s.variant = false
		i := len(p.Variants) - 1
		p.Variants[i].ref = s.addRef(text, RefVariant, i, Range{})
		s.mark(whole, lineVariant, i)
		return
	}
	s.resolveRange(text)
	index := -1
	if s.hasInf {
		index = len(p.Segments)
	}
	r := s.addRef(text, RefSegment, index, s.rng)
	if s.hasInf {
		s.segment(r, whole.hi)
	}
	s.block, s.duration, s.hasInf = whole.hi, 0, false
	s.rng, s.hasRange, s.implicit, s.gap, s.pdt = Range{}, false, false, false, span{}
}

func (s *scanner) segment(r int32, end uint32) {
	p := s.p
	if p.Segments == nil {
		p.Segments = make([]Segment, 0, s.guess)
		p.MediaSequence = s.msn
	}
	p.Segments = append(p.Segments, Segment{
		MSN: s.msn, Discontinuity: s.disc, Start: s.start, Duration: s.duration, Range: s.rng,
		Map: s.segMap, KeySet: s.segKeys, Gap: s.gap, ref: r, lo: s.block, hi: end, pdt: s.pdt,
	})
	s.msn++
	if s.start += s.duration; s.start > maxTotal {
		s.fail("segments of more than %v together", maxTotal)
	}
	s.partEnd, s.partURI = 0, span{}
}

// resolveRange gives a byte range without offset the end of the one before it
// in the same resource (RFC 8216 section 4.3.2.2).
func (s *scanner) resolveRange(uri span) {
	if !s.hasRange {
		s.prevEnd, s.prevURI = 0, span{}
		return
	}
	if s.implicit && s.same(uri, s.prevURI) {
		s.rng.Offset = s.prevEnd
	}
	s.prevEnd, s.prevURI = s.rng.Offset+s.rng.Length, uri
}

func (s *scanner) same(a, b span) bool {
	return bytes.Equal(s.data[a.lo:a.hi], s.data[b.lo:b.hi])
}

func (s *scanner) addRef(at span, kind RefKind, index int, rng Range) int32 {
	s.p.refs = append(s.p.refs, ref{span: at, kind: kind, index: int32(index), rng: rng})
	return int32(len(s.p.refs) - 1)
}
