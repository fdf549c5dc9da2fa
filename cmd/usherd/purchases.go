package main

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"usher/internal/box"
	"usher/internal/catalog"
	"usher/internal/offer"
	"usher/internal/purchase"
	"usher/internal/rights"
)

// openTill opens the purchases. A service that sells nothing costs nothing.
func (a *appliance) openTill() (err error) {
	a.till, err = purchase.Open(purchase.Options{
		Dir: filepath.Join(a.folders.state, "purchases"), Shop: shopEdge{a.catalog}, Logger: a.part("purchase"),
		Tell: func(v box.SaleView) { a.daemon.Tell(box.SaleChanged{Sale: v}) },
	})
	if err != nil {
		return &startError{err: err, code: exitFolder, hint: "check the disk, or choose another place: -state DIR"}
	}
	return nil
}

// shopEdge is the services as purchases know them.
type shopEdge struct{ catalog *catalog.Client }

func told(s catalog.Sale, err error) (purchase.Told, error) {
	return purchase.Told{
		State: rights.PurchaseState(s.State), Terms: s.Terms, Note: s.Note, URI: s.URI, Expires: s.Expires,
		Interval: s.Interval.Duration(), Receipt: s.Receipt, Lease: s.Lease,
	}, err
}

// Buy implements purchase.Shop.
func (e shopEdge) Buy(ctx context.Context, id, titleID, kind string) (purchase.Told, error) {
	return told(e.catalog.Buy(ctx, id, titleID, kind))
}

// Ask implements purchase.Shop.
func (e shopEdge) Ask(ctx context.Context, service, id string) (purchase.Told, error) {
	return told(e.catalog.Sale(ctx, service, id))
}

// Cancel implements purchase.Shop.
func (e shopEdge) Cancel(ctx context.Context, service, id string) (purchase.Told, error) {
	return told(e.catalog.CancelSale(ctx, service, id))
}

// Balance implements purchase.Shop.
func (e shopEdge) Balance(ctx context.Context, service string) (box.Balance, error) {
	b, err := e.catalog.Balance(ctx, service)
	return box.Balance{Currency: b.Currency, OwedMinor: b.Owed, LimitMinor: b.Limit, Vouchers: b.Vouchers}, err
}

// sales is what the bridge buys by. It is the one place where it is decided who
// may buy what.
type sales struct{ a *appliance }

// Begin implements ui.Sales.
func (s sales) Begin(ctx context.Context, titleID, kind string, pin rights.PIN) error {
	title, err := s.a.catalog.Title(ctx, titleID) // as the viewer may see it
	if err != nil {
		return err
	}
	i := slices.IndexFunc(title.Terms, func(t offer.Terms) bool { return string(t.Kind) == kind && t.Kind != offer.Free })
	if i < 0 {
		return &box.Problem{Code: "not_for_sale", Text: "This title is not sold that way.", Hint: "Choose one of the ways that its page shows."}
	}
	who, ok := s.a.people.Watching()
	if !ok {
		return &box.Problem{Code: "profile_needed", Text: "It is not known yet who watches.", Hint: "Choose a profile first."}
	}
	if who.Kids {
		text, hint := rights.KidsPurchase.Words()
		return &box.Problem{Code: string(rights.KidsPurchase), Text: text, Hint: hint}
	}
	if err := s.a.people.Verify(ctx, pin); err != nil {
		return err
	}
	return s.a.till.Begin(purchase.Wish{Title: title, Terms: title.Terms[i], Profile: who.ID})
}

// Cancel implements ui.Sales.
func (s sales) Cancel() error { return s.a.till.Cancel() }

// List implements ui.Sales.
func (s sales) List() ([]box.SaleView, error) {
	if err := s.private(); err != nil {
		return nil, err
	}
	return s.a.till.List(), nil
}

// Ledger implements ui.Sales.
func (s sales) Ledger() ([]rights.Entry, error) {
	if err := s.private(); err != nil {
		return nil, err
	}
	return s.a.till.Ledger(), nil
}

// balanceTime is how long a service may take to say how the household stands.
const balanceTime = 5 * time.Second

// Balances implements ui.Sales.
func (s sales) Balances(ctx context.Context) ([]box.Standing, error) {
	if err := s.private(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, balanceTime)
	defer cancel()
	services := s.a.paired()
	all := make([]*box.Standing, len(services))
	var asking sync.WaitGroup
	for i, service := range services {
		asking.Go(func() { all[i] = s.balance(ctx, service) })
	}
	asking.Wait()
	list := make([]box.Standing, 0, len(all))
	for _, one := range all {
		if one != nil {
			list = append(list, *one)
		}
	}
	return list, nil
}

// balance is nil of a service that does not answer, or sells nothing.
func (s sales) balance(ctx context.Context, service string) *box.Standing {
	b, err := s.a.catalog.Balance(ctx, service)
	if err != nil {
		s.a.part("purchase").Debug("Balance not known", "service", service, "err", err)
		return nil
	}
	return &box.Standing{Service: service, Currency: b.Currency, OwedMinor: b.Owed, LimitMinor: b.Limit, Vouchers: b.Vouchers, Plan: b.Plan.Name}
}

// private keeps what was bought from those who may not know of every title.
func (s sales) private() error {
	who, ok := s.a.people.Watching()
	if ok && !who.Kids && who.Age >= rights.Adult && who.Watershed.MinAge == 0 {
		return nil
	}
	return &box.Problem{Code: "purchases_private", Text: "Purchases are shown to a profile without limits only.", Hint: "Switch to another profile: usher profile use NAME"}
}
