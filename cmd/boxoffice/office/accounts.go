package office

import (
	"fmt"
	"net/http"

	"usher/cmd/boxoffice/door"
	"usher/cmd/boxoffice/household"
	"usher/cmd/boxoffice/lease"
	"usher/cmd/boxoffice/phone"
	"usher/cmd/boxoffice/till"
	"usher/cmd/boxoffice/viewers"
)

// demoLogin is the household of demonstrations.
func demoLogin() phone.Login { return phone.Login{Name: "demo", Password: "popcorn"} }

// openAccounts opens what knows boxes and people, and adds its pages.
func (o *Office) openAccounts() error {
	shelf, now := o.options.Shelf, o.options.Now
	o.door = door.New(door.Options{Shelf: shelf, Public: o.options.Public, Nonces: o.options.Nonces, Now: now, Logger: o.options.Logger})
	var err error
	if o.signer, err = lease.Open(shelf); err != nil {
		return err
	}
	o.till = till.New(till.Options{Shelf: shelf, Signer: o.signer, Territories: o.library.countries(), Now: now, Logger: o.options.Logger})
	o.viewers = viewers.New(shelf, now)
	households, login := household.New(shelf), phone.Login{}
	if o.options.Demo {
		login = demoLogin()
		if err := o.openDemo(households, login); err != nil {
			return fmt.Errorf("open the household of the demonstration: %w", err)
		}
	}
	pages, err := phone.New(phone.Options{
		Service: o.options.Name, Door: o.door, Households: households, Till: o.till, Demo: login, Now: now, Logger: o.options.Logger,
	})
	if err != nil {
		return err
	}
	o.door.Route(o.mux)
	pages.Route(o.mux)
	return nil
}

// openDemo makes the household of demonstrations: it has a plan.
func (o *Office) openDemo(households *household.Register, login phone.Login) error {
	h, err := households.Demo(login.Name, login.Password, o.options.Country, o.options.Now())
	if err != nil {
		return err
	}
	if err := o.till.Open(h.ID, o.library.currency(h.Country)); err != nil {
		return err
	}
	return o.till.Grant(h.ID, till.Plans()[0].ID)
}

// serveKeys publishes what leases are signed with.
func (o *Office) serveKeys(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "max-age=300")
	return o.answer(w, r, o.signer.Keys())
}
