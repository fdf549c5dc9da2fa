package till

import (
	"crypto/rand"
	"time"

	"usher/cmd/boxoffice/shelf"
	"usher/internal/offer"
)

// Pay takes the money, as far as the provider said yes, and gives the right,
// both or neither. A purchase that is not open any more stays what it is. plan
// is the one chosen, for a subscription.
func (t *Till) Pay(household, code, method, plan string) (Purchase, error) {
	p, err := t.change(household, t.byCode(household, code), func(tx *shelf.Tx, p *Purchase) error {
		if !p.Open() {
			return nil
		}
		return t.pay(tx, p, method, plan)
	})
	if err == nil && p.State == Fulfilled {
		t.o.Logger.Info("Purchase was paid", "purchase", p.ID, "household", household, "payment", p.Payment)
	}
	return p, err
}

func (t *Till) pay(tx *shelf.Tx, p *Purchase, method, plan string) error {
	s, err := standing(tx, p.Household)
	if err != nil {
		return err
	}
	a := s.Account
	p.Method, p.Payment = method, "prepaid"
	switch method {
	case ByBill:
		if !s.bills(*p) {
			return refuse(CodeLimit)
		}
		p.Payment, a = "postpaid", a.changed(true) // less credit is left
	case ByVoucher:
		if a.Vouchers < 1 || p.Kind != string(offer.Rent) {
			return refuse(CodePayment)
		}
		p.Payment = "voucher"
		a.Vouchers--
	case ByWallet, BySheet:
	default:
		return refuse(CodePayment)
	}
	now := t.o.Now().UTC().Truncate(time.Second)
	p.State, p.Paid, p.Receipt = Fulfilled, now, receipt(now)
	if p.Kind == string(offer.Subscription) {
		chosen, ok := PlanOf(plan)
		if !ok {
			return refuse(CodePayment)
		}
		p.Plan, p.Right = chosen.ID, anything
		p.Terms.PriceMin, p.Terms.Currency = chosen.Minor[a.Currency], a.Currency
		return tx.Put(accounts, a.Household, a.subscribe(chosen, now))
	}
	p.Right = p.TitleID
	if err := tx.Put(accounts, a.Household, a); err != nil {
		return err
	}
	return t.keep(tx, newRight(*p, p.Country, now))
}

// bills says whether a purchase may go on the next bill.
func (s Standing) bills(p Purchase) bool {
	return p.Terms.Billing == "post-paid" && p.Terms.Currency == s.Currency && p.Terms.PriceMin <= s.Limit-s.Owed
}

// Bills says whether a purchase may go on a household's next bill.
func (s Standing) Bills(p Purchase) bool { return s.bills(p) }

// SetOffline says whether boxes may open post-paid titles while the service is
// away. A person says so on a phone, once: it is the one way in which a box
// spends without them.
func (t *Till) SetOffline(household string, on bool) error {
	return t.update(household, func(tx *shelf.Tx) error {
		a, err := account(tx, household)
		if err != nil || a.Offline == on {
			return err
		}
		a.Offline, a.Credited = on, true
		return tx.Put(accounts, household, a.changed(true))
	})
}

// opened bills a rental that a box began by its lease of credit.
func (t *Till) opened(tx *shelf.Tx, p *Purchase, at time.Time) error {
	s, err := standing(tx, p.Household)
	if err != nil {
		return err
	}
	if !s.Offline || !s.bills(*p) || s.Titles >= postpaidTitles || p.Kind != string(offer.Rent) {
		return refuse(CodeLimit)
	}
	now := t.o.Now().UTC().Truncate(time.Second)
	if at.After(now) {
		at = now
	}
	p.State, p.Method, p.Payment, p.Paid, p.Right, p.Receipt = Fulfilled, ByBill, "postpaid", now, p.TitleID, receipt(now)
	if err := tx.Put(accounts, s.Household, s.Account.changed(true)); err != nil {
		return err
	}
	r := newRight(*p, p.Country, now)
	r.FirstPlay = at.UTC().Truncate(time.Second)
	return t.keep(tx, r)
}

func receipt(now time.Time) string { return "LP-" + now.Format("20060102") + "-" + rand.Text()[:8] }

// Settle pays the bill: what is owed is owed no more.
func (t *Till) Settle(household string) error {
	return t.update(household, func(tx *shelf.Tx) error {
		all, err := shelf.All[Purchase](tx, purchases, household+"/")
		if err != nil {
			return err
		}
		for _, p := range all {
			if !p.unbilled() {
				continue
			}
			p.Billed = true
			if err := tx.Put(purchases, p.key(), p); err != nil {
				return err
			}
		}
		a, err := account(tx, household)
		if err != nil {
			return err
		}
		return tx.Put(accounts, household, a.changed(true))
	})
}
