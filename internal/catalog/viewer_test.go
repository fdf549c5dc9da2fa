package catalog

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"usher/internal/offer"
)

// shelf is a service with a film for everybody, one for adults, and a series
// with one episode for adults in its midst. It counts what it is asked about
// the film for adults.
type shelf struct{ asked atomic.Int32 }

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch {
	case strings.HasSuffix(r.URL.Path, "usher-service"):
		fmt.Fprint(w, `{"version":"1","name":"Shelf","country":"DE","endpoints":{"catalogue":"/c","titles":"/t","playback":"/p","prepare":"/prepare"}}`)
	case r.URL.Path == "/c":
		_ = json.NewEncoder(w).Encode(offer.Catalogue{Revision: "1", Rails: []offer.Rail{
			{ID: "all", Name: offer.Text{"en": "All"}, Titles: []string{"lamb", "wolf", "farm"}},
			{ID: "late", Name: offer.Text{"en": "Late"}, Titles: []string{"wolf"}},
		}, Titles: []offer.Title{rated("lamb", 0), rated("wolf", 18), farm()}})
	case r.URL.Path == "/p" || r.URL.Path == "/prepare":
		var ask struct {
			TitleID string `json:"titleId"`
		}
		_ = json.NewDecoder(r.Body).Decode(&ask)
		if ask.TitleID == "lamb" && r.Header.Get("X-Swap") != "" {
			ask.TitleID = "wolf"
		}
		fmt.Fprintf(w, `{"id":"x","titleId":%q,"url":"/x.m3u8"}`, ask.TitleID)
	default:
		s.asked.Add(1)
		http.Error(w, "wolf", http.StatusNotFound)
	}
}

func rated(id string, age int) offer.Title {
	return offer.Title{
		ID: id, Kind: offer.Film, Name: offer.Text{"en": "The " + id}, Genres: []string{"animals"}, Poster: "/" + id + ".png",
		Territories: []string{"DE"}, Ratings: []offer.Rating{{System: "FSK", Label: fmt.Sprint(age), MinAge: age}},
	}
}

func farm() offer.Title {
	t := rated("farm", 6)
	t.Kind = offer.Series
	dawn, night, noon := rated("dawn", 6), rated("night", 18), rated("noon", 6)
	noon.Ratings = nil // has that of the series
	t.Seasons = []offer.Season{{Number: 1, Episodes: []offer.Title{dawn, night, noon}}, {Number: 2, Episodes: []offer.Title{rated("midnight", 18)}}}
	return t
}

// child sees titles up to twelve, in Germany.
func child(t offer.Title, country string) bool {
	return country == "DE" && len(t.Ratings) > 0 && t.Ratings[0].MinAge <= 12
}

func looking(t *testing.T, s *shelf, sees func(offer.Title, string) bool) (*Client, *atomic.Uint64) {
	var number atomic.Uint64
	all := func(offer.Title, string) bool { return true }
	c := newClient(to(s), Options{Viewer: func() (uint64, func(offer.Title, string) bool) {
		if n := number.Load(); n%2 == 1 {
			return n, all
		}
		return number.Load(), sees
	}})
	running(t, c)
	if _, err := c.Catalogue(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	return c, &number
}

func TestWhatMayNotBeSeenIsNotThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		c, number := looking(t, s, child)
		cat, err := c.Catalogue(t.Context(), "")
		text, _ := json.Marshal(cat)
		if err != nil || len(cat.Rails) != 1 || len(cat.Titles) != 2 || strings.Contains(string(text), "wolf") || strings.Contains(string(text), "night") {
			t.Errorf("%s, %v", text, err)
		}
		for _, id := range []string{"demo:wolf", "demo:night", "demo:midnight"} {
			_, err1 := c.Title(t.Context(), id)
			_, err2 := c.Resolve(t.Context(), id, nil)
			_, err3 := c.Prepare(t.Context(), id, nil)
			_, _, err4 := c.Art(t.Context(), id, "poster")
			for _, err := range []error{err1, err2, err3, err4} {
				if codeOf(err) != codeNotFound {
					t.Errorf("%s: %v", id, err)
				}
			}
			if c.Knows(id) {
				t.Errorf("%s is known", id)
			}
		}
		if found, err := c.Search(t.Context(), "the", "", 0); err != nil || len(found) != 4 {
			t.Errorf("found %v, %v", found, err)
		}
		if r, err := c.Resolve(t.Context(), "demo:dawn", nil); err != nil || r.Next.ID != "demo:noon" || len(r.Series.Seasons) != 1 {
			t.Errorf("%+v, %v", r, err)
		}
		if r, err := c.Resolve(t.Context(), "demo:noon", nil); err != nil || r.Next != nil {
			t.Errorf("next %+v, %v", r.Next, err)
		}
		if n := s.asked.Load(); n != 0 {
			t.Errorf("the service was asked %d times about what may not be seen", n)
		}

		number.Add(1) // somebody else
		cat, _ = c.Catalogue(t.Context(), "")
		r, err := c.Resolve(t.Context(), "demo:dawn", nil)
		if err != nil || r.Next.ID != "demo:night" || len(cat.Titles) != 3 || len(cat.Rails) != 2 || !c.Knows("demo:wolf") {
			t.Errorf("an adult: %+v, %v, %v", r.Next, len(cat.Titles), err)
		}
		number.Add(1)
		if c.Knows("demo:wolf") {
			t.Error("a child after an adult")
		}
	})
}

// TestAServiceCannotPutAnotherTitleInItsPlace: a service may answer with
// another cut, but not with one that may not be seen.
func TestAServiceCannotPutAnotherTitleInItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		swap := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Set("X-Swap", "1")
			s.ServeHTTP(w, r)
		})
		c := newClient(to(swap), Options{Viewer: func() (uint64, func(offer.Title, string) bool) { return 0, child }})
		running(t, c)
		_, err1 := c.Resolve(t.Context(), "demo:lamb", nil)
		_, err2 := c.Prepare(t.Context(), "demo:lamb", nil)
		if codeOf(err1) != codeNotFound || codeOf(err2) != codeNotFound {
			t.Errorf("%v, %v", err1, err2)
		}
	})
}

func TestWhoSeesAllSeesTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := looking(t, &shelf{}, func(offer.Title, string) bool { return true })
		if s := c.sites[0]; s.current() != s.whole() {
			t.Error("a copy was made for nobody")
		}
	})
}

// TestTheViewIsMadeOnce: ten thousand titles are gone through when somebody
// else looks, not with every look.
func TestTheViewIsMadeOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var judged atomic.Int32
		c, _ := looking(t, &shelf{}, func(title offer.Title, country string) bool { judged.Add(1); return child(title, country) })
		want := judged.Load()
		for range 5 {
			_, _ = c.Search(t.Context(), "the", "", 0)
		}
		if judged.Load() != want {
			t.Errorf("judged %d times, then %d", want, judged.Load())
		}
		ids := slices.Clone(c.sites[0].current().order)
		if !slices.Equal(ids, []string{"demo:lamb", "demo:farm", "demo:dawn", "demo:noon"}) {
			t.Error(ids)
		}
	})
}
