package rights

import (
	"slices"
	"time"

	"usher/internal/offer"
)

// Adult is the age from which everything may be seen, years.
const Adult = 18

// Profile is one viewer of a household, as far as rights go.
type Profile struct {
	ID  string
	Age int // sees titles up to this minimum age, years; Adult and more sees everything
	// Kids is a children's profile: it buys nothing and changes no settings.
	Kids bool
	// Unrated lets titles without a rating through. Where it is false they are
	// taken for adults' only.
	Unrated bool
	// Watershed hides titles from MinAge on outside the hours; the zero value
	// hides nothing.
	Watershed Hours
}

// Hours are a time of day, in minutes after midnight: from From until Until,
// over midnight when Until is smaller.
type Hours struct {
	MinAge      int // years; 0 is no watershed
	From, Until int // 0 to 1439
}

// contains says whether t, in its own zone, is within the hours.
func (h Hours) contains(t time.Time) bool {
	m := t.Hour()*60 + t.Minute()
	if h.From <= h.Until {
		return h.From <= m && m < h.Until
	}
	return m >= h.From || m < h.Until
}

// systemOf is the rating system that a country uses.
func systemOf(country string) []string {
	return map[string][]string{
		"DE": {"FSK"}, "AT": {"FSK"}, "US": {"MPA", "MPAA", "TVPG"}, "GB": {"BBFC"},
		"ID": {"LSF"}, "TH": {"THAI", "TH"}, "CN": {"CN"},
	}[country]
}

// MinAge is the age a title is rated for, in years: by the country's system
// where it has such a rating, else the highest of all. Without any rating ok is
// false.
func MinAge(ratings []offer.Rating, country string) (age int, ok bool) {
	systems := systemOf(country)
	local := slices.IndexFunc(ratings, func(r offer.Rating) bool { return slices.Contains(systems, r.System) })
	if local >= 0 {
		return ratings[local].MinAge, true
	}
	for _, r := range ratings {
		age, ok = max(age, r.MinAge), true
	}
	return age, ok
}

// See decides whether a profile may know of a title at all. It is the one
// choke point for catalogue, search, links, the next episode, reading ahead and
// resuming. local is the time of day where the box stands.
func See(t offer.Title, p Profile, country string, local time.Time) Decision {
	if !slices.Contains(t.Territories, country) {
		return refuse(Territory, nil)
	}
	age, rated := MinAge(t.Ratings, country)
	if !rated {
		age = Adult
	}
	switch {
	case p.Age < age && !rated && p.Unrated:
	case p.Age < age && p.Age < Adult && !rated:
		return refuse(Unrated, nil)
	case p.Age < age && p.Age < Adult:
		return refuse(Age, nil)
	}
	if p.Watershed.MinAge > 0 && age >= p.Watershed.MinAge && !p.Watershed.contains(local) {
		return refuse(Watershed, nil)
	}
	return Decision{Allow: true}
}

// Buy decides whether a profile may begin a purchase of a title it can see.
// The PIN is asked for besides.
func Buy(t offer.Title, p Profile, country string, local time.Time) Decision {
	if d := See(t, p, country, local); !d.Allow {
		return d
	}
	if p.Kids {
		return refuse(KidsPurchase, nil)
	}
	return Decision{Allow: true}
}
