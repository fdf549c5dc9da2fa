package office

import (
	"net/http"

	"usher/cmd/boxoffice/door"
	"usher/cmd/boxoffice/household"
	"usher/cmd/boxoffice/lease"
	"usher/cmd/boxoffice/phone"
)

// demoLogin is the household of demonstrations.
func demoLogin() phone.Login { return phone.Login{Name: "demo", Password: "popcorn"} }

// openAccounts opens what knows boxes and people, and adds its pages.
func (o *Office) openAccounts() error {
	shelf, now := o.options.Shelf, o.options.Now
	o.door = door.New(door.Options{Shelf: shelf, Public: o.options.Public, Now: now, Logger: o.options.Logger})
	var err error
	if o.signer, err = lease.Open(shelf); err != nil {
		return err
	}
	households, login := household.New(shelf), phone.Login{}
	if o.options.Demo {
		login = demoLogin()
		if err := households.Demo(login.Name, login.Password, o.options.Country, now()); err != nil {
			return err
		}
	}
	pages, err := phone.New(phone.Options{
		Service: o.options.Name, Door: o.door, Households: households, Demo: login, Now: now, Logger: o.options.Logger,
	})
	if err != nil {
		return err
	}
	o.door.Route(o.mux)
	pages.Route(o.mux)
	return nil
}

// serveKeys publishes what leases are signed with.
func (o *Office) serveKeys(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "max-age=300")
	return o.answer(w, r, o.signer.Keys())
}
