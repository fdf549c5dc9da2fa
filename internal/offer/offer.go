// Package offer is the vocabulary of what a service has to watch: titles,
// rails, terms, ratings and the playback it grants. The field names and units
// are those of the service API (docs/openapi.yaml).
//
// The package is pure data: it never blocks, starts nothing, and imports
// nothing of this program.
package offer

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Kind says what a title is.
type Kind string

// The kinds of title.
const (
	Film    Kind = "film"
	Series  Kind = "series"  // has Seasons; is not played itself
	Episode Kind = "episode" // belongs to a series
	Live    Kind = "live"    // a channel
)

// Production says where a title comes from.
type Production string

// The kinds of production.
const (
	Own          Production = "own"
	Licensed     Production = "licensed"
	CoProduction Production = "co-production"
)

// Text is one text in several languages, by BCP 47 tag.
type Text map[string]string

// In gives the text in the first of the languages that it has: an exact tag,
// then one with the same primary language, then English, then any.
func (t Text) In(langs ...string) string {
	tags := slices.Sorted(maps.Keys(t)) // so that the choice is the same each time
	for _, l := range append(langs[:len(langs):len(langs)], "en") {
		if s, ok := t[l]; ok {
			return s
		}
		for _, tag := range tags {
			if primary(tag) == primary(l) {
				return t[tag]
			}
		}
	}
	if len(tags) == 0 {
		return ""
	}
	return t[tags[0]]
}

func primary(tag string) string {
	p, _, _ := strings.Cut(tag, "-")
	return strings.ToLower(p)
}

// Catalogue is everything a service shows in one country.
type Catalogue struct {
	Revision string  `json:"revision"` // changes whenever anything in it does
	Rails    []Rail  `json:"rails"`
	Titles   []Title `json:"titles"` // films, series and channels; episodes are inside their series
}

// Rail is one row of the catalogue.
type Rail struct {
	ID     string   `json:"id"`
	Name   Text     `json:"name"`
	Titles []string `json:"titles"` // title ids, best first
}

// Title is one thing to watch.
type Title struct {
	ID               string     `json:"id"`
	Kind             Kind       `json:"kind"`
	Name             Text       `json:"name"`
	OriginalLanguage string     `json:"originalLanguage"` // BCP 47
	Synopsis         Text       `json:"synopsis"`
	Year             int        `json:"year"`
	DurationMS       int64      `json:"durationMs,omitempty"` // 0 for series and live
	Genres           []string   `json:"genres"`
	Production       Production `json:"production"`
	Countries        []string   `json:"countries"` // of production, ISO 3166-1 alpha-2
	Terms            []Terms    `json:"terms"`     // ways to watch, cheapest first
	Ratings          []Rating   `json:"ratings"`
	Territories      []string   `json:"territories"` // where it may be shown, ISO 3166-1 alpha-2
	Window           Window     `json:"window"`
	AIPerformers     bool       `json:"aiPerformers"` // some performers are generated; must be labelled
	AINote           Text       `json:"aiNote,omitempty"`
	Audio            []string   `json:"audio"`        // BCP 47
	Subtitles        []string   `json:"subtitles"`    // BCP 47
	AI               *AI        `json:"ai,omitempty"` // about AIPerformers, for programs
	Cast             []string   `json:"cast,omitempty"`
	People           []Person   `json:"people,omitempty"`      // the cast and those behind the camera
	EIDR             string     `json:"eidr,omitempty"`        // "10.5240/…", the same at every service (eidr.org)
	Poster           string     `json:"poster"`                // URL relative to the service
	Backdrop         string     `json:"backdrop"`              // URL relative to the service
	IntroFromMS      int64      `json:"introFromMs,omitempty"` // where the opening titles begin
	IntroToMS        int64      `json:"introToMs,omitempty"`   // where they end; 0 unknown
	CreditsMS        int64      `json:"creditsMs,omitempty"`   // where the closing credits begin; 0 unknown
	Chapters         []Chapter  `json:"chapters,omitempty"`    // in order; none are known when empty
	Seasons          []Season   `json:"seasons,omitempty"`     // series
	SeriesID         string     `json:"seriesId,omitempty"`    // episode
	Season           int        `json:"season,omitempty"`      // episode
	Number           int        `json:"number,omitempty"`      // episode
}

// Duration is the playing time; 0 for series and live.
func (t Title) Duration() time.Duration { return time.Duration(t.DurationMS) * time.Millisecond }

// Person is somebody who made a title, and as what.
type Person struct {
	Name string `json:"name"`
	Role string `json:"role"` // "actor", "director" or "writer"
}

// Chapter is a part of a title that a viewer may want to go to.
type Chapter struct {
	AtMS int64 `json:"atMs"` // where it begins
	Name Text  `json:"name"`
}

// AI says what in a title is generated, and where it has to be labelled.
type AI struct {
	Kind     string   `json:"kind"`           // "performer", "voice" or "crowd"
	Required []string `json:"labelRequired"`  // countries, ISO 3166-1 alpha-2
	C2PA     string   `json:"c2pa,omitempty"` // URL of a manifest (c2pa.org)
}

// Season is a season of a series.
type Season struct {
	Number   int     `json:"number"`
	Name     Text    `json:"name"`
	Episodes []Title `json:"episodes"`
}

// TermsKind is a way to watch.
type TermsKind string

// The ways to watch.
const (
	Free         TermsKind = "free"
	Subscription TermsKind = "subscription"
	Rent         TermsKind = "rent" // per title, for a play window
	Buy          TermsKind = "buy"  // per title, for good
)

// Terms is one way to watch a title and its price.
type Terms struct {
	Kind     TermsKind `json:"kind"`
	PriceMin int64     `json:"priceMinor,omitempty"` // in the currency's minor unit (ISO 4217)
	Currency string    `json:"currency,omitempty"`   // ISO 4217
	Billing  string    `json:"billing,omitempty"`    // "pre-paid" or "post-paid"
	PlayMS   int64     `json:"playMs,omitempty"`     // rent: play window after the start
}

// Rating is an age rating of one system.
type Rating struct {
	System string `json:"system"` // such as FSK, MPA, BBFC, LSF
	Label  string `json:"label"`  // as printed by the system
	MinAge int    `json:"minAge"` // years
}

// Window is when a title may be watched; zero times are open ends.
type Window struct {
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

// Contains says whether t lies inside the window.
func (w Window) Contains(t time.Time) bool {
	return (w.From.IsZero() || !t.Before(w.From)) && (w.Until.IsZero() || t.Before(w.Until))
}

// Playback is a service's answer to "play this title".
type Playback struct {
	ID          string    `json:"id"`                   // of this playback, for heartbeats
	TitleID     string    `json:"titleId"`              // what will be seen (the first episode, for a series)
	URL         string    `json:"url"`                  // multivariant or media playlist
	Thumbnails  string    `json:"thumbnails,omitempty"` // URL of a WebVTT file of pictures for winding; empty: none
	Live        bool      `json:"live"`
	HeartbeatMS int64     `json:"heartbeatMs"` // how often to report; 0 never
	Expires     time.Time `json:"expires,omitzero"`
	Account     bool      `json:"-"` // it is watched with the household's account, and ends with it
}
