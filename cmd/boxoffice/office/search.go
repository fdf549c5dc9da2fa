package office

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"usher/internal/offer"
)

const (
	searchDefault  = 20
	searchLimit    = 100
	searchLongest  = 200 // bytes of a query
	scoreNameStart = 3
	scoreName      = 2
	scoreText      = 1
)

// SearchAnswer is GET /v1/search.
type SearchAnswer struct {
	Titles []offer.Title `json:"titles"` // best first
}

func (o *Office) serveSearch(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	country, err := o.country(query.Get("country"))
	if err != nil {
		return err
	}
	limit, err := searchCount(query.Get("limit"))
	if err != nil {
		return err
	}
	q := strings.ToLower(strings.TrimSpace(query.Get("q")))
	if q == "" || len(q) > searchLongest {
		return problem(codeBadRequest, "q must have 1 to 200 bytes.")
	}
	w.Header().Set("Cache-Control", "no-cache")
	return o.answer(w, r, SearchAnswer{Titles: o.search(q, country, limit)})
}

func searchCount(s string) (int, error) {
	if s == "" {
		return searchDefault, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > searchLimit {
		return 0, problem(codeBadRequest, "limit must be 1 to 100.")
	}
	return n, nil
}

// search ranks names that begin with the words before names that contain
// them, and those before synopses, cast and genres.
func (o *Office) search(q, country string, limit int) []offer.Title {
	type hit struct {
		title *record
		score int
	}
	var hits []hit
	for i := range o.library.Titles {
		t := &o.library.Titles[i]
		if s := score(t, q); s > 0 && o.library.licensed(t, country) {
			hits = append(hits, hit{t, s})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.score, a.score) })
	m, _ := o.streams.manifest()
	found := []offer.Title{}
	for _, h := range hits[:min(limit, len(hits))] {
		found = append(found, o.library.title(h.title, country, m))
	}
	return found
}

func score(t *record, q string) int {
	best := 0
	for _, name := range t.Name {
		switch name = strings.ToLower(name); {
		case strings.HasPrefix(name, q):
			best = max(best, scoreNameStart)
		case strings.Contains(name, q):
			best = max(best, scoreName)
		}
	}
	if best > 0 {
		return best
	}
	text := slices.Concat(t.Cast, t.Genres)
	for _, s := range t.Synopsis {
		text = append(text, s)
	}
	if slices.ContainsFunc(text, func(s string) bool { return strings.Contains(strings.ToLower(s), q) }) {
		return scoreText
	}
	return 0
}
