package serve

import (
	"strconv"
	"strings"

	"usher/cache/hls"
)

// maxSounds bounds the renditions of sound that are listed.
const maxSounds = 64

// pickSound is the rendition of a group to serve: by language, and among those
// of that language the one that is asked for by name.
func (s *session) pickSound(p *hls.Playlist, group string) int {
	best := p.PickAudio(group, s.req.Audio)
	if best < 0 || s.req.Sound == "" {
		return best
	}
	for i, r := range p.Renditions {
		if r.Type == "AUDIO" && r.Group == group && r.Name == s.req.Sound && r.Language == p.Renditions[best].Language {
			return i
		}
	}
	return best
}

// soundsOf lists the renditions of a group that have a playlist of their own.
func soundsOf(p *hls.Playlist, group string, served int) []Sound {
	var out []Sound
	for i, r := range p.Renditions {
		if r.Type == "AUDIO" && r.Group == group && r.HasURI && len(out) < maxSounds {
			out = append(out, Sound{Language: r.Language, Name: r.Name, Channels: channels(r.Channels), Selected: i == served})
		}
	}
	return out
}

// channels reads the CHANNELS attribute (RFC 8216bis section 4.4.6.1): a
// number, and what comes after a slash is no number of channels.
func channels(attr string) int {
	count, _, _ := strings.Cut(attr, "/")
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || n > 64 {
		return 0
	}
	return n
}
