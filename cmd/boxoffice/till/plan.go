package till

import (
	"slices"
	"time"

	"usher/cmd/boxoffice/shelf"
	"usher/internal/offer"
)

// Plan is a subscription.
type Plan struct {
	ID       string
	Name     offer.Text
	Months   int
	Streams  int              // at a time
	Vouchers int              // that come with it, each worth one rental
	Minor    map[string]int64 // price for all its months, by currency
}

// Plans are those on offer, cheapest first.
func Plans() []Plan {
	return []Plan{
		{
			ID: "month", Months: 1, Streams: 2, Vouchers: 2,
			Name:  offer.Text{"en": "One month", "zh-Hans": "月度会员", "de": "Ein Monat", "id": "Satu bulan", "th": "หนึ่งเดือน"},
			Minor: map[string]int64{"EUR": 799, "USD": 899, "CHF": 890, "GBP": 699, "CNY": 3900, "HKD": 6800, "SGD": 1198, "MYR": 2990, "IDR": 7_900_000, "THB": 17_900},
		},
		{
			ID: "year", Months: 12, Streams: 3, Vouchers: 48,
			Name:  offer.Text{"en": "One year", "zh-Hans": "年度会员", "de": "Ein Jahr", "id": "Satu tahun", "th": "หนึ่งปี"},
			Minor: map[string]int64{"EUR": 7490, "USD": 8390, "CHF": 8390, "GBP": 6490, "CNY": 36_500, "HKD": 63_800, "SGD": 11_198, "MYR": 27_990, "IDR": 74_900_000, "THB": 167_900},
		},
	}
}

// PlanOf finds a plan.
func PlanOf(id string) (Plan, bool) {
	i := slices.IndexFunc(Plans(), func(p Plan) bool { return p.ID == id })
	if i < 0 {
		return Plan{}, false
	}
	return Plans()[i], true
}

// Plan is the plan an account has now.
func (a Account) Plan(now time.Time) (Plan, bool) {
	if !a.PlanEnds.IsZero() && !now.Before(a.PlanEnds) {
		return Plan{}, false
	}
	return PlanOf(a.PlanID)
}

// subscribe gives an account a plan and its vouchers. It goes on from month to
// month until it is cancelled.
func (a Account) subscribe(p Plan, now time.Time) Account {
	a.PlanID, a.PlanFrom, a.PlanEnds = p.ID, now.UTC().Truncate(time.Second), time.Time{}
	a.Vouchers += p.Vouchers
	return a.changed(true)
}

// Grant gives a household a plan without payment, unless it has one: for
// demonstrations and seeds.
func (t *Till) Grant(household, plan string) error {
	p, ok := PlanOf(plan)
	if !ok {
		return errNever
	}
	return t.update(household, func(tx *shelf.Tx) error {
		a, err := account(tx, household)
		if err != nil || a.PlanID != "" {
			return err
		}
		return tx.Put(accounts, household, a.subscribe(p, t.o.Now()))
	})
}

// CancelPlan ends a household's plan with the period that is paid.
func (t *Till) CancelPlan(household string) error {
	return t.update(household, func(tx *shelf.Tx) error {
		a, err := account(tx, household)
		if err != nil {
			return err
		}
		plan, ok := a.Plan(t.o.Now())
		if !ok {
			return nil
		}
		ends := a.PlanFrom
		for months := plan.Months; !ends.After(t.o.Now()); months += plan.Months {
			ends = a.PlanFrom.AddDate(0, months, 0)
		}
		return a.end(tx, ends)
	})
}

// EndPlan ends a household's plan now: what boxes hold is taken back.
func (t *Till) EndPlan(household string) error {
	return t.update(household, func(tx *shelf.Tx) error {
		a, err := account(tx, household)
		if err != nil {
			return err
		}
		return a.end(tx, t.o.Now())
	})
}

// end stores when the plan ends. Without one there is nothing to do.
func (a Account) end(tx *shelf.Tx, at time.Time) error {
	if a.PlanID == "" {
		return nil
	}
	a.PlanEnds = at.UTC().Truncate(time.Second)
	return tx.Put(accounts, a.Household, a.changed(true))
}
