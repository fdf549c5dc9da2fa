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

// Contains says whether t, in its own zone, is within the hours.
func (h Hours) Contains(t time.Time) bool {
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

// LimitsIn are the ratings a profile's limit is chosen from in a country, the
// strictest first; the last one sets none. A country without a system of its
// own has ages.
func LimitsIn(country string) []offer.Rating {
	steps := map[string][]offer.Rating{
		"DE": {{Label: "0"}, {Label: "6", MinAge: 6}, {Label: "12", MinAge: 12}, {Label: "16", MinAge: 16}, {Label: "18", MinAge: Adult}},
		"US": {{Label: "G"}, {Label: "PG", MinAge: 8}, {Label: "PG-13", MinAge: 13}, {Label: "R", MinAge: 17}, {Label: "NC-17", MinAge: Adult}},
		"GB": {{Label: "U", MinAge: 4}, {Label: "PG", MinAge: 8}, {Label: "12", MinAge: 12}, {Label: "15", MinAge: 15}, {Label: "18", MinAge: Adult}},
		"ID": {{Label: "SU"}, {Label: "13+", MinAge: 13}, {Label: "17+", MinAge: 17}, {Label: "21+", MinAge: Adult}},
		"TH": {{Label: "ท"}, {Label: "น 13+", MinAge: 13}, {Label: "น 15+", MinAge: 15}, {Label: "น 18+", MinAge: Adult}},
	}
	steps["AT"] = steps["DE"]
	list, system := steps[country], "age"
	if list == nil {
		list = []offer.Rating{{Label: "0+"}, {Label: "6+", MinAge: 6}, {Label: "12+", MinAge: 12}, {Label: "16+", MinAge: 16}, {Label: "18+", MinAge: Adult}}
	} else {
		system = systemOf(country)[0]
	}
	list = slices.Clone(list)
	for i := range list {
		list[i].System = system
	}
	return list
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
	if p.Watershed.MinAge > 0 && age >= p.Watershed.MinAge && !p.Watershed.Contains(local) {
		return refuse(Watershed, nil)
	}
	return Decision{Allow: true}
}
