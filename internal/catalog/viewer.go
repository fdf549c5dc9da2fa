package catalog

import (
	"cmp"

	"usher/internal/offer"
)

// look says who looks at a view, and how to build what that one may see of it.
// Every method of the package gets its view by way of it, so what is left out
// here is not there: not in a rail, not in a search, not by its id, not as the
// next episode, not as a picture.
func (c *Client) look(v *view) (by uint64, build func() *view) {
	if c.options.Viewer == nil {
		return 0, func() *view { return v }
	}
	by, sees := c.options.Viewer()
	country := cmp.Or(c.options.Country, v.doc.Country)
	return by, func() *view { return v.only(func(t offer.Title) bool { return sees(t, country) }) }
}

// only is the part of a view that passes sees; the view itself when all of it
// does. An episode of a series that may not be seen is not seen either; one
// without ratings has those of its series.
func (v *view) only(sees func(offer.Title) bool) *view {
	hidden := map[string]bool{}
	for _, id := range v.order {
		e := v.titles[id]
		hidden[id] = e.series != nil && hidden[e.series.ID] || !sees(e.judged())
	}
	left := *v
	left.titles, left.order, left.words = map[string]entry{}, nil, nil
	for i, id := range v.order { // words are in the same order
		if !hidden[id] {
			left.titles[id] = v.titles[id]
			left.order, left.words = append(left.order, id), append(left.words, v.words[i])
		}
	}
	if len(left.order) == len(v.order) {
		return v
	}
	left.catalogue = offer.Catalogue{Revision: v.catalogue.Revision}
	for i := range v.catalogue.Titles {
		if t := &v.catalogue.Titles[i]; !hidden[t.ID] {
			left.catalogue.Titles = append(left.catalogue.Titles, *left.trim(t, hidden))
		}
	}
	left.retrim()
	for _, r := range v.catalogue.Rails {
		if r.Titles = without(r.Titles, hidden); len(r.Titles) > 0 {
			left.catalogue.Rails = append(left.catalogue.Rails, r)
		}
	}
	return &left
}

// judged is the title as it is judged: with the ratings and territories of its
// series where it has none of its own.
func (e entry) judged() offer.Title {
	t := *e.title
	if e.series != nil && len(t.Ratings) == 0 {
		t.Ratings = e.series.Ratings
	}
	if e.series != nil && len(t.Territories) == 0 {
		t.Territories = e.series.Territories
	}
	return t
}

// trim is a title without the episodes that are hidden: itself, when none is.
func (v *view) trim(t *offer.Title, hidden map[string]bool) *offer.Title {
	whole := true
	for _, ep := range episodes(*t) {
		whole = whole && !hidden[ep.ID]
	}
	if whole {
		return t
	}
	out := *t
	out.Seasons = nil
	for _, s := range t.Seasons {
		var left []offer.Title
		for _, ep := range s.Episodes {
			if !hidden[ep.ID] {
				left = append(left, ep)
			}
		}
		if len(left) > 0 {
			out.Seasons = append(out.Seasons, offer.Season{Number: s.Number, Name: s.Name, Episodes: left})
		}
	}
	return &out
}

// retrim lets titles and words point at the trimmed series, so that no method
// comes upon a hidden episode by way of its series.
func (v *view) retrim() {
	for i := range v.catalogue.Titles {
		t := &v.catalogue.Titles[i]
		e := v.titles[t.ID]
		e.title = t
		v.titles[t.ID] = e
		for _, ep := range episodes(*t) {
			e := v.titles[ep.ID]
			e.title, e.series = ep, t
			v.titles[ep.ID] = e
		}
	}
	for i, id := range v.order {
		v.words[i].title = v.titles[id].title
	}
}

func without(ids []string, hidden map[string]bool) []string {
	var left []string
	for _, id := range ids {
		if !hidden[id] {
			left = append(left, id)
		}
	}
	return left
}

// hides says whether a service has a title that the viewer of v may not know
// of.
func (s *site) hides(v *view, id string) bool {
	whole := s.whole()
	if whole == nil {
		return false
	}
	_, there := whole.titles[id]
	_, shown := v.titles[id]
	return there && !shown
}
