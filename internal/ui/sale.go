package ui

import (
	"context"
	"errors"

	"usher/internal/box"
	"usher/internal/rights"
)

// Sales buys titles. Its methods wait for the disk, for the reckoning of a PIN,
// and for the catalogue, not for a purchase. Their errors are a *box.Problem or
// a *box.PINLocked where a person can do something about them.
type Sales interface {
	// Begin begins a purchase; the PIN is that of who watches.
	Begin(ctx context.Context, titleID, kind string, pin rights.PIN) error
	// Cancel gives the one that is shown up, or takes it off the screen.
	Cancel() error
	// List is every purchase, the newest first, and Ledger what was paid and
	// refunded, the oldest first. Children are refused.
	List() ([]box.SaleView, error)
	Ledger() ([]rights.Entry, error)
	// Balances is how the household stands with each service that answers; it
	// waits for them. Children are refused.
	Balances(ctx context.Context) ([]box.Standing, error)
}

// saleMethods are those of purchases.
func (b *Bridge) saleMethods() map[string]spec {
	most := b.limits.call
	return map[string]spec{
		"purchase.get":      takes(b.saleGet),
		"purchase.begin":    takes(b.saleBegin).within(most),
		"purchase.cancel":   takes(b.saleCancel).within(most),
		"purchases.list":    takes(b.saleList).within(most),
		"ledger.get":        takes(b.ledgerGet).within(most),
		"purchases.balance": takes(b.saleBalance).within(most),
		"insights.get":      takes(b.insightsGet).within(most),
		"insights.set":      takes(b.insightsSet).within(most),
	}
}

func (b *Bridge) saleGet(context.Context, *session, none) (any, error) {
	return b.tidySale(b.box.View().Sale), nil
}

// tidySale hides a purchase of what the viewer may not know of any more.
func (b *Bridge) tidySale(v box.SaleView) box.SaleView {
	if v.ID != "" && !b.catalogue.Knows(v.TitleID) {
		return box.SaleView{}
	}
	return v
}

type buyParams struct {
	TitleID string     `json:"titleId"`
	Kind    string     `json:"kind"`
	PIN     rights.PIN `json:"pin"`
}

func (b *Bridge) saleBegin(ctx context.Context, _ *session, p buyParams) (any, error) {
	return b.sell(func(s Sales) error { return s.Begin(ctx, p.TitleID, p.Kind, p.PIN) })
}

func (b *Bridge) saleCancel(context.Context, *session, none) (any, error) {
	return b.sell(Sales.Cancel)
}

func (b *Bridge) saleList(context.Context, *session, none) (any, error) {
	var list []box.SaleView
	_, err := b.sell(func(s Sales) (err error) {
		list, err = s.List()
		return err
	})
	return map[string]any{"purchases": some(list)}, err
}

func (b *Bridge) saleBalance(ctx context.Context, _ *session, _ none) (any, error) {
	var list []box.Standing
	_, err := b.sell(func(s Sales) (err error) {
		list, err = s.Balances(ctx)
		return err
	})
	return map[string]any{"balances": some(list)}, err
}

type ledgerResult struct {
	Entries []rights.Entry `json:"entries"`
	Whole   bool           `json:"whole"`          // the chain of hashes holds
	Text    string         `json:"text,omitempty"` // what is wrong with it, English
}

func (b *Bridge) ledgerGet(context.Context, *session, none) (any, error) {
	var r ledgerResult
	_, err := b.sell(func(s Sales) (err error) {
		r.Entries, err = s.Ledger()
		return err
	})
	if broken := rights.VerifyLedger(r.Entries); broken != nil {
		r.Text = broken.Error()
	}
	r.Entries, r.Whole = some(r.Entries), r.Text == ""
	return r, err
}

// sell carries out something about purchases.
func (b *Bridge) sell(act func(Sales) error) (any, error) {
	if b.sales == nil {
		return nil, newFault(codeUnavailable, "not_for_sale", "Nothing can be bought on this box.", "Look at the service's own page on a phone.")
	}
	return b.refused(act(b.sales))
}

// refused is the answer to something that was done, or refused for a reason.
func (b *Bridge) refused(err error) (any, error) {
	var problem *box.Problem
	var locked *box.PINLocked
	switch {
	case errors.As(err, &locked):
		f := refusal(locked.Problem())
		f.Data.RetryAfterMS = locked.Wait.Milliseconds() + 1
		return nil, f
	case errors.As(err, &problem) && problem.Code == "not_found":
		return nil, problemFault(problem)
	case errors.As(err, &problem):
		return nil, refusal(problem)
	case err != nil:
		b.logger.Error("Household not changed", "error", err)
		return nil, internalFault()
	}
	return accepted{true}, nil
}
