package account

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"usher/device/keys"
	"usher/device/pairing"
)

// ask asks for a code, with a new key: what an earlier household's tokens were
// bound to is gone.
func (a *account) ask(ctx context.Context, run uint64) pairing.Asked {
	m, err := a.discover(ctx)
	if err != nil {
		return pairing.Asked{Run: run, Answer: a.missed(err)}
	}
	if _, err := a.o.Vault.Create(a.name); err != nil {
		a.o.Logger.Error("Key for pairing cannot be made", "service", a.service.ID, "err", err)
		return pairing.Asked{Run: run, Answer: pairing.Answer{Why: pairing.Unsaved}}
	}
	form := url.Values{"scope": {a.service.Scope}}
	if a.service.BoxName != "" {
		form.Set("box_name", a.service.BoxName)
	}
	got, err := a.post(ctx, m.Device, form, nil)
	if err != nil {
		return pairing.Asked{Run: run, Answer: a.missed(err)}
	}
	return a.judgeCode(run, got)
}

func (a *account) judgeCode(run uint64, got answer) pairing.Asked {
	if got.status != http.StatusOK {
		no, _ := pairing.ParsePoll(got.status, got.after, got.body)
		return pairing.Asked{Run: run, Answer: no}
	}
	g, err := pairing.ParseAuthorization(got.body)
	if err == nil {
		err = g.CheckPlaces(a.service.Issuer, a.service.PairingHosts)
	}
	if err != nil {
		return pairing.Asked{Run: run, Answer: a.missed(err)}
	}
	return pairing.Asked{Run: run, Answer: pairing.Answer{Kind: pairing.Pending}, Grant: g}
}

// missed judges an error: the network comes back, nonsense stays.
func (a *account) missed(err error) pairing.Answer {
	if errors.Is(err, pairing.ErrGarbage) || errors.Is(err, ErrIssuer) {
		a.o.Logger.Warn("Service cannot be paired with", "service", a.service.ID, "err", err)
		return pairing.Answer{Why: pairing.Garbage}
	}
	a.o.Logger.Debug("Service is not reached for pairing", "service", a.service.ID, "err", err)
	return pairing.Answer{Kind: pairing.Missed}
}

// poll asks whether the code was approved, and stores the tokens before it
// says so.
func (a *account) poll(ctx context.Context, e pairing.Poll) pairing.Polled {
	ctx, cancel := patient(ctx)
	defer cancel()
	m, err := a.discover(ctx)
	if err != nil {
		return pairing.Polled{Run: e.Run, Answer: a.missed(err)}
	}
	key, err := a.o.Vault.Key(a.name)
	if err != nil {
		a.o.Logger.Error("Key for pairing cannot be used", "service", a.service.ID, "err", err)
		return pairing.Polled{Run: e.Run, Answer: pairing.Answer{Why: pairing.Unsaved}}
	}
	got, err := a.post(ctx, m.Token, url.Values{"grant_type": {codeGrant}, "device_code": {e.Device.Reveal()}}, key)
	if err != nil && got.status != http.StatusOK {
		return pairing.Polled{Run: e.Run, Answer: a.missed(err)}
	}
	// A 200 that broke off has no body, and is judged as what it is: lost.
	judged, tokens := pairing.ParsePoll(got.status, got.after, got.body)
	if judged.Kind == pairing.Granted {
		judged = a.accept(e.Run, key, tokens)
	}
	return pairing.Polled{Run: e.Run, Answer: judged}
}

// accept stores tokens, or has the service told to forget them.
func (a *account) accept(run uint64, key keys.Key, t pairing.Tokens) pairing.Answer {
	a.keeping.Lock()
	defer a.keeping.Unlock()
	h := a.hold(key, t)
	switch {
	case !t.Bound() && !a.service.AllowBearer:
		a.discard(t)
		return pairing.Answer{Why: pairing.Downgraded}
	case !a.current(run):
		a.discard(t)
		return pairing.Answer{Why: pairing.Lost} // nobody waits for it
	}
	if err := a.save(h); err != nil {
		a.o.Logger.Error("Tokens cannot be stored", "service", a.service.ID, "err", err)
		a.discard(t)
		return pairing.Answer{Why: pairing.Unsaved}
	}
	a.mu.Lock()
	a.held, a.dirty, a.revoked, a.rest = h, false, false, rest{}
	a.mu.Unlock()
	return pairing.Answer{Kind: pairing.Granted}
}

// current says whether a person still waits for a pairing.
func (a *account) current(run uint64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.state.Run == run && (a.state.Phase == pairing.Waiting || a.state.Phase == pairing.Expired)
}
