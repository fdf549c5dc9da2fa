package till

import (
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"time"

	"usher/cmd/boxoffice/shelf"
	"usher/internal/offer"
)

// State is how far a purchase has come.
type State string

// The states; see docs/openapi.yaml, schema PurchaseState. There is none
// between a payment and the right it gives: they are stored together.
const (
	Created   State = "created"   // there is a code to scan, and no order yet
	Scanned   State = "scanned"   // a phone opened it
	Fulfilled State = "fulfilled" // paid or put on the bill, and the right is there
	Expired   State = "expired"
	Declined  State = "declined"
	Cancelled State = "cancelled"
	Refunded  State = "refunded"
)

// The ways to pay.
const (
	ByWallet  = "wallet"  // a wallet app, where an order exists once it was scanned
	BySheet   = "sheet"   // a sheet of the phone's system
	ByBill    = "bill"    // on the next bill
	ByVoucher = "voucher" // one of those that came with a plan
)

const (
	scanWithin  = 15 * time.Minute // a code on a television
	payWithin   = 15 * time.Minute // more, once it was scanned
	forgetAfter = 30 * 24 * time.Hour
	mostADay    = 100
	// PollEvery is how often a box asks what became of it.
	PollEvery = 2 * time.Second
)

// Purchase is one intent to buy.
type Purchase struct {
	ID        string      `json:"id"` // of the intent, made by the box
	Household string      `json:"household"`
	Box       string      `json:"box"`
	BoxName   string      `json:"boxName,omitempty"`
	TitleID   string      `json:"titleId"`
	Name      offer.Text  `json:"name"`
	Kind      string      `json:"kind"` // rent, buy or subscription
	Terms     offer.Terms `json:"terms"`
	Country   string      `json:"country"`
	State     State       `json:"state"`
	Code      string      `json:"code"` // of the page to pay on
	Begun     time.Time   `json:"begun"`
	Ends      time.Time   `json:"ends"`            // unpaid, it lapses then
	Order     string      `json:"order,omitempty"` // at the provider, once scanned
	Method    string      `json:"method,omitempty"`
	Payment   string      `json:"payment,omitempty"` // prepaid, postpaid or voucher
	Plan      string      `json:"plan,omitempty"`
	Right     string      `json:"right,omitempty"` // Content of the right
	Receipt   string      `json:"receipt,omitempty"`
	Paid      time.Time   `json:"paid,omitzero"`
	Billed    bool        `json:"billed,omitempty"`
}

// Open says that it can still be paid.
func (p Purchase) Open() bool { return p.State == Created || p.State == Scanned }

func (p Purchase) unbilled() bool {
	return p.State == Fulfilled && p.Payment == "postpaid" && !p.Billed
}

func (p Purchase) key() string { return p.Household + "/" + p.ID }

// lapsed is p as it is now.
func (p Purchase) lapsed(now time.Time) Purchase {
	if p.Open() && !now.Before(p.Ends) {
		p.State = Expired
	}
	return p
}

// Want is what a box asks to buy.
type Want struct {
	ID, Box, BoxName string
	Kind             offer.TermsKind
	Country          string
	Title            Title
	// Opened is when the box began a post-paid rental by its lease of credit,
	// while the service was away; zero otherwise.
	Opened time.Time
}

// Buy begins a purchase, or gives the one that was begun with the same
// intent. Without the terms asked for it is CodePayment, with another intent of
// the same id CodeIntent, and of what the household has already CodeOwned.
func (t *Till) Buy(household string, w Want) (p Purchase, begun bool, err error) {
	err = t.update(household, func(tx *shelf.Tx) error {
		p, begun, err = t.buy(tx, household, w)
		return err
	})
	return p, begun && err == nil, err
}

func (t *Till) buy(tx *shelf.Tx, household string, w Want) (Purchase, bool, error) {
	now := t.o.Now()
	old, found, err := shelf.Get[Purchase](tx, purchases, household+"/"+w.ID)
	switch {
	case err != nil:
		return old, false, err
	case found && (old.TitleID != w.Title.ID || old.Kind != string(w.Kind) || old.Box != w.Box):
		return old, false, refuse(CodeIntent)
	case found:
		return old.lapsed(now), false, nil
	}
	terms, ok := w.Title.terms(w.Kind)
	if !ok || w.Kind == offer.Free {
		return old, false, refuse(CodePayment)
	}
	if owned, err := t.owned(tx, household, w); owned || err != nil {
		return old, false, errors.Join(err, refuse(CodeOwned))
	}
	if err := t.tidy(tx, household); err != nil {
		return old, false, err
	}
	p := Purchase{
		ID: w.ID, Household: household, Box: w.Box, BoxName: w.BoxName, TitleID: w.Title.ID, Name: w.Title.Name,
		Kind: string(w.Kind), Terms: terms, Country: w.Country, State: Created, Code: rand.Text(),
		Begun: now.UTC().Truncate(time.Second), Ends: now.UTC().Add(scanWithin).Truncate(time.Second),
	}
	if !w.Opened.IsZero() {
		if err := t.opened(tx, &p, w.Opened); err != nil {
			return p, false, err
		}
	}
	if err := tx.Put(links, p.Code, p.key()); err != nil {
		return p, false, err
	}
	return p, true, tx.Put(purchases, p.key(), p)
}

// tidy forgets purchases that came to nothing long ago, and refuses another one
// when too many were begun in a day: no person does that.
func (t *Till) tidy(tx *shelf.Tx, household string) error {
	all, err := shelf.All[Purchase](tx, purchases, household+"/")
	today := 0
	for _, p := range all {
		age := t.o.Now().Sub(p.Begun)
		if p = p.lapsed(t.o.Now()); p.Receipt == "" && !p.Open() && age > forgetAfter {
			tx.Delete(purchases, p.key())
			tx.Delete(links, p.Code)
		}
		if age < 24*time.Hour {
			today++
		}
	}
	if today >= mostADay {
		return errors.Join(err, refuse(CodeTooMany))
	}
	return err
}

// owned says that there is nothing to buy: a plan for a subscription, a title
// that is bought, or a rental that is not over for a rental.
func (t *Till) owned(tx *shelf.Tx, household string, w Want) (bool, error) {
	if w.Kind == offer.Subscription {
		a, err := account(tx, household)
		_, paid := a.Plan(t.o.Now())
		return paid && a.PlanEnds.IsZero(), err
	}
	r, found, err := shelf.Get[Right](tx, holdings, household+"/"+w.Title.ID)
	return found && r.judge(t.o.Now()) == nil && (r.Model == "purchase" || w.Kind == offer.Rent), err
}

// Purchase finds a household's purchase, or CodeUnknown.
func (t *Till) Purchase(household, id string) (p Purchase, err error) {
	err = t.o.Shelf.View(func(tx *shelf.Tx) error {
		p, err = t.find(tx, household, id)
		return err
	})
	return p, err
}

func (t *Till) find(tx *shelf.Tx, household, id string) (Purchase, error) {
	p, found, err := shelf.Get[Purchase](tx, purchases, household+"/"+id)
	if err == nil && !found {
		err = refuse(CodeUnknown)
	}
	return p.lapsed(t.o.Now()), err
}

// Purchases are those of a household, the newest first.
func (t *Till) Purchases(household string) (all []Purchase, err error) {
	err = t.o.Shelf.View(func(tx *shelf.Tx) error {
		all, err = shelf.All[Purchase](tx, purchases, household+"/")
		return err
	})
	for i := range all {
		all[i] = all[i].lapsed(t.o.Now())
	}
	slices.SortStableFunc(all, func(a, b Purchase) int { return b.Begun.Compare(a.Begun) })
	return all, err
}

// change lets f change a household's purchase that is found by find.
func (t *Till) change(household string, find func(*shelf.Tx) (Purchase, error), f func(*shelf.Tx, *Purchase) error) (p Purchase, err error) {
	err = t.update(household, func(tx *shelf.Tx) error {
		if p, err = find(tx); err != nil {
			return err
		}
		before := p
		if err = f(tx, &p); err != nil {
			p = before
			return err
		}
		return tx.Put(purchases, p.key(), p)
	})
	return p, err
}

// byCode finds the purchase of a page, for its household only.
func (t *Till) byCode(household, code string) func(*shelf.Tx) (Purchase, error) {
	return func(tx *shelf.Tx) (Purchase, error) {
		key, found, err := shelf.Get[string](tx, links, code)
		if err != nil || !found {
			return Purchase{}, orUnknown(err)
		}
		p, found, err := shelf.Get[Purchase](tx, purchases, key)
		if err != nil || !found || p.Household != household {
			return Purchase{}, orUnknown(err)
		}
		return p.lapsed(t.o.Now()), nil
	}
}

func orUnknown(err error) error {
	if err != nil {
		return err
	}
	return refuse(CodeUnknown)
}

// Scan says that a phone opened the page: now there is an order.
func (t *Till) Scan(household, code string) (Purchase, error) {
	return t.change(household, t.byCode(household, code), func(_ *shelf.Tx, p *Purchase) error {
		if p.State == Created {
			p.State, p.Order = Scanned, rand.Text()
			p.Ends = t.o.Now().UTC().Add(payWithin).Truncate(time.Second)
		}
		return nil
	})
}

// Decline says that a person, or the provider, said no.
func (t *Till) Decline(household, code string) (Purchase, error) {
	return t.change(household, t.byCode(household, code), func(_ *shelf.Tx, p *Purchase) error {
		if p.Open() {
			p.State = Declined
		}
		return nil
	})
}

// Cancel gives a purchase up on the box, if nobody has paid.
func (t *Till) Cancel(household, id string) (Purchase, error) {
	find := func(tx *shelf.Tx) (Purchase, error) { return t.find(tx, household, id) }
	return t.change(household, find, func(_ *shelf.Tx, p *Purchase) error {
		if p.Open() {
			p.State = Cancelled
		}
		return nil
	})
}

// itoa is a number in decimal.
func itoa(n int64) string { return strconv.FormatInt(n, 10) }
