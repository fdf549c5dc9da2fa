package account

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"usher/device/keys"
	"usher/device/pairing"
)

// The errors of Enrol besides those of calls.
var (
	ErrTicket = errors.New("the service does not take the ticket")
	ErrBusy   = errors.New("a pairing by code is under way")
)

// Of the exchange of a ticket (RFC 8693; docs/openapi.yaml).
const (
	ticketGrant = "urn:ietf:params:oauth:grant-type:token-exchange"
	ticketType  = "urn:usher:params:oauth:token-type:enrolment-ticket"
)

// Ticket connects the box of a serial number with an account, once, without a
// code.
type Ticket struct {
	Secret pairing.Secret
	Serial string
}

// TicketError is ErrTicket with the service's error code (RFC 6749 section 5.2).
type TicketError struct{ Code string }

func (e *TicketError) Error() string { return ErrTicket.Error() + ": " + e.Code }

// Unwrap is ErrTicket.
func (e *TicketError) Unwrap() error { return ErrTicket }

// enrolment is one ticket for the loop.
type enrolment struct {
	Ticket
	done chan<- error // takes one without blocking
}

// Enrol exchanges a ticket for an account. The tokens are on the disk when it
// returns nil. ErrUnreachable and ErrBusy may be tried again with the same
// ticket; a *TicketError is for good. It blocks for the network, at most half a
// minute.
func (a *Accounts) Enrol(ctx context.Context, service string, t Ticket) error {
	one, err := a.find(service)
	if err != nil {
		return err
	}
	one.mu.Lock()
	life := one.life
	one.mu.Unlock()
	if life == nil {
		return ErrStopped
	}
	done := make(chan error, 1)
	select {
	case one.tickets <- enrolment{t, done}:
		return <-done
	case <-life.Done():
		return ErrStopped
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// enrol runs in the loop, so that no pairing begins beside it.
func (a *account) enrol(ctx context.Context, t enrolment) error {
	a.mu.Lock()
	phase := a.state.Phase
	a.mu.Unlock()
	switch {
	case a.holding() != nil:
		return ErrPaired
	case phase == pairing.Asking || phase == pairing.Waiting:
		return ErrBusy
	}
	err := a.exchange(ctx, t)
	a.publish()
	if err == nil {
		a.o.Logger.Info("Account came by ticket", "service", a.service.ID)
	}
	return err
}

// exchange uses the ticket. A key that is there already was made for a try
// whose answer was lost: the service gives the same key another one.
func (a *account) exchange(ctx context.Context, t enrolment) error {
	ctx, cancel := patient(ctx)
	defer cancel()
	m, err := a.discover(ctx)
	if err != nil {
		return err
	}
	key, err := a.o.Vault.Key(a.name)
	if errors.Is(err, keys.ErrNoKey) {
		key, err = a.o.Vault.Create(a.name)
	}
	if err != nil {
		return fmt.Errorf("make a key for the ticket: %w", err)
	}
	form := url.Values{
		"grant_type": {ticketGrant}, "subject_token": {t.Secret.Reveal()}, "subject_token_type": {ticketType},
		"box_serial": {t.Serial}, "scope": {a.service.Scope},
	}
	if a.service.BoxName != "" {
		form.Set("box_name", a.service.BoxName)
	}
	got, err := a.post(ctx, m.Token, form, key)
	if err != nil {
		return err
	}
	return a.judgeTicket(key, got)
}

func (a *account) judgeTicket(key keys.Key, got answer) error {
	judged, tokens := pairing.ParsePoll(got.status, got.after, got.body)
	switch {
	case judged.Kind == pairing.Missed || judged.Why == pairing.Lost:
		return fmt.Errorf("%w: HTTP %d", ErrUnreachable, got.status)
	case judged.Kind != pairing.Granted:
		if err := a.o.Vault.Delete(a.name); err != nil {
			a.o.Logger.Error("Key of a refused ticket cannot be removed", "service", a.service.ID, "err", err)
		}
		return &TicketError{Code: pairing.ParseRefusal(got.body)}
	}
	a.mu.Lock()
	run := a.state.Run
	a.mu.Unlock()
	return a.enrolled(key, tokens, run)
}

// enrolled stores the tokens before anything uses them.
func (a *account) enrolled(key keys.Key, t pairing.Tokens, run uint64) error {
	a.keeping.Lock()
	defer a.keeping.Unlock()
	if !t.Bound() && !a.service.AllowBearer {
		a.discard(t)
		return &TicketError{Code: string(pairing.Downgraded)}
	}
	h := a.hold(key, t)
	if err := a.save(h); err != nil {
		a.discard(t)
		return fmt.Errorf("store the tokens of the ticket: %w", err)
	}
	a.mu.Lock()
	a.held, a.dirty, a.revoked, a.rest = h, false, false, rest{}
	a.state = pairing.State{Phase: pairing.Paired, Run: run + 1}
	a.mu.Unlock()
	return nil
}
