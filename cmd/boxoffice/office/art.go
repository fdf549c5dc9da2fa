package office

import (
	"bytes"
	"net/http"
	"strconv"
	"time"

	"usher/cmd/boxoffice/poster"
)

// serveArt draws a poster or a backdrop. Drawing takes less than a
// millisecond, so nothing is kept.
func (o *Office) serveArt(w http.ResponseWriter, r *http.Request) error {
	rec, ok := o.library.byID[r.PathValue("id")]
	if !ok {
		return problem(codeNotFound, "This service has no such title.")
	}
	spec := poster.Spec{
		Seed: rec.ID, Title: rec.Name.In("en"), Line: posterLine(rec),
		Motif: poster.Motif(rec.Art.Motif), Palette: poster.Palette(rec.Art.Palette),
	}
	var svg []byte
	switch r.PathValue("file") {
	case "poster.svg":
		svg = poster.Poster(spec)
	case "backdrop.svg":
		svg = poster.Backdrop(spec)
	default:
		return problem(codeNotFound, "A title has poster.svg and backdrop.svg.")
	}
	h := w.Header()
	h.Set("Content-Type", "image/svg+xml")
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	h.Set("ETag", `"`+digest(svg)+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(svg))
	return nil
}

// posterLine is the small print under the title.
func posterLine(r *record) string {
	if r.series != nil {
		return r.series.Name.In("en") + " · " + strconv.Itoa(r.season) + "." + strconv.Itoa(r.number)
	}
	if r.Year > 0 {
		return strconv.Itoa(r.Year)
	}
	return ""
}
