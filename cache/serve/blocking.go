package serve

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Low-latency HLS (rfc8216bis). A blocking reload asks for the playlist that
// has a certain part; the service answers when it is there. Players that ask
// for the same wait for one answer, and a playlist that has the part already
// is given at once, never an older one. _HLS_skip is not passed on: the player
// gets the whole playlist, which costs nothing on the loopback, and what is
// kept here is always whole.

// blockedFor is how long an answer to a blocking reload may be used, in target
// durations, and refusedFor how long a refusal of one, or of a plain reload
// (rfc8216bis appendix B.1).
const (
	blockedFor      = 6
	refusedFor      = 4
	refusedPlainFor = 1
)

const maxRefusals = 16 // remembered for a playlist

// refusal is a failure that is not worth asking about again.
type refusal struct {
	t     *Trouble
	until time.Time
}

// directives are the delivery directives of a request in one form, so that
// equal wishes meet; "" when there are none that are understood. A part
// without its segment is no wish (rfc8216bis section 6.2.5.2).
func directives(u *url.URL) string {
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return ""
	}
	msn, err := strconv.ParseUint(q.Get("_HLS_msn"), 10, 63)
	if err != nil {
		return ""
	}
	s := "_HLS_msn=" + strconv.FormatUint(msn, 10)
	if part, err := strconv.ParseUint(q.Get("_HLS_part"), 10, 31); err == nil {
		s += "&_HLS_part=" + strconv.FormatUint(part, 10)
	}
	return s
}

// wished reads what directives wrote; part is -1 for a whole segment.
func wished(directives string) (msn uint64, part int) {
	a, b, found := strings.Cut(strings.TrimPrefix(directives, "_HLS_msn="), "&_HLS_part=")
	msn, _ = strconv.ParseUint(a, 10, 63) // digits
	if !found {
		return msn, -1
	}
	part, _ = strconv.Atoi(b)
	return msn, part
}

// withQuery adds delivery directives to a URL, after its other parameters.
func withQuery(raw, directives string) string {
	switch {
	case directives == "":
		return raw
	case strings.Contains(raw, "?"):
		return raw + "&" + directives
	default:
		return raw + "?" + directives
	}
}

// has says that v answers a blocking reload.
func (v *version) has(directives string, now time.Time) bool {
	msn, part := wished(directives)
	return now.Before(v.at.Add(blockedFor*v.raw.Target)) && (v.raw.EndList || v.raw.Has(msn, part))
}

// patience is how long an answer may take to begin: a blocking reload waits
// for up to three target durations.
func (d *doc) patience(directives string) time.Duration {
	const usual = headerTimeout + dialTimeout
	if directives == "" {
		return usual
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cur == nil {
		return 2 * usual
	}
	return usual + min(3*d.cur.raw.Target, time.Minute)
}

// remember keeps a refusal of the service, so that eager players do not carry
// every try to it. The caller holds mu.
func (d *doc) remember(directives string, err error) {
	var t *Trouble
	if !errors.As(err, &t) || !t.final() || d.cur == nil || !d.cur.raw.Live() {
		return
	}
	n := time.Duration(refusedPlainFor)
	if directives != "" {
		n = refusedFor
	}
	if d.failed == nil || len(d.failed) >= maxRefusals {
		d.failed = map[string]refusal{}
	}
	d.failed[directives] = refusal{t, time.Now().Add(n * d.cur.raw.Target)}
}

// final says that the service will give the same answer for a while: 400, 404.
func (t *Trouble) final() bool {
	return t.Code == HTTPStatus && (t.Status == http.StatusNotFound || t.Status == http.StatusBadRequest)
}

// refused is the service's refusal of a segment of a live stream a moment ago.
func (o *object) refused(now time.Time) *Trouble {
	o.mu.Lock()
	defer o.mu.Unlock()
	if now.Before(o.failed.until) {
		return o.failed.t
	}
	return nil
}

// remember keeps a refusal for one target duration (appendix B.1).
func (o *object) remember(err error) {
	var t *Trouble
	if o.from.list == nil || !errors.As(err, &t) || !t.final() {
		return
	}
	target, live := o.from.list.live()
	if !live {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failed = refusal{t, time.Now().Add(target)}
}

// isHint says that a request is for a preload hint without end: what a service
// is still making (rfc8216bis section 4.4.5.3). Players ask for bytes=n- or
// with a last position that is out of reach (RFC 8673).
func (o *object) isHint(header string) bool {
	spec, ok := strings.CutPrefix(header, "bytes=")
	first, last, found := strings.Cut(spec, "-")
	at, valid := parsePos(first)
	end, closed := parsePos(last)
	if !ok || !found || !valid || last != "" && (!closed || end < 1<<53-1) {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.hints[at]
}

// flushing sends the header and every piece on as they come.
type flushing struct{ http.ResponseWriter }

func (f flushing) WriteHeader(status int) {
	f.ResponseWriter.WriteHeader(status)
	http.NewResponseController(f.ResponseWriter).Flush() // an error comes again with the body
}

func (f flushing) Write(p []byte) (int, error) {
	n, err := f.ResponseWriter.Write(p)
	if err == nil {
		err = http.NewResponseController(f.ResponseWriter).Flush()
	}
	return n, err
}
