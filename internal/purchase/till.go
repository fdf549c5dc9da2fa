package purchase

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"usher/internal/box"
	"usher/internal/offer"
	"usher/internal/rights"
)

// Told is what a service says of a purchase.
type Told struct {
	State    rights.PurchaseState
	Terms    offer.Terms
	Note     offer.Text // the terms in a sentence
	URI      string     // the page to pay on
	Expires  time.Time
	Interval time.Duration // how often to ask
	Receipt  string
	Lease    string // JWS, once it was paid
}

// Shop sells. Calls block until ctx ends; an error that is a *box.Problem has
// the service's code.
type Shop interface {
	Buy(ctx context.Context, id, titleID, kind string) (Told, error)
	Ask(ctx context.Context, service, id string) (Told, error)
	Cancel(ctx context.Context, service, id string) (Told, error)
	Balance(ctx context.Context, service string) (box.Balance, error)
}

// Options are what a Till needs; all but Now are required.
type Options struct {
	Dir    string // of its own; made when it is not there
	Shop   Shop
	Tell   func(box.SaleView) // every change of what the screen shows; must not block for long
	Logger *slog.Logger
	Now    func() time.Time // nil is time.Now
}

// Till is an opened till. Make one with Open, and call Run once.
type Till struct {
	opt  Options
	wake chan struct{}

	mu     sync.Mutex
	all    map[string]*record
	ledger []rights.Entry
	shown  string // id of the purchase that the screen shows; "" none
}

// record is one purchase as it is stored.
type record struct {
	rights.Purchase
	Name     offer.Text    `json:"name"`
	Terms    offer.Terms   `json:"terms"`
	Note     offer.Text    `json:"note,omitempty"`
	URI      string        `json:"uri,omitempty"`
	Interval time.Duration `json:"interval,omitempty"`
	Untold   bool          `json:"untold,omitempty"` // given up, and the service does not know yet

	problem *box.Problem // of the last try
	balance box.Balance
	tries   int
	due     time.Time
}

// Wish is what somebody wants to buy. That they may was found out before.
type Wish struct {
	Title   offer.Title
	Terms   offer.Terms // of the title
	Profile string
}

// The times of purchases.
const (
	wishTime  = 15 * time.Minute    // for the service to take an order
	askEvery  = 2 * time.Second     // where it does not say
	slowest   = 30 * time.Second    // between tries while the service is away
	lookAgain = 6 * time.Hour       // for a refund
	refunds   = 90 * 24 * time.Hour // so long one is looked for
	keepOpen  = 30 * 24 * time.Hour // an order that a service never ends
)

// Open reads the till. A ledger that does not hold together is kept, and said
// by Verify.
func Open(o Options) (*Till, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	t := &Till{opt: o, wake: make(chan struct{}, 1), all: map[string]*record{}}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("open the purchases: %w", err)
	}
	if err := t.read(); err != nil {
		return nil, fmt.Errorf("open the purchases: %w", err)
	}
	t.shown = t.begunLast()
	return t, nil
}

// begunLast is the newest purchase that somebody may be paying at this moment:
// the box was off meanwhile, their phone was not.
func (t *Till) begunLast() (id string) {
	var last time.Time
	for _, p := range t.all {
		if !p.Done() && t.opt.Now().Before(p.Expires) && p.Begun.After(last) {
			id, last = p.ID, p.Begun
		}
	}
	return id
}

// Begin begins a purchase. One of the same title and terms that is under way
// goes on instead; another one is given up.
func (t *Till) Begin(w Wish) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if same := t.underWay(w); same != nil {
		t.shown = same.ID
		t.tell()
		return nil
	}
	if p := t.all[t.shown]; p != nil && p.Cancellable() {
		if err := t.giveUp(p); err != nil {
			return err
		}
	}
	service, id, _ := strings.Cut(w.Title.ID, ":")
	now := t.opt.Now()
	p := &record{Name: w.Title.Name, Terms: w.Terms, Purchase: rights.Purchase{
		ID: rand.Text(), Service: service, TitleID: id, Kind: string(w.Terms.Kind), Profile: w.Profile, Amount: w.Terms.PriceMin, Currency: w.Terms.Currency,
		Postpaid: w.Terms.Billing == "post-paid", State: rights.Intended, Begun: now, Expires: now.Add(wishTime),
	}}
	if err := t.save(p); err != nil {
		return err
	}
	t.all[p.ID], t.shown = p, p.ID
	t.tell()
	t.stir()
	return nil
}

// underWay is a purchase of the same that can still be paid.
func (t *Till) underWay(w Wish) *record {
	for _, p := range t.all {
		if p.Service+":"+p.TitleID == w.Title.ID && p.Kind == string(w.Terms.Kind) && p.Profile == w.Profile && !p.Done() {
			return p
		}
	}
	return nil
}

// Cancel gives up the purchase that is shown. One that was paid meanwhile stays.
func (t *Till) Cancel() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.all[t.shown]
	if p == nil {
		return &box.Problem{Code: "purchase_none", Text: "Nothing is being bought.", Hint: "Choose a title first."}
	}
	if p.Cancellable() {
		if err := t.giveUp(p); err != nil {
			return err
		}
	}
	t.shown = ""
	t.tell()
	t.stir()
	return nil
}

// giveUp needs the lock.
func (t *Till) giveUp(p *record) error {
	next := *p
	next.State, next.Untold = rights.Cancelled, p.State != rights.Intended || p.tries > 0
	return t.replace(p, next)
}

// replace stores a purchase in the place of what it was. It needs the lock.
func (t *Till) replace(p *record, next record) error {
	if err := t.save(&next); err != nil {
		return err
	}
	*p = next
	return nil
}

// Look has a service asked soon about what was bought there: it took back what
// it sold of these titles. It does not block for the service.
func (t *Till) Look(service string, titles []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.all {
		if p.Service == service && p.State == rights.Fulfilled && slices.Contains(titles, p.TitleID) {
			p.due = t.opt.Now()
		}
	}
	t.stir()
}

// Run follows purchases until ctx ends. First it tells of one that a restart
// interrupted.
func (t *Till) Run(ctx context.Context) error {
	t.resume()
	for {
		wait := t.round(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-t.wake:
		case <-time.After(wait):
		}
	}
}

func (t *Till) resume() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.shown != "" {
		t.tell()
	}
}

func (t *Till) stir() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// round asks about every purchase that is due, and gives the time until the
// next one is.
func (t *Till) round(ctx context.Context) time.Duration {
	wait := lookAgain
	for _, id := range t.ids() {
		due := t.due(id)
		if due <= 0 && ctx.Err() == nil {
			t.step(ctx, id)
			due = t.due(id)
		}
		wait = min(wait, max(due, 10*time.Millisecond))
	}
	return wait
}

func (t *Till) ids() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	ids := make([]string, 0, len(t.all))
	for id := range t.all {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// due says in how long a purchase is to be asked about.
func (t *Till) due(id string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	p, now := t.all[id], t.opt.Now()
	switch {
	case p.Done() && !p.Untold && (p.State != rights.Fulfilled || now.Sub(p.Begun) > refunds):
		return lookAgain
	case !p.Done() && now.Sub(p.Begun) > keepOpen:
		return lookAgain
	}
	return p.due.Sub(now)
}

// step asks the service about one purchase.
func (t *Till) step(ctx context.Context, id string) {
	t.mu.Lock()
	p := *t.all[id]
	t.all[id].tries++
	t.mu.Unlock()
	var told Told
	var err error
	switch {
	case p.Untold:
		told, err = t.opt.Shop.Cancel(ctx, p.Service, id)
	case p.State == rights.Intended:
		told, err = t.opt.Shop.Buy(ctx, id, p.Service+":"+p.TitleID, p.Kind)
	default:
		told, err = t.opt.Shop.Ask(ctx, p.Service, id)
	}
	if ctx.Err() != nil {
		return
	}
	var balance box.Balance
	if err == nil && p.Postpaid && p.State == rights.Intended {
		balance, _ = t.opt.Shop.Balance(ctx, p.Service) // without one the price is shown alone
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if balance != (box.Balance{}) {
		t.all[id].balance = balance
	}
	if err := t.take(t.all[id], told, err); err != nil {
		t.opt.Logger.Error("Purchase not stored", "err", err)
		t.all[id].due = t.opt.Now().Add(slowest)
	}
	if id == t.shown {
		t.tell()
	}
}

// take takes in an answer of the service. It needs the lock.
func (t *Till) take(p *record, told Told, failed error) error {
	now := t.opt.Now()
	next := *p
	next.problem, next.due = nil, now.Add(cmp.Or(told.Interval, askEvery))
	if failed != nil {
		return t.refused(p, next, failed)
	}
	next.tries, next.Untold = 0, false
	if told.URI != "" {
		next.URI, next.Note, next.Interval = told.URI, told.Note, told.Interval
		next.Amount, next.Currency, next.Postpaid = told.Terms.PriceMin, told.Terms.Currency, told.Terms.Billing == "post-paid"
		next.Terms = told.Terms
	}
	if !told.Expires.IsZero() {
		next.Expires = told.Expires
	}
	next.Purchase, _ = next.Advance(told.State)
	if told.Lease != "" {
		next.Purchase, _ = next.Fulfil(leaseID(told.Lease), told.Receipt)
		next.Purchase, _ = next.Advance(told.State) // refunded, of one that was fulfilled while the box was off
	}
	next.Purchase, _ = next.Lapse(now)
	if next.Done() {
		next.due = now.Add(lookAgain)
	}
	if err := t.enter(next.Purchase); err != nil {
		return err
	}
	return t.replace(p, next)
}

// refused takes in that a service could not be asked, or refused. What it
// refuses of a wish is refused for good; what it does not know of an order is
// one that nobody scanned.
func (t *Till) refused(p *record, next record, failed error) error {
	problem, ok := errors.AsType[*box.Problem](failed)
	if !ok {
		problem = &box.Problem{Code: "service_error", Text: "The service has trouble of its own.", Hint: "Wait a moment; it is tried again by itself."}
	}
	next.Purchase, _ = next.Lapse(t.opt.Now())
	switch {
	case next.Done() && !next.Untold:
	case away(problem.Code):
		next.problem = problem
		next.due = t.opt.Now().Add(min(askEvery<<min(next.tries, 8), slowest))
	case p.State == rights.Intended:
		next.State, next.problem, next.Untold = rights.Cancelled, problem, false
	case problem.Code == "purchase_unknown" && next.Untold:
		next.Untold = false
	case problem.Code != "purchase_unknown":
		next.problem = problem
	}
	return t.replace(p, next)
}

// away says whether asking again may help.
func away(code string) bool {
	return code == "service_unreachable" || code == "service_timeout" || code == "service_garbage" || code == "service_error" || code == "internal"
}

// tell tells what the screen shows. It needs the lock.
func (t *Till) tell() {
	p := t.all[t.shown]
	if p == nil {
		t.opt.Tell(box.SaleView{})
		return
	}
	t.opt.Tell(p.view())
}
