package serve

import (
	"errors"

	"usher/cache/hls"
)

// A player asks for what it begins with one after the other: the picture's
// list, the sound's, two init sections, two segments, each a round trip. What is
// known to be asked for is fetched at once instead; a player that comes
// meanwhile joins.

var errNoAddress = errors.New("sound has no address")

// soundList is the playlist of a rendition of sound.
func (s *session) soundList(top *doc, p *hls.Playlist, audio int) (*doc, error) {
	ref, ok := p.RenditionRef(audio)
	if !ok {
		return nil, errNoAddress
	}
	raw, err := ref.URL()
	if err != nil {
		return nil, err
	}
	if !hasHTTP(raw) {
		return nil, errNoAddress
	}
	return s.playlist(raw, roleAudio, p.Defines, sourceOf(top, p, ref)), nil
}

// expectSound begins to read the playlist of separate sound while the
// picture's is read. What goes wrong is met again by whoever needs it.
func (s *session) expectSound(top *doc, p *hls.Playlist, audio int) {
	if s.low || audio < 0 || !p.Renditions[audio].HasURI {
		return
	}
	if d, err := s.soundList(top, p, audio); err == nil {
		s.start(func() { _, _, _ = d.get(s.ctx, "") })
	}
}

// rush fetches the init sections, the keys and the first segments of picture
// and sound side by side. A film whose sound is in the picture's segments has
// nothing to gain: its list is at hand, and one segment is next.
func (s *session) rush() {
	f := s.film.Load()
	if f == nil || f.sound == nil || s.low {
		return
	}
	f.mu.Lock()
	base := f.rungs[f.start]
	p := base.list
	first := p.Segments[f.first]
	f.mu.Unlock()
	s.together(collect(base.doc, p, f.first))
	s.start(func() {
		v, _, err := f.sound.get(s.ctx, "")
		if err != nil || len(v.raw.Segments) == 0 {
			return // the player meets it itself
		}
		i := 0
		if f.first > 0 {
			i = max(v.raw.SegmentNear(first.Start), 0)
		}
		s.together(collect(f.sound, v.raw, i))
	})
}

// collect is what segment i of a list takes: keys, init section, the segment.
func collect(d *doc, p *hls.Playlist, i int) []need {
	c, seg := collector{d: d, p: p}, p.Segments[i]
	if seg.KeySet >= 0 {
		for _, k := range p.KeySets[seg.KeySet] {
			if r, ok := p.KeyRef(k); ok {
				c.add(r, seg.Start)
			}
		}
	}
	if seg.Map >= 0 {
		c.add(p.MapRef(seg.Map), seg.Start)
	}
	if !seg.Gap {
		c.add(p.SegmentRef(i), seg.Start)
	}
	return c.all
}

// together fetches what is missing of a list at the same time, as for a player
// that waits. What is there, such as a start kit, is left for the player to use.
func (s *session) together(all []need) {
	for _, n := range all {
		if !s.g.kept(n) {
			s.start(func() { _, _ = n.fetch(s.ctx) })
		}
	}
}
