package player

import "context"

// SubtitleStyle is how subtitles without a style of their own are drawn.
type SubtitleStyle struct {
	Scale   float64 // of their usual size, 0.5 to 2
	Color   uint32  // of the letters, 0xRRGGBB
	Opacity float64 // of the letters, 0.25 to 1
	Plate   uint32  // of the box behind them, 0xRRGGBB
	Density float64 // of the box: 0 there is none, 1 nothing is seen through it
	Edge    Edge
	Font    string  // a family, such as "sans-serif"; "" is the player's own
	SDR     float64 // brightness of the letters over a picture of standard range, 0.2 to 1
	HDR     float64 // over one of high range, where the same letters are brighter
}

// Edge is what sets letters off from the picture.
type Edge uint8

// The edges; the zero value is an outline.
const (
	Outline   Edge = iota
	Shadow         // falls behind them
	Raised         // they stand out
	Depressed      // they are sunk in
	NoEdge
)

// Styler is a player that draws subtitles as it is told.
type Styler interface {
	// Style sets how subtitles look, in the title that is on and in those that
	// follow. It blocks for 2 s at most. Without a player it takes effect when
	// there is one.
	Style(ctx context.Context, s SubtitleStyle) error
}
