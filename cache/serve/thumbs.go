package serve

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"usher/cache/hls"
)

// thumb is one picture for winding.
type thumb struct {
	from, to time.Duration
	url      string // of the image
	part     string // "#xywh=…", or "" for all of it
}

// The shapes of a list of pictures: WebVTT section 4.1, Media Fragments 1.0
// section 4.2.2 in pixels.
var (
	thumbTiming = regexp.MustCompile(`^((?:\d{1,4}:)?\d{2}:\d{2}\.\d{3})[ \t]+-->[ \t]+((?:\d{1,4}:)?\d{2}:\d{2}\.\d{3})`)
	thumbPart   = regexp.MustCompile(`^xywh=(?:pixel:)?(\d{1,5},\d{1,5},[1-9]\d{0,3},[1-9]\d{0,3})$`)
)

// readThumbs reads a WebVTT file that came from raw. What is no cue with a
// picture in it is passed over.
func readThumbs(body []byte, raw string) []thumb {
	base, err := url.Parse(raw)
	text := strings.TrimPrefix(string(body), "\ufeff")
	if err != nil || !strings.HasPrefix(text, "WEBVTT") {
		return nil
	}
	var all []thumb
	var cue *thumb
	for line := range strings.Lines(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")) {
		line = strings.TrimSpace(line)
		if m := thumbTiming.FindStringSubmatch(line); m != nil {
			cue = &thumb{from: readClock(m[1]), to: readClock(m[2])}
			continue
		}
		if cue != nil && cue.names(base, line) && cue.to > cue.from && len(all) < maxThumbs {
			all = append(all, *cue)
		}
		cue = nil
	}
	return all
}

// names takes the address of the picture; false when it is none.
func (t *thumb) names(base *url.URL, line string) bool {
	u, err := base.Parse(line)
	if line == "" || err != nil || !hasHTTP(u.String()) || u.Host == "" {
		return false
	}
	if u.Fragment != "" {
		m := thumbPart.FindStringSubmatch(u.Fragment)
		if m == nil {
			return false
		}
		t.part = "#xywh=" + m[1]
	}
	u.Fragment = ""
	t.url = u.String()
	return true
}

// tiled lists the pictures of an image playlist. A layout holds for what
// follows; an image without one is one picture.
func tiled(p *hls.Playlist) []thumb {
	var all []thumb
	var layout hls.Tiles
	for i, seg := range p.Segments {
		if t, ok := p.Tiles(i); ok {
			layout = t
		}
		raw, err := p.SegmentRef(i).URL()
		if err != nil || !hasHTTP(raw) || seg.Gap {
			continue
		}
		if layout.Duration == 0 {
			all = append(all, thumb{from: seg.Start, to: seg.Start + seg.Duration, url: raw})
		}
		for k := range layout.Columns * layout.Rows {
			from := seg.Start + time.Duration(k)*layout.Duration
			to := min(from+layout.Duration, seg.Start+seg.Duration)
			if to <= from || len(all) >= maxThumbs {
				break
			}
			x, y := k%layout.Columns*layout.Width, k/layout.Columns*layout.Height
			all = append(all, thumb{from: from, to: to, url: raw, part: fmt.Sprintf("#xywh=%d,%d,%d,%d", x, y, layout.Width, layout.Height)})
		}
	}
	return all[:min(len(all), maxThumbs)]
}

// readClock reads 1:02:03.456 and 02:03.456.
func readClock(s string) time.Duration {
	var total time.Duration
	whole, ms, _ := strings.Cut(s, ".")
	for part := range strings.SplitSeq(whole, ":") {
		n, _ := strconv.Atoi(part) // the pattern allows digits only
		total = total*60 + time.Duration(n)*time.Second
	}
	n, _ := strconv.Atoi(ms)
	return total + time.Duration(n)*time.Millisecond
}

func vttClock(d time.Duration) string {
	ms := d.Milliseconds()
	return fmt.Sprintf("%02d:%02d:%02d.%03d", ms/3_600_000, ms/60_000%60, ms/1000%60, ms%1000)
}
