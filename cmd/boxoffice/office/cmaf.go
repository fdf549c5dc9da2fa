package office

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The channel in fragmented MP4 (CMAF) is the film with two languages, played
// round and round like the loop: sound apart from the picture, three rungs, a
// program date at each segment. Its clocks go on from round to round too.

const (
	cmafStream = "live-cmaf"
	cmafLoop   = "tongues"
)

// serveCMAF serves the channel. Its segments' addresses are their media sequence
// numbers, as those of the other channels.
func (o *Office) serveCMAF(w http.ResponseWriter, r *http.Request, file string) error {
	root, err := os.OpenRoot(o.streams.dir)
	if err != nil {
		return fmt.Errorf("open streams: %w", err)
	}
	defer root.Close()
	folder, name := path.Split(path.Clean("/" + file))
	folder = strings.Trim(folder, "/")
	switch {
	case file == "master.m3u8":
		return o.serveCMAFMaster(w, r, root)
	case folder == "" || strings.Contains(folder, "/"):
		return problem(codeNotFound, "There is no such stream file.")
	case name == "init.mp4":
		return o.serveFile(w, r, cmafLoop+"/"+folder+"/"+name)
	}
	t, err := openTrack(root, folder)
	if err != nil {
		return missing(err)
	}
	if name == "index.m3u8" {
		return o.servePlaylist(w, r, t.loop, t.packing())
	}
	return o.serveCMAFSegment(w, r, root, t, name)
}

// serveCMAFMaster sends the film's multivariant playlist without what a channel
// does not have: subtitles, and pictures for winding.
func (o *Office) serveCMAFMaster(w http.ResponseWriter, r *http.Request, root *os.Root) error {
	film, changed, err := readSpan(root, cmafLoop+"/master.m3u8", part{size: manifestLimit})
	if err != nil {
		return missing(err)
	}
	var b strings.Builder
	for line := range strings.Lines(string(film)) {
		if strings.Contains(line, "TYPE=SUBTITLES") || strings.HasPrefix(line, "#EXT-X-IMAGE-STREAM-INF:") {
			continue
		}
		b.WriteString(strings.Replace(line, `,SUBTITLES="vtt"`, "", 1))
	}
	kind, cache := mediaType("master.m3u8")
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", cache)
	http.ServeContent(w, r, "", changed, strings.NewReader(b.String()))
	return nil
}

// track is a rung of the channel, or its sound in one language.
type track struct {
	folder string
	loop   loop
	ticks  uint64 // of its clock, in a round
	init   string // EXT-X-MAP
}

func (t track) packing() packing {
	return packing{version: 7, ext: ".m4s", head: "#EXT-X-MAP:URI=\"" + t.init + "\"\n"}
}

// openTrack reads what a folder of the film holds. Rounds are as long as the
// picture's, so that picture and sound stay together for ever.
func openTrack(root *os.Root, folder string) (track, error) {
	t := track{folder: folder, init: "init.mp4"}
	head, _, err := readSpan(root, path.Join(cmafLoop, folder, t.init), part{size: manifestLimit})
	if err != nil {
		return t, err
	}
	clock, err := timescale(head)
	if err != nil {
		return t, fmt.Errorf("%s/%s: %w", folder, t.init, err)
	}
	if t.loop, err = folderLoop(root, folder); err != nil {
		return t, err
	}
	picture, err := firstRung(root)
	if err != nil {
		return t, err
	}
	frame, err := folderLoop(root, picture)
	if err != nil {
		return t, err
	}
	length := frame.total()
	if t.loop, err = t.loop.fill(length); err != nil {
		return t, fmt.Errorf("%s: %w", folder, err)
	}
	t.ticks = uint64(length.Microseconds()) * uint64(clock) / 1e6
	return t, nil
}

// fill makes a round last for so long: what begins later is left out, and the last
// segment makes up for the frame by which it ends earlier or later.
func (l loop) fill(length time.Duration) (loop, error) {
	for len(l) > 1 && l.total()-l[len(l)-1] >= length {
		l = l[:len(l)-1]
	}
	off := length - l.total()
	if last := len(l) - 1; off.Abs() < mostOff {
		l[last] += off
		return l, nil
	}
	return nil, fmt.Errorf("lasts %v, and the picture %v", l.total(), length)
}

// mostOff is by how much sound may end before the picture or after it.
const mostOff = 200 * time.Millisecond

func folderLoop(root *os.Root, folder string) (loop, error) {
	f, err := root.Open(filepath.Join(cmafLoop, filepath.FromSlash(folder), "index.m3u8"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readLoop(f)
}

// firstRung is the folder of the first variant.
func firstRung(root *os.Root) (string, error) {
	f, err := root.Open(filepath.Join(cmafLoop, "master.m3u8"))
	if err != nil {
		return "", err
	}
	defer f.Close()
	lines := bufio.NewScanner(io.LimitReader(f, manifestLimit))
	for lines.Scan() {
		if folder, ok := strings.CutSuffix(lines.Text(), "/index.m3u8"); ok && !strings.HasPrefix(folder, "#") {
			return folder, nil
		}
	}
	if err := lines.Err(); err != nil {
		return "", err
	}
	return "", fmt.Errorf("%s/master.m3u8 names no rendition", cmafLoop)
}

func (o *Office) serveCMAFSegment(w http.ResponseWriter, r *http.Request, root *os.Root, t track, name string) error {
	number, ok := strings.CutSuffix(name, ".m4s")
	msn, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || msn < 0 || !t.loop.available(msn, o.options.Now(), t.loop.keep(o.options.LiveWindow)) {
		return problem(codeNotFound, "This segment is not on the air.")
	}
	index, turn := msn%int64(len(t.loop)), msn/int64(len(t.loop))
	data, changed, err := readSpan(root, fmt.Sprintf("%s/%s/%05d.m4s", cmafLoop, t.folder, index), part{size: segmentLimit})
	if err != nil {
		return missing(err)
	}
	if err := moveFragments(data, uint64(turn)*t.ticks); err != nil {
		return fmt.Errorf("move %s/%05d.m4s: %w", t.folder, index, err)
	}
	sendOnAir(w, r, name, position{msn, 0}, data, changed)
	return nil
}

// sendOnAir sends what was made of a file of the loop.
func sendOnAir(w http.ResponseWriter, r *http.Request, name string, at position, data []byte, changed time.Time) {
	kind, cache := mediaType(name)
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", cache)
	h.Set("ETag", fmt.Sprintf(`"%s-%s-%x"`, strconv.FormatInt(changed.UnixNano(), 36), at, len(data)))
	http.ServeContent(w, r, "", changed, bytes.NewReader(data))
}

// boxHead is what a box of ISO/IEC 14496-12 begins with: its size and kind.
const boxHead = 8

// boxes goes through the boxes of b until something else comes.
func boxes(b []byte) func(yield func(kind string, body []byte) bool) {
	return func(yield func(string, []byte) bool) {
		for len(b) >= boxHead {
			size := uint64(binary.BigEndian.Uint32(b))
			if size < boxHead || size > uint64(len(b)) || !yield(string(b[4:8]), b[boxHead:size]) {
				return
			}
			b = b[size:]
		}
	}
}

// inBox is the body of the first box that a path leads to; nil for none.
func inBox(b []byte, way ...string) []byte {
	for _, kind := range way {
		var in []byte
		for k, body := range boxes(b) {
			if k == kind {
				in = body
				break
			}
		}
		if b = in; b == nil {
			return nil
		}
	}
	return b
}

// timescale is the clock of the one track of an init section, in ticks a second.
func timescale(head []byte) (uint32, error) {
	body, at := inBox(head, "moov", "trak", "mdia", "mdhd"), 12
	if len(body) > 0 && body[0] == 1 {
		at = 20
	}
	if len(body) < at+4 || binary.BigEndian.Uint32(body[at:]) == 0 {
		return 0, fmt.Errorf("no clock in its media header")
	}
	return binary.BigEndian.Uint32(body[at:]), nil
}

// moveFragments moves the decode times of a segment. An index would no longer be
// true, and becomes free space.
func moveFragments(segment []byte, ticks uint64) error {
	moved, at := false, 0
	for kind, body := range boxes(segment) {
		switch kind {
		case "sidx":
			copy(segment[at+4:], "free")
		case "moof":
			tfdt := inBox(body, "traf", "tfdt")
			if len(tfdt) < 12 || tfdt[0] != 1 {
				return fmt.Errorf("no decode time of 64 bits")
			}
			binary.BigEndian.PutUint64(tfdt[4:], binary.BigEndian.Uint64(tfdt[4:])+ticks)
			moved = true
		}
		at += boxHead + len(body)
	}
	if !moved {
		return fmt.Errorf("no fragment in it")
	}
	return nil
}
