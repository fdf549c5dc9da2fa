package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"usher/internal/box"
	"usher/internal/offer"
)

// Sale is a purchase as a service has it. The box begins it, a person approves
// it on a phone, and nothing but its lease unlocks anything.
type Sale struct {
	ID       string       `json:"id"` // of the intent, made on the box
	TitleID  string       `json:"titleId"`
	Kind     string       `json:"kind"`
	State    string       `json:"state"`
	Terms    offer.Terms  `json:"terms"`
	Note     offer.Text   `json:"note"` // the terms in a sentence
	URI      string       `json:"uri"`  // the page to pay on, for a phone
	Expires  time.Time    `json:"expires"`
	Interval milliseconds `json:"intervalMs"` // how often to ask
	Payment  string       `json:"payment"`    // prepaid, postpaid, voucher; once it was paid
	Receipt  string       `json:"receipt"`
	Lease    string       `json:"lease"` // JWS, once it was paid
}

type milliseconds int64

// Duration is the same as a time.
func (m milliseconds) Duration() time.Duration { return time.Duration(m) * time.Millisecond }

// Balance is how a household stands with a service.
type Balance struct {
	Household string `json:"household"` // what the service calls it, the same for all its boxes; "" where it does not say
	Currency  string `json:"currency"`
	Owed      int64  `json:"owedMinor"`
	Limit     int64  `json:"limitMinor"`
	Vouchers  int    `json:"vouchers"`
	Plan      struct {
		Name offer.Text `json:"name"`
	} `json:"plan"`
}

// Buy begins a purchase of a title, or finds the one that was begun with this
// id before. The errors are *box.Problem; what the service refuses for good has
// its code.
func (c *Client) Buy(ctx context.Context, id, titleID, kind string) (Sale, error) {
	s, v, err := c.locate(ctx, titleID)
	if err != nil {
		return Sale{}, err
	}
	if _, ok := v.titles[titleID]; !ok {
		return Sale{}, unknownTitle()
	}
	_, own, _ := strings.Cut(titleID, ":")
	ask, err := json.Marshal(struct {
		ID      string `json:"id"`
		TitleID string `json:"titleId"`
		Kind    string `json:"kind"`
		Country string `json:"country,omitempty"`
	}{id, own, kind, c.options.Country})
	if err != nil {
		return Sale{}, fmt.Errorf("encode purchase: %w", err)
	}
	return c.sale(ctx, s, v, http.MethodPost, "", ask)
}

// Sale asks what became of a purchase.
func (c *Client) Sale(ctx context.Context, service, id string) (Sale, error) {
	return c.aboutSale(ctx, http.MethodGet, service, id)
}

// CancelSale gives a purchase up that nobody has paid; the answer says what
// became of it.
func (c *Client) CancelSale(ctx context.Context, service, id string) (Sale, error) {
	return c.aboutSale(ctx, http.MethodDelete, service, id)
}

func (c *Client) aboutSale(ctx context.Context, method, service, id string) (Sale, error) {
	s, err := c.site(service)
	if err != nil {
		return Sale{}, err
	}
	v, err := s.view(ctx)
	if err != nil {
		return Sale{}, err
	}
	return c.sale(ctx, s, v, method, id, nil)
}

func (c *Client) sale(ctx context.Context, s *site, v *view, method, id string, body []byte) (Sale, error) {
	var sale Sale
	if v.doc.Endpoints.Purchases == "" {
		return sale, noSales()
	}
	u := v.doc.at(v.doc.Endpoints.Purchases)
	if id != "" {
		u = appendPath(u, id)
	}
	a, err := c.with(s).do(ctx, method, u, "", body, answerLimits())
	if err == nil {
		err = decode(a.body, &sale)
	}
	if err == nil {
		err = sale.check(v.doc)
	}
	if err != nil {
		return Sale{}, s.answerProblem(ctx, err)
	}
	return sale, nil
}

// Bounds of what a service may say about a purchase.
const (
	longestReceipt   = 100
	longestPage      = 512
	longestHousehold = 256
	slowestAsk       = time.Minute
)

// check holds a purchase against the contract.
func (s *Sale) check(doc document) error {
	u, err := doc.resolve(s.URI)
	switch {
	case !validID(s.ID) || !validID(s.TitleID):
		return garbage("its purchase has no id")
	case err != nil, len(u.String()) > longestPage, u.Scheme != "https" && u.Host != doc.base.Host:
		return garbage("the page of its purchase is no address that a phone may open")
	case s.Terms.PriceMin < 0:
		return garbage("its price is below nothing")
	}
	s.URI, s.Receipt = u.String(), clean(s.Receipt, longestReceipt)
	s.Interval = milliseconds(min(max(s.Interval.Duration(), 500*time.Millisecond), slowestAsk).Milliseconds())
	return nil
}

// Balance asks how the household stands.
func (c *Client) Balance(ctx context.Context, service string) (b Balance, err error) {
	s, err := c.site(service)
	if err != nil {
		return b, err
	}
	v, err := s.view(ctx)
	if err != nil {
		return b, err
	}
	if v.doc.Endpoints.Account == "" {
		return b, noSales()
	}
	a, err := c.with(s).get(ctx, v.doc.at(v.doc.Endpoints.Account), "", answerLimits())
	if err == nil {
		err = decode(a.body, &b)
	}
	if err == nil && len(b.Household) > longestHousehold {
		err = garbage("its name for the household is too long")
	}
	if err != nil {
		return Balance{}, s.answerProblem(ctx, err)
	}
	return b, nil
}

func noSales() *box.Problem {
	return &box.Problem{
		Code: "not_for_sale", Text: "Nothing can be bought from this service on the box.",
		Hint: "Look at the service's own page on a phone.",
	}
}
