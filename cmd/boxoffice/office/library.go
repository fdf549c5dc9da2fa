package office

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"usher/internal/offer"
)

//go:embed data/*.json
var catalogueFiles embed.FS

// library is the embedded catalogue before it is put into a country's terms.
type library struct {
	Rails  []offer.Rail
	Titles []record
	books  books
	extras map[string]extra   // by title
	byID   map[string]*record // titles and episodes
}

// record is a title as the data files hold it. What many titles share has a
// name there: prices, rating and territories refer to books; duration, audio
// and subtitles are those of the stream.
type record struct {
	ID               string           `json:"id"`
	Kind             offer.Kind       `json:"kind"`
	Name             offer.Text       `json:"name"`
	OriginalLanguage string           `json:"originalLanguage"`
	Synopsis         offer.Text       `json:"synopsis"`
	Year             int              `json:"year"`
	Genres           []string         `json:"genres"`
	Production       offer.Production `json:"production"`
	Countries        []string         `json:"countries"`
	Prices           string           `json:"prices"`
	Rating           string           `json:"rating"`
	Territories      string           `json:"territories"`
	Window           offer.Window     `json:"window"`
	AINote           offer.Text       `json:"aiNote"` // a note makes the label
	Cast             []string         `json:"cast"`
	Stream           string           `json:"stream"`
	Chapters         []offer.Chapter  `json:"chapters"`
	Intro            [2]int64         `json:"intro"`     // opening titles, ms: from, to; an episode has those of its series
	ClosingMS        int64            `json:"closingMs"` // how long the closing credits last; 0 is a tenth of the stream
	Art              artwork          `json:"art"`
	Seasons          []seasonRecord   `json:"seasons"`

	extra extra // of data/extras.json

	series *record // of an episode
	season int
	number int
}

// extra is what few readers want to know of a title.
type extra struct {
	Director  string `json:"director"`
	Writer    string `json:"writer"`
	Generated string `json:"generated"` // kind of what is generated: performer, voice or crowd
}

type seasonRecord struct {
	Number   int        `json:"number"`
	Name     offer.Text `json:"name"`
	Episodes []record   `json:"episodes"`
}

type artwork struct {
	Motif   string `json:"motif"`
	Palette string `json:"palette"`
}

// books are the named things that titles share.
type books struct {
	Currencies  map[string]string         `json:"currencies"` // by country; "" for others
	Prices      map[string][]price        `json:"prices"`
	Ratings     map[string][]offer.Rating `json:"ratings"`
	Territories map[string][]string       `json:"territories"`
}

// price is one way to watch, with its price in each currency's minor unit.
type price struct {
	Kind    offer.TermsKind  `json:"kind"`
	Minor   map[string]int64 `json:"minor"`
	Billing string           `json:"billing"`
	PlayMS  int64            `json:"playMs"`
}

func loadLibrary(files fs.FS) (*library, error) {
	lib := &library{byID: map[string]*record{}}
	if err := decodeFile(files, "data/books.json", &lib.books); err != nil {
		return nil, err
	}
	if err := decodeFile(files, "data/rails.json", &lib.Rails); err != nil {
		return nil, err
	}
	for _, name := range []string{"data/films.json", "data/more-films.json", "data/documentaries.json", "data/series.json", "data/live.json"} {
		var records []record
		if err := decodeFile(files, name, &records); err != nil {
			return nil, err
		}
		lib.Titles = append(lib.Titles, records...)
	}
	if err := decodeFile(files, "data/extras.json", &lib.extras); err != nil {
		return nil, err
	}
	return lib, lib.index()
}

func decodeFile(files fs.FS, name string, into any) error {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields() // a misspelt field would be lost in silence
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("decode %s: %w", name, err)
	}
	return nil
}

// index fills byID and hands each episode what it shares with its series.
func (l *library) index() error {
	for i := range l.Titles {
		t := &l.Titles[i]
		if err := l.add(t); err != nil {
			return err
		}
		for s := range t.Seasons {
			for e := range t.Seasons[s].Episodes {
				ep := &t.Seasons[s].Episodes[e]
				ep.inherit(t, t.Seasons[s].Number, e+1)
				if err := l.add(ep); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (l *library) add(r *record) error {
	if _, ok := l.byID[r.ID]; ok || r.ID == "" {
		return fmt.Errorf("title id %q: empty or used twice", r.ID)
	}
	l.byID[r.ID] = r
	if r.extra = l.extras[r.ID]; r.series != nil {
		r.extra = r.series.extra
	}
	return nil
}

func (r *record) inherit(series *record, season, number int) {
	r.Kind = offer.Episode
	r.series, r.season, r.number = series, season, number
	r.OriginalLanguage, r.Year = series.OriginalLanguage, series.Year+season-1
	r.Genres, r.Production, r.Countries = series.Genres, series.Production, series.Countries
	r.Rating, r.Territories = series.Rating, series.Territories
	r.Cast, r.AINote, r.Window = series.Cast, series.AINote, series.Window
	if r.Prices == "" {
		r.Prices = series.Prices
	}
	if r.Intro == ([2]int64{}) {
		r.Intro = series.Intro
	}
	if r.ClosingMS == 0 {
		r.ClosingMS = series.ClosingMS
	}
	if r.Art == (artwork{}) {
		r.Art = series.Art
	}
}

// licensed says whether the title may be shown in the country.
func (l *library) licensed(r *record, country string) bool {
	return slices.Contains(l.books.Territories[r.Territories], country)
}

// catalogue is what is shown in a country, with the lengths of the streams
// there are. Titles outside their window are shown: people may look forward to them.
func (l *library) catalogue(country string, m manifest) offer.Catalogue {
	c := offer.Catalogue{Rails: []offer.Rail{}, Titles: []offer.Title{}} // never null
	shown := map[string]bool{}
	for i := range l.Titles {
		if r := &l.Titles[i]; l.licensed(r, country) {
			c.Titles = append(c.Titles, l.title(r, country, m))
			shown[r.ID] = true
		}
	}
	for _, rail := range l.Rails {
		kept := rail
		kept.Titles = slices.DeleteFunc(slices.Clone(rail.Titles), func(id string) bool { return !shown[id] })
		if len(kept.Titles) > 0 {
			c.Rails = append(c.Rails, kept)
		}
	}
	return c
}

// title puts a record into the words of the API.
func (l *library) title(r *record, country string, m manifest) offer.Title {
	t := offer.Title{
		ID: r.ID, Kind: r.Kind, Name: r.Name, OriginalLanguage: r.OriginalLanguage,
		Synopsis: r.Synopsis, Year: r.Year, Genres: r.Genres, Production: r.Production,
		Countries: r.Countries, Terms: l.terms(r.Prices, country),
		Ratings: l.books.Ratings[r.Rating], Territories: l.books.Territories[r.Territories],
		Window: r.Window, AIPerformers: len(r.AINote) > 0, AINote: r.AINote, AI: r.ai(), Cast: r.Cast,
		People: r.people(), EIDR: r.eidr(),
		Poster: "/art/" + r.ID + "/poster.svg", Backdrop: "/art/" + r.ID + "/backdrop.svg",
		Season: r.season, Number: r.number,
	}
	if r.series != nil {
		t.SeriesID = r.series.ID
	}
	m.describe(&t, l.streamOf(r))
	r.mark(&t)
	for _, s := range r.Seasons {
		season := offer.Season{Number: s.Number, Name: s.Name}
		for i := range s.Episodes {
			season.Episodes = append(season.Episodes, l.title(&s.Episodes[i], country, m))
		}
		t.Seasons = append(t.Seasons, season)
	}
	return t
}

// mark says where the opening titles, the chapters and the closing credits
// are, as far as the stream is long enough to have them.
func (r *record) mark(t *offer.Title) {
	if t.DurationMS == 0 {
		return
	}
	t.CreditsMS = t.DurationMS * 9 / 10
	if c := t.DurationMS - r.ClosingMS; r.ClosingMS > 0 && c > 0 {
		t.CreditsMS = c
	}
	for _, c := range r.Chapters {
		if c.AtMS < t.DurationMS {
			t.Chapters = append(t.Chapters, c)
		}
	}
	if r.Intro[1] > r.Intro[0] && r.Intro[1] < t.CreditsMS {
		t.IntroFromMS, t.IntroToMS = r.Intro[0], r.Intro[1]
	}
}

// streamOf is the stream a title plays; a series tells what its first episode has.
func (l *library) streamOf(r *record) string {
	if r.Kind == offer.Series {
		return r.Seasons[0].Episodes[0].Stream
	}
	return r.Stream
}

func (l *library) terms(name, country string) []offer.Terms {
	currency := l.currency(country)
	var all []offer.Terms
	for _, p := range l.books.Prices[name] {
		t := offer.Terms{Kind: p.Kind, Billing: p.Billing, PlayMS: p.PlayMS}
		if minor := p.Minor[currency]; minor > 0 {
			t.PriceMin, t.Currency = minor, currency
		}
		all = append(all, t)
	}
	return all
}

// currency is what people pay with in a country.
func (l *library) currency(country string) string {
	if c, ok := l.books.Currencies[country]; ok {
		return c
	}
	return l.books.Currencies[""]
}

// countries are all that anything is licensed in.
func (l *library) countries() []string {
	all := map[string]bool{}
	for _, some := range l.books.Territories {
		for _, c := range some {
			all[c] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}
