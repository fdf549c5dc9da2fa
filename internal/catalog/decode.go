package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"usher/internal/box"
	"usher/internal/offer"
)

const (
	deepest    = 24     // levels of JSON
	mostTitles = 50_000 // with episodes
	mostRails  = 1_000
	longestID  = 150 // bytes, so that the qualified id fits the page's addresses
)

// document is the service document, with its endpoints made absolute.
type document struct {
	Version   string    `json:"version"`
	Name      string    `json:"name"`
	Country   string    `json:"country,omitempty"`   // what is meant where a request names none
	OpenHouse bool      `json:"openHouse,omitempty"` // everything may be watched by anybody, whatever its terms
	Endpoints endpoints `json:"endpoints"`

	base *url.URL // where it was found; relative addresses start here
}

type endpoints struct {
	Catalogue string `json:"catalogue"`
	Titles    string `json:"titles"`
	Playback  string `json:"playback"`
	Prepare   string `json:"prepare,omitempty"` // "" where nothing can be asked before a playback begins
	// Entitlements is where leases are; "" where the service signs none.
	Entitlements string `json:"entitlements,omitempty"`
	Purchases    string `json:"purchases,omitempty"` // "" where nothing is sold on a box
	Account      string `json:"account,omitempty"`
	Viewers      string `json:"viewers,omitempty"` // "" where nothing is kept for viewers
}

// The endpoints were checked when the document was decoded.
func (d document) catalogue() *url.URL { return d.at(d.Endpoints.Catalogue) }

func (d document) title(id string) *url.URL {
	return appendPath(d.at(d.Endpoints.Titles), id)
}

func (d document) playback() *url.URL { return d.at(d.Endpoints.Playback) }

func (d document) heartbeat(id string) *url.URL {
	return appendPath(d.playing(id), "heartbeat")
}

// playing is a playback that was granted.
func (d document) playing(id string) *url.URL {
	return appendPath(d.at(d.Endpoints.Playback), id)
}

// appendPath adds segments; an id with a slash stays one segment.
func appendPath(u *url.URL, segments ...string) *url.URL {
	for _, s := range segments {
		u = u.JoinPath(url.PathEscape(s))
	}
	return u
}

// at resolves an address of the service; an unusable one gives the document's
// own, which answers nothing harmful.
func (d document) at(address string) *url.URL {
	u, err := d.resolve(address)
	if err != nil {
		return d.base
	}
	return u
}

func (d document) resolve(address string) (*url.URL, error) {
	u, err := d.base.Parse(address)
	if err != nil || address == "" || u.Host == "" || !isHTTP(u) {
		return nil, garbage("an address in its answer is no http or https address")
	}
	return u, nil
}

func decodeDocument(raw []byte, from *url.URL) (document, error) {
	d := document{base: from}
	if err := decode(raw, &d); err != nil {
		return d, err
	}
	if d.Version != "1" {
		return d, garbage("it speaks version %q of the service API, this box speaks 1", clean(d.Version, 20))
	}
	for _, e := range []string{d.Endpoints.Catalogue, d.Endpoints.Titles, d.Endpoints.Playback} {
		if _, err := d.resolve(e); err != nil {
			return d, err
		}
	}
	for _, e := range []string{d.Endpoints.Prepare, d.Endpoints.Entitlements} {
		if _, err := d.resolve(e); err != nil && e != "" {
			return d, err
		}
	}
	d.Name = clean(d.Name, 100)
	if len(d.Country) != 2 {
		d.Country = ""
	}
	return d, nil
}

// decode reads exactly one JSON value, no deeper than deepest, and none of its
// strings steers what it is printed on.
func decode(raw []byte, into any) error {
	if !shallow(raw) {
		return garbage("its answer is nested too deeply")
	}
	d := json.NewDecoder(bytes.NewReader(harmless(raw)))
	if err := d.Decode(into); err != nil {
		return garbage("its answer is not the JSON it should be (%s)", where(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return garbage("more follows after its answer")
	}
	return nil
}

// where names the place of a decoding error without quoting the answer.
func where(err error) string {
	var t *json.UnmarshalTypeError
	var s *json.SyntaxError
	switch {
	case errors.As(err, &t):
		return "wrong type at " + clean(t.Field, 60)
	case errors.As(err, &s):
		return "wrong syntax"
	}
	return "cut off, or a wrong value"
}

// shallow counts brackets outside strings.
func shallow(raw []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(raw); i++ {
		switch b := raw[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			if depth++; depth > deepest {
				return false
			}
		case b == '}' || b == ']':
			depth--
		}
	}
	return true
}

// decodeView reads a catalogue and qualifies its ids.
func decodeView(service string, doc document, raw []byte) (*view, error) {
	var c offer.Catalogue
	if err := decode(raw, &c); err != nil {
		return nil, err
	}
	if c.Revision == "" {
		return nil, garbage("its catalogue has no revision")
	}
	if len(c.Rails) > mostRails {
		return nil, garbage("its catalogue has more than %d rails", mostRails)
	}
	v := &view{doc: doc, titles: map[string]entry{}}
	for i := range c.Titles {
		if err := v.add(service, &c.Titles[i]); err != nil {
			return nil, err
		}
	}
	v.catalogue = offer.Catalogue{Revision: clean(c.Revision, 100)}
	for i := range c.Titles {
		if _, ok := v.titles[c.Titles[i].ID]; ok {
			v.catalogue.Titles = append(v.catalogue.Titles, c.Titles[i])
		}
	}
	for _, r := range c.Rails {
		v.addRail(service, r)
	}
	for _, id := range v.order {
		v.words = append(v.words, searchableOf(v.titles[id]))
	}
	return v, nil
}

func (v *view) addRail(service string, r offer.Rail) {
	kept := offer.Rail{ID: r.ID, Name: r.Name}
	for _, id := range r.Titles {
		if _, ok := v.titles[qualified(service, id)]; ok {
			kept.Titles = append(kept.Titles, qualified(service, id))
		}
	}
	if len(kept.Titles) > 0 {
		v.catalogue.Rails = append(v.catalogue.Rails, kept)
	}
}

// add qualifies a title and its episodes in place. A kind of a later version
// of the API is left out; an id that cannot be one condemns the catalogue.
func (v *view) add(service string, t *offer.Title) error {
	switch t.Kind {
	case offer.Film, offer.Live, offer.Series:
	default:
		return nil
	}
	if err := v.enter(service, t, nil); err != nil {
		return err
	}
	if t.Kind != offer.Series {
		t.Seasons = nil
		return nil
	}
	for s := range t.Seasons {
		season := &t.Seasons[s]
		for e := range season.Episodes {
			ep := &season.Episodes[e]
			ep.Kind, ep.SeriesID, ep.Season, ep.Number = offer.Episode, t.ID, season.Number, max(ep.Number, 1)
			ep.Seasons = nil
			if err := v.enter(service, ep, t); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *view) enter(service string, t, series *offer.Title) error {
	if !validID(t.ID) {
		return garbage("a title id in its catalogue is empty, too long or not printable")
	}
	if len(t.Name) == 0 {
		return garbage("a title in its catalogue has no name")
	}
	if len(v.titles) >= mostTitles {
		return garbage("its catalogue has more than %d titles", mostTitles)
	}
	e := entry{title: t, series: series, poster: t.Poster, back: t.Backdrop}
	t.ID = qualified(service, t.ID)
	if _, twice := v.titles[t.ID]; twice {
		return garbage("a title id is used twice in its catalogue")
	}
	t.Poster, t.Backdrop = artPath(t.ID, "poster", e.poster), artPath(t.ID, "backdrop", e.back)
	v.titles[t.ID] = e
	v.order = append(v.order, t.ID)
	return nil
}

// artPath is where the bridge serves a picture; none where the service has none.
func artPath(id, kind, original string) string {
	if original == "" {
		return ""
	}
	return "/art/" + url.PathEscape(id) + "/" + kind
}

func validID(id string) bool {
	return id != "" && id != "." && id != ".." && len(id) <= longestID && utf8.ValidString(id) &&
		!strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsPrint(r) })
}

// decodeProblem reads an answer of RFC 9457. The code is the extension member,
// or the last part of the type.
func decodeProblem(raw []byte, status int) error {
	var p struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Detail string `json:"detail"`
		Code   string `json:"code"`
		Hint   string `json:"hint"`
	}
	if decode(raw, &p) != nil {
		return &statusError{status}
	}
	if p.Code == "" {
		p.Code = p.Type[strings.LastIndexByte(p.Type, '/')+1:]
	}
	if !validCode(p.Code) {
		return &statusError{status}
	}
	text, hint := clean(p.Detail, 300), clean(p.Hint, 300)
	if text == "" {
		text = clean(p.Title, 300)
	}
	if hint == "" {
		hint = "Choose another title, or try again later."
	}
	return &box.Problem{Code: p.Code, Text: text, Hint: hint}
}

func validCode(code string) bool {
	return code != "" && len(code) <= 40 && !strings.ContainsFunc(code, func(r rune) bool {
		return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

// clean makes foreign text fit for a line on a screen.
func clean(s string, most int) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s))
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "…"
}
