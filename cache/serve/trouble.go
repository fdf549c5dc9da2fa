package serve

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"usher/cache/hls"
)

// Code is a stable machine word for what went wrong.
type Code string

// The codes.
const (
	BadURL      Code = "bad_url"           // not an absolute http or https URL
	Forbidden   Code = "forbidden_address" // a private address that is not allowed
	Unreachable Code = "unreachable"       // no connection, no answer, or cut off
	HTTPStatus  Code = "http_status"       // the service answered with Trouble.Status
	NotPlaylist Code = "not_playlist"      // something else under the playlist's URL, often an HTML page
	NotMedia    Code = "not_media"         // an HTML page instead of media: a captive portal
	TooLarge    Code = "too_large"         // a playlist beyond the limits
	NoVariants  Code = "no_variants"       // a multivariant playlist with nothing to play
	Changed     Code = "changed"           // the object changed while it was being read
)

// Trouble says why something could not be fetched. It is an error, and what
// [Options.Notify] gets.
type Trouble struct {
	Code   Code
	Status int    // with HTTPStatus
	Where  string // scheme, host and path; never the query
	Err    error  // the cause, or nil

	retryAfter time.Duration // how long the service wants to be left alone
}

// Error implements error.
func (t *Trouble) Error() string {
	var b strings.Builder
	b.WriteString("fetch ")
	b.WriteString(t.Where)
	b.WriteString(": ")
	b.WriteString(strings.ReplaceAll(string(t.Code), "_", " "))
	if t.Status != 0 {
		fmt.Fprintf(&b, " %d", t.Status)
	}
	if t.Err != nil {
		b.WriteString(": ")
		b.WriteString(t.Err.Error())
	}
	return b.String()
}

// short is what a request log says: the code and status.
func (t *Trouble) short() string {
	if t.Status != 0 {
		return strings.ReplaceAll(string(t.Code), "_", " ") + " " + strconv.Itoa(t.Status)
	}
	return strings.ReplaceAll(string(t.Code), "_", " ")
}

// Unwrap gives the cause.
func (t *Trouble) Unwrap() error { return t.Err }

// Passing says that the trouble may go away by itself: the origin holds the
// player's request and tries again.
func (t *Trouble) Passing() bool {
	switch t.Code {
	case Unreachable, NotMedia:
		return true
	case HTTPStatus:
		return t.Status >= 500 || t.Status == 429 || t.Status == 408
	}
	return false
}

// expired says that the URL may have been signed for a time that is over.
func (t *Trouble) expired() bool {
	return t.Code == HTTPStatus && (t.Status == 401 || t.Status == 403 || t.Status == 410)
}

// asTrouble classifies an error of fetching where.
func asTrouble(where string, err error) *Trouble {
	var t *Trouble
	if errors.As(err, &t) {
		return t
	}
	t = &Trouble{Code: Unreachable, Where: redact(where), Err: withoutURL(err)}
	switch {
	case errors.Is(err, errPrivate):
		t.Code = Forbidden
	case errors.Is(err, errScheme):
		t.Code = BadURL
	case errors.Is(err, hls.ErrNotPlaylist):
		t.Code = NotPlaylist
	case errors.Is(err, hls.ErrLimit):
		t.Code = TooLarge
	case errors.Is(err, hls.ErrNoVariant):
		t.Code = NoVariants
	}
	return t
}

// withoutURL drops what net/http wraps around an error: it names the URL.
func withoutURL(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// redact is a URL without user, query and fragment.
func redact(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "(unreadable URL)"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
