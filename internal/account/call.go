package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"usher/device/pairing"
)

var errBody = errors.New("a request with a body needs GetBody, because it may have to be sent again")

// call sends a request with the account: up to three times, for a nonce, for
// the time, and with renewed tokens.
func (a *account) call(r *http.Request) (*http.Response, error) {
	if !a.service.covers(origin(r.URL)) {
		return nil, ErrOrigin
	}
	if _, err := pairing.CheckAddress(origin(r.URL)); err != nil {
		return nil, fmt.Errorf("%w: not https", ErrOrigin)
	}
	if r.Body != nil && r.Body != http.NoBody && r.GetBody == nil {
		return nil, errBody
	}
	if err := a.resting(); err != nil {
		return nil, err
	}
	h, err := a.fresh(r.Context(), "")
	if err != nil {
		return nil, err
	}
	a.persist(h)
	return a.callWith(r, h)
}

func (a *account) callWith(r *http.Request, h *held) (*http.Response, error) {
	renewed := false
	for try := 1; ; try++ {
		sent := a.clock.issued()
		resp, err := a.callOnce(r, h, sent)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode != http.StatusUnauthorized {
			a.welcome()
			return resp, nil
		}
		_ = resp.Body.Close() // what it says is in its header
		again := a.worthAgain(challenge(resp), resp.StatusCode, sent)
		switch {
		case try == 3, renewed && !again:
			return nil, a.later(retryAfter(resp), ErrRefused)
		case again:
			continue
		}
		if h, err = a.fresh(r.Context(), h.Access); err != nil {
			return nil, err
		}
		renewed = true
	}
}

func (a *account) callOnce(r *http.Request, h *held, at time.Time) (*http.Response, error) {
	c := r.Clone(r.Context())
	if r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		c.Body = body
	}
	if !h.Bound() {
		c.Header.Set("Authorization", "Bearer "+h.Access.Reveal())
	} else {
		p, err := proof(h.key, c.Method, c.URL, at, h.Access.Reveal(), a.nonce(c.URL))
		if err != nil {
			return nil, err
		}
		c.Header.Set("Authorization", "DPoP "+h.Access.Reveal())
		c.Header.Set("DPoP", p)
	}
	resp, err := a.client.Do(c)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, bare(err))
	}
	a.learn(resp)
	return resp, nil
}

// challenge is the error code of a DPoP challenge (RFC 9449 section 7.1). What
// a Bearer challenge says is not followed.
func challenge(resp *http.Response) string {
	for _, c := range resp.Header.Values("WWW-Authenticate") {
		if len(c) > 2048 || !strings.HasPrefix(strings.ToLower(c), "dpop ") {
			continue
		}
		for _, code := range []string{"use_dpop_nonce", "invalid_dpop_proof", "invalid_token"} {
			if strings.Contains(c, `error="`+code+`"`) {
				return code
			}
		}
	}
	return ""
}

// resting is the error while the service refused everything a moment ago. A
// service that was only away is asked: it is the request's own business.
func (a *account) resting() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.held != nil && a.rest.why != nil && !a.rest.away && a.o.Mono() < a.rest.until {
		return a.rest.why
	}
	return nil
}

// welcome ends a rest.
func (a *account) welcome() {
	a.mu.Lock()
	a.rest = rest{}
	a.mu.Unlock()
	a.publish()
}

// persist tries again to store tokens that could not be stored.
func (a *account) persist(h *held) {
	a.mu.Lock()
	dirty := a.dirty
	a.mu.Unlock()
	if !dirty {
		return
	}
	a.keeping.Lock()
	defer a.keeping.Unlock()
	if a.holding() == h && a.save(h) == nil {
		a.mu.Lock()
		a.dirty = false
		a.mu.Unlock()
	}
}

// LeaseKeys gives the keys that a service signs leases with, as a JWK set
// (RFC 7517). They are read from where its metadata says, over the service's
// own TLS, and without the account: they are no secret.
func (a *Accounts) LeaseKeys(ctx context.Context, service string) ([]byte, error) {
	one, err := a.find(service)
	if err != nil {
		return nil, err
	}
	m, err := one.discover(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := pairing.CheckAddress(m.Keys); err != nil {
		return nil, fmt.Errorf("%w: no usable jwks_uri", ErrIssuer)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, m.Keys, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("%w: no usable jwks_uri", ErrIssuer)
	}
	got, err := one.roundTrip(r)
	if err == nil && got.status != http.StatusOK {
		err = fmt.Errorf("%w: HTTP %d", ErrUnreachable, got.status)
	}
	return got.body, err
}
