package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"usher/device/pairing"
)

// early is how long before its end an access token is renewed.
const early = 30 * time.Second

// flight is one renewal that any number of callers wait for.
type flight struct {
	done chan struct{}
	err  error // valid after done
}

// rest is when the service is asked again after it refused or was away.
type rest struct {
	until time.Duration // monotonic
	count int
	away  bool
	why   error
}

// longer rests twice as long as the last time, from 5 s to 5 min.
func (r rest) longer(now, after time.Duration, why error) rest {
	n := min(r.count, 6)
	return rest{until: now + max(min(5*time.Second<<n, 5*time.Minute), after), count: n + 1, away: errors.Is(why, ErrUnreachable), why: why}
}

// fresh gives tokens that are good, renewed if need be, and not those whose
// access token the service refused.
func (a *account) fresh(ctx context.Context, refused pairing.Secret) (*held, error) {
	for first := true; ; first = false {
		a.mu.Lock()
		h, r := a.held, a.rest
		a.mu.Unlock()
		switch {
		case h == nil:
			return nil, ErrUnpaired
		case h.Access != refused && !a.worn(h):
			return h, nil
		case !first:
			return nil, fmt.Errorf("%w: its new tokens are no better", ErrRefused)
		case h.Refresh == "":
			return nil, fmt.Errorf("%w: the account has ended; pair again", ErrRefused)
		case r.why != nil && a.o.Mono() < r.until:
			return nil, r.why
		}
		if err := a.board(ctx, h); err != nil {
			return nil, err
		}
	}
}

// worn says whether an access token is about to end.
func (a *account) worn(h *held) bool {
	now, trusted := a.clock.now()
	return trusted && !h.until.IsZero() && now.After(h.until) && h.Refresh != ""
}

// board waits for the renewal of h, and starts it if nobody did.
func (a *account) board(ctx context.Context, h *held) error {
	a.mu.Lock()
	f := a.flight
	if a.held != h { // somebody was faster
		a.mu.Unlock()
		return nil
	}
	mine := f == nil
	if mine {
		f = &flight{done: make(chan struct{})}
		a.flight = f
	}
	a.mu.Unlock()
	if mine && !a.start(func(life context.Context) { a.land(f, a.renew(life, h)) }) {
		a.land(f, ErrStopped)
	}
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (a *account) land(f *flight, err error) {
	a.mu.Lock()
	if a.flight == f {
		a.flight = nil
	}
	f.err = err
	a.mu.Unlock()
	close(f.done)
	a.publish()
}

// renew uses the refresh token, once (RFC 6749 section 6). An answer that is
// lost on the way is asked for again with the old token: either the service
// never saw the first try, or it takes that for theft and ends the account,
// which is one more pairing and no loop.
func (a *account) renew(ctx context.Context, h *held) error {
	ctx, cancel := patient(ctx)
	defer cancel()
	m, err := a.discover(ctx)
	if err != nil {
		return a.later(0, err)
	}
	key := h.key
	if !h.Bound() {
		key = nil
	}
	got, err := a.post(ctx, m.Token, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {h.Refresh.Reveal()}}, key)
	if err != nil {
		return a.later(0, err)
	}
	if got.status != http.StatusOK {
		return a.unrenewed(h, got)
	}
	t, err := pairing.ParseTokens(got.body)
	if err != nil {
		return a.later(0, fmt.Errorf("%w: %w", ErrUnreachable, err))
	}
	return a.renewed(h, t)
}

// later rests, and gives the reason.
func (a *account) later(after time.Duration, why error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now := a.o.Mono(); now >= a.rest.until { // those who failed together count once
		a.rest = a.rest.longer(now, after, why)
	}
	return why
}

func (a *account) unrenewed(h *held, got answer) error {
	judged, _ := pairing.ParsePoll(got.status, got.after, got.body)
	switch {
	case judged.Kind == pairing.Missed:
		return a.later(judged.After, fmt.Errorf("%w: HTTP %d", ErrUnreachable, got.status))
	case judged.Code == "invalid_grant" || judged.Kind == pairing.No:
		return a.takenBack(h)
	}
	return a.later(0, fmt.Errorf("%w: %s", ErrRefused, pairing.ParseRefusal(got.body)))
}

// takenBack ends an account that the service ended: the tokens are of no use
// to anybody, and nobody is to be told.
func (a *account) takenBack(h *held) error {
	a.keeping.Lock()
	defer a.keeping.Unlock()
	a.mu.Lock()
	ours := a.held == h
	if ours {
		a.held, a.dirty, a.revoked, a.rest = nil, false, true, rest{}
		a.state = pairing.State{Phase: pairing.Idle, Run: a.state.Run}
	}
	a.mu.Unlock()
	if !ours {
		return ErrUnpaired
	}
	a.o.Logger.Warn("Service took the account back; pair again", "service", a.service.ID)
	if err := a.wipe(); err != nil {
		a.o.Logger.Error("Tokens that ended cannot be removed", "service", a.service.ID, "err", err)
	}
	return fmt.Errorf("%w: the service took the account back", ErrUnpaired)
}

// renewed puts new tokens in the place of old ones, on the disk first. When
// the disk fails, they are used all the same, because the old ones are dead;
// the next request tries the disk again.
func (a *account) renewed(h *held, t pairing.Tokens) error {
	if t.Refresh == "" {
		t.Refresh = h.Refresh
	}
	if t.Scope == "" {
		t.Scope = h.Scope
	}
	if h.Bound() && !t.Bound() {
		a.o.Logger.Error("Service renews with tokens that are not bound to the box's key; they are not used", "service", a.service.ID)
		a.discard(t)
		return a.takenBack(h)
	}
	a.keeping.Lock()
	defer a.keeping.Unlock()
	if a.holding() != h {
		a.discard(t) // unpaired meanwhile
		return ErrUnpaired
	}
	next := a.hold(h.key, t)
	err := a.save(next)
	a.mu.Lock()
	a.held, a.dirty, a.rest = next, err != nil, rest{count: a.rest.count}
	a.mu.Unlock()
	if err != nil {
		a.o.Logger.Error("New tokens cannot be stored", "service", a.service.ID, "err", err)
	}
	return nil
}
