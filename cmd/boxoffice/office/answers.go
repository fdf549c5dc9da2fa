package office

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"usher/cmd/boxoffice/phone"
)

// ServiceDocument is GET /.well-known/usher-service.
type ServiceDocument struct {
	Version   string    `json:"version"` // of the API, "1"
	Name      string    `json:"name"`
	Country   string    `json:"country"`             // ISO 3166-1 alpha-2, meant where a request names none
	Languages []string  `json:"languages"`           // BCP 47, of names and synopses
	Time      time.Time `json:"time"`                // the service's clock, for boxes that wake up in 1970
	Issuer    string    `json:"issuer"`              // of the authorization server (RFC 8414), and of leases
	OpenHouse bool      `json:"openHouse,omitempty"` // boxes decide nothing either
	Endpoints Endpoints `json:"endpoints"`
}

// Endpoints are URLs, absolute or relative to the service document.
type Endpoints struct {
	Catalogue string `json:"catalogue"`
	Titles    string `json:"titles"` // an id is appended
	Search    string `json:"search"`
	Playback  string `json:"playback"` // "/{id}/heartbeat" is appended for heartbeats
	Prepare   string `json:"prepare"`

	Account      string `json:"account"`
	Entitlements string `json:"entitlements"`
	Purchases    string `json:"purchases"` // "/{id}" is appended
	Viewers      string `json:"viewers"`   // "/{id}" and "/{id}/events" are appended
}

func (o *Office) serveService(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "no-cache")
	return o.answer(w, r, ServiceDocument{
		Version: "1", Name: o.options.Name, Country: o.options.Country, Languages: phone.Languages(),
		Issuer:    o.door.Origin(r),
		Time:      o.options.Now().UTC().Truncate(time.Second),
		OpenHouse: o.options.OpenHouse,
		Endpoints: Endpoints{
			Catalogue: "/v1/catalogue", Titles: "/v1/titles", Search: "/v1/search", Playback: "/v1/playback", Prepare: "/v1/playback/prepare",
			Account: "/v1/account", Entitlements: "/v1/entitlements", Purchases: "/v1/purchases", Viewers: "/v1/viewers",
		},
	})
}

func digest(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

func (o *Office) serveTitle(w http.ResponseWriter, r *http.Request) error {
	country, err := o.country(r.URL.Query().Get("country"))
	if err != nil {
		return err
	}
	rec, err := o.find(r.PathValue("id"), country)
	if err != nil {
		return err
	}
	m, _ := o.streams.manifest()
	w.Header().Set("Cache-Control", "no-cache")
	return o.answer(w, r, o.library.title(rec, country, m))
}

// find gives a title that may be shown in the country.
func (o *Office) find(id, country string) (*record, error) {
	rec, ok := o.library.byID[id]
	if !ok {
		return nil, problem(codeNotFound, "This service has no such title.")
	}
	if !o.library.licensed(rec, country) {
		return nil, problem(codeTerritory, fmt.Sprintf("“%s” may not be shown in %s.", rec.Name.In("en"), country))
	}
	return rec, nil
}

// country is the country a request names, or the service's.
func (o *Office) country(asked string) (string, error) {
	if asked == "" {
		return o.options.Country, nil
	}
	if !isCountry(asked) {
		return "", problem(codeBadRequest, "The country is not two capital letters of ISO 3166-1.")
	}
	return asked, nil
}

// leastZipped is the shortest answer that is worth compressing, in bytes.
const leastZipped = 1 << 10

// answer sends JSON, compressed for who can take it, with an ETag over its
// bytes; ServeContent does the 304.
func (o *Office) answer(w http.ResponseWriter, r *http.Request, v any) error {
	e, err := encode(v)
	if err != nil {
		return err
	}
	return e.serve(w, r)
}

// encoded is an answer, ready to be sent.
type encoded struct {
	raw, zipped []byte // zipped is nil where it is not worth it
	tag         string
}

func encode(v any) (encoded, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return encoded{}, fmt.Errorf("encode answer: %w", err)
	}
	e := encoded{raw: raw, tag: digest(raw)}
	if len(raw) >= leastZipped {
		if e.zipped, err = zipped(raw); err != nil {
			return e, fmt.Errorf("compress answer: %w", err)
		}
	}
	return e, nil
}

func (e encoded) serve(w http.ResponseWriter, r *http.Request) error {
	return e.serveAs(w, r, "application/json")
}

func (e encoded) serveAs(w http.ResponseWriter, r *http.Request, media string) error {
	h, raw, tag := w.Header(), e.raw, e.tag
	h.Set("Content-Type", media)
	h.Add("Vary", "Accept-Encoding")
	if e.zipped != nil && takesGzip(r.Header) {
		raw, tag = e.zipped, tag+"-gzip" // a representation of its own (RFC 9110 section 8.8.3.3)
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(raw))
	return nil
}

// takesGzip reads Accept-Encoding (RFC 9110 section 12.5.3).
func takesGzip(h http.Header) bool {
	for coding := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
		name = strings.ToLower(strings.TrimSpace(name))
		_, q, _ := strings.Cut(strings.ReplaceAll(weight, " ", ""), "q=")
		if (name == "gzip" || name == "x-gzip") && strings.Trim(q, "0.") == "" == (q == "") {
			return true
		}
	}
	return false
}

func zipped(raw []byte) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(raw); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
