package office

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"usher/cmd/boxoffice/phone"
	"usher/cmd/boxoffice/poster"
	"usher/internal/offer"
)

func openLibrary(t *testing.T) *library {
	t.Helper()
	l, err := loadLibrary(catalogueFiles)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *library) all() []*record {
	var all []*record
	for _, r := range l.byID {
		all = append(all, r)
	}
	return all
}

func TestEveryTextIsInEveryLanguage(t *testing.T) {
	l := openLibrary(t)
	check := func(id string, text offer.Text, least int) {
		for _, lang := range phone.Languages() {
			if utf8.RuneCountInString(text[lang]) < least || !writtenIn(lang, text[lang]) {
				t.Errorf("%s in %s: %q", id, lang, text[lang])
			}
		}
		if len(text) != len(phone.Languages()) {
			t.Errorf("%s: %d languages", id, len(text))
		}
	}
	for _, r := range l.all() {
		check(r.ID, r.Name, 2)
		check(r.ID, r.Synopsis, 25)
		if len(r.AINote) > 0 {
			check(r.ID, r.AINote, 8)
		}
		for _, s := range r.Seasons {
			check(r.ID, s.Name, 2)
		}
	}
	for _, r := range l.Rails {
		check(r.ID, r.Name, 2)
	}
}

// writtenIn catches a text in the wrong place by its script.
func writtenIn(lang, s string) bool {
	has := func(table *unicode.RangeTable) bool {
		return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(table, r) })
	}
	han, thai := has(unicode.Han), has(unicode.Thai)
	switch lang {
	case "zh-Hans":
		return han && !thai
	case "th":
		return thai && !han
	}
	return !han && !thai
}

func TestRecordsReferToWhatExists(t *testing.T) {
	l := openLibrary(t)
	id := regexp.MustCompile(`^[a-z0-9-]+$`)
	for _, r := range l.all() {
		if !id.MatchString(r.ID) {
			t.Errorf("%s: id is not plain", r.ID)
		}
		for book, ok := range map[string]bool{
			"prices " + r.Prices: l.books.Prices[r.Prices] != nil, "rating " + r.Rating: l.books.Ratings[r.Rating] != nil,
			"territories " + r.Territories: l.books.Territories[r.Territories] != nil,
			"motif " + r.Art.Motif:         slices.Contains(poster.Motifs(), poster.Motif(r.Art.Motif)),
			"palette " + r.Art.Palette:     slices.Contains(poster.Palettes(), poster.Palette(r.Art.Palette)),
			"stream " + r.Stream:           r.Kind == offer.Series || slices.Contains(strings.Fields("ladder carpet tongues vault single live live-ll live-cmaf"), r.Stream),
			"channel " + r.Stream:          (r.Kind == offer.Live) == strings.HasPrefix(r.Stream, liveStream),
		} {
			if !ok {
				t.Errorf("%s: no such %s", r.ID, book)
			}
		}
		if r.Year < 1900 || len(r.Genres) == 0 || len(r.Countries) == 0 || r.OriginalLanguage == "" {
			t.Errorf("%s: year, genres, countries or language missing", r.ID)
		}
	}
	for name, prices := range l.books.Prices {
		for _, currency := range l.books.Currencies {
			for _, p := range prices {
				if paid := p.Kind == offer.Rent || p.Kind == offer.Buy; paid != (p.Minor[currency] > 0) || paid != (p.Billing != "") {
					t.Errorf("%s %s in %s: price or billing wrong", name, p.Kind, currency)
				}
			}
		}
	}
}

func TestRailsReferToTitles(t *testing.T) {
	l := openLibrary(t)
	inRail := map[string]bool{}
	for _, r := range l.Rails {
		for _, id := range r.Titles {
			if rec, ok := l.byID[id]; !ok || rec.Kind == offer.Episode {
				t.Errorf("rail %s: %s is no title of the catalogue", r.ID, id)
			}
			inRail[id] = true
		}
	}
	for _, r := range l.Titles {
		if !inRail[r.ID] {
			t.Errorf("%s is in no rail", r.ID)
		}
	}
}

func TestCatalogueIsTheShopThatWasOrdered(t *testing.T) {
	l := openLibrary(t)
	kinds, origins, terms, billing, ai := map[offer.Kind]int{}, map[offer.Production]int{}, map[offer.TermsKind]int{}, map[string]int{}, 0
	for _, title := range l.catalogue("CN", manifest{}).Titles {
		kinds[title.Kind]++
		origins[title.Production]++
		if title.AIPerformers {
			ai++
		}
		for _, x := range title.Terms {
			terms[x.Kind]++
			billing[x.Billing]++
		}
	}
	if len(l.Titles) < 24 || kinds[offer.Series] < 2 || kinds[offer.Live] < 1 || ai < 2 {
		t.Errorf("%d titles, %v, %d with generated performers", len(l.Titles), kinds, ai)
	}
	if len(origins) != 3 || terms[offer.Rent] == 0 || terms[offer.Buy] == 0 || terms[offer.Subscription] == 0 || billing["pre-paid"] == 0 || billing["post-paid"] == 0 {
		t.Errorf("origins %v, terms %v, billing %v", origins, terms, billing)
	}
	if share := float64(terms[offer.Free]) / float64(len(l.Titles)); math.Abs(share-.1) > .03 {
		t.Errorf("%.0f %% are free, want about a tenth", share*100)
	}
	for _, r := range l.Titles {
		if r.Kind == offer.Series && (len(r.Seasons) < 2 || len(r.Seasons[0].Episodes) < 2) {
			t.Errorf("%s has too little to binge", r.ID)
		}
	}
}

func TestTerritoriesAndCurrencies(t *testing.T) {
	l := openLibrary(t)
	has := func(country, id string) bool {
		return slices.ContainsFunc(l.catalogue(country, manifest{}).Titles, func(t offer.Title) bool { return t.ID == id })
	}
	if !has("CN", "mountain-post") || has("DE", "mountain-post") || has("US", "harvest-of-clouds") || len(l.catalogue("ZZ", manifest{}).Titles) > 0 {
		t.Error("territories are not kept")
	}
	if terms := l.terms("rent", "TH"); terms[0].Currency != "THB" || terms[0].PriceMin != 7900 {
		t.Errorf("rent in Thailand: %+v", terms)
	}
	if terms := l.terms("rent", "BR"); terms[0].Currency != "USD" {
		t.Errorf("rent in a country without a currency of ours: %+v", terms)
	}
}

func TestDurationIsThatOfTheStream(t *testing.T) {
	l := openLibrary(t)
	m := manifest{Streams: map[string]manifestStream{"ladder": {DurationMS: 24_000}}}
	short, full := l.title(l.byID["lantern-coast"], "DE", m), l.title(l.byID["lantern-coast"], "DE", manifest{})
	if short.DurationMS != 24_000 || short.CreditsMS != 21_600 || full.DurationMS != 120_000 {
		t.Errorf("short %d, credits %d, full %d", short.DurationMS, short.CreditsMS, full.DurationMS)
	}
	if live := l.title(l.byID["lantern-tv"], "DE", m); live.DurationMS != 0 || live.CreditsMS != 0 {
		t.Errorf("live lasts %d", live.DurationMS)
	}
}

// TestMarkersAreInOrder holds for every title and stream, however short.
func TestMarkersAreInOrder(t *testing.T) {
	l := openLibrary(t)
	for _, ms := range []int64{0, 1, 5000, 12_000, 24_000, 60_000, 5_400_000} {
		m := manifest{Streams: map[string]manifestStream{}}
		for _, stream := range strings.Fields("ladder carpet tongues vault single") {
			if ms > 0 { // otherwise the lengths of the full set
				m.Streams[stream] = manifestStream{DurationMS: ms}
			}
		}
		for _, r := range l.all() {
			c := l.title(r, "CN", m)
			if c.DurationMS == 0 {
				if c.IntroToMS != 0 || c.CreditsMS != 0 {
					t.Errorf("%s has no length and yet marks", c.ID)
				}
				continue
			}
			last := int64(-1)
			for _, ch := range c.Chapters {
				if ch.AtMS <= last || ch.AtMS >= c.DurationMS || len(ch.Name) != 5 {
					t.Errorf("%s of %d ms: chapter %v at %d after %d", c.ID, c.DurationMS, ch.Name, ch.AtMS, last)
				}
				last = ch.AtMS
			}
			if ms == 0 && c.ID == "lantern-coast" && len(c.Chapters) != 4 {
				t.Errorf("%s has %d chapters", c.ID, len(c.Chapters))
			}
			intro := c.IntroFromMS == 0 && c.IntroToMS == 0 || 0 <= c.IntroFromMS && c.IntroFromMS < c.IntroToMS && c.IntroToMS < c.CreditsMS
			if !intro || c.CreditsMS < 0 || c.CreditsMS > c.DurationMS {
				t.Errorf("%s of %d ms: intro %d to %d, credits at %d", c.ID, c.DurationMS, c.IntroFromMS, c.IntroToMS, c.CreditsMS)
			}
			if ms == 0 && c.Kind == offer.Episode && (c.IntroToMS == 0 || c.CreditsMS != c.DurationMS-10_000) {
				t.Errorf("%s: intro to %d, credits at %d of %d", c.ID, c.IntroToMS, c.CreditsMS, c.DurationMS)
			}
		}
	}
}
