package office

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The live channel is the loop, played round and round since the Unix epoch:
// what is on follows from the wall clock alone, so the service keeps no state
// and a restart changes nothing. Every segment's address is its media sequence
// number and is never used again for another.

// loop is the durations of the loop's segments, in order.
type loop []time.Duration

const (
	liveWindow = 150 // segments in a playlist, unless Options.LiveWindow says otherwise: ten minutes to wind back in
	liveLeast  = 6   // and the fewest: players join three segments before the end
	liveGrace  = 30  // segments that stay available after they left it, for slow readers (RFC 8216 section 6.2.2)
)

// total is how long one round takes.
func (l loop) total() time.Duration {
	var sum time.Duration
	for _, d := range l {
		sum += d
	}
	return sum
}

// begins is when the segment with this media sequence number is on.
func (l loop) begins(msn int64) time.Time {
	round, index := msn/int64(len(l)), int(msn%int64(len(l)))
	return time.Unix(0, 0).Add(time.Duration(round)*l.total() + l[:index].total())
}

// newest is the media sequence number of the last segment that is complete.
func (l loop) newest(now time.Time) int64 {
	since := now.Sub(time.Unix(0, 0))
	round := int64(since / l.total())
	rest, index := since%l.total(), int64(0)
	for _, d := range l {
		if rest < d {
			break
		}
		rest -= d
		index++
	}
	return round*int64(len(l)) + index - 1
}

// discontinuities is the discontinuity sequence number of a segment: one more
// with each round. The clocks go on (see round), but the encoder begins again.
func (l loop) discontinuities(msn int64) int64 { return msn / int64(len(l)) }

// keep is how many segments a playlist has for a window of this length.
func (l loop) keep(window time.Duration) int64 {
	if window <= 0 {
		return liveWindow
	}
	return max(int64(window/(time.Duration(l.target())*time.Second)), liveLeast)
}

// packing is what is said of a channel's segments.
type packing struct {
	version int    // EXT-X-VERSION
	ext     string // of the segments' names
	head    string // lines before the first segment
}

func inTS() packing { return packing{version: 4, ext: ".ts"} }

// playlist is the sliding window of keep segments at a time (RFC 8216 sections 4.3.2 to 4.3.3).
func (l loop) playlist(now time.Time, keep int64, p packing) string {
	last := l.newest(now)
	first := last - keep + 1
	dseq := l.discontinuities(first)
	if l.opensRound(first) {
		dseq-- // the tag of the first segment is still in the playlist and counts itself
	}
	var b strings.Builder
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:%d\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-TARGETDURATION:%d\n", p.version, l.target())
	fmt.Fprintf(&b, "#EXT-X-MEDIA-SEQUENCE:%d\n#EXT-X-DISCONTINUITY-SEQUENCE:%d\n", first, dseq)
	b.WriteString(p.head)
	for msn := first; msn <= last; msn++ {
		if l.opensRound(msn) {
			b.WriteString("#EXT-X-DISCONTINUITY\n")
		}
		fmt.Fprintf(&b, "#EXT-X-PROGRAM-DATE-TIME:%s\n", l.begins(msn).UTC().Format("2006-01-02T15:04:05.000Z07:00"))
		fmt.Fprintf(&b, "#EXTINF:%.6f,\n%d%s\n", l[msn%int64(len(l))].Seconds(), msn, p.ext)
	}
	return b.String()
}

func (l loop) opensRound(msn int64) bool { return msn%int64(len(l)) == 0 }

// target is the target duration: the longest segment, rounded (RFC 8216 section 4.3.3.1).
func (l loop) target() int {
	var longest time.Duration
	for _, d := range l {
		longest = max(longest, d)
	}
	return int(math.Round(longest.Seconds()))
}

// available says whether a segment is, or recently was, in the playlist.
func (l loop) available(msn int64, now time.Time, keep int64) bool {
	last := l.newest(now)
	return msn <= last && msn > last-keep-liveGrace
}

// readLoop reads the durations out of a media playlist.
func readLoop(r io.Reader) (loop, error) {
	var l loop
	lines := bufio.NewScanner(io.LimitReader(r, manifestLimit))
	for lines.Scan() {
		value, ok := strings.CutPrefix(lines.Text(), "#EXTINF:")
		if !ok {
			continue
		}
		seconds, _, _ := strings.Cut(value, ",")
		s, err := strconv.ParseFloat(seconds, 64)
		if err != nil || !(s >= 0.01 && s < 60) {
			return nil, fmt.Errorf("segment duration %q: not within 0.01 to 60 s", seconds)
		}
		l = append(l, time.Duration(math.Round(s*1e6))*time.Microsecond)
	}
	if len(l) == 0 {
		return nil, fmt.Errorf("loop has no segment")
	}
	return l, lines.Err()
}

// serveLive serves the channel: its multivariant playlist is the loop's, its
// media playlists are made from the clock, its segments are the loop's files.
func (o *Office) serveLive(w http.ResponseWriter, r *http.Request, file string) error {
	if file == "master.m3u8" {
		return o.serveFile(w, r, loopStream+"/"+file)
	}
	rung, name := path.Split(path.Clean("/" + file))
	rung = strings.Trim(rung, "/")
	if rung == "" || strings.Contains(rung, "/") {
		return problem(codeNotFound, "There is no such stream file.")
	}
	l, err := o.streams.loop(rung)
	if err != nil {
		return missing(err)
	}
	if name == "index.m3u8" {
		return o.servePlaylist(w, r, l, inTS())
	}
	return o.serveLiveSegment(w, r, l, rung, name)
}

func (o *Office) servePlaylist(w http.ResponseWriter, r *http.Request, l loop, p packing) error {
	now := o.options.Now()
	kind, _ := mediaType("index.m3u8")
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "public, max-age=1")
	http.ServeContent(w, r, "", l.begins(l.newest(now)+1), strings.NewReader(l.playlist(now, l.keep(o.options.LiveWindow), p)))
	return nil
}

func (o *Office) serveLiveSegment(w http.ResponseWriter, r *http.Request, l loop, rung, name string) error {
	number, ok := strings.CutSuffix(name, ".ts")
	msn, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || msn < 0 || !l.available(msn, o.options.Now(), l.keep(o.options.LiveWindow)) {
		return problem(codeNotFound, "This segment is not on the air.")
	}
	return o.serveOnAir(w, r, rung, msn, l, part{size: segmentLimit})
}

func (s streams) loop(rung string) (loop, error) {
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.Open(filepath.Join(loopStream, rung, "index.m3u8"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readLoop(f)
}
