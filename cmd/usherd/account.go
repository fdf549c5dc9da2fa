package main

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"usher/device/keys"
	"usher/device/pairing"
	"usher/internal/account"
	"usher/internal/box"
	"usher/internal/config"
	"usher/internal/daemon"
	"usher/internal/qr"
	"usher/internal/service"
)

// The client that boxes are, unless the configuration says another one.
const (
	defaultClient = "usher-box"
	defaultScope  = "playback"
)

// accountEdge is the accounts of this box; the zero one has none.
type accountEdge struct {
	a     *appliance
	all   *account.Accounts
	ids   []string
	vault keys.Vault
	mono  func() time.Duration
	bad   []box.Problem // found at the start
}

// openAccounts opens the accounts at the services that have some.
func (a *appliance) openAccounts() error {
	a.account = accountEdge{a: a, mono: sinceBoot()}
	list := a.edges.accounts
	if len(list) == 0 {
		return nil
	}
	vault, err := a.tiersOf().find(a.cfg.Keys.Tier)
	if err != nil {
		return &startError{err: err, code: exitFolder, hint: "choose another place: -state DIR"}
	}
	a.account.vault = vault
	a.account.all = account.New(account.Options{
		Services: list, Vault: vault, Dir: filepath.Join(a.folders.state, "accounts"), Build: builtAt(debug.ReadBuildInfo()), Mono: a.account.mono,
		Synced: clockSynced, Changed: a.accountChanged, Logger: a.part("account"),
	})
	for _, s := range list {
		a.account.ids = append(a.account.ids, s.ID)
	}
	if p := keysAway(vault); p != nil {
		a.account.bad = append(a.account.bad, *p)
	}
	a.account.opened(a.account.all.Open())
	return nil
}

// opened takes in what could not be read. Accounts that cannot be are paired
// anew; the rest works.
func (e *accountEdge) opened(err error) {
	if err == nil {
		return
	}
	e.a.part("account").Error("Stored accounts cannot be read", "err", err)
	if len(e.bad) == 0 { // with the keys away that is why
		e.bad = append(e.bad, box.Problem{
			Code: "account_damaged", Text: "A stored account cannot be read on this box: " + sealedWords(err),
			Hint: "Connect the box again: usher pair",
		})
	}
}

func sealedWords(err error) string {
	if errors.Is(err, keys.ErrSealed) || errors.Is(err, keys.ErrNoKey) {
		return "it was made by another box, or is damaged."
	}
	return "its disk or its configuration changed."
}

// accountsOf are the accounts that the configuration names.
func accountsOf(cfg *config.Loaded) (list []account.Service) {
	for _, s := range cfg.Services {
		if s.Account.Issuer == "" {
			continue
		}
		list = append(list, account.Service{
			ID: s.ID, Issuer: s.Account.Issuer, ClientID: cmp.Or(s.Account.ClientID, defaultClient),
			Scope: cmp.Or(s.Account.Scope, defaultScope), Origins: []string{originOf(s.URL)},
			PairingHosts: s.Account.PairingHosts, AllowBearer: s.Account.AllowBearer, BoxName: boxName(cfg.TV.Name),
		})
	}
	return list
}

// originOf is the origin of an address that was checked before.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// boxName is what the phone's page calls the box: the brand, and the name of
// the machine, so that two boxes of a house can be told apart.
func boxName(brand string) string {
	host, err := os.Hostname()
	if err != nil || host == "" || host == "localhost" {
		return brand
	}
	return brand + " (" + host + ")"
}

// accountChanged tells the core how an account stands. It waits for nothing
// but the core's queue.
func (a *appliance) accountChanged(s account.Standing) {
	if a.daemon != nil { // what is known at the start is told by accountEdge.start
		a.daemon.Tell(box.PairingChanged{Account: a.account.standing(s)})
	}
}

// start is what the core knows from the start.
func (e *accountEdge) start(s *box.State) {
	if e.all == nil {
		return
	}
	s.Keys = keysOf(e.vault.Protection())
	for _, id := range e.ids {
		if st, err := e.all.Standing(id); err == nil {
			s.Accounts = append(s.Accounts, e.standing(st))
		}
	}
	slices.SortFunc(s.Accounts, func(a, b box.Account) int { return cmp.Compare(a.Service, b.Service) })
	s.Health = append(s.Health, e.bad...)
}

// standing is an account as the core sees it.
func (e *accountEdge) standing(s account.Standing) box.Account {
	b := box.Account{
		Service: s.Service, Phase: box.AccountPhase(s.Phase), Reason: string(s.Reason), Refusal: s.Refusal,
		Away: s.Away, Bound: s.Bound, Revoked: s.Revoked, Telling: s.Telling,
	}
	if s.Phase != pairing.Waiting {
		return b
	}
	b.UserCode, b.URI, b.Complete = s.Code.User, s.Code.URI, s.Code.Complete
	b.Ends = time.Now().Add(s.Code.Ends - e.mono())
	if code, err := qr.Of(s.Code.Shown()); err == nil { // without one the address and the code are there
		b.QR = box.QR(code)
	}
	return b
}

// Begin is daemon.Accounts'; what goes wrong is told by box.PairingChanged.
func (e *accountEdge) Begin(ctx context.Context, service string) {
	err := e.all.Begin(ctx, service)
	e.noted("begin pairing", service, err)
	if st, unknown := e.all.Standing(service); err != nil && unknown == nil {
		e.a.accountChanged(st) // it is not being asked for, as the core believes
	}
}

// Cancel is daemon.Accounts'.
func (e *accountEdge) Cancel(ctx context.Context, service string) {
	e.noted("take a pairing back", service, e.all.Cancel(ctx, service))
}

// unpairTell is how long the next effect waits for the service to know of an
// unpairing; it is told later as well.
const unpairTell = 3 * time.Second

// Unpair is daemon.Accounts'.
func (e *accountEdge) Unpair(ctx context.Context, service string) {
	ctx, cancel := context.WithTimeout(ctx, unpairTell)
	defer cancel()
	e.noted("wipe the leases", service, e.a.leases.Wipe(service)) // first: who is told that it is done may look
	_, err := e.all.Unpair(ctx, service)
	e.noted("wipe the account", service, err)
}

// Read is daemon.Accounts'.
func (e *accountEdge) Read(_ context.Context, service string, paired bool) {
	if !paired {
		e.noted("wipe the leases", service, e.a.leases.Wipe(service))
	}
	e.a.catalog.Refresh(service)
	e.a.leases.Refresh(service)
}

func (e *accountEdge) noted(what, service string, err error) {
	if err != nil {
		e.a.part("account").Warn("Account did not do as it was told", "act", what, "service", service, "err", err)
	}
}

// send sends a request to a service with its account; no answer and no error
// where there is none. What anybody may read is read without one when the
// service refuses it.
func (e *accountEdge) send(service string, r *http.Request) (*http.Response, error) {
	if e.all == nil {
		return nil, nil
	}
	resp, err := e.all.Do(r, service)
	switch {
	case errors.Is(err, account.ErrUnpaired), errors.Is(err, account.ErrUnknown), errors.Is(err, account.ErrOrigin):
		return nil, nil
	case errors.Is(err, account.ErrRefused) && r.Method == http.MethodGet:
		return nil, nil
	case errors.Is(err, account.ErrRefused):
		return nil, &box.Problem{
			Code: "not_allowed", Text: "The service refuses the account of this box for now.",
			Hint: "Try again in a few minutes; if it stays so, look into the account on the phone.",
		}
	}
	return resp, err
}

func (a *appliance) accountServices() []service.Service {
	if a.account.all == nil {
		return nil
	}
	return []service.Service{{Name: "accounts", Run: a.account.all.Run}, {Name: "leases", Run: a.leases.Run}}
}

// forDaemon is nil rather than an interface with nothing in it.
func (e *accountEdge) forDaemon() daemon.Accounts {
	if e.all == nil {
		return nil
	}
	return e
}

// sinceBoot is the monotonic time that goes on while the machine sleeps; since
// the start of the program where the kernel has none.
func sinceBoot() func() time.Duration {
	began := time.Now()
	return func() time.Duration {
		if d, ok := clock(unix.CLOCK_BOOTTIME); ok {
			return d
		}
		return time.Since(began)
	}
}

// clockSynced says whether NTP keeps the box's clock (adjtimex(2)).
func clockSynced() bool {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	return err == nil && state != unix.TIME_ERROR && t.Status&unix.STA_UNSYNC == 0
}

// builtAt is when this program was committed, which no clock can rightly be
// before.
func builtAt(info *debug.BuildInfo, ok bool) time.Time {
	if !ok {
		return built()
	}
	for _, s := range info.Settings {
		if t, err := time.Parse(time.RFC3339, s.Value); s.Key == "vcs.time" && err == nil && t.After(built()) {
			return t
		}
	}
	return built()
}
