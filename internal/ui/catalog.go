package ui

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"usher/internal/offer"
)

const (
	searchLimit  = 20 // titles found when the client does not say
	relatedLimit = 12
)

// summary is a title without what only its details page shows: the embedded
// title's members of the same names are hidden, and these are left out.
type summary struct {
	offer.Title
	Synopsis *struct{} `json:"synopsis,omitempty"`
	Cast     *struct{} `json:"cast,omitempty"`
	Chapters *struct{} `json:"chapters,omitempty"`
	Seasons  *struct{} `json:"seasons,omitempty"`
}

func summarize(t offer.Title) summary { return summary{Title: tidyTitle(t)} }

// tidyTitle has lists and texts where there are none, so that clients need not
// ask.
func tidyTitle(t offer.Title) offer.Title {
	t.Name, t.Synopsis = tidyText(t.Name), tidyText(t.Synopsis)
	t.Genres, t.Countries, t.Territories = some(t.Genres), some(t.Countries), some(t.Territories)
	t.Terms, t.Ratings = some(t.Terms), some(t.Ratings)
	t.Audio, t.Subtitles = some(t.Audio), some(t.Subtitles)
	t.Seasons = slices.Clone(t.Seasons)
	for i := range t.Seasons {
		s := &t.Seasons[i]
		s.Name, s.Episodes = tidyText(s.Name), slices.Clone(some(s.Episodes))
		for j := range s.Episodes {
			s.Episodes[j] = tidyTitle(s.Episodes[j])
		}
	}
	return t
}

func tidyText(t offer.Text) offer.Text {
	if t == nil {
		return offer.Text{}
	}
	return t
}

func (b *Bridge) services(context.Context, *session, none) (any, error) {
	return map[string]any{"services": some(b.catalogue.Services())}, nil
}

type railsParams struct {
	Service string `json:"service"`
	Most    int    `json:"most"` // titles of each rail; 0: all, and the titles in no rail as well
}

type rail struct {
	ID     string     `json:"id"`
	Name   offer.Text `json:"name"`
	Titles []string   `json:"titles"`
}

type railsResult struct {
	Revision string             `json:"revision"`
	Rails    []rail             `json:"rails"`
	Titles   map[string]summary `json:"titles"`
}

// rails gives one service's catalogue, or all of them one after the other. A
// service that does not answer is left out as long as another one does.
func (b *Bridge) rails(ctx context.Context, _ *session, p railsParams) (any, error) {
	result := railsResult{Rails: []rail{}, Titles: map[string]summary{}}
	ids := []string{p.Service}
	if p.Service == "" {
		ids = b.serviceIDs()
	}
	revisions := []string{}
	var problems []error
	var found []catalogueOf
	for _, id := range ids {
		c, err := b.catalogue.Catalogue(ctx, id)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		revisions = append(revisions, c.Revision)
		found = append(found, catalogueOf{id, c})
	}
	if len(problems) > 0 && len(revisions) == 0 {
		return nil, errors.Join(problems...)
	}
	return b.encoded.get(railsKey(found, p.Most), func() any {
		for _, f := range found {
			result.add(f.service, f.Catalogue, len(ids) > 1, p.Most)
		}
		result.Revision = strings.Join(revisions, " ")
		return result
	})
}

// catalogueOf is the catalogue of one service.
type catalogueOf struct {
	service string
	offer.Catalogue
}

func (r *railsResult) add(service string, c offer.Catalogue, several bool, most int) {
	shown := map[string]bool{}
	for _, from := range c.Rails {
		if most > 0 {
			from.Titles = from.Titles[:min(most, len(from.Titles))]
		}
		for _, id := range from.Titles {
			shown[id] = true
		}
		id := from.ID
		if several { // two services may both have a rail "new"
			id = service + ":" + id
		}
		r.Rails = append(r.Rails, rail{ID: id, Name: tidyText(from.Name), Titles: some(from.Titles)})
	}
	for _, t := range c.Titles {
		if most == 0 || shown[t.ID] {
			r.Titles[t.ID] = summarize(t)
		}
	}
}

func (b *Bridge) serviceIDs() []string {
	ids := []string{}
	for _, s := range b.catalogue.Services() {
		ids = append(ids, s.ID)
	}
	return ids
}

type titleParams struct {
	ID string `json:"id"`
}

type titleResult struct {
	Title   offer.Title  `json:"title"`
	Series  *offer.Title `json:"series,omitempty"`
	Related []string     `json:"related"`
}

func (b *Bridge) title(ctx context.Context, _ *session, p titleParams) (any, error) {
	t, err := b.catalogue.Title(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	result := titleResult{Title: tidyTitle(t), Related: []string{}}
	if t.SeriesID != "" {
		series, err := b.catalogue.Title(ctx, t.SeriesID)
		if err != nil {
			return nil, err
		}
		series = tidyTitle(series)
		result.Series = &series
	}
	service, _, _ := strings.Cut(p.ID, ":")
	if c, err := b.catalogue.Catalogue(ctx, service); err == nil { // an extra: the title is good without
		result.Related = related(t, c.Titles)
	}
	return result, nil
}

// related lists the titles most like t: shared genres count two each, the same
// kind and the same origin one. Nothing in common is not related.
func related(t offer.Title, all []offer.Title) []string {
	type scored struct {
		id    string
		score int
	}
	list := []scored{}
	for _, o := range all {
		shared := 0
		for _, g := range o.Genres {
			if slices.Contains(t.Genres, g) {
				shared += 2
			}
		}
		if shared == 0 || o.ID == t.ID || o.ID == t.SeriesID {
			continue
		}
		if o.Kind == t.Kind {
			shared++
		}
		if o.Production == t.Production {
			shared++
		}
		list = append(list, scored{o.ID, shared})
	}
	slices.SortStableFunc(list, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	ids := []string{}
	for _, s := range list[:min(len(list), relatedLimit)] {
		ids = append(ids, s.id)
	}
	return ids
}

type searchParams struct {
	Query    string `json:"query"`
	Language string `json:"language"`
	Limit    int    `json:"limit"`
}

func (b *Bridge) search(ctx context.Context, _ *session, p searchParams) (any, error) {
	if p.Limit == 0 {
		p.Limit = searchLimit
	}
	found, err := b.catalogue.Search(ctx, p.Query, p.Language, p.Limit)
	if err != nil {
		return nil, err
	}
	titles := []summary{}
	for _, t := range found[:min(len(found), p.Limit)] {
		titles = append(titles, summarize(t))
	}
	return map[string]any{"titles": titles}, nil
}
