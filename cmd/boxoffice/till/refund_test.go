package till

import (
	"testing"
	"time"

	"usher/internal/offer"
)

// bought buys a title of the family by the wallet.
func (d *desk) bought(intent string, kind offer.TermsKind, title Title) Purchase {
	d.Helper()
	p, _, err := d.Buy(family, Want{ID: intent, Kind: kind, Country: "DE", Title: title})
	d.must(err)
	p, err = d.Pay(family, p.Code, ByWallet, "")
	d.must(err)
	return p
}

// begin watches a title.
func (d *desk) begin(title Title) {
	d.Helper()
	yes, err := d.May(family, title)
	d.must(err)
	d.must(d.Begin(family, yes))
}

// backable is what can be given back now.
func (d *desk) backable(want ...Purchase) {
	d.Helper()
	ids, err := d.Returnable(family)
	d.must(err)
	for _, p := range want {
		if !ids[p.ID] {
			d.Errorf("%s cannot be given back", p.ID)
		}
	}
	if len(ids) != len(want) {
		d.Errorf("%d can be given back, want %d: %v", len(ids), len(want), ids)
	}
}

// TestWhatCanBeGivenBack: what was bought, and a rental until it is begun; and
// what is taken back is the right of this purchase and of no other.
func TestWhatCanBeGivenBack(t *testing.T) {
	d := newDesk(t)
	title := film("a")
	d.backable()
	first := d.bought("first", offer.Rent, title)
	d.backable(first)
	d.begin(title)
	d.backable()
	d.now = d.now.Add(72 * time.Hour) // it is over, and rented again
	second := d.bought("second", offer.Rent, title)
	d.backable(second)
	if got, err := d.Refund(family, first.ID); err != nil || got.State != Fulfilled {
		t.Errorf("the rental that was watched: %+v, %v", got, err)
	}
	d.backable(second) // its right is still there
	third := d.bought("third", offer.Buy, title)
	d.backable(third) // the rental is part of it now
	if got, err := d.Refund(family, second.ID); err != nil || got.State != Fulfilled {
		t.Errorf("the rental that the purchase took the place of: %+v, %v", got, err)
	}
	if yes, err := d.May(family, title); err != nil || yes.Right == "" {
		t.Errorf("the film that was bought: %+v, %v", yes, err)
	}
	if got, err := d.Refund(family, third.ID); err != nil || got.State != Refunded {
		t.Errorf("the film that was bought: %+v, %v", got, err)
	}
	d.backable()
}
