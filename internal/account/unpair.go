package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"usher/device/keys"
	"usher/device/pairing"
	"usher/internal/durable"
)

// How long it takes to tell a service again, and how many tokens wait for it.
const (
	tellAgain  = 10 * time.Second
	tellSeldom = time.Hour
	mostGraves = 64 // the oldest is let go of: it ends by itself
)

// graveName is the key that seals what the service is to be told to forget,
// after the account's own key is gone.
func (a *account) graveName() string { return a.name + ".graves" }

// readGraves gives the refresh tokens that the service should forget.
func (a *account) readGraves() ([]string, error) {
	var all []string
	_, err := a.read("graves", a.graveName(), &all)
	if a.lost(err) {
		err = durable.Remove(a.file("graves"))
	}
	return all, err
}

func buried(graves []string, refresh pairing.Secret) bool {
	return refresh != "" && slices.Contains(graves, refresh.Reveal())
}

// writeGraves stores what is to be told. Without anything, no key is kept.
func (a *account) writeGraves(all []string) error {
	if len(all) == 0 {
		return errors.Join(durable.Remove(a.file("graves")), a.o.Vault.Delete(a.graveName()))
	}
	if _, err := a.o.Vault.Key(a.graveName()); err != nil {
		if !errors.Is(err, keys.ErrNoKey) {
			return err
		}
		if _, err := a.o.Vault.Create(a.graveName()); err != nil {
			return err
		}
	}
	return a.write("graves", a.graveName(), all)
}

// change lets f change the list of graves, one at a time.
func (a *account) change(f func([]string) []string) error {
	a.telling.Lock()
	defer a.telling.Unlock()
	all, err := a.readGraves()
	if err != nil {
		all = nil // another box's, or damaged: nothing can be told from it
	}
	all = f(all)
	all = all[max(len(all)-mostGraves, 0):]
	err = a.writeGraves(all)
	a.mu.Lock()
	a.graves = len(all)
	a.mu.Unlock()
	return err
}

// discard has the service told to forget tokens that are not wanted.
func (a *account) discard(t pairing.Tokens) {
	token := t.Refresh.Reveal()
	if token == "" {
		token = t.Access.Reveal()
	}
	if err := a.change(func(all []string) []string { return append(all, token) }); err != nil {
		a.o.Logger.Error("Service cannot be told of tokens that are not wanted", "service", a.service.ID, "err", err)
	}
	select {
	case a.untold <- struct{}{}:
	default:
	}
}

// unpair wipes. First the grave, then the account: a box that stops in between
// finishes when it starts.
func (a *account) unpair() error {
	if a.holding() == nil {
		return ErrUnpaired
	}
	return a.bury()
}

// bury ends the account on this box.
func (a *account) bury() error {
	a.keeping.Lock()
	defer a.keeping.Unlock()
	a.mu.Lock()
	h := a.held
	a.held, a.dirty, a.flight = nil, false, nil // a renewal on its way finds itself unwanted
	a.mu.Unlock()
	if h == nil {
		a.idle()
		return nil
	}
	a.discard(h.Tokens)
	err := a.wipe()
	a.idle() // not before: who hears that it is unpaired may look at the disk
	a.publish()
	if err != nil {
		return fmt.Errorf("wipe the account: %w", err)
	}
	return nil
}

// idle leaves the account unpaired.
func (a *account) idle() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.state.Phase == pairing.Paired {
		a.state = pairing.State{Phase: pairing.Idle, Run: a.state.Run}
	}
}

// keepTelling tells the service what it should forget, until it knows.
func (a *account) keepTelling(ctx context.Context) {
	wait := time.Duration(0)
	for {
		if a.tell(ctx) {
			wait = tellSeldom * 24
		} else if wait = min(max(wait, tellAgain)*2, tellSeldom); ctx.Err() != nil {
			return
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-a.untold:
			timer.Stop()
			wait = 0
		case <-timer.C:
		}
	}
}

// tell revokes what is in the graves (RFC 7009), and says whether the service
// knows it all.
func (a *account) tell(ctx context.Context) bool {
	a.telling.Lock()
	all, err := a.readGraves()
	a.telling.Unlock()
	for _, token := range all {
		if err == nil && a.revoke(ctx, token) {
			err = a.change(func(l []string) []string { return slices.DeleteFunc(l, func(t string) bool { return t == token }) })
		}
	}
	a.publish()
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.graves == 0
}

// revoke says whether nothing more can be done about a token.
func (a *account) revoke(ctx context.Context, token string) bool {
	m, err := a.discover(ctx)
	if err != nil {
		return false
	}
	if m.Revoke == "" {
		a.o.Logger.Warn("Service has no way to be told of an unpaired box", "service", a.service.ID)
		return true
	}
	got, err := a.post(ctx, m.Revoke, url.Values{"token": {token}}, nil)
	if err != nil || got.status >= http.StatusInternalServerError || got.status == http.StatusTooManyRequests {
		return false
	}
	return got.status == http.StatusOK || pairing.ParseRefusal(got.body) != ""
}
