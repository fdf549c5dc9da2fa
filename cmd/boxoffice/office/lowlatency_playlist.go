package office

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// channel is a rung of the low-latency channel: the loop, and the parts of each
// of its segments.
type channel struct {
	loop  loop
	parts [][]part
}

// position names a part on the air. It is its address too.
type position struct {
	msn  int64
	part int
}

func (p position) compare(q position) int {
	return cmp.Or(cmp.Compare(p.msn, q.msn), cmp.Compare(p.part, q.part))
}

func (p position) String() string { return fmt.Sprintf("%d.%d.ts", p.msn, p.part) }

// of gives the parts of the segment with this media sequence number.
func (c channel) of(msn int64) []part { return c.parts[msn%int64(len(c.parts))] }

func (c channel) next(p position) position {
	if p.part+1 < len(c.of(p.msn)) {
		return position{p.msn, p.part + 1}
	}
	return position{p.msn + 1, 0}
}

func (c channel) previous(p position) position {
	if p.part > 0 {
		return position{p.msn, p.part - 1}
	}
	return position{p.msn - 1, len(c.of(p.msn-1)) - 1}
}

// due is when a part is complete.
func (c channel) due(p position) time.Time {
	at := c.loop.begins(p.msn)
	for _, part := range c.of(p.msn)[:p.part+1] {
		at = at.Add(part.length)
	}
	return at
}

// edge is the part that is being made: the one after the last that is there.
func (c channel) edge(now time.Time) position {
	p := position{msn: c.loop.newest(now) + 1}
	for !now.Before(c.due(p)) {
		p = c.next(p)
	}
	return p
}

// target is the part target duration: the longest part, in whole milliseconds.
func (c channel) target() time.Duration {
	var longest time.Duration
	for _, parts := range c.parts {
		for _, p := range parts {
			longest = max(longest, p.length)
		}
	}
	return (longest + time.Millisecond - 1).Truncate(time.Millisecond)
}

func (c channel) targetDuration() time.Duration { return time.Duration(c.loop.target()) * time.Second }

// advance is how many parts beyond the last one may be asked for: the Advance
// Part Limit (rfc8216bis section 6.2.5.2).
func (c channel) advance() int {
	if t := c.target(); t < time.Second {
		return int((3*time.Second + t - 1) / t)
	}
	return 3
}

// furthest is the last position that may be waited for.
func (c channel) furthest(edge position) position {
	for range c.advance() - 1 {
		edge = c.next(edge)
	}
	return edge
}

// playlist is the window at a time: the complete segments, keep of them, the
// parts of the youngest, the hint of the next part, and where the other rungs
// are.
func (c channel) playlist(now time.Time, keep int64, others map[string]channel) string {
	edge := c.edge(now)
	first := edge.msn - keep
	dseq := c.loop.discontinuities(first)
	if c.loop.opensRound(first) {
		dseq-- // the tag of the first segment is still in the playlist and counts itself
	}
	var b strings.Builder
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-TARGETDURATION:%d\n", c.loop.target())
	fmt.Fprintf(&b, "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=%.3f\n#EXT-X-PART-INF:PART-TARGET=%.3f\n",
		3*c.target().Seconds(), c.target().Seconds())
	fmt.Fprintf(&b, "#EXT-X-MEDIA-SEQUENCE:%d\n#EXT-X-DISCONTINUITY-SEQUENCE:%d\n", first, dseq)
	for msn := first; msn <= edge.msn; msn++ {
		c.writeSegment(&b, msn, edge)
	}
	fmt.Fprintf(&b, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"%s\"\n", edge)
	writeReports(&b, now, others)
	return b.String()
}

// writeSegment writes a segment, or as much of it as is there. Of one that is
// only hinted at it writes the discontinuity and the date, because hls.js (issue
// 7962 there) stumbles over a discontinuity that comes after the hint. Parts are
// told while all of their segment is within three target durations of the end
// (rfc8216bis section 4.4.4.9).
func (c channel) writeSegment(b *strings.Builder, msn int64, edge position) {
	parts := c.of(msn)
	if msn == edge.msn {
		parts = parts[:edge.part]
	}
	if c.loop.opensRound(msn) {
		b.WriteString("#EXT-X-DISCONTINUITY\n")
	}
	fmt.Fprintf(b, "#EXT-X-PROGRAM-DATE-TIME:%s\n", c.loop.begins(msn).UTC().Format("2006-01-02T15:04:05.000Z07:00"))
	if end := c.due(c.previous(edge)); end.Sub(c.loop.begins(msn)) <= 3*c.targetDuration() {
		for i, p := range parts {
			writePart(b, position{msn, i}, p)
		}
	}
	if msn < edge.msn {
		fmt.Fprintf(b, "#EXTINF:%.6f,\n%d.ts\n", c.loop[msn%int64(len(c.loop))].Seconds(), msn)
	}
}

func writePart(b *strings.Builder, at position, p part) {
	fmt.Fprintf(b, "#EXT-X-PART:DURATION=%.6f,URI=\"%s\"", p.length.Seconds(), at)
	if p.independent {
		b.WriteString(",INDEPENDENT=YES")
	}
	b.WriteByte('\n')
}

// writeReports says how far the other rungs are, so that a player that changes
// to one asks for the right part at once.
func writeReports(b *strings.Builder, now time.Time, others map[string]channel) {
	for _, name := range sortedNames(others) {
		other := others[name]
		last := other.previous(other.edge(now))
		fmt.Fprintf(b, "#EXT-X-RENDITION-REPORT:URI=\"../%s/index.m3u8\",LAST-MSN=%d,LAST-PART=%d\n", name, last.msn, last.part)
	}
}
