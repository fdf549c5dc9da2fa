package phone

import (
	"cmp"
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
	p.show(v, http.StatusOK, "account", data.page)
	return nil
}

func (d accountData) page(s shown) markup {
	return fill("<h2>%s</h2>\n", s.say("boxes")) + d.boxes(s) +
		fill(`<p><a class="button" href="/activate">%s</a></p>
<h2>%s</h2>
`, s.say("add_box"), s.say("plan")) + d.plan(s) +
		when(d.Vouchers > 0, fill(`<p class="note">%s</p>`, s.say("vouchers", d.Vouchers))) +
		when(d.Owed != "", fill("<h2>%s</h2>\n", s.say("bill"))+s.row(fill("%s", d.Owed), s.quiet("settle", "settle"))) +
		when(d.Limit != "", d.offline(s)) + d.purchases(s)
}

func (d accountData) boxes(s shown) (all markup) {
	for _, b := range d.Boxes {
		all += fill(`<form method="post" action="/account/boxes" class="row">
%s%s
<span>%s<small>%s</small></span>
<button class="quiet">%s</button>
</form>
`, s.token(), hidden("box", b.ID), cmp.Or(b.Name, s.say("a_box")), s.say("since", b.Since.Format(dateOnly)), s.say("remove"))
	}
	return cmp.Or(all, fill("<p>%s</p>", s.say("no_boxes")))
}

func (d accountData) plan(s shown) markup {
	if d.Plan == "" {
		return fill(`<p>%s <a href="/plans">%s</a></p>`, s.say("no_plan"), s.say("see_plans"))
	}
	if d.PlanEnds != "" {
		return s.row(fill("%s<small>%s</small>", d.Plan, s.say("until", d.PlanEnds)))
	}
	return s.row(fill("%s", d.Plan), s.quiet("end_plan", "end_plan"))
}

// offline is whether what is owed may grow while a box has no network.
func (d accountData) offline(s shown) markup {
	if d.Offline {
		return s.row(fill("%s", s.say("offline_on", d.Limit)), s.quiet("offline_off", "turn_off"))
	}
	return s.row(fill("%s", s.say("offline_off")), s.quiet("offline_on", "turn_on"))
}

func (d accountData) purchases(s shown) markup {
	all := when(len(d.Purchases) > 0, fill("<h2>%s</h2>\n", s.say("purchases")))
	for _, one := range d.Purchases {
		what := fill("%s · %s<small>%s · %s · %s</small>", one.What, one.Price, one.Date, s.say(one.State), one.Receipt)
		all += s.row(what, hidden("purchase", one.ID), when(one.Refund, s.quiet("refund", "refund")))
	}
	return all
}

// row is a line of the account, with what can be done about it.
func (s shown) row(what markup, more ...markup) markup {
	return fill(`<form method="post" action="/account" class="row">
%s
<span>%s</span>
%s</form>
`, s.token(), what, join(more))
}

func (s shown) quiet(do, key string) markup {
	return fill(`<button class="quiet" name="do" value="%s">%s</button>
`, do, s.say(key))
}

// mostShown is how many purchases the page has.
const mostShown = 50

// purchases are those that came to something.
func (p *Phone) purchases(v *visit) (rows []purchaseRow, err error) {
	all, err := p.o.Till.Purchases(v.session.household)
	for _, one := range all {
		if one.Receipt == "" || len(rows) == mostShown {
			continue
		}
		rows = append(rows, purchaseRow{
			ID: one.ID, What: one.Name.In(v.lang), Price: money(one.Terms.PriceMin, one.Terms.Currency, v.lang),
			Date: one.Paid.Format(dateOnly), State: "state_" + string(one.State) + "_" + one.Payment, Receipt: one.Receipt,
			Refund: one.State == till.Fulfilled && one.Kind != string(offer.Subscription),
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
	p.show(v, http.StatusOK, "plans", plansPage(plans(s.Currency, v.lang)))
	return nil
}

func plansPage(all []planRow) func(shown) markup {
	return func(s shown) (page markup) {
		for _, plan := range all {
			page += fill("<p><strong>%s · %s</strong><br>%s</p>", plan.Name, plan.Price, s.say("plan_has", plan.Streams, plan.Vouchers))
		}
		return page + fill(`<form method="post" action="/plans">%s<button>%s</button></form>`, s.token(), s.say("go_on"))
	}
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
	switch form.Get("do") {
	case "end_plan":
		err = p.o.Till.CancelPlan(household)
	case "offline_on", "offline_off":
		err = p.o.Till.SetOffline(household, form.Get("do") == "offline_on")
	case "settle":
		err = p.o.Till.Settle(household)
	case "refund":
		_, err = p.o.Till.Refund(household, form.Get("purchase"))
	}
	if err != nil {
		return p.unknown(v, err)
	}
	v.to("/account")
	return nil
}
