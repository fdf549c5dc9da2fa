package hls

import (
	"net/url"
	"slices"
	"strings"
)

// lineInfo marks a line that pinning may drop.
type lineInfo struct {
	span
	kind  lineKind
	index int // of the variant or rendition
}

type lineKind uint8

const (
	lineVariant   lineKind = iota // EXT-X-STREAM-INF and its URI line
	lineRendition                 // EXT-X-MEDIA
	lineExtra                     // trick play, images, steering: of no use once pinned
)

func (s *scanner) mark(whole span, kind lineKind, index int) {
	s.p.lines = append(s.p.lines, lineInfo{whole, kind, index})
}

const maxKeyFormats = 16

// key keeps the keys in force: one per key format, until METHOD=NONE
// (RFC 8216 section 4.3.2.4).
func (s *scanner) key(v, whole span) {
	p := s.p
	k := Key{KeyFormat: "identity", ref: -1, line: whole}
	for a := s.attrs(v); a.next(); {
		switch string(a.name) {
		case "METHOD":
			k.Method = string(a.value())
		case "KEYFORMAT":
			k.KeyFormat = string(a.value())
		case "IV":
			k.IV = string(a.value())
		case "URI":
			k.ref = s.addRef(a.val, RefKey, len(p.Keys), Range{})
		}
	}
	p.Keys = append(p.Keys, k)
	s.segKeys = s.withKey(len(p.Keys) - 1)
}

func (s *scanner) withKey(i int) int {
	p := s.p
	if p.Keys[i].Method == "NONE" {
		return -1
	}
	var set []int
	if s.segKeys >= 0 {
		set = slices.DeleteFunc(slices.Clone(p.KeySets[s.segKeys]), func(j int) bool {
			return p.Keys[j].KeyFormat == p.Keys[i].KeyFormat
		})
	}
	if len(set) >= maxKeyFormats { // no real playlist; keeps hostile ones linear
		set = set[1:]
	}
	p.KeySets = append(p.KeySets, append(set, i))
	return len(p.KeySets) - 1
}

func (s *scanner) mapTag(v, whole span) {
	p := s.p
	m := Map{KeySet: s.segKeys, ref: -1, line: whole}
	for a := s.attrs(v); a.next(); {
		switch string(a.name) {
		case "URI":
			m.ref = s.addRef(a.val, RefMap, len(p.Maps), Range{})
		case "BYTERANGE":
			m.Range, _, _ = parseRange(a.value())
		}
	}
	if m.ref < 0 {
		return
	}
	p.refs[m.ref].rng = m.Range
	p.Maps = append(p.Maps, m)
	s.segMap = len(p.Maps) - 1
}

// part is EXT-X-PART (rfc8216bis section 4.4.4.9).
func (s *scanner) part(v span) {
	t := Part{MSN: s.msn, ref: -1}
	implicit, has := false, false
	var uri span
	for a := s.attrs(v); a.next(); {
		switch string(a.name) {
		case "URI":
			uri = a.val
			t.ref = s.addRef(a.val, RefPart, len(s.p.Parts), Range{})
		case "DURATION":
			t.Duration = parseDuration(a.value())
		case "INDEPENDENT":
			t.Independent = string(a.value()) == "YES"
		case "GAP":
			t.Gap = string(a.value()) == "YES"
		case "BYTERANGE":
			t.Range, implicit, has = parseRange(a.value())
		}
	}
	if t.ref < 0 {
		return
	}
	if has && implicit && s.same(uri, s.partURI) {
		t.Range.Offset = s.partEnd
	}
	s.partEnd, s.partURI = t.Range.Offset+t.Range.Length, uri
	s.p.refs[t.ref].rng = t.Range
	s.p.Parts = append(s.p.Parts, t)
}

// hint is EXT-X-PRELOAD-HINT (rfc8216bis section 4.4.5.3).
func (s *scanner) hint(v span) {
	t := Part{MSN: s.msn, ref: -1}
	for a := s.attrs(v); a.next(); {
		switch string(a.name) {
		case "URI":
			t.ref = s.addRef(a.val, RefHint, len(s.p.Hints), Range{})
		case "TYPE":
			t.Type = string(a.value())
		case "BYTERANGE-START":
			t.Range.Offset = parseSize(a.value())
		case "BYTERANGE-LENGTH":
			t.Range.Length = parseSize(a.value())
		}
	}
	if t.ref < 0 {
		return
	}
	s.p.refs[t.ref].rng = t.Range
	s.p.Hints = append(s.p.Hints, t)
}

// skip is EXT-X-SKIP: the playlist is a delta update (rfc8216bis section 4.4.5.2).
func (s *scanner) skip(v span) {
	n := parseUint(s.attr(v, "SKIPPED-SEGMENTS"))
	s.p.Skipped += n
	s.msn += n
}

// define is EXT-X-DEFINE (rfc8216bis section 4.4.2.3). What takes its value
// from elsewhere is written out, because a player sees another URL than the
// service meant.
func (s *scanner) define(v, whole span) {
	var name, value, from string
	for a := s.attrs(v); a.next(); {
		switch string(a.name) {
		case "NAME":
			name = string(a.value())
		case "VALUE":
			value = string(a.value())
		case "IMPORT", "QUERYPARAM":
			from, name = string(a.name), string(a.value())
		}
	}
	if from == "" {
		s.setVar(name, value)
		return
	}
	value, ok := s.outside(from, name)
	if !ok || strings.ContainsAny(value, "\"\r\n") {
		return
	}
	s.setVar(name, value)
	tag := span{whole.lo, v.hi}
	s.addRef(tag, refFixed, -1, Range{})
	if s.p.fixed == nil {
		s.p.fixed = map[uint32]string{}
	}
	s.p.fixed[tag.lo] = `#EXT-X-DEFINE:NAME="` + name + `",VALUE="` + value + `"`
}

func (s *scanner) setVar(name, value string) {
	if s.p.Defines == nil {
		s.p.Defines = map[string]string{}
	}
	s.p.Defines[name] = value
}

func (s *scanner) outside(from, name string) (string, bool) {
	if from == "IMPORT" {
		v, ok := s.p.limits.Import[name]
		return v, ok
	}
	if s.p.base == nil {
		return "", false
	}
	q, err := url.ParseQuery(s.p.base.RawQuery)
	if err != nil || !q.Has(name) {
		return "", false
	}
	return q.Get(name), true
}

func (s *scanner) streamInf(v, whole span) {
	p := s.p
	if s.variant { // the one before had no URI line
		p.Variants = p.Variants[:len(p.Variants)-1]
		p.lines[s.variantMark].kind = lineExtra
	}
	t := Variant{ref: -1}
	for a := s.attrs(v); a.next(); {
		s.variantAttr(&t, &a)
	}
	p.Variants = append(p.Variants, t)
	s.variant = true
	s.mark(whole, lineVariant, len(p.Variants)-1)
	s.variantMark = len(p.lines) - 1
}

func (s *scanner) variantAttr(t *Variant, a *attrs) {
	switch string(a.name) {
	case "BANDWIDTH":
		t.Bandwidth = parseInt(a.value())
	case "AVERAGE-BANDWIDTH":
		t.AverageBandwidth = parseInt(a.value())
	case "RESOLUTION":
		t.Width, t.Height = parseResolution(a.value())
	case "FRAME-RATE":
		t.FrameRate = parseDuration(a.value()).Seconds()
	case "CODECS":
		t.Codecs = s.str(a)
	case "VIDEO-RANGE":
		t.VideoRange = s.str(a)
	case "AUDIO":
		t.Audio = s.str(a)
	case "VIDEO":
		t.Video = s.str(a)
	case "SUBTITLES":
		t.Subtitles = s.str(a)
	case "CLOSED-CAPTIONS":
		t.ClosedCaptions = s.str(a)
	case "PATHWAY-ID":
		t.PathwayID = s.str(a)
	case "STABLE-VARIANT-ID":
		t.StableID = s.str(a)
	}
}

func (s *scanner) media(v, whole span) {
	p := s.p
	t := Rendition{ref: -1}
	for a := s.attrs(v); a.next(); {
		switch string(a.name) {
		case "URI":
			t.ref = s.addRef(a.val, RefRendition, len(p.Renditions), Range{})
			t.HasURI = true
		case "TYPE":
			t.Type = s.str(&a)
		case "GROUP-ID":
			t.Group = s.str(&a)
		case "NAME":
			t.Name = s.str(&a)
		case "LANGUAGE":
			t.Language = s.str(&a)
		case "CHANNELS":
			t.Channels = s.str(&a)
		case "DEFAULT":
			t.Default = s.str(&a) == "YES"
		case "AUTOSELECT":
			t.Autoselect = s.str(&a) == "YES"
		case "FORCED":
			t.Forced = s.str(&a) == "YES"
		}
	}
	p.Renditions = append(p.Renditions, t)
	s.mark(whole, lineRendition, len(p.Renditions)-1)
}

// str is the value with variables substituted.
func (s *scanner) str(a *attrs) string {
	if s.p.Defines == nil {
		return string(a.value())
	}
	v, ok := substitute(a.value(), s.p.Defines, s.p.limits.Bytes-s.grown)
	if !ok {
		s.fail("variables make more than %d bytes", s.p.limits.Bytes)
	}
	s.grown += len(v)
	return string(v)
}

func (s *scanner) uriAttr(v span, name string, kind RefKind) {
	for a := s.attrs(v); a.next(); {
		if string(a.name) == name {
			s.addRef(a.val, kind, -1, Range{})
		}
	}
}

func (s *scanner) attr(v span, name string) []byte {
	for a := s.attrs(v); a.next(); {
		if string(a.name) == name {
			return a.value()
		}
	}
	return nil
}
