package phone

import (
	"crypto/rand"
	"errors"
	"net/http"
	"time"

	"usher/cmd/boxoffice/door"
	"usher/cmd/boxoffice/till"
	"usher/internal/offer"
)

// accountData is the page of the account.
type accountData struct {
	Boxes     []door.Box
	Plan      string // its name
	PlanEnds  string // date
	Vouchers  int
	Owed      string // "" with nothing owed
	Limit     string // of what may be owed; "" is nothing
	Offline   bool
	Purchases []purchaseRow
}

type purchaseRow struct {
	ID, What, Price, Date, State, Receipt string
	Refund                                bool
}

const dateOnly = time.DateOnly

func (p *Phone) showAccount(v *visit) error {
	boxes, err := p.o.Door.Boxes(v.session.household)
	if err != nil {
		return err
	}
	s, err := p.o.Till.Standing(v.session.household)
	if err != nil {
		return err
	}
	data := accountData{Boxes: boxes, Vouchers: s.Vouchers}
	if plan, ok := s.Plan(p.o.Now()); ok {
		data.Plan = plan.Name.In(v.lang)
		if !s.PlanEnds.IsZero() {
			data.PlanEnds = s.PlanEnds.Format(dateOnly)
		}
	}
	if data.Offline = s.Offline; s.Limit > 0 {
		data.Limit = money(s.Limit, s.Currency, v.lang)
	}
	if s.Owed > 0 {
		data.Owed = money(s.Owed, s.Currency, v.lang)
	}
	if data.Purchases, err = p.purchases(v); err != nil {
		return err
	}
	return p.show(v, http.StatusOK, "account", data)
}

// mostShown is how many purchases the page has.
const mostShown = 50

// purchases are those that came to something.
func (p *Phone) purchases(v *visit) (rows []purchaseRow, err error) {
	all, err := p.o.Till.Purchases(v.session.household)
	if err != nil {
		return nil, err
	}
	back, err := p.o.Till.Returnable(v.session.household)
	for _, one := range all {
		if one.Receipt == "" || len(rows) == mostShown {
			continue
		}
		rows = append(rows, purchaseRow{
			ID: one.ID, What: one.Name.In(v.lang), Price: money(one.Terms.PriceMin, one.Terms.Currency, v.lang),
			Date: one.Paid.Format(dateOnly), State: "state_" + string(one.State) + "_" + one.Payment, Receipt: one.Receipt,
			Refund: back[one.ID],
		})
	}
	return rows, err
}

// removeBox ends a box's account; what it holds is refused from then on.
func (p *Phone) removeBox(v *visit) error {
	if _, err := p.o.Door.Remove(v.session.household, v.r.PostForm.Get("box")); err != nil {
		return err
	}
	p.o.Till.Ring(v.session.household) // so that a box that waits for news has this
	v.to("/account")
	return nil
}

func (p *Phone) showPlans(v *visit) error {
	s, err := p.o.Till.Standing(v.session.household)
	if err != nil {
		return err
	}
	return p.show(v, http.StatusOK, "plans", payData{Plans: plans(s.Currency, v.lang)})
}

// subscribe begins the purchase of a plan that no box asked for.
func (p *Phone) subscribe(v *visit) error {
	bought, _, err := p.o.Till.Buy(v.session.household, till.Want{
		ID: rand.Text(), Kind: offer.Subscription, BoxName: "",
		Title: till.Title{Name: offer.Text{"en": p.o.Service}, Terms: []offer.Terms{{Kind: offer.Subscription}}},
	})
	var no *till.Refusal
	if errors.As(err, &no) {
		p.fail(v, http.StatusConflict, "have_plan")
		return nil
	}
	if err != nil {
		return err
	}
	v.to(PathPay + bought.Code)
	return nil
}

// changeAccount is what the account's buttons do.
func (p *Phone) changeAccount(v *visit) error {
	household, form := v.session.household, v.r.PostForm
	var err error
	stays := false
	switch form.Get("do") {
	case "end_plan":
		err = p.o.Till.CancelPlan(household)
	case "offline_on", "offline_off":
		err = p.o.Till.SetOffline(household, form.Get("do") == "offline_on")
	case "settle":
		err = p.o.Till.Settle(household)
	case "refund":
		var bought till.Purchase
		bought, err = p.o.Till.Refund(household, form.Get("purchase"))
		stays = bought.State != till.Refunded
	}
	if err != nil {
		return p.unknown(v, err)
	}
	if stays { // it was begun since the page was shown
		p.fail(v, http.StatusConflict, "begun")
		return nil
	}
	v.to("/account")
	return nil
}
