package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"usher/device/keys"
	"usher/device/pairing"
)

const (
	askTimeout  = 15 * time.Second // for one request
	metaForgets = 24 * time.Hour   // then metadata is read again
	codeGrant   = "urn:ietf:params:oauth:grant-type:device_code"
	maxNonce    = 512 // bytes; a longer one is not kept
)

// metadata is what the box uses of RFC 8414.
type metadata struct {
	Issuer    string   `json:"issuer"`
	Device    string   `json:"device_authorization_endpoint"`
	Token     string   `json:"token_endpoint"`
	Revoke    string   `json:"revocation_endpoint"`
	Keys      string   `json:"jwks_uri"`
	DPoP      []string `json:"dpop_signing_alg_values_supported"`
	Grants    []string `json:"grant_types_supported"`
	forgetsAt time.Duration
}

// discover gives the service's metadata, read within the last day.
func (a *account) discover(ctx context.Context) (*metadata, error) {
	a.mu.Lock()
	m := a.meta
	a.mu.Unlock()
	if m != nil && a.o.Mono() < m.forgetsAt {
		return m, nil
	}
	issuer, err := pairing.CheckAddress(a.service.Issuer)
	if err != nil || issuer.RawQuery != "" {
		return nil, fmt.Errorf("%w: the issuer in the configuration is no https address", ErrIssuer)
	}
	for _, u := range wellKnown(issuer) {
		if m, err = a.readMetadata(ctx, u); err == nil || !errors.Is(err, errMissing) {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	m.forgetsAt = a.o.Mono() + metaForgets
	a.mu.Lock()
	a.meta = m
	a.mu.Unlock()
	return m, nil
}

// wellKnown is where metadata may be: as in RFC 8414 section 3.1, and as in
// OpenID Connect Discovery section 4.
func wellKnown(issuer *url.URL) []string {
	base, path := issuer.Scheme+"://"+issuer.Host, strings.TrimSuffix(issuer.EscapedPath(), "/")
	return []string{
		base + "/.well-known/oauth-authorization-server" + path,
		base + path + "/.well-known/openid-configuration",
	}
}

var errMissing = errors.New("nothing is there")

func (a *account) readMetadata(ctx context.Context, address string) (*metadata, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: its address", ErrIssuer)
	}
	r.Header.Set("Accept", "application/json")
	got, err := a.roundTrip(r)
	switch {
	case err != nil:
		return nil, err
	case got.status >= http.StatusInternalServerError || got.status == http.StatusTooManyRequests:
		return nil, fmt.Errorf("%w: HTTP %d", ErrUnreachable, got.status)
	case got.status == http.StatusNotFound:
		return nil, fmt.Errorf("%w: %w", ErrIssuer, errMissing)
	case got.status != http.StatusOK:
		return nil, fmt.Errorf("%w: HTTP %d", ErrIssuer, got.status)
	}
	var m metadata
	if json.Unmarshal(got.body, &m) != nil {
		return nil, fmt.Errorf("%w: not JSON", ErrIssuer)
	}
	return &m, m.check(a.service)
}

// check refuses metadata of somebody else (RFC 8414 section 3.3), and of a
// service that cannot do what pairing needs.
func (m *metadata) check(s Service) error {
	if m.Issuer != s.Issuer {
		return fmt.Errorf("%w: it is of another issuer", ErrIssuer)
	}
	issuer, _ := pairing.CheckAddress(s.Issuer) // was checked
	for _, address := range []string{m.Device, m.Token, m.Revoke} {
		if address == "" && address == m.Revoke {
			continue
		}
		u, err := pairing.CheckAddress(address)
		if err != nil || issuer.Scheme == "https" && u.Scheme != "https" {
			return fmt.Errorf("%w: an endpoint is missing or not https", ErrIssuer)
		}
	}
	switch {
	case len(m.Grants) > 0 && !slices.Contains(m.Grants, codeGrant):
		return fmt.Errorf("%w: it does not pair by code", ErrIssuer)
	case !s.AllowBearer && !slices.Contains(m.DPoP, "ES256"):
		return fmt.Errorf("%w: it cannot bind tokens to the box's key", ErrIssuer)
	}
	return nil
}

// answer is what a service answered.
type answer struct {
	status int
	after  time.Duration // Retry-After
	body   []byte
}

// post sends a form with a proof. It tries once more when the service wants a
// nonce (RFC 9449 section 8), or refused the proof and its Date shows that the
// time was wrong. A nil key sends no proof.
func (a *account) post(ctx context.Context, endpoint string, form url.Values, key keys.Key) (answer, error) {
	form.Set("client_id", a.service.ClientID)
	for again := false; ; again = true {
		sent := a.clock.issued()
		got, err := a.postOnce(ctx, endpoint, form, key, sent)
		if err != nil || again || key == nil || !a.worthAgain(pairing.ParseRefusal(got.body), got.status, sent) {
			return got, err
		}
	}
}

// worthAgain says whether a refused proof would be good now.
func (a *account) worthAgain(refusal string, status int, sent time.Time) bool {
	switch {
	case status != http.StatusBadRequest && status != http.StatusUnauthorized:
		return false
	case refusal == "use_dpop_nonce":
		return true
	}
	return refusal == "invalid_dpop_proof" && a.clock.issued().Sub(sent).Abs() > 2*time.Second
}

func (a *account) postOnce(ctx context.Context, endpoint string, form url.Values, key keys.Key, at time.Time) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, fmt.Errorf("%w: an endpoint", ErrIssuer)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	if key != nil {
		p, err := proof(key, r.Method, r.URL, at, "", a.nonce(r.URL))
		if err != nil {
			return answer{}, err
		}
		r.Header.Set("DPoP", p)
	}
	return a.roundTrip(r)
}

// roundTrip sends a request and reads the whole answer. Both a status and an
// error mean that its body broke off.
func (a *account) roundTrip(r *http.Request) (answer, error) {
	resp, err := a.client.Do(r)
	if err != nil {
		return answer{}, fmt.Errorf("%w: %w", ErrUnreachable, bare(err))
	}
	defer resp.Body.Close()
	a.learn(resp)
	got := answer{status: resp.StatusCode, after: retryAfter(resp)}
	if got.body, err = io.ReadAll(io.LimitReader(resp.Body, pairing.MaxAnswer+1)); err != nil {
		got.body = nil
		return got, fmt.Errorf("%w: the answer breaks off: %w", ErrUnreachable, err)
	}
	return got, nil
}

// bare takes the address out of a client error.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// learn takes time and nonce from an answer.
func (a *account) learn(resp *http.Response) {
	a.clock.hear(resp)
	nonce := resp.Header.Get("DPoP-Nonce")
	if nonce == "" || len(nonce) > maxNonce {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.nonces[origin(resp.Request.URL)] = nonce // as many as the service has endpoints and origins
}

func (a *account) nonce(u *url.URL) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.nonces[origin(u)]
}

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// retryAfter is in seconds only: a date would need a clock.
func retryAfter(resp *http.Response) time.Duration {
	s, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || s < 0 {
		return 0
	}
	return time.Duration(min(s, 3600)) * time.Second
}
