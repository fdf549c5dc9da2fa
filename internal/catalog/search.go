package catalog

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"

	"usher/internal/offer"
)

const (
	searchDefault = 20
	searchMost    = 100
	queryMost     = 200 // bytes; the rest is cut off
	leastTyped    = 2   // letters of a Chinese name
)

// How well a word fits, best first. What lies between is kept for episodes,
// which come after films and series that fit as well.
const (
	fitsName    = 100 // the whole name
	beginsName  = 80
	beginsWord  = 60 // a word of the name
	beginsTyped = 55 // the first letters of the readings of a Chinese name
	insideName  = 50 // Chinese and Thai have no spaces
	otherName   = 45 // a name, but in a language that it is not shown in
	fitsCast    = 40
	fitsGenre   = 30
	fitsText    = 10 // synopsis
	episode     = 5  // taken off
)

// searchable is a title's text, folded.
type searchable struct {
	title  *offer.Title
	names  []string
	typed  []string // Chinese names by the first letters of their readings
	cast   []string
	genres []string
	text   []string
}

func searchableOf(e entry) searchable {
	s := searchable{title: e.title}
	for _, n := range e.title.Name {
		s.names = append(s.names, fold(n))
		if typed := initials(fold(n)); len(typed) > 1 {
			s.typed = append(s.typed, typed)
		}
	}
	if e.series != nil {
		return s // an episode is found by its name; its series by all the rest
	}
	for _, c := range e.title.Cast {
		s.cast = append(s.cast, fold(c))
	}
	for _, g := range e.title.Genres {
		s.genres = append(s.genres, fold(g))
	}
	for _, t := range e.title.Synopsis {
		s.text = append(s.text, fold(t))
	}
	return s
}

// Search looks for words in the names of all languages, the cast, the genres
// and the synopses of all services, without regard to case and diacritics.
// Names that begin with the query come first, as they are shown in the
// language lang (BCP 47; "" means that all count alike): who reads English
// finds no reason in a name's Indonesian beginning. It reads no network. limit
// is 1 to 100, 0 means 20. When no service was ever read the error says why.
func (c *Client) Search(ctx context.Context, query, lang string, limit int) ([]offer.Title, error) {
	if limit <= 0 {
		limit = searchDefault
	}
	q := fold(query[:min(len(query), queryMost)])
	if q == "" {
		return nil, nil
	}
	type hit struct {
		title *offer.Title
		score int
	}
	var hits []hit
	if err := c.neverRead(); err != nil {
		return nil, err
	}
	for _, s := range c.sites {
		v := s.current()
		if v == nil {
			continue
		}
		for i := range v.words {
			if n := v.words[i].scoreIn(lang, q); n > 0 {
				hits = append(hits, hit{v.words[i].title, n})
			}
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.score, a.score) })
	found := make([]offer.Title, 0, min(len(hits), limit))
	for _, h := range hits[:min(len(hits), limit, searchMost)] {
		found = append(found, *h.title)
	}
	return found, ctx.Err()
}

// neverRead is the first service's problem when no service has a catalogue.
func (c *Client) neverRead() error {
	for _, s := range c.sites {
		if s.current() != nil {
			return nil
		}
	}
	for _, s := range c.Services() {
		if s.Problem != nil {
			return s.Problem
		}
	}
	return nil
}

// scoreIn is score for somebody who is shown titles in the language lang. A
// whole name counts as much in any language.
func (s searchable) scoreIn(lang, q string) int {
	best := s.score(q)
	if lang == "" || best <= otherName || best >= fitsName-episode {
		return best
	}
	shown := fold(s.title.Name.In(lang))
	s.names, s.typed = []string{shown}, nil
	if typed := initials(shown); len(typed) > 1 {
		s.typed = []string{typed}
	}
	return max(s.score(q), otherName)
}

// score judges the query as a whole, then word by word: all words must fit
// somewhere, and the worst counts.
func (s searchable) score(q string) int {
	best := s.scorePart(q)
	if words := strings.Fields(q); len(words) > 1 && best < beginsWord {
		worst := fitsName
		for _, w := range words {
			worst = min(worst, s.scorePart(w))
		}
		best = max(best, worst)
	}
	if best > 0 && s.title.Kind == offer.Episode {
		best -= episode
	}
	return best
}

func (s searchable) scorePart(q string) int {
	best := 0
	for _, n := range s.names {
		best = max(best, scoreName(n, q))
	}
	if len(q) >= leastTyped && best < beginsTyped && slices.ContainsFunc(s.typed, func(t string) bool { return strings.HasPrefix(t, q) }) {
		best = beginsTyped
	}
	switch {
	case best > 0:
		return best
	case slices.ContainsFunc(s.cast, func(c string) bool { return beginsAWord(c, q) }):
		return fitsCast
	case slices.ContainsFunc(s.genres, func(g string) bool { return beginsAWord(g, q) }):
		return fitsGenre
	case slices.ContainsFunc(s.text, func(t string) bool { return beginsAWord(t, q) || hasNoSpaces(q) && strings.Contains(t, q) }):
		return fitsText
	}
	return 0
}

func scoreName(n, q string) int {
	switch {
	case n == q:
		return fitsName
	case strings.HasPrefix(n, q):
		return beginsName
	case beginsAWord(n, q):
		return beginsWord
	case strings.Contains(n, q):
		return insideName
	}
	return 0
}

// beginsAWord says whether q stands in text at the beginning of a word.
func beginsAWord(text, q string) bool {
	return strings.HasPrefix(text, q) || strings.Contains(text, " "+q)
}

// hasNoSpaces says whether q is of a script that is written without spaces.
func hasNoSpaces(q string) bool {
	return strings.ContainsFunc(q, func(r rune) bool { return unicode.In(r, unicode.Han, unicode.Thai) })
}
