package hls

import (
	"bytes"
	"strconv"
	"time"
)

// Tiles says how the pictures lie in one image of an image playlist
// (EXT-X-TILES, as Roku and the SVTA describe it).
type Tiles struct {
	Width, Height int           // of one picture, pixels
	Columns, Rows int           // of pictures in the image
	Duration      time.Duration // for which one picture stands
}

// The bounds of Tiles that make sense.
const (
	mostTiles = 100  // in a row or a column
	mostTile  = 4096 // pixels
)

// Tiles is the layout written on segment i; ok is false when there is none of
// its own, or one that makes no sense.
func (p *Playlist) Tiles(i int) (t Tiles, ok bool) {
	seg := p.Segments[i]
	s := scanner{data: p.data}
	for line := range bytes.Lines(p.data[seg.lo:seg.hi]) {
		rest, found := bytes.CutPrefix(bytes.TrimSpace(line), []byte("#EXT-X-TILES:"))
		if !found {
			continue
		}
		s.data = rest
		v := span{0, uint32(len(rest))}
		t.Width, t.Height = pair(s.attr(v, "RESOLUTION"))
		t.Columns, t.Rows = pair(s.attr(v, "LAYOUT"))
		t.Duration = parseDuration(s.attr(v, "DURATION"))
	}
	ok = within(t.Width, mostTile) && within(t.Height, mostTile) && within(t.Columns, mostTiles) && within(t.Rows, mostTiles) && t.Duration > 0
	return t, ok
}

func within(n, most int) bool { return n > 0 && n <= most }

// pair reads 320x180.
func pair(v []byte) (a, b int) {
	left, right, ok := bytes.Cut(v, []byte("x"))
	a, err1 := strconv.Atoi(string(left))
	b, err2 := strconv.Atoi(string(right))
	if !ok || err1 != nil || err2 != nil {
		return 0, 0
	}
	return a, b
}
