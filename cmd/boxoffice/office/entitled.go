package office

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"usher/cmd/boxoffice/door"
	"usher/cmd/boxoffice/till"
	"usher/internal/offer"
)

// pass is by what a title may be played. Without a box anybody may.
type pass struct {
	box     door.Box
	yes     till.Allowed
	country string
}

// admit says which box a request is of, or refuses.
func (o *Office) admit(r *http.Request) (door.Box, error) {
	box, err := o.door.Admit(r)
	switch {
	case err == nil:
		return box, nil
	case errors.Is(err, door.ErrNoToken):
		p := problem(codePairing, "This needs a box that is paired with an account.")
		p.challenge = door.Challenge(err)
		return box, p
	case errors.Is(err, door.ErrBadToken):
		p := problem(codeToken, "The token has ended, was taken back, or is not this box's.")
		p.challenge = door.Challenge(err)
		return box, p
	}
	return box, err
}

// entitled says by what a title may be played: what is free, and anything in an
// open house, by anybody.
func (o *Office) entitled(r *http.Request, rec *record, country string) (pass, error) {
	if o.options.OpenHouse || o.library.free(rec) {
		return pass{}, nil
	}
	box, err := o.admit(r)
	if err != nil {
		return pass{}, err
	}
	yes, err := o.may(box, rec, country)
	return pass{box: box, yes: yes, country: country}, err
}

// may asks whether a household may watch.
func (o *Office) may(box door.Box, rec *record, country string) (till.Allowed, error) {
	yes, err := o.till.May(box.Household, o.library.forTill(rec, country))
	return yes, o.worded(err, rec.Name)
}

// worded makes a refusal of the till a problem.
func (o *Office) worded(err error, name offer.Text) error {
	var no *till.Refusal
	if !errors.As(err, &no) {
		return err
	}
	text := "“" + name.In("en") + "”"
	return problem(no.Code, map[string]string{
		codeSubscription: text + " is part of the subscription.",
		codePayment:      text + " is rented or bought per title.",
		codeStartBy:      "The rental of " + text + " had to be begun within 30 days.",
		codePlayWindow:   "The rental of " + text + " has ended.",
		codeRevoked:      "What was paid for " + text + " was given back.",
		codeOwned:        text + " is paid for already.",
		codeIntent:       "The id was used for another title, kind or box.",
		codePurchase:     "There is no such purchase.",
		codeTooOften:     "A hundred purchases were begun in a day.",
		codeLimit:        text + " does not fit on the bill any more.",
	}[no.Code])
}

// free says whether a title costs nothing anywhere.
func (l *library) free(r *record) bool {
	for _, p := range l.books.Prices[r.Prices] {
		if p.Kind == offer.Free {
			return true
		}
	}
	return false
}

// forTill is a title as far as rights go.
func (l *library) forTill(r *record, country string) till.Title {
	t := till.Title{ID: r.ID, Name: r.Name, Terms: l.terms(r.Prices, country)}
	if r.series != nil {
		t.Series = r.series.ID
	}
	return t
}

// holder is who leases are made out for.
func (o *Office) holder(r *http.Request, box door.Box) till.Holder {
	return till.Holder{Household: box.Household, Key: box.Key, Issuer: o.door.Origin(r)}
}

// entitlements is GET /v1/entitlements.
type entitlements struct {
	Seq    uint64   `json:"seq"`
	Leases []string `json:"leases"` // JWS
}

// longestWait is how long a box may wait for news.
const longestWait = 60 // seconds

func (o *Office) serveEntitlements(w http.ResponseWriter, r *http.Request) error {
	box, err := o.admit(r)
	if err != nil {
		return err
	}
	since, err := number(r, "since", math.MaxInt64)
	if err != nil {
		return err
	}
	wait, err := number(r, "wait", longestWait)
	if err != nil {
		return err
	}
	if err := o.till.Await(r.Context(), box.Household, since, time.Duration(wait)*time.Second); err != nil {
		return err
	}
	known, err := o.door.Knows(box.ID)
	if err != nil {
		return err
	}
	if !known {
		return problem(codeToken, "The box was removed meanwhile.")
	}
	seq, leases, err := o.till.Leases(o.holder(r, box), since)
	if err != nil {
		return fmt.Errorf("make leases: %w", err)
	}
	return o.tell(w, http.StatusOK, entitlements{Seq: seq, Leases: leases})
}

// number is a parameter of the query; absent it is 0.
func number(r *http.Request, name string, most uint64) (uint64, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n > most {
		return 0, problem(codeBadRequest, fmt.Sprintf("%s must be 0 to %d.", name, most))
	}
	return n, nil
}

// account is GET /v1/account.
type account struct {
	Household string    `json:"household"` // pseudonym, "sub" of leases
	Currency  string    `json:"currency"`
	Owed      int64     `json:"owedMinor"`
	Limit     int64     `json:"limitMinor"`
	Vouchers  int       `json:"vouchers"`
	Plan      *planView `json:"plan,omitempty"`
}

type planView struct {
	ID      string     `json:"id"`
	Name    offer.Text `json:"name"`
	Streams int        `json:"streams"`
}

func (o *Office) serveAccount(w http.ResponseWriter, r *http.Request) error {
	box, err := o.admit(r)
	if err != nil {
		return err
	}
	s, err := o.till.Standing(box.Household)
	if err != nil {
		return err
	}
	a := account{Household: till.Pseudonym(box.Household), Currency: s.Currency, Owed: s.Owed, Limit: s.Limit, Vouchers: s.Vouchers}
	if plan, ok := s.Plan(o.options.Now()); ok {
		a.Plan = &planView{plan.ID, plan.Name, plan.Streams}
	}
	return o.tell(w, http.StatusOK, a)
}
