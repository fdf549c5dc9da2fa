package box

import (
	"usher/internal/offer"
	"usher/player"
)

// View is what watchers see of the State: plain data for JSON, one field for
// each topic of the bridge.
type View struct {
	Playback  PlaybackView        `json:"playback"`
	System    SystemView          `json:"system"`
	Tracks    TracksView          `json:"tracks"`
	Pairing   PairingView         `json:"pairing"`
	Progress  map[string]Progress `json:"progress"` // by qualified title id
	Household HouseholdView       `json:"household"`
}

// PlaybackView is topic "playback".
type PlaybackView struct {
	Session     uint64     `json:"session"` // rises with each title started
	Phase       string     `json:"phase"`   // idle resolving opening playing paused buffering recovering ended failed
	TitleID     string     `json:"titleId,omitempty"`
	SeriesID    string     `json:"seriesId,omitempty"`
	Name        offer.Text `json:"name,omitempty"`
	SeriesName  offer.Text `json:"seriesName,omitempty"`
	Season      int        `json:"season,omitempty"`
	Number      int        `json:"number,omitempty"`
	Poster      string     `json:"poster,omitempty"`
	Backdrop    string     `json:"backdrop,omitempty"`
	PositionMS  int64      `json:"positionMs"` // true at AtMS; advances with rate while playing
	AtMS        int64      `json:"atMs"`       // Unix time in ms
	DurationMS  int64      `json:"durationMs,omitempty"`
	IntroFromMS int64      `json:"introFromMs,omitempty"` // opening titles, with IntroToMS
	IntroToMS   int64      `json:"introToMs,omitempty"`   // 0: none known
	CreditsMS   int64      `json:"creditsMs,omitempty"`   // where the closing credits begin; 0: not known
	HeldMS      int64      `json:"heldMs,omitempty"`      // up to this position the title is on the box, whatever becomes of the network; 0: not known
	Rate        float64    `json:"rate"`
	Volume      float64    `json:"volume"` // 0 to 1
	Muted       bool       `json:"muted"`
	Live        bool       `json:"live"`
	Trickplay   *Trickplay `json:"trickplay,omitempty"` // what there is to show while winding
	Window      *LiveView  `json:"window,omitempty"`    // live: how far it can be wound
	NextID      string     `json:"nextId,omitempty"`
	NextName    offer.Text `json:"nextName,omitempty"`
	URL         string     `json:"url,omitempty"` // loopback URL the player reads
	Rendition   *Rendition `json:"rendition,omitempty"`
	Problem     *Problem   `json:"problem,omitempty"` // why it failed; in other phases, what is wrong with a title that goes on
	Outcome     Outcome    `json:"outcome,omitempty"` // how the last title came to its end
	Quality     Quality    `json:"-"`                 // for who explains it
	Notice      *Problem   `json:"notice,omitempty"`  // what the box did by itself lately, and why
}

// SystemView is topic "system".
type SystemView struct {
	Version     string      `json:"version"`
	Demo        bool        `json:"demo"`
	PlayerReady bool        `json:"playerReady"`
	Player      player.Info `json:"player"`
	Services    []Service   `json:"services"`
	Problems    []Problem   `json:"problems"`
	TV          TVView      `json:"tv"`
	Power       PowerView   `json:"power"`
}

// Trickplay is what there is to show while somebody winds.
type Trickplay struct {
	Kind string `json:"kind"` // "vtt", "images", "iframes"
	URL  string `json:"url"`  // on the loopback origin: WebVTT that names pictures; of iframes an I-frame playlist
}

// Service is how a service stands.
type Service struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Reachable bool     `json:"reachable"`
	Revision  string   `json:"revision"` // of its catalogue; changes when that must be read again
	Titles    int      `json:"titles"`
	Problem   *Problem `json:"problem,omitempty"`
}

// Progress is how far a title was watched.
type Progress struct {
	PositionMS int64 `json:"positionMs"`
	DurationMS int64 `json:"durationMs"`
	Finished   bool  `json:"finished"`
	UpdatedMS  int64 `json:"updatedMs"` // Unix time in ms
}

// Rendition is the rung of the ladder being played.
type Rendition struct {
	Width     int    `json:"width,omitempty"`
	Height    int    `json:"height,omitempty"`
	Bandwidth int    `json:"bandwidth"` // bit/s, the BANDWIDTH attribute
	Audio     string `json:"audio,omitempty"`
	Subtitle  string `json:"subtitle,omitempty"`
}

// Problem is something a person has to know: a stable code, what happened,
// and what to do now.
type Problem struct {
	Code string `json:"code"` // snake_case, stable, translated by the page
	Text string `json:"text"` // what happened and what it means, English
	Hint string `json:"hint"` // the next step, English
}

// Error is the text and the hint, so that a Problem can travel as an error.
func (p *Problem) Error() string { return p.Text + " " + p.Hint }
