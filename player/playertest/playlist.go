package playertest

import (
	"bufio"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// playlist is what the fake player has to know of an HLS playlist.
type playlist struct {
	variants []string // of a multivariant playlist, in its order
	segments []segment
	first    int64 // media sequence number of segments[0]
	target   time.Duration
	ended    bool // no more segments will come
}

// segment is one media segment.
type segment struct {
	url      string
	key      string // EXT-X-KEY in force, empty when clear
	init     string // EXT-X-MAP in force, empty for MPEG-TS
	start    time.Duration
	duration time.Duration
}

var errNoPlaylist = errors.New("not an HLS playlist")

// parsePlaylist reads a playlist that was fetched from base (RFC 8216).
func parsePlaylist(base *url.URL, text string) (playlist, error) {
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, maxPlaylist)
	if !lines.Scan() || !strings.HasPrefix(strings.TrimPrefix(lines.Text(), "\uFEFF"), "#EXTM3U") {
		return playlist{}, errNoPlaylist
	}
	r := reader{base: base}
	for lines.Scan() {
		if err := r.line(strings.TrimSpace(lines.Text())); err != nil {
			return playlist{}, err
		}
	}
	if len(r.list.variants) == 0 && len(r.list.segments) == 0 {
		return playlist{}, fmt.Errorf("%w: nothing to play in it", errNoPlaylist)
	}
	return r.list, nil
}

// reader is the state between lines.
type reader struct {
	base    *url.URL
	list    playlist
	next    segment
	variant bool // the next URI is of a variant
	at      time.Duration
}

func (r *reader) line(line string) error {
	tag, value, _ := strings.Cut(line, ":")
	switch {
	case line == "":
	case tag == "#EXT-X-STREAM-INF":
		r.variant = true
	case tag == "#EXTINF":
		return r.extinf(value)
	case tag == "#EXT-X-TARGETDURATION":
		n, _ := strconv.Atoi(value)
		r.list.target = time.Duration(min(max(n, 0), 3600)) * time.Second
	case tag == "#EXT-X-MEDIA-SEQUENCE":
		r.list.first, _ = strconv.ParseInt(value, 10, 64)
	case tag == "#EXT-X-ENDLIST":
		r.list.ended = true
	case tag == "#EXT-X-KEY":
		r.next.key = r.attribute(value)
	case tag == "#EXT-X-MAP":
		r.next.init = r.attribute(value)
	case !strings.HasPrefix(line, "#"):
		return r.uri(line)
	}
	return nil
}

func (r *reader) extinf(value string) error {
	n, _, _ := strings.Cut(value, ",")
	s, err := strconv.ParseFloat(strings.TrimSpace(n), 64)
	if err != nil || s < 0 || s > 3600 || s != s {
		return fmt.Errorf("%w: segment duration %q", errNoPlaylist, n)
	}
	r.next.duration = time.Duration(s * float64(time.Second))
	return nil
}

func (r *reader) uri(line string) error {
	u, err := r.base.Parse(line)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoPlaylist, err)
	}
	if r.variant {
		r.list.variants, r.variant = append(r.list.variants, u.String()), false
		return nil
	}
	s := r.next
	s.url, s.start = u.String(), r.at
	r.at += s.duration
	r.list.segments = append(r.list.segments, s)
	return nil
}

// attribute gives the URI attribute of a tag, resolved; empty if it has none.
func (r *reader) attribute(value string) string {
	_, rest, found := strings.Cut(value, `URI="`)
	if !found {
		return ""
	}
	ref, _, _ := strings.Cut(rest, `"`)
	u, err := r.base.Parse(ref)
	if err != nil {
		return ""
	}
	return u.String()
}

// duration is the sum of all segments; 0 while more will come.
func (l playlist) duration() time.Duration {
	if n := len(l.segments); n > 0 && l.ended {
		return l.segments[n-1].start + l.segments[n-1].duration
	}
	return 0
}

// at is the index of the segment that holds pos; the last one for later positions.
func (l playlist) at(pos time.Duration) int {
	for i, s := range l.segments {
		if pos < s.start+s.duration {
			return i
		}
	}
	return len(l.segments) - 1
}
