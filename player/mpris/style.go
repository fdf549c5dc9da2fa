package mpris

import (
	"context"
	"errors"
	"fmt"

	"usher/player"
)

var _ player.Styler = (*Tracks)(nil)

// Style keeps the style, and draws the subtitles of the present title with it;
// see player.Styler. A player that is away gets it with the next title: the
// tracks of every title are read when it begins, and the style set again then,
// because only then it is known whether the picture is HDR.
func (t *Tracks) Style(ctx context.Context, s player.SubtitleStyle) error {
	t.mu.Lock()
	t.style = &s
	t.mu.Unlock()
	if t.socket == "" {
		return fmt.Errorf("style subtitles: %w: %s", player.ErrAbsent, whyMPRIS)
	}
	return t.with(ctx, func(ctx context.Context, q *asker) error {
		var picture mpvPicture
		if err := q.get(ctx, "video-params", &picture); err != nil && !errors.Is(err, errUnavailable) {
			return err
		}
		return t.dress(ctx, q, picture.picture())
	})
}

// dress sets what was chosen last, for a picture.
func (t *Tracks) dress(ctx context.Context, q *asker, p player.Picture) error {
	t.mu.Lock()
	s := t.style
	t.mu.Unlock()
	if s == nil {
		return nil // never chosen: mpv's own
	}
	for _, o := range styled(*s, p.HDR == player.PQ || p.HDR == player.HLG) {
		if err := q.set(ctx, o.name, o.value); err != nil {
			return err
		}
	}
	return nil
}

// option is a property of mpv.
type option struct {
	name  string
	value any
}

// styled is a style in mpv's words (mpv(1), "Subtitles"). A box is one for the
// whole caption; libass draws no shadows in it, and takes their offset for the
// room around the letters.
func styled(s player.SubtitleStyle, hdr bool) []option {
	bright := s.SDR
	if hdr {
		bright = s.HDR
	}
	e := edgeOf(s.Edge)
	font := s.Font
	if font == "" {
		font = "sans-serif"
	}
	list := []option{
		{"sub-scale", min(max(s.Scale, 0.5), 2)},
		{"sub-font", font},
		{"sub-color", mpvColor(dim(s.Color, bright), min(max(s.Opacity, 0.25), 1))},
		{"sub-border-color", mpvColor(0, 1)},
		{"sub-border-size", e.border},
		{"sub-shadow-offset", e.shadow},
		{"sub-shadow-color", mpvColor(0, e.dark)},
		{"sub-back-color", mpvColor(0, 0)},
	}
	if s.Density > 0 { // mpv 0.35 draws the box for any colour of the back that is seen
		list[7].value = mpvColor(dim(s.Plate, bright), min(s.Density, 1))
		list[5].value = boxRoom
	}
	return list
}

const boxRoom = 4.0 // as the pixels of edge

// edge is how mpv draws one, in pixels of a picture that is 720 high.
type edge struct {
	border float64
	shadow float64 // to the right and down; less than 0: to the left and up
	dark   float64 // opacity of the shadow
}

func edgeOf(e player.Edge) edge {
	switch e {
	case player.Shadow:
		return edge{shadow: 3, dark: 0.8}
	case player.Raised:
		return edge{border: 0.6, shadow: 1.8, dark: 1}
	case player.Depressed:
		return edge{border: 0.6, shadow: -1.8, dark: 1}
	case player.NoEdge:
		return edge{dark: 0.8}
	default:
		return edge{border: 3, dark: 0.8}
	}
}

// dim is a colour at part of its brightness.
func dim(rgb uint32, by float64) uint32 {
	by = min(max(by, 0.2), 1)
	part := func(shift uint) uint32 { return uint32(float64(rgb>>shift&0xff)*by+0.5) << shift }
	return part(16) | part(8) | part(0)
}

func mpvColor(rgb uint32, alpha float64) string {
	return fmt.Sprintf("#%02X%06X", uint8(alpha*255+0.5), rgb&0xffffff)
}
