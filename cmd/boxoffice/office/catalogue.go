package office

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"usher/internal/offer"
)

const (
	mostListings = 40   // countries whose catalogue is kept; beyond that it is made each time
	mostOnPage   = 2000 // titles
)

// listings keep what was made of the library, because with many titles making
// it takes longer than sending it.
type listings struct {
	mu    sync.Mutex // held while making: whoever comes meanwhile wants the same
	stamp string
	all   map[string]listing
}

// listing is the catalogue of a country.
type listing struct {
	offer.Catalogue
	ready encoded
}

// listing is that of a country, with the streams there are now.
func (o *Office) listing(country string) (listing, error) {
	m, _ := o.streams.manifest() // none: the lengths of the full set
	kept := &o.listings
	kept.mu.Lock()
	defer kept.mu.Unlock()
	if stamp := fmt.Sprint(m); kept.stamp != stamp || kept.all == nil {
		kept.stamp, kept.all = stamp, map[string]listing{}
	}
	if l, ok := kept.all[country]; ok {
		return l, nil
	}
	l := listing{Catalogue: o.library.catalogue(country, m)}
	var err error
	if l.Revision, err = revision(l.Catalogue); err != nil {
		return l, err
	}
	if l.ready, err = encode(l.Catalogue); err != nil {
		return l, err
	}
	if len(kept.all) < mostListings {
		kept.all[country] = l
	}
	return l, nil
}

// catalogue is the catalogue, or a page of it.
type catalogue struct {
	offer.Catalogue
	Next string `json:"next,omitempty"` // cursor of the next page
}

func (o *Office) serveCatalogue(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	country, err := o.country(query.Get("country"))
	if err != nil {
		return err
	}
	l, err := o.listing(country)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-cache")
	if !query.Has("limit") && !query.Has("cursor") {
		return l.ready.serve(w, r)
	}
	page, err := l.page(query.Get("cursor"), query.Get("limit"))
	if err != nil {
		return err
	}
	return o.answer(w, r, page)
}

// page is one page of a listing. The rails are on the first.
func (l listing) page(cursor, limit string) (catalogue, error) {
	n, err := strconv.Atoi(limit)
	if limit == "" {
		n, err = mostOnPage, nil
	}
	if err != nil || n < 1 || n > mostOnPage {
		return catalogue{}, problem(codeBadRequest, fmt.Sprintf("limit must be 1 to %d.", mostOnPage))
	}
	from := 0
	c := catalogue{Catalogue: l.Catalogue}
	if cursor != "" {
		revision, at, _ := strings.Cut(cursor, ".")
		if from, err = strconv.Atoi(at); err != nil || from < 0 || from > len(l.Titles) {
			return c, problem(codeBadRequest, "cursor must be next of the page before.")
		}
		if revision != l.Revision {
			return c, problem(codeGone, "The catalogue changed between two pages.")
		}
		c.Rails = []offer.Rail{}
	}
	to := min(from+n, len(l.Titles))
	c.Titles = l.Titles[from:to]
	if to < len(l.Titles) {
		c.Next = l.Revision + "." + strconv.Itoa(to)
	}
	return c, nil
}

// revision names a catalogue by its content, so that equal catalogues of two
// runs have one name.
func revision(c offer.Catalogue) (string, error) {
	raw, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("encode catalogue: %w", err)
	}
	return digest(raw), nil
}
