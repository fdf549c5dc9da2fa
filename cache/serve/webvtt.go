package serve

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// joiner puts the segments of a WebVTT rendition together.
//
// The times of a segment are relative to its X-TIMESTAMP-MAP (RFC 8216
// section 3.5), which ties them to the clock of the media. Only differences
// between the maps are applied: the first one is taken to name the beginning
// of the title, which holds for packagers that start the clock anywhere.
type joiner struct {
	base   time.Duration // taken off all times
	origin time.Duration // of the first map
	mapped bool
	head   bytes.Buffer // STYLE and REGION blocks
	cues   bytes.Buffer
	seen   map[string]bool // cues are repeated in every segment they touch
	size   int
}

func newJoiner(base time.Duration) *joiner {
	return &joiner{base: base, seen: map[string]bool{}}
}

// add joins one segment. What is not WebVTT adds nothing.
func (j *joiner) add(segment []byte) {
	text := strings.TrimPrefix(string(segment), "\ufeff")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\ufffd").Replace(text)
	if !strings.HasPrefix(text, "WEBVTT") {
		return
	}
	head, rest, _ := strings.Cut(text, "\n\n")
	shift := j.shift(head)
	for rest != "" {
		var block string
		block, rest, _ = strings.Cut(rest, "\n\n")
		j.block(strings.Trim(block, "\n"), shift)
		rest = strings.TrimLeft(rest, "\n")
	}
	j.size = j.head.Len() + j.cues.Len()
}

// shift is what to add to the times of a segment.
func (j *joiner) shift(head string) time.Duration {
	for line := range strings.Lines(head) {
		v, ok := strings.CutPrefix(strings.TrimSpace(line), "X-TIMESTAMP-MAP=")
		if !ok {
			continue
		}
		at, ok := parseTimestampMap(v)
		if !ok {
			continue
		}
		if !j.mapped {
			j.mapped, j.origin = true, at
		}
		return unwrap(at-j.origin) - j.base
	}
	return -j.base
}

// parseTimestampMap gives MPEGTS minus LOCAL.
func parseTimestampMap(v string) (time.Duration, bool) {
	var media, local time.Duration
	found := false
	for part := range strings.SplitSeq(v, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), ":")
		switch strings.ToUpper(name) {
		case "MPEGTS":
			n, err := strconv.ParseUint(value, 10, 34)
			if err != nil {
				return 0, false
			}
			media, found = ticks(n), true
		case "LOCAL":
			t, ok := parseCueTime(value)
			if !ok {
				return 0, false
			}
			local = t
		}
	}
	return media - local, found
}

// ticks turns the 90 kHz clock of MPEG-TS into a duration.
func ticks(n uint64) time.Duration { return time.Duration(n*100_000/9) * time.Nanosecond }

// unwrap takes a difference of 33-bit clocks as the shorter way round.
func unwrap(d time.Duration) time.Duration {
	turn := ticks(1 << 33)
	switch {
	case d > turn/2:
		return d - turn
	case d < -turn/2:
		return d + turn
	}
	return d
}

func (j *joiner) block(block string, shift time.Duration) {
	first, _, _ := strings.Cut(block, "\n")
	switch {
	case block == "" || strings.HasPrefix(first, "NOTE"):
	case strings.HasPrefix(first, "STYLE"), strings.HasPrefix(first, "REGION"):
		if !j.seen[block] {
			j.seen[block] = true
			j.head.WriteString(block + "\n\n")
		}
	default:
		j.cue(block, shift)
	}
}

// cue appends a cue with its times shifted. One that ends before the beginning
// is left out.
func (j *joiner) cue(block string, shift time.Duration) {
	id, timing, body := "", block, ""
	if first, rest, ok := strings.Cut(block, "\n"); ok && !strings.Contains(first, "-->") {
		id, timing = first, rest
	}
	timing, body, _ = strings.Cut(timing, "\n")
	from, rest, ok := strings.Cut(timing, "-->")
	to, settings, _ := strings.Cut(strings.TrimSpace(rest), " ")
	start, okStart := parseCueTime(strings.TrimSpace(from))
	end, okEnd := parseCueTime(to)
	start, end = max(start+shift, 0).Truncate(time.Millisecond), (end + shift).Truncate(time.Millisecond)
	if !ok || !okStart || !okEnd || end <= start || body == "" {
		return
	}
	var b strings.Builder
	if id != "" {
		b.WriteString(id + "\n")
	}
	b.WriteString(cueTime(start) + " --> " + cueTime(end))
	if s := strings.TrimSpace(settings); s != "" {
		b.WriteString(" " + s)
	}
	b.WriteString("\n" + body + "\n\n")
	if s := b.String(); !j.seen[s] {
		j.seen[s] = true
		j.cues.WriteString(s)
	}
}

func (j *joiner) text() []byte {
	return append(append([]byte("WEBVTT\n\n"), j.head.Bytes()...), j.cues.Bytes()...)
}

// parseCueTime reads [hh:]mm:ss.mmm.
func parseCueTime(s string) (time.Duration, bool) {
	clock, frac, ok := strings.Cut(s, ".")
	parts := strings.Split(clock, ":")
	if !ok || len(frac) != 3 || len(parts) < 2 || len(parts) > 3 {
		return 0, false
	}
	total := int64(0)
	for _, p := range parts {
		n, valid := parsePos(p)
		if !valid || n > 1e6 {
			return 0, false
		}
		total = total*60 + n
	}
	ms, valid := parsePos(frac)
	return time.Duration(total)*time.Second + time.Duration(ms)*time.Millisecond, valid
}

func cueTime(d time.Duration) string {
	ms := d.Milliseconds()
	return fmt.Sprintf("%02d:%02d:%02d.%03d", ms/3600000, ms/60000%60, ms/1000%60, ms%1000)
}
