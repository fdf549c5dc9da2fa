package hls

import (
	"bytes"
	"slices"
)

// Selection says what a pinned multivariant playlist keeps.
type Selection struct {
	Variant    int   // index into Playlist.Variants
	Renditions []int // indexes into Playlist.Renditions
}

// Pin is a multivariant playlist with one variant: the lines of all other
// variants, of renditions that were not selected, of trick-play streams and of
// content steering are left out, all other lines stay as they are. A group
// attribute of the variant goes when no rendition of that group is left.
//
// It exists because FFmpeg's demuxer opens two segments of every variant it
// sees before the first picture.
func (p *Playlist) Pin(sel Selection) (*Playlist, error) {
	if p.Kind != Multivariant {
		return nil, ErrKind
	}
	if sel.Variant < 0 || sel.Variant >= len(p.Variants) {
		return nil, ErrNoVariant
	}
	out := make([]byte, 0, len(p.data))
	at, tag := uint32(0), true
	for _, l := range p.lines {
		keep := p.keeps(l, sel)
		if keep && (l.kind != lineVariant || !tag) {
			continue
		}
		out = append(out, p.data[at:l.lo]...)
		if keep { // the EXT-X-STREAM-INF line itself
			out = p.appendStreamInf(out, l.span, sel)
			tag = false
		}
		at = l.hi
	}
	out = append(out, p.data[at:]...)
	return Parse(out, p.base, p.limits)
}

func (p *Playlist) keeps(l lineInfo, sel Selection) bool {
	switch l.kind {
	case lineVariant:
		return l.index == sel.Variant
	case lineRendition:
		return slices.Contains(sel.Renditions, l.index)
	default:
		return false
	}
}

// appendStreamInf copies the line without group attributes that lead nowhere.
func (p *Playlist) appendStreamInf(out []byte, line span, sel Selection) []byte {
	text := bytes.TrimRight(p.data[line.lo:line.hi], " \t\r\n")
	end := line.lo + uint32(len(text))
	a := attrs{data: p.data, pos: line.lo + uint32(bytes.IndexByte(text, ':')+1), end: end}
	at := line.lo
	for a.next() {
		if !p.dangling(string(a.name), string(a.value()), sel) {
			continue
		}
		lo, hi := a.all.lo, a.all.hi
		if hi < end && p.data[hi] == ',' {
			hi++
		} else if p.data[lo-1] == ',' {
			lo--
		}
		out = append(out, p.data[at:max(lo, at)]...)
		at = hi
	}
	return append(out, p.data[at:line.hi]...)
}

func (p *Playlist) dangling(attr, group string, sel Selection) bool {
	if attr != "AUDIO" && attr != "VIDEO" && attr != "SUBTITLES" {
		return false
	}
	for _, i := range sel.Renditions {
		if r := p.Renditions[i]; r.Type == attr && r.Group == group {
			return false
		}
	}
	return true
}
