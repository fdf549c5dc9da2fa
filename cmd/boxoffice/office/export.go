package office

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"usher/cmd/boxoffice/phone"
	"usher/internal/offer"
)

// serveSchemaOrg is the catalogue in the vocabulary of schema.org, as search
// engines and voice assistants read it (DataFeed, Media Actions).
func (o *Office) serveSchemaOrg(w http.ResponseWriter, r *http.Request) error {
	country, err := o.country(r.URL.Query().Get("country"))
	if err != nil {
		return err
	}
	l, err := o.listing(country)
	if err != nil {
		return err
	}
	at := o.door.Origin(r)
	items := []map[string]any{}
	for _, t := range l.Titles {
		items = append(items, thing(t, at, country))
		for _, s := range t.Seasons {
			for _, e := range s.Episodes {
				items = append(items, thing(e, at, country))
			}
		}
	}
	e, err := encode(map[string]any{
		"@context": "https://schema.org", "@type": "DataFeed", "name": o.options.Name, "version": l.Revision, "dataFeedElement": items,
	})
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-cache")
	return e.serveAs(w, r, "application/ld+json")
}

// thing is a title in that vocabulary.
func thing(t offer.Title, at, country string) map[string]any {
	m := map[string]any{
		"@type": schemaType(t.Kind), "@id": at + "/v1/titles/" + t.ID, "url": at + "/v1/titles/" + t.ID,
		"name": languageMap(t.Name), "description": languageMap(t.Synopsis), "inLanguage": t.OriginalLanguage,
		"genre": t.Genres, "image": at + t.Poster, "countryOfOrigin": places(t.Countries), "potentialAction": actions(t, at, country),
	}
	if t.Year > 0 {
		m["dateCreated"] = strconv.Itoa(t.Year)
	}
	if t.DurationMS > 0 {
		m["duration"] = fmt.Sprintf("PT%dS", t.DurationMS/1000)
	}
	if t.EIDR != "" {
		m["titleEIDR"] = t.EIDR
	}
	if t.SeriesID != "" {
		m["partOfSeries"] = map[string]string{"@id": at + "/v1/titles/" + t.SeriesID}
		m["episodeNumber"], m["partOfSeason"] = t.Number, map[string]any{"@type": "TVSeason", "seasonNumber": t.Season}
	}
	if len(t.Ratings) > 0 {
		var labels []string
		for _, r := range t.Ratings {
			labels = append(labels, r.System+" "+r.Label)
		}
		m["contentRating"] = labels
	}
	for _, p := range t.People {
		list, _ := m[p.Role].([]map[string]string)
		m[p.Role] = append(list, map[string]string{"@type": "Person", "name": p.Name})
	}
	return renamed(m, "writer", "author")
}

func renamed(m map[string]any, from, to string) map[string]any {
	if v, ok := m[from]; ok {
		m[to] = v
		delete(m, from)
	}
	return m
}

func schemaType(k offer.Kind) string {
	return map[offer.Kind]string{offer.Film: "Movie", offer.Series: "TVSeries", offer.Episode: "TVEpisode", offer.Live: "BroadcastService"}[k]
}

// languageMap is a text as a list of tagged values (JSON-LD 1.1).
func languageMap(t offer.Text) []map[string]string {
	var all []map[string]string
	for _, lang := range phone.Languages() {
		if s, ok := t[lang]; ok {
			all = append(all, map[string]string{"@language": lang, "@value": s})
		}
	}
	return all
}

func places(codes []string) []map[string]string {
	all := []map[string]string{}
	for _, c := range codes {
		all = append(all, map[string]string{"@type": "Country", "name": c})
	}
	return all
}

// actions are the ways to watch: a WatchAction for each of the terms.
func actions(t offer.Title, at, country string) []map[string]any {
	all := []map[string]any{}
	for _, terms := range t.Terms {
		access := map[string]any{
			"@type": "ActionAccessSpecification", "eligibleRegion": places([]string{country}),
			"category":             map[offer.TermsKind]string{offer.Free: "free", offer.Subscription: "subscription", offer.Rent: "rental", offer.Buy: "purchase"}[terms.Kind],
			"requiresSubscription": terms.Kind == offer.Subscription,
		}
		if !t.Window.From.IsZero() {
			access["availabilityStarts"] = t.Window.From.Format(time.RFC3339)
		}
		if !t.Window.Until.IsZero() {
			access["availabilityEnds"] = t.Window.Until.Format(time.RFC3339)
		}
		if terms.PriceMin > 0 {
			access["expectsAcceptanceOf"] = map[string]any{"@type": "Offer", "price": amount(terms.PriceMin), "priceCurrency": terms.Currency}
		}
		all = append(all, map[string]any{"@type": "WatchAction", "target": at + "/v1/titles/" + t.ID, "actionAccessibilityRequirement": access})
	}
	return all
}

// amount is a price in units; all currencies here have hundredths.
func amount(minor int64) string { return fmt.Sprintf("%d.%02d", minor/100, minor%100) }

// availColumns are names of MovieLabs' Avails, in which studios and services
// exchange what may be shown where, when and how.
func availColumns() []string {
	return []string{
		"DisplayName", "Territory", "WorkType", "EntryType", "TitleInternalAlias", "TitleDisplayUnlimited", "LicenseType", "FormatProfile",
		"Start", "End", "PriceType", "PriceValue", "PriceCurrency", "ReleaseYear", "TotalRunTime", "RatingSystem", "RatingValue",
		"WatchDuration", "ContentID", "AvailID", "OtherTerms",
	}
}

// serveAvails is the catalogue of a country as a table of avails: one row for
// each way to watch each title.
func (o *Office) serveAvails(w http.ResponseWriter, r *http.Request) error {
	country, err := o.country(r.URL.Query().Get("country"))
	if err != nil {
		return err
	}
	l, err := o.listing(country)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	c := csv.NewWriter(&b)
	_ = c.Write(availColumns()) // a Buffer takes everything
	for _, t := range l.Titles {
		for _, terms := range t.Terms {
			_ = c.Write(avail(o.options.Name, country, t, terms))
		}
	}
	c.Flush()
	raw := b.Bytes()
	w.Header().Set("Cache-Control", "no-cache")
	return encoded{raw: raw, tag: digest(raw)}.serveAs(w, r, "text/csv; charset=utf-8")
}

func avail(service, country string, t offer.Title, terms offer.Terms) []string {
	work := map[offer.Kind]string{offer.Film: "Movie", offer.Series: "Series", offer.Live: "Broadcast"}[t.Kind]
	license := map[offer.TermsKind]string{offer.Free: "FVOD", offer.Subscription: "SVOD", offer.Rent: "VOD", offer.Buy: "EST"}[terms.Kind]
	system, value := "", ""
	if len(t.Ratings) > 0 {
		system, value = t.Ratings[0].System, t.Ratings[0].Label
	}
	priceType, price, watch, other := "", "", "", ""
	if terms.PriceMin > 0 {
		priceType, price = "SRP", amount(terms.PriceMin)
	}
	if terms.PlayMS > 0 {
		watch = fmt.Sprintf("PT%dH", terms.PlayMS/3_600_000)
	}
	if t.AI != nil {
		other = "AI-generated: " + t.AI.Kind + "; label in " + strings.Join(t.AI.Required, " ")
	}
	return []string{
		service, country, work, "Full Extract", t.ID, t.Name.In("en"), license, "HD",
		date(t.Window.From), date(t.Window.Until), priceType, price, terms.Currency, strconv.Itoa(t.Year),
		fmt.Sprintf("PT%dS", t.DurationMS/1000), system, value, watch, t.EIDR, t.ID + "-" + strings.ToLower(license) + "-" + strings.ToLower(country), other,
	}
}

// date is a day, or "Open" as avails say it.
func date(t time.Time) string {
	if t.IsZero() {
		return "Open"
	}
	return t.Format(time.DateOnly)
}
