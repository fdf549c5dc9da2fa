// Package uitest has a small pretended box and catalogue, so that the bridge
// and the command line can be tested over real sockets without a player.
//
// They never block and start nothing. What a test sets must be set before the
// bridge runs, or through the methods, which are safe for concurrent use.
package uitest

import (
	"context"
	"maps"
	"strings"
	"sync"
	"time"

	"usher/device/remote"
	"usher/internal/box"
	"usher/internal/offer"
	"usher/player"
)

// Box is a pretended box: titles of the Catalogue begin at once, and every
// other intent takes effect in the view.
type Box struct {
	// Playing says how a title that was asked for turns out; nil: it plays.
	// It is called with the view already at phase resolving.
	Playing func(titleID string, v *box.PlaybackView)
	// Refuse refuses an intent; nil: the rules of a box with nothing playing.
	Refuse func(box.Event) *box.Problem

	mu      sync.Mutex
	view    box.View
	events  []box.Event
	changed chan struct{}
	keys    chan remote.Event
}

// NewBox makes a box on which nothing plays.
func NewBox() *Box {
	return &Box{
		changed: make(chan struct{}, 1), keys: make(chan remote.Event, 1024),
		view: box.View{
			Playback: box.PlaybackView{Phase: "idle", Rate: 1, Volume: 0.8},
			System: box.SystemView{
				Version: "1.2.3", Demo: true, PlayerReady: true,
				Player: player.Info{
					Identity: "mpv", BusName: "org.mpris.MediaPlayer2.mpv", BusAddress: "unix:path=/tmp/bus",
					PID: 42, Can: player.Can{Seek: true, Volume: true},
				},
				Services: []box.Service{Service()},
				TV:       box.TVView{Present: true, Power: "on", Active: true, Reason: "the television chose this input", Sound: "tv", Volume: 20},
				Power:    box.PowerView{State: "on"},
			},
			Pairing:   Pairing(),
			Household: HouseholdView(),
			Progress:  map[string]box.Progress{"demo:tide": {PositionMS: 60000, DurationMS: 600000, UpdatedMS: 1}},
		},
	}
}

// View is the present view.
func (b *Box) View() box.View {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.view
}

// Changed has a token after each change.
func (b *Box) Changed() <-chan struct{} { return b.changed }

// Keys delivers the keys pressed, by Press or by an intent.
func (b *Box) Keys() <-chan remote.Event { return b.keys }

// Events lists the intents accepted so far.
func (b *Box) Events() []box.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]box.Event(nil), b.events...)
}

// Update changes the view; f must not change maps and slices in place.
func (b *Box) Update(f func(*box.View)) {
	b.mu.Lock()
	f(&b.view)
	b.mu.Unlock()
	b.tell()
}

// SetProgress stores a position.
func (b *Box) SetProgress(id string, p box.Progress) {
	b.Update(func(v *box.View) {
		next := maps.Clone(v.Progress)
		next[id] = p
		v.Progress = next
	})
}

func (b *Box) tell() {
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

// Press delivers a key to the screen. It blocks when 1,024 keys wait.
func (b *Box) Press(e remote.Event) { b.keys <- e }

// Submit accepts or refuses an intent.
func (b *Box) Submit(e box.Event) *box.Problem {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.refusal(e); p != nil {
		return p
	}
	b.events = append(b.events, e)
	b.apply(e)
	applyTracks(&b.view.Tracks, e)
	applyPairing(&b.view.Pairing, e)
	b.tell()
	return nil
}

func (b *Box) refusal(e box.Event) *box.Problem {
	if b.Refuse != nil {
		return b.Refuse(e)
	}
	switch e.(type) {
	case box.PlayRequested, box.VolumeRequested, box.KeyPressed, box.Focused,
		box.PairRequested, box.PairCancelled, box.NetworkLookAsked, box.NetworkJoinAsked, box.NetworkForgetAsked, box.NetworkCancelled:
		return nil
	case box.UnpairRequested:
		return unpairRefusal(b.view.Pairing)
	case box.NextRequested:
		if b.view.Playback.NextID == "" {
			return &box.Problem{Code: "no_next", Text: "There is no next episode.", Hint: "Choose another title."}
		}
	}
	if b.view.Playback.Phase == "idle" {
		return &box.Problem{Code: "nothing_playing", Text: "Nothing is playing.", Hint: "Play a title first: usher play WORDS"}
	}
	return nil
}

func (b *Box) apply(e box.Event) {
	v := &b.view.Playback
	if _, ok := e.(box.Focused); ok {
		return
	}
	if key, ok := e.(box.KeyPressed); ok {
		select {
		case b.keys <- key.Key:
		default:
		}
		return
	}
	v.AtMS = time.Now().UnixMilli()
	switch e := e.(type) {
	case box.PlayRequested:
		*v = box.PlaybackView{Session: v.Session + 1, Phase: "resolving", TitleID: e.TitleID, Rate: 1, Volume: v.Volume, AtMS: v.AtMS, PositionMS: e.Position.Milliseconds()}
		b.begin(v)
	case box.PauseRequested:
		v.Phase = "paused"
	case box.ResumeRequested:
		v.Phase = "playing"
	case box.ToggleRequested:
		v.Phase = map[string]string{"playing": "paused"}[v.Phase]
		if v.Phase == "" {
			v.Phase = "playing"
		}
	case box.StopRequested:
		*v = box.PlaybackView{Session: v.Session, Phase: "idle", Rate: 1, Volume: v.Volume}
	case box.SeekRequested:
		to := e.To.Milliseconds()
		if e.Relative {
			to = v.PositionMS + e.By.Milliseconds()
		}
		v.PositionMS = max(to, 0)
	case box.VolumeRequested:
		applyVolume(v, e)
	case box.RateRequested:
		v.Rate = min(max(e.Rate, 0.5), 2)
	}
}

func (b *Box) begin(v *box.PlaybackView) {
	if b.Playing != nil {
		b.Playing(v.TitleID, v)
		return
	}
	for _, t := range Titles() {
		if t.ID == v.TitleID {
			v.Phase, v.Name, v.DurationMS, v.Chapters = "playing", t.Name, t.DurationMS, t.Chapters
			v.URL = "http://127.0.0.1:8788/s/abc/master.m3u8"
			return
		}
	}
	v.Phase = "failed"
	v.Problem = &box.Problem{Code: "title_not_found", Text: "The service does not know this title.", Hint: "Look it up: usher search WORDS"}
}

func applyVolume(v *box.PlaybackView, e box.VolumeRequested) {
	switch e.Change {
	case box.VolumeSet:
		v.Volume = e.Level
	case box.VolumeStep:
		v.Volume = min(max(v.Volume+e.By, 0), 1)
	case box.VolumeMute:
		v.Muted = true
	case box.VolumeUnmute:
		v.Muted = false
	case box.VolumeToggleMute:
		v.Muted = !v.Muted
	}
}

// Catalogue is a pretended service "demo" with the titles of Titles.
type Catalogue struct {
	// Wait is called first by each look-up, if it is set: it may block until
	// ctx ends, and its error is the look-up's.
	Wait func(ctx context.Context) error
}

func (c Catalogue) wait(ctx context.Context) error {
	if c.Wait == nil {
		return nil
	}
	return c.Wait(ctx)
}

// Service is how the pretended service stands.
func Service() box.Service {
	return box.Service{ID: "demo", Name: "Demo", Reachable: true, Revision: "r1", Titles: len(Titles())}
}

// Titles are those of the pretended service: two films whose names share a
// word, a third film, and a series with two episodes.
func Titles() []offer.Title {
	film := func(id, en, de string, year int, genres ...string) offer.Title {
		return offer.Title{
			ID: "demo:" + id, Kind: offer.Film, Name: offer.Text{"en": en, "de": de}, Synopsis: offer.Text{"en": "A film called " + en + "."},
			OriginalLanguage: "en", Year: year, DurationMS: 600000, Genres: genres, Production: offer.Own,
			Terms:   []offer.Terms{{Kind: offer.Rent, PriceMin: 399, Currency: "EUR", Billing: "post-paid", PlayMS: 172800000}},
			Ratings: []offer.Rating{{System: "FSK", Label: "12", MinAge: 12}}, Cast: []string{"A. Player"},
			Window: offer.Window{From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, AIPerformers: id == "tide", AINote: offer.Text{"en": "One voice."},
			Poster: "/poster.svg", Backdrop: "/backdrop.svg", IntroFromMS: 5000, IntroToMS: 20000, CreditsMS: 590000,
			Chapters: []offer.Chapter{{Name: offer.Text{"en": "Ebb", "de": "Ebbe"}}, {AtMS: 300000, Name: offer.Text{"en": "Flood", "de": "Flut"}}},
		}
	}
	series := film("station", "Station", "Bahnhof", 2025, "drama")
	series.Kind, series.DurationMS = offer.Series, 0
	series.Seasons = []offer.Season{{Number: 1, Name: offer.Text{"en": "Season 1"}, Episodes: []offer.Title{episode(1), episode(2)}}}
	return []offer.Title{
		film("tide", "Winter Tide", "Winterflut", 2024, "drama", "sea"), film("garden", "Winter Garden", "Wintergarten", 2023, "drama"),
		film("harbour", "Harbour Lights", "Hafenlichter", 2022, "sea"), series,
	}
}

func episode(n int) offer.Title {
	return offer.Title{
		ID: "demo:station-" + string(rune('0'+n)), Kind: offer.Episode, Name: offer.Text{"en": "Platform " + string(rune('0'+n))},
		DurationMS: 300000, SeriesID: "demo:station", Season: 1, Number: n, Genres: []string{"drama"}, Production: offer.Own,
	}
}

// Services lists the one service.
func (c Catalogue) Services() []box.Service { return []box.Service{Service()} }

// Catalogue gives two rails.
func (c Catalogue) Catalogue(ctx context.Context, service string) (offer.Catalogue, error) {
	if err := c.wait(ctx); err != nil {
		return offer.Catalogue{}, err
	}
	if service != "demo" {
		return offer.Catalogue{}, &box.Problem{Code: "unknown_service", Text: "There is no such service.", Hint: "List them: usher services"}
	}
	return offer.Catalogue{Revision: "r1", Titles: Titles(), Rails: []offer.Rail{
		{ID: "new", Name: offer.Text{"en": "New"}, Titles: []string{"demo:tide", "demo:garden"}},
		{ID: "all", Name: offer.Text{"en": "All"}, Titles: []string{"demo:harbour", "demo:station", "demo:tide"}},
	}}, nil
}

// Title finds a title or an episode.
func (c Catalogue) Title(ctx context.Context, id string) (offer.Title, error) {
	if err := c.wait(ctx); err != nil {
		return offer.Title{}, err
	}
	for _, t := range append(Titles(), episode(1), episode(2)) {
		if t.ID == id {
			return t, nil
		}
	}
	return offer.Title{}, &box.Problem{Code: "title_not_found", Text: "The service does not know this title.", Hint: "Look it up: usher search WORDS"}
}

// Search finds titles whose names have the words in them.
func (c Catalogue) Search(ctx context.Context, query, _ string, limit int) ([]offer.Title, error) {
	if err := c.wait(ctx); err != nil {
		return nil, err
	}
	var found []offer.Title
	for _, t := range Titles() {
		for _, name := range t.Name {
			if strings.Contains(strings.ToLower(name), strings.ToLower(query)) && len(found) < limit {
				found = append(found, t)
				break
			}
		}
	}
	return found, nil
}

// Knows says whether a title is one of Titles.
func (c Catalogue) Knows(id string) bool {
	_, err := Catalogue{}.Title(context.Background(), id)
	return err == nil
}

// Art is a small drawing.
func (c Catalogue) Art(ctx context.Context, titleID, _ string) (data []byte, contentType string, err error) {
	if _, err := c.Title(ctx, titleID); err != nil {
		return nil, "", err
	}
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 3"><rect width="2" height="3"/></svg>`), "image/svg+xml", nil
}
