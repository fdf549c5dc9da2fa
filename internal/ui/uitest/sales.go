package uitest

import (
	"context"
	"time"

	"usher/internal/box"
	"usher/internal/offer"
	"usher/internal/rights"
)

// Sale is a purchase that waits for a phone.
func Sale() box.SaleView {
	return box.SaleView{
		ID: "ABCDEFGHIJKLMNOP", Profile: box.FirstProfile, TitleID: "demo:tide", Name: offer.Text{"en": "Winter Tide"}, Kind: "rent", State: "created",
		PriceMinor: 399, Currency: "EUR", Billing: "post-paid", PlayMS: 172800000, Note: offer.Text{"en": "48 hours to finish."},
		URI: "https://films.example/pay/x", QR: &box.QR{Size: 1, Modules: "1"}, BegunMS: 1, ExpiresAtMS: time.Now().Add(15 * time.Minute).UnixMilli(),
		Balance: box.Balance{Currency: "EUR", OwedMinor: 100, LimitMinor: 2000},
	}
}

// Ledger is a purchase and its refund.
func Ledger() []rights.Entry {
	first := rights.Chain(rights.Entry{}, rights.Entry{
		At: time.Date(2026, 11, 21, 20, 15, 0, 0, time.UTC), Kind: "purchase", Service: "demo", TitleID: "tide", Profile: box.FirstProfile,
		Amount: 399, Currency: "EUR", Intent: "ABCDEFGHIJKLMNOP", Receipt: "R-1",
	})
	return []rights.Entry{first, rights.Chain(first, rights.Entry{
		At: time.Date(2026, 11, 22, 20, 15, 0, 0, time.UTC), Kind: "refund", Service: "demo", TitleID: "tide", Profile: box.FirstProfile,
		Amount: -399, Currency: "EUR", Intent: "ABCDEFGHIJKLMNOP", Receipt: "R-1",
	})}
}

// Sales sells to who has RightPIN, and has sold Sale.
type Sales struct{}

// Begin judges the PIN.
func (Sales) Begin(_ context.Context, _, _ string, pin rights.PIN) error {
	return Household{}.judge(pin)
}

// Cancel does nothing.
func (Sales) Cancel() error { return nil }

// List is Sale.
func (Sales) List() ([]box.SaleView, error) { return []box.SaleView{Sale()}, nil }

// Balances is a bill at one service.
func (Sales) Balances(context.Context) ([]box.Standing, error) {
	return []box.Standing{{Service: "demo", Currency: "EUR", OwedMinor: 399, LimitMinor: 2000, Vouchers: 2, Plan: offer.Text{"en": "A month"}}}, nil
}

// Ledger is that of this package.
func (Sales) Ledger() ([]rights.Entry, error) { return Ledger(), nil }
