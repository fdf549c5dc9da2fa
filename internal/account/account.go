package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"usher/device/keys"
	"usher/device/pairing"
	"usher/internal/durable"
)

// The errors of calls; each may come with more words.
var (
	ErrUnknown     = errors.New("the box has no such service")
	ErrUnpaired    = errors.New("not paired with this service")
	ErrPaired      = errors.New("already paired with this service; unpair it first")
	ErrStopped     = errors.New("accounts are not running")
	ErrRefused     = errors.New("the service refuses the box's account for now")
	ErrUnreachable = errors.New("the service's sign-in is not reached for now")
	ErrOrigin      = errors.New("the account is not for this address")
	ErrIssuer      = errors.New("the service's sign-in metadata is unusable")
)

// Service is one service to have an account at.
type Service struct {
	ID       string // as in the configuration of the catalogue
	Issuer   string // of the authorization server, exactly as in its metadata
	ClientID string // of a public client
	Scope    string // what pairing asks for; never what buys
	// Origins are where tokens may be sent, as "https://host" or
	// "https://host:port". Empty: the issuer's.
	Origins []string
	// PairingHosts may show the page for the code besides the issuer's host and
	// hosts below it.
	PairingHosts []string
	// BoxName is what the service's page may call this box, so that a person
	// knows what is approved (RFC 10027); sent as "box_name", which servers
	// that do not know it ignore (RFC 6749 section 3.2). "" sends none.
	BoxName string
	// AllowBearer takes tokens that are not bound to the box's key, from
	// services that cannot do better. Who has such a token has the account.
	AllowBearer bool
}

// Options are what Accounts need. Services, Vault and Dir are required.
type Options struct {
	Services []Service
	Vault    keys.Vault
	Dir      string // for the sealed tokens
	// Build is when this program was built: no clock is believed that shows an
	// earlier time.
	Build time.Time
	// Transport reaches services. An *http.Transport (or nil) is cloned for each
	// of them, with a TLS clock of ours; another one is used as it is.
	Transport http.RoundTripper
	// Mono is the monotonic time since the start of the box, sleep included
	// (CLOCK_BOOTTIME). Default: since New, without sleep.
	Mono func() time.Duration
	// Wall is the box's clock. Default: time.Now.
	Wall func() time.Time
	// Synced says whether something vouches for Wall (NTP). Default: it does.
	Synced func() bool
	// Changed is told every new standing, one call at a time for each service.
	// It must not block. It may be nil.
	Changed func(Standing)
	// Logger takes ends and troubles. Default: nothing is logged.
	Logger *slog.Logger
}

// Standing is how the account at one service stands.
type Standing struct {
	Service string
	Phase   pairing.Phase
	Code    pairing.Code   // while Phase is Waiting; Ends is in the time of Options.Mono
	Reason  pairing.Reason // of Failed
	Refusal string         // error code of a reason Refused
	Away    bool           // the service is not reached; the box goes on trying
	Scope   string         // what was granted, while Phase is Paired
	Bound   bool           // the tokens are bound to the box's key, while Phase is Paired
	Revoked bool           // the service took the account back; a new pairing ends this
	Telling bool           // unpaired, and the service does not know yet
}

// Accounts are the box's accounts. Its methods are safe for concurrent use.
type Accounts struct {
	all  []*account
	byID map[string]*account
	dir  string
}

// New allocates. Services with an empty id, or one that was there before, are
// left out.
func New(o Options) *Accounts {
	o = o.withDefaults()
	a := &Accounts{byID: map[string]*account{}, dir: o.Dir}
	for _, s := range o.Services {
		if _, twice := a.byID[s.ID]; twice || s.ID == "" {
			o.Logger.Error("Service id is empty or used twice; its account is left out", "service", s.ID)
			continue
		}
		one := newAccount(s, o)
		a.all = append(a.all, one)
		a.byID[s.ID] = one
	}
	return a
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Changed == nil {
		o.Changed = func(Standing) {}
	}
	if o.Wall == nil {
		o.Wall = time.Now
	}
	if o.Mono == nil {
		start := time.Now()
		o.Mono = func() time.Duration { return time.Since(start) }
	}
	if o.Synced == nil {
		o.Synced = func() bool { return true }
	}
	return o
}

// Open reads what is stored. An account that cannot be read, because it was
// sealed by another box or is damaged, stands as unpaired; its error is
// reported beside those of the others, and the rest is usable.
func (a *Accounts) Open() error {
	if err := os.MkdirAll(a.dir, 0o700); err != nil {
		return fmt.Errorf("open accounts: %w", err)
	}
	err := durable.Sweep(a.dir)
	for _, one := range a.all {
		if e := one.open(); e != nil {
			err = errors.Join(err, fmt.Errorf("open account %q: %w", one.service.ID, e))
		}
	}
	return err
}

// Run keeps the accounts until ctx ends, and returns nil then, at most a few
// seconds later: an answer that may hold tokens is waited for.
func (a *Accounts) Run(ctx context.Context) error {
	var all sync.WaitGroup
	for _, one := range a.all {
		all.Go(func() { one.run(ctx) })
	}
	all.Wait()
	<-ctx.Done() // without services there is nothing to do, which is no failure
	return nil
}

// Begin asks the service for a code, because a person wants one. While a code
// is shown it does nothing. What comes of it is told by Changed.
func (a *Accounts) Begin(ctx context.Context, service string) error {
	one, err := a.find(service)
	if err != nil {
		return err
	}
	if one.holding() != nil {
		return ErrPaired
	}
	return one.send(ctx, pairing.Begin{})
}

// Cancel takes a pairing back, or clears the end of one that a person has
// read. A paired account stays.
func (a *Accounts) Cancel(ctx context.Context, service string) error {
	one, err := a.find(service)
	if err != nil {
		return err
	}
	return one.send(ctx, pairing.Cancel{})
}

// Unpair wipes tokens and key, whatever the network does, and tells the
// service. told is false when that is still to be done: Run goes on trying.
// An account that is not paired is ErrUnpaired.
func (a *Accounts) Unpair(ctx context.Context, service string) (told bool, err error) {
	one, err := a.find(service)
	if err != nil {
		return false, err
	}
	if err := one.unpair(); err != nil {
		return false, err
	}
	return one.tell(ctx), nil
}

// Do sends a request with the account of a service. See [Accounts] errors
// above; an answer of the service, good or bad, is passed on, but for 401,
// which is ErrRefused after one renewal. A body needs r.GetBody, as
// http.NewRequest sets it. The caller closes the answer's body.
func (a *Accounts) Do(r *http.Request, service string) (*http.Response, error) {
	one, err := a.find(service)
	if err != nil {
		return nil, err
	}
	return one.call(r)
}

// Standing tells how one account stands.
func (a *Accounts) Standing(service string) (Standing, error) {
	one, err := a.find(service)
	if err != nil {
		return Standing{}, err
	}
	return one.standing(), nil
}

// Thumbprint is the "jkt" of the box's key at a service, which its leases are
// bound to; ErrUnpaired without one.
func (a *Accounts) Thumbprint(service string) (string, error) {
	one, err := a.find(service)
	if err != nil {
		return "", err
	}
	h := one.holding()
	if h == nil {
		return "", ErrUnpaired
	}
	return h.key.Public().Thumbprint(), nil
}

// Now is the time at a service, and whether it vouches for it.
func (a *Accounts) Now(service string) (now time.Time, trusted bool, err error) {
	one, err := a.find(service)
	if err != nil {
		return time.Time{}, false, err
	}
	now, trusted = one.clock.now()
	return now, trusted, nil
}

func (a *Accounts) find(service string) (*account, error) {
	one, ok := a.byID[service]
	if !ok {
		return nil, fmt.Errorf("%w: %.80q", ErrUnknown, service)
	}
	return one, nil
}

// fileName is a service's id as the name of a file and of a key. One that
// holds other characters is named by its sum.
func fileName(id string) string {
	if len(id) <= 40 && keys.CheckName(id) == nil {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "id-" + hex.EncodeToString(sum[:16])
}

// origins are where tokens may go.
func (s Service) origins() []string {
	if len(s.Origins) > 0 {
		return s.Origins
	}
	u, err := pairing.CheckAddress(s.Issuer)
	if err != nil {
		return nil
	}
	return []string{u.Scheme + "://" + u.Host}
}

func (s Service) covers(origin string) bool { return slices.Contains(s.origins(), origin) }
