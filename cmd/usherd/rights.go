package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"usher/internal/box"
	"usher/internal/catalog"
	"usher/internal/leases"
	"usher/internal/rights"
)

// openLeases opens what services signed for this box.
func (a *appliance) openLeases() error {
	if a.account.all == nil {
		return nil
	}
	var list []leases.Service
	for _, s := range a.edges.accounts {
		list = append(list, leases.Service{ID: s.ID, Issuer: s.Issuer})
	}
	a.leases = leases.New(leases.Options{
		Services: list, Dir: filepath.Join(a.folders.state, "leases"),
		Entitlements: func(ctx context.Context, s string, since uint64, wait time.Duration) ([]byte, error) {
			return a.catalog.Entitlements(ctx, s, since, wait)
		},
		Revoked: func(service string, contents []string) { a.till.Look(service, contents) },
		Keys:    a.account.all.LeaseKeys, Thumbprint: a.account.all.Thumbprint, Now: a.account.now, Logger: a.part("leases"),
	})
	if err := a.leases.Open(); err != nil {
		a.part("leases").Warn("Stored leases are left out", "err", err)
	}
	return nil
}

// now is the time at a service.
func (e *accountEdge) now(service string) time.Time {
	t, _, err := e.all.Now(service)
	if err != nil {
		return time.Now()
	}
	return t
}

// permitTime is how long a title waits for newer leases, when those at hand do
// not grant it.
const permitTime = 4 * time.Second

// permit decides whether a title may be played. What a person paid for on the
// phone a moment ago is asked for once before it is refused.
func (a *appliance) permit(ctx context.Context, q catalog.Ask) (catalog.Pass, error) {
	if a.leases == nil || !a.leases.Knows(q.Service) {
		return catalog.Pass{}, nil // the service alone decides
	}
	ask := a.askOf(q)
	d := a.leases.Decide(q.Service, ask)
	if !d.Allow && q.Start && q.Reachable && d.Reason.Leases() {
		ctx, cancel := context.WithTimeout(ctx, permitTime)
		defer cancel()
		if a.leases.Fetch(ctx, q.Service) == nil {
			d = a.leases.Decide(q.Service, ask)
		}
	}
	if !d.Allow {
		text, hint := d.Reason.Words()
		return catalog.Pass{}, &box.Problem{Code: string(d.Reason), Text: text, Hint: hint}
	}
	return catalog.Pass{
		Account: d.Reason != rights.Free,
		Began:   func(lease string) error { return a.leases.Begin(q.Service, ask, d, lease) },
	}, nil
}

// askOf adds who watches, and when.
func (a *appliance) askOf(q catalog.Ask) leases.Ask {
	who, _ := a.people.Watching() // nobody yet: a profile that may see nothing
	return leases.Ask{Title: q.Title, Series: q.Series, Profile: who, Country: q.Country, Local: time.Now(), Online: q.Reachable}
}

// rightsEdge is the daemon's contract about what is on.
type rightsEdge struct{ a *appliance }

// Beat is daemon.Rights': the service is told, and both are asked.
func (e rightsEdge) Beat(ctx context.Context, b box.Beat) error {
	err := e.a.catalog.Heartbeat(ctx, b.Playback, b.Position.Milliseconds(), b.Phase.String())
	if refusesForGood(err) {
		if service, _, _ := strings.Cut(b.TitleID, ":"); e.a.leases != nil {
			e.a.leases.Refresh(service)
		}
		return err
	}
	if refused := e.a.catalog.Decide(ctx, b.TitleID); refusesForGood(refused) {
		return refused
	}
	if err != nil {
		return errAstray // not a problem of the title's
	}
	return nil
}

// errAstray is a heartbeat that nobody answered.
var errAstray = errors.New("the service did not take the heartbeat")

// End is daemon.Rights'.
func (e rightsEdge) End(ctx context.Context, playback string) {
	if err := e.a.catalog.End(ctx, playback); err != nil {
		e.a.part("leases").Debug("End of a playback went astray", "err", err)
	}
}

// refusesForGood says whether an error is a decision, and not trouble of the
// network or of a service that was started anew.
func refusesForGood(err error) bool {
	p, ok := errors.AsType[*box.Problem](err)
	return ok && (rights.Reason(p.Code).Refusal() || p.Code == "payment_required" || p.Code == "window")
}
