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

	challenge string // WWW-Authenticate, of 401
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
	codePairing      = "pairing_required"
	codeToken        = "token_invalid"
	codeExpired      = "lease_expired"
	codeStartBy      = "start_by"
	codePlayWindow   = "play_window"
	codeRevoked      = "lease_revoked"
	codeTooMany      = "streams"
	codeIntent       = "intent_conflict"
	codeOwned        = "already_yours"
	codeLimit        = "credit_limit"
	codePurchase     = "purchase_unknown"
	codeConsent      = "consent_required"
	codeGone         = "cursor_gone"
	codeTooOften     = "too_many_requests"
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
		codePairing:      {http.StatusUnauthorized, "The box is not paired", "Connect the box to an account with a phone, or choose a free title."},
		codeToken:        {http.StatusUnauthorized, "The token is not good", "Renew it, or pair the box again."},
		codeExpired:      {http.StatusPaymentRequired, "The right has ended", "Pay for the title again, or choose another one."},
		codeStartBy:      {http.StatusPaymentRequired, "The time to begin this rental has passed", "Rent the title again."},
		codePlayWindow:   {http.StatusPaymentRequired, "The time to finish this rental has passed", "Rent the title again."},
		codeRevoked:      {http.StatusPaymentRequired, "The right was taken back", "Look into your account on the phone, or choose another title."},
		codeTooMany:      {http.StatusForbidden, "Watched on too many boxes", "Stop one of the others, and try again."},
		codeIntent:       {http.StatusConflict, "Another purchase has this id", "Make a new id for each intent to buy."},
		codeOwned:        {http.StatusConflict, "Paid for already", "Read the entitlements again, and play the title."},
		codeLimit:        {http.StatusPaymentRequired, "The bill is full", "Pay for this title at once, or pay the bill first."},
		codePurchase:     {http.StatusNotFound, "Purchase unknown", "Begin the purchase again with POST /v1/purchases."},
		codeConsent:      {http.StatusForbidden, "There is no consent", "Ask the viewer, and send what they agreed to."},
		codeGone:         {http.StatusGone, "The page is gone", "Read the catalogue again from its first page."},
		codeTooOften:     {http.StatusTooManyRequests, "Too many requests", "Try again later."},
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
	if p.challenge != "" {
		w.Header().Set("WWW-Authenticate", p.challenge)
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
