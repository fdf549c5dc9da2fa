package till

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"time"

	"usher/cmd/boxoffice/lease"
	"usher/cmd/boxoffice/shelf"
	"usher/internal/offer"
)

// The drawers of the shelf.
const (
	accounts  = "accounts"  // by household
	holdings  = "rights"    // by household/content
	purchases = "purchases" // by household/intent
	links     = "links"     // by code: the key of a purchase
)

// The codes of refusals: those of the service API.
const (
	CodeSubscription = "subscription_required"
	CodePayment      = "payment_required"
	CodeExpired      = "lease_expired"
	CodeStartBy      = "start_by"
	CodePlayWindow   = "play_window"
	CodeRevoked      = "lease_revoked"
	CodeIntent       = "intent_conflict"
	CodeOwned        = "already_yours"
	CodeUnknown      = "purchase_unknown"
	CodeLimit        = "credit_limit"
	CodeTooMany      = "too_many_requests"
)

// Refusal is an answer of no, with a code of the service API.
type Refusal struct{ Code string }

// Error is the code.
func (r *Refusal) Error() string { return r.Code }

func refuse(code string) error { return &Refusal{Code: code} }

// Options are what a Till needs; all are required.
type Options struct {
	Shelf       *shelf.Shelf
	Signer      *lease.Signer
	Territories []string // where plans and credit are good, ISO 3166-1 alpha-2
	Now         func() time.Time
	Logger      *slog.Logger
}

// Till is safe for concurrent use.
type Till struct {
	o     Options
	bells bells
}

// New allocates.
func New(o Options) *Till { return &Till{o: o} }

// Account is what a household has with the service.
type Account struct {
	Household string    `json:"household"`
	Currency  string    `json:"currency"` // ISO 4217, of limit and bill
	PlanID    string    `json:"plan,omitempty"`
	PlanFrom  time.Time `json:"planFrom,omitzero"`
	PlanEnds  time.Time `json:"planEnds,omitzero"` // it was cancelled, and lasts until then
	Vouchers  int       `json:"vouchers,omitempty"`
	Limit     int64     `json:"limitMinor"`         // what may be owed
	Offline   bool      `json:"offline,omitempty"`  // boxes may open post-paid titles while the service is away
	Credited  bool      `json:"credited,omitempty"` // Offline was set at some time, so that boxes may have a lease for it
	Seq       uint64    `json:"seq"`                // of the latest change to any right
	AnySeq    uint64    `json:"anySeq"`             // of plan and credit, which are about all titles
}

// limits are what a new household may owe, in minor units; a currency that is
// not here has none.
func limits() map[string]int64 {
	return map[string]int64{
		"EUR": 2000, "USD": 2000, "CHF": 2000, "GBP": 2000, "CNY": 10_000, "HKD": 15_000, "SGD": 3000,
		"MYR": 8000, "IDR": 30_000_000, "THB": 60_000,
	}
}

// postpaidTitles is how many titles may be open and not billed, offline.
const postpaidTitles = 3

// account reads, or begins, an account. A new one is stored with its first
// change.
func account(tx *shelf.Tx, household string) (Account, error) {
	a, found, err := shelf.Get[Account](tx, accounts, household)
	if !found {
		a = Account{Household: household}
	}
	return a, err
}

// Open gives a household an account in a currency, unless it has one.
func (t *Till) Open(household, currency string) error {
	return t.update(household, func(tx *shelf.Tx) error {
		if _, found, err := shelf.Get[Account](tx, accounts, household); found || err != nil {
			return err
		}
		a := Account{Household: household, Currency: currency, Limit: limits()[currency]}
		return tx.Put(accounts, household, a.changed(true))
	})
}

// changed takes the next number, for a change to plan or credit if any is set.
func (a Account) changed(anything bool) Account {
	a.Seq++
	if anything {
		a.AnySeq = a.Seq
	}
	return a
}

// Standing is an account as people and boxes see it.
type Standing struct {
	Account
	Owed   int64 // of the account's currency, minor units
	Titles int   // that make it up
}

// Standing looks at an account.
func (t *Till) Standing(household string) (s Standing, err error) {
	err = t.o.Shelf.View(func(tx *shelf.Tx) error {
		s, err = standing(tx, household)
		return err
	})
	return s, err
}

func standing(tx *shelf.Tx, household string) (s Standing, err error) {
	if s.Account, err = account(tx, household); err != nil {
		return s, err
	}
	all, err := shelf.All[Purchase](tx, purchases, household+"/")
	for _, p := range all {
		if p.unbilled() && p.Terms.Currency == s.Currency {
			s.Owed += p.Terms.PriceMin
			s.Titles++
		}
	}
	return s, err
}

// Pseudonym is how a household is called in leases: the same for all its
// boxes, and of no use elsewhere.
func Pseudonym(household string) string {
	sum := sha256.Sum256([]byte("usher household " + household))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// Title is a title as far as rights go.
type Title struct {
	ID     string
	Series string // of an episode; a right to the series covers it
	Name   offer.Text
	Terms  []offer.Terms
}

// terms are those of a kind.
func (t Title) terms(kind offer.TermsKind) (offer.Terms, bool) {
	for _, one := range t.Terms {
		if one.Kind == kind {
			return one, true
		}
	}
	return offer.Terms{}, false
}

var errNever = errors.New("that cannot be")
