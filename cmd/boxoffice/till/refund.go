package till

import (
	"usher/cmd/boxoffice/shelf"
	"usher/internal/offer"
)

// Refund takes a purchase back: the right ends, and boxes are told. One that
// [Till.Returnable] does not name stays as it is.
func (t *Till) Refund(household, id string) (Purchase, error) {
	find := func(tx *shelf.Tx) (Purchase, error) { return t.find(tx, household, id) }
	return t.change(household, find, func(tx *shelf.Tx, p *Purchase) error {
		r, back, err := unused(tx, *p)
		if err != nil || !back {
			return err
		}
		a, err := account(tx, household)
		if err != nil {
			return err
		}
		if p.Payment == "voucher" {
			a.Vouchers++
		}
		if err := tx.Put(accounts, household, a.changed(p.Payment == "postpaid")); err != nil {
			return err
		}
		p.State, r.Revoked = Refunded, true
		return t.keep(tx, r)
	})
}

// Returnable are the purchases of a household that can be given back, by id: a
// film that was bought, and a rental that was not begun.
func (t *Till) Returnable(household string) (ids map[string]bool, err error) {
	ids = map[string]bool{}
	err = t.o.Shelf.View(func(tx *shelf.Tx) error {
		all, err := shelf.All[Purchase](tx, purchases, household+"/")
		for _, p := range all {
			_, back, err := unused(tx, p)
			if err != nil {
				return err
			}
			if back {
				ids[p.ID] = true
			}
		}
		return err
	})
	return ids, err
}

// unused gives the right of a purchase that can be given back. A plan cannot,
// nor what was begun, nor a purchase whose right a later one of the same title
// took the place of: that right is another's.
func unused(tx *shelf.Tx, p Purchase) (r Right, yes bool, err error) {
	if p.State != Fulfilled || p.Kind == string(offer.Subscription) {
		return Right{}, false, nil
	}
	r, found, err := shelf.Get[Right](tx, holdings, p.Household+"/"+p.Right)
	own := r.From.Equal(p.Paid) && (r.Model == "rental") == (p.Kind == string(offer.Rent))
	return r, err == nil && found && own && !r.Revoked && r.FirstPlay.IsZero(), err
}
