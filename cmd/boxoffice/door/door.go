package door

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"usher/cmd/boxoffice/pace"
	"usher/cmd/boxoffice/shelf"
)

// The paths of the authorization server.
const (
	PathMetadata = "/.well-known/oauth-authorization-server"
	PathDevice   = "/oauth/device"
	PathToken    = "/oauth/token"
	PathRevoke   = "/oauth/revoke"
	PathKeys     = "/oauth/jwks" // served by who signs leases
	PathActivate = "/activate"   // a page
)

// ClientID is the public client that boxes are.
const ClientID = "usher-box"

// ScopePlayback is the one scope there is: to watch. Nothing a box may do
// spends money without a person on a phone.
const ScopePlayback = "playback"

// Options are what a Door may be told. Shelf is required.
type Options struct {
	Shelf *shelf.Shelf
	// Public is the origin that boxes and phones use, such as
	// "https://tv.example". Empty: whatever address a request was sent to, for
	// development.
	Public string
	// CodeLife is how long a code is shown. Default: 10 minutes.
	CodeLife time.Duration
	// Interval is between two polls. Default: a second, the least there is.
	Interval time.Duration
	// Hold is how long a poll is held while nobody has decided. Default: 5
	// seconds; negative is not at all.
	Hold time.Duration
	// AccessLife is how long an access token is good. Default: 10 minutes.
	AccessLife time.Duration
	// Nonces makes boxes put a nonce of the service into their proofs.
	Nonces bool
	// Now is the clock. Default: time.Now.
	Now func() time.Time
	// Logger takes what became of boxes. Default: nothing is logged.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	for _, d := range []struct {
		of *time.Duration
		is time.Duration
	}{{&o.CodeLife, 10 * time.Minute}, {&o.Interval, time.Second}, {&o.Hold, 5 * time.Second}, {&o.AccessLife, 10 * time.Minute}} {
		if *d.of == 0 {
			*d.of = d.is
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Door is the authorization server. It is safe for concurrent use.
type Door struct {
	o       Options
	codes   *codes
	proofs  *proofs
	nonces  *nonces    // nil: proofs need none
	asking  *pace.Pace // for codes, by address
	calling *pace.Pace // anything else, by address
}

// New allocates.
func New(o Options) *Door {
	o = o.withDefaults()
	d := &Door{
		o: o, codes: newCodes(o), proofs: newProofs(o.Now),
		// An installer pairs hundreds of boxes from one address.
		asking: pace.New(400, 500*time.Millisecond, o.Now), calling: pace.New(2000, 10*time.Millisecond, o.Now),
	}
	if o.Nonces {
		d.nonces = newNonces(o.Now)
	}
	return d
}

// Route adds the endpoints to a mux.
func (d *Door) Route(mux *http.ServeMux) {
	mux.HandleFunc("GET "+PathMetadata, d.serveMetadata)
	mux.HandleFunc("POST "+PathDevice, d.form(d.serveDevice))
	mux.HandleFunc("POST "+PathToken, d.form(d.serveToken))
	mux.HandleFunc("POST "+PathRevoke, d.form(d.serveRevoke))
}

// Origin is where a request reached the service, as "https://host": the issuer
// of what is answered to it. The Host of a request is believed only where no
// public origin was configured.
func (d *Door) Origin(r *http.Request) string {
	if d.o.Public != "" {
		return d.o.Public
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + strings.ToLower(r.Host)
}

// Metadata is RFC 8414.
type Metadata struct {
	Issuer     string   `json:"issuer"`
	Device     string   `json:"device_authorization_endpoint"`
	Token      string   `json:"token_endpoint"`
	Revocation string   `json:"revocation_endpoint"`
	Keys       string   `json:"jwks_uri"`
	Grants     []string `json:"grant_types_supported"`
	Responses  []string `json:"response_types_supported"`
	Scopes     []string `json:"scopes_supported"`
	Auth       []string `json:"token_endpoint_auth_methods_supported"`
	AuthRevoke []string `json:"revocation_endpoint_auth_methods_supported"`
	DPoP       []string `json:"dpop_signing_alg_values_supported"`
}

const (
	grantDevice  = "urn:ietf:params:oauth:grant-type:device_code"
	grantRefresh = "refresh_token"
)

func (d *Door) serveMetadata(w http.ResponseWriter, r *http.Request) {
	at := d.Origin(r)
	w.Header().Set("Cache-Control", "max-age=300")
	send(w, http.StatusOK, Metadata{
		Issuer: at, Device: at + PathDevice, Token: at + PathToken, Revocation: at + PathRevoke, Keys: at + PathKeys,
		Grants: []string{grantDevice, grantRefresh, grantTicket}, Responses: []string{}, Scopes: []string{ScopePlayback},
		Auth: []string{"none"}, AuthRevoke: []string{"none"}, DPoP: []string{"ES256"},
	})
}

// Refusal is an OAuth error answer (RFC 6749 section 5.2).
type Refusal struct {
	Status   int           `json:"-"`
	Code     string        `json:"error"`
	Text     string        `json:"error_description,omitempty"` // for the developer of a client
	Interval int           `json:"interval,omitempty"`          // of slow_down: the new one, seconds
	After    time.Duration `json:"-"`                           // Retry-After
}

// Error is the code and the text.
func (r *Refusal) Error() string { return r.Code + ": " + r.Text }

func refuse(code, text string) *Refusal {
	return &Refusal{Status: http.StatusBadRequest, Code: code, Text: text}
}

const formLimit = 16 << 10

// form reads a request of a known client, and answers refusals.
func (d *Door) form(serve func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		if nonce := d.Nonce(); nonce != "" {
			h.Set("DPoP-Nonce", nonce)
		}
		r.Body = http.MaxBytesReader(w, r.Body, formLimit)
		answer, err := d.read(r, serve)
		var no *Refusal
		switch {
		case err == nil:
			send(w, http.StatusOK, answer)
		case errors.As(err, &no):
			if no.After > 0 {
				h.Set("Retry-After", strconv.Itoa(int(no.After.Seconds())+1))
			}
			send(w, no.Status, no)
		default:
			d.o.Logger.Error("Authorization broke", "error", err)
			send(w, http.StatusInternalServerError, Refusal{Code: "server_error"})
		}
	}
}

func (d *Door) read(r *http.Request, serve func(*http.Request) (any, error)) (any, error) {
	if wait := d.calling.Take(pace.Of(r)); wait > 0 {
		return nil, &Refusal{Status: http.StatusTooManyRequests, Code: "temporarily_unavailable", Text: "too many requests from this address", After: wait}
	}
	if err := r.ParseForm(); err != nil {
		return nil, refuse("invalid_request", "the body is no form, or too long")
	}
	for name, values := range r.PostForm {
		if len(values) > 1 {
			return nil, refuse("invalid_request", fmt.Sprintf("%.40q is there twice", name))
		}
	}
	if r.PostForm.Get("client_id") != ClientID {
		return nil, &Refusal{Status: http.StatusUnauthorized, Code: "invalid_client", Text: "client_id must be " + ClientID}
	}
	return serve(r)
}

func send(w http.ResponseWriter, status int, v any) {
	if v == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone: nobody is left to tell
}

// scopes checks what is asked for; nothing is playback.
func scopes(asked string) (string, error) {
	for _, s := range strings.Fields(asked) {
		if !slices.Contains([]string{ScopePlayback, "openid", "offline_access"}, s) {
			return "", refuse("invalid_scope", "the one scope there is is "+ScopePlayback)
		}
	}
	return ScopePlayback, nil
}

// secret is a random string of 160 bits that says whose it is.
func secret(owner string) string { return owner + "." + rand.Text() + rand.Text()[:6] }

// secretID names whose secret it is; it is no secret itself.
func secretID() string { return rand.Text() }

// owner is whose secret it claims to be.
func owner(token string) string {
	id, _, _ := strings.Cut(token, ".")
	return id
}

// sum is what is stored of a secret. It is random and long, so that a plain
// hash cannot be turned back.
func sum(token string) string {
	s := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(s[:])
}
