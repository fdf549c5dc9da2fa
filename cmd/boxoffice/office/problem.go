package office

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// Problem is an answer of RFC 9457. Code, Hint and the times are extension
// members: Code is what programs act on, Hint the next step for a person.
type Problem struct {
	Type   string `json:"type"` // "/problems/" + Code, relative to the service
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
	Hint   string `json:"hint"`
}

// Error is the detail and the hint.
func (p *Problem) Error() string { return p.Detail + " " + p.Hint }

// The codes of docs/openapi.yaml, schema ProblemCode.
const (
	codeBadRequest   = "bad_request"
	codeNotFound     = "not_found"
	codeMethod       = "method_not_allowed"
	codeTooLarge     = "too_large"
	codeMediaType    = "unsupported_media_type"
	codeWindow       = "window"
	codeTerritory    = "territory"
	codeSubscription = "subscription_required"
	codePayment      = "payment_required"
	codeStreams      = "streams_missing"
	codePlayback     = "playback_unknown"
	codeLate         = "stream_late"
	codeInternal     = "internal"
)

type problemKind struct {
	status int
	title  string
	hint   string
}

// problemKinds says what each code means; false for a code that is none of ours.
func problemKinds(code string) (problemKind, bool) {
	k, ok := map[string]problemKind{
		codeBadRequest:   {http.StatusBadRequest, "The request is not understood", "Compare it with docs/openapi.yaml."},
		codeNotFound:     {http.StatusNotFound, "Not found", "Read the catalogue again and use an id from there."},
		codeMethod:       {http.StatusMethodNotAllowed, "Wrong method", "Use the method in the Allow header."},
		codeTooLarge:     {http.StatusRequestEntityTooLarge, "Request too large", "Send at most 64 KiB."},
		codeMediaType:    {http.StatusUnsupportedMediaType, "Wrong content type", "Send application/json."},
		codeWindow:       {http.StatusForbidden, "Outside the availability window", "Choose another title, or come back when it is available."},
		codeTerritory:    {http.StatusUnavailableForLegalReasons, "Not licensed in this country", "Choose another title; this one may open here later."},
		codeSubscription: {http.StatusPaymentRequired, "Subscription required", "Subscribe on your phone, or choose a free title."},
		codePayment:      {http.StatusPaymentRequired, "Payment required", "Rent or buy the title on your phone, or choose a free title."},
		codeStreams:      {http.StatusServiceUnavailable, "The stream is not made yet", "Run `make streams`, then play the title again."},
		codePlayback:     {http.StatusNotFound, "Playback unknown", "Ask for the playback again with POST /v1/playback."},
		codeLate:         {http.StatusServiceUnavailable, "The stream is late", "Try again in a few seconds."},
		codeInternal:     {http.StatusInternalServerError, "Internal error", "Try again; if it stays, read the service's log."},
	}[code]
	return k, ok
}

func problem(code, detail string) *Problem {
	k, _ := problemKinds(code)
	return &Problem{Type: "/problems/" + code, Title: k.title, Status: k.status, Detail: detail, Code: code, Hint: k.hint}
}

// refuse answers an error. One that is no Problem is ours: it is logged, and
// the caller learns only that it happened.
func (o *Office) refuse(w http.ResponseWriter, err error) {
	var p *Problem
	if !errors.As(err, &p) {
		o.options.Logger.Error("Request broke", "error", err)
		p = problem(codeInternal, "The service could not do this.")
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client is gone: nobody is left to tell
}

// serveProblemPage makes the problem types dereferenceable, as RFC 9457
// section 3.1.1 encourages.
func (o *Office) serveProblemPage(w http.ResponseWriter, r *http.Request) error {
	k, ok := problemKinds(r.PathValue("code"))
	if !ok {
		return problem(codeNotFound, "There is no such problem type.")
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := strings.NewReader(k.title + ". " + k.hint + "\n").WriteTo(w)
	return ignoreGone(err)
}

// ignoreGone drops the error of writing to a client that left: the answer has
// begun, so it cannot be turned into a problem.
func ignoreGone(error) error { return nil }
