package box

import "usher/internal/offer"

// SaleView is topic "purchase": a purchase that a person approves on a phone.
// Empty, with no id, when none is shown.
type SaleView struct {
	ID          string     `json:"id,omitempty"`
	Profile     string     `json:"profile,omitempty"` // who wished for it; nobody else is shown it
	TitleID     string     `json:"titleId,omitempty"` // qualified
	Name        offer.Text `json:"name,omitempty"`
	Kind        string     `json:"kind,omitempty"`  // rent, buy, subscription
	State       string     `json:"state,omitempty"` // intended created scanned paid accepted fulfilled expired declined cancelled refunded
	PriceMinor  int64      `json:"priceMinor,omitempty"`
	Currency    string     `json:"currency,omitempty"` // ISO 4217
	Billing     string     `json:"billing,omitempty"`  // pre-paid, post-paid
	PlayMS      int64      `json:"playMs,omitempty"`   // rent: play window after the start
	Note        offer.Text `json:"note,omitempty"`     // the service's terms in a sentence
	URI         string     `json:"uri,omitempty"`      // the page to pay on; while it can be paid
	QR          *QR        `json:"qr,omitempty"`       // the same as a code to scan
	BegunMS     int64      `json:"begunMs,omitempty"`  // Unix time in ms
	ExpiresAtMS int64      `json:"expiresAtMs,omitempty"`
	Receipt     string     `json:"receipt,omitempty"`
	Balance     Balance    `json:"balance"`
	Problem     *Problem   `json:"problem,omitempty"`
}

// Balance is how the household stands with a service; zero: not asked.
type Balance struct {
	Currency   string `json:"currency,omitempty"` // ISO 4217
	OwedMinor  int64  `json:"owedMinor,omitempty"`
	LimitMinor int64  `json:"limitMinor,omitempty"` // post-paid titles are sold up to here
	Vouchers   int    `json:"vouchers,omitempty"`
}

// Standing is how the household stands with one service.
type Standing struct {
	Service    string     `json:"service"`
	Currency   string     `json:"currency,omitempty"` // ISO 4217
	OwedMinor  int64      `json:"owedMinor,omitempty"`
	LimitMinor int64      `json:"limitMinor,omitempty"`
	Vouchers   int        `json:"vouchers,omitempty"`
	Plan       offer.Text `json:"plan,omitempty"` // its name, where there is one
}

// SaleChanged says how the purchase that is shown stands.
type SaleChanged struct{ Sale SaleView }

func (SaleChanged) boxEvent() {}

// saleChanged notes it. With a purchase fulfilled there are new leases.
func saleChanged(s State, e SaleChanged) (State, []Effect) {
	was := s.Sale
	s.Sale = e.Sale
	if e.Sale.State != "fulfilled" || was.ID == e.Sale.ID && was.State == e.Sale.State {
		return s, nil
	}
	return s, []Effect{ReadService{Service: serviceOf(e.Sale.TitleID), Paired: true}}
}

// lookSale is the purchase as who watches may see it: their own.
func lookSale(s State) SaleView {
	if s.Sale.Profile != s.Viewer.ID {
		return SaleView{}
	}
	return s.Sale
}
