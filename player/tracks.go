package player

import (
	"context"
	"errors"
	"time"
)

// Tracks is what MPRIS has no words for: the tracks of the present title,
// their timing, and the shape of the picture. Every method blocks until the
// player has done it, 2 s at most, and may be called from any goroutine. What a
// player cannot do is said in TrackList.Can, and refused with ErrAbsent.
type Tracks interface {
	// Tracks reads what there is. Without a title it is empty.
	Tracks(ctx context.Context) (TrackList, error)
	// Choose switches to a track; id 0 is none, for subtitles only. The film
	// goes on: sound in the other language is there when it returns.
	Choose(ctx context.Context, kind TrackKind, id int) error
	// Delay moves sound or subtitles against the picture, -10 s to 10 s;
	// positive is later.
	Delay(ctx context.Context, kind TrackKind, by time.Duration) error
	// Shape sets the shape of the picture until the next title.
	Shape(ctx context.Context, g Geometry) error
}

// ErrAbsent says that the player cannot do it; the error around it says why.
var ErrAbsent = errors.New("the player cannot do this")

// TrackKind is sound or subtitles.
type TrackKind uint8

// The kinds of track that can be chosen.
const (
	AudioTrack TrackKind = iota + 1
	SubtitleTrack
)

// Track is one track of the present title.
type Track struct {
	Kind     TrackKind `json:"-"`
	ID       int       `json:"id"`                 // for Choose; counts from 1 within its kind
	Language string    `json:"language,omitempty"` // as the stream says, mostly BCP 47
	Title    string    `json:"title,omitempty"`
	Codec    string    `json:"codec,omitempty"`
	Channels int       `json:"channels,omitempty"` // of sound
	Selected bool      `json:"selected"`
	External bool      `json:"external"` // side-loaded
}

// TrackList is what the present title has, and what can be done with it.
type TrackList struct {
	Can           TracksCan     `json:"can"`
	Audio         []Track       `json:"audio"`
	Subtitles     []Track       `json:"subtitles"`
	AudioDelay    time.Duration `json:"audioDelayNs"`
	SubtitleDelay time.Duration `json:"subtitleDelayNs"`
	Picture       Picture       `json:"picture"`
}

// TracksCan is which methods work now.
type TracksCan struct {
	Audio    bool   `json:"audio"` // switch audio in the film
	Subtitle bool   `json:"subtitle"`
	Delay    bool   `json:"delay"`
	Geometry bool   `json:"geometry"`
	HDR      bool   `json:"hdr"`           // Picture.HDR is known
	Why      string `json:"why,omitempty"` // why something does not, for a log
}

// Picture is the picture as it is decoded.
type Picture struct {
	Width  int     `json:"width"`  // in pixels of the display; 0: none yet
	Height int     `json:"height"` // the same
	Aspect float64 `json:"aspect"`
	HDR    HDR     `json:"hdr"`
	Peak   float64 `json:"peak,omitempty"` // brightest signal, in units of SDR white; 0: not said
}

// HDR is the dynamic range of a picture.
type HDR string

// The dynamic ranges; empty is not known.
const (
	SDR HDR = "sdr"
	PQ  HDR = "pq"  // SMPTE ST 2084: HDR10, and the base of Dolby Vision
	HLG HDR = "hlg" // ARIB STD-B67
)

// Geometry is the shape of the picture on the screen.
type Geometry struct {
	Aspect float64 // width to height, 0.5 to 3; 0 is the stream's own
	Fill   float64 // 0 shows all of the picture, 1 fills the screen and cuts; clamped
}
