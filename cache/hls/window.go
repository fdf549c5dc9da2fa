package hls

import "bytes"

// Window is a live media playlist with the segments from first to last only,
// by media sequence number; last 0 is all that follow. It is for a player that
// is to begin behind the end: players begin at the third segment from the end
// (RFC 8216 section 6.3.3), so a playlist of three says where. Numbers, keys
// and maps stay as in [Playlist.Trim]. Where the end is cut off there is no
// blocking reload either, since what comes next is there already.
//
// A playlist that is no live one, that leaves out segments itself
// (EXT-X-SKIP), or that has no segment of the window comes back as it is.
func (p *Playlist) Window(first, last uint64) (*Playlist, error) {
	if p.Kind != Media {
		return nil, ErrKind
	}
	newest, ok := p.LastMSN()
	cutEnd := last > 0 && last < newest
	if first = max(first, p.MediaSequence); !ok || !p.Live() || p.Skipped > 0 || first > newest {
		return p, nil
	}
	if first == p.MediaSequence && !cutEnd {
		return p, nil
	}
	i := int(first - p.MediaSequence)
	out := p.windowHead(i)
	if cutEnd {
		out = withoutControl(out)
	}
	end := uint32(len(p.data))
	if cutEnd {
		end = p.Segments[max(last, first)-p.MediaSequence].hi
	}
	out = append(out, p.data[p.Segments[i].hi:end]...)
	return Parse(out, p.base, p.limits)
}

// windowHead is everything up to the end of segment i without those before it.
func (p *Playlist) windowHead(i int) []byte {
	if i == 0 {
		return bytes.Clone(p.data[:p.Segments[0].hi])
	}
	return p.appendFirst(p.appendInForce(p.trimmedHead(i), p.Segments[i]), p.Segments[i])
}

// withoutControl leaves out EXT-X-SERVER-CONTROL.
func withoutControl(head []byte) []byte {
	out := head[:0]
	for line := range bytes.Lines(head) {
		if !bytes.HasPrefix(bytes.TrimSpace(line), []byte("#EXT-X-SERVER-CONTROL:")) {
			out = append(out, line...)
		}
	}
	return out
}
