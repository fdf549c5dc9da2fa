package rights

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"usher/internal/offer"
)

// Model is the kind of right a lease gives.
type Model string

// The models of a lease.
const (
	ModelSubscription Model = "subscription" // every title with these terms, or Content alone
	ModelRental       Model = "rental"
	ModelPurchase     Model = "purchase"
	ModelCredit       Model = "credit" // post-paid titles may be opened offline, within Limits
)

// Payment is how a lease was, or will be, paid.
type Payment string

// The ways of payment.
const (
	Prepaid  Payment = "prepaid"
	Postpaid Payment = "postpaid"
	Voucher  Payment = "voucher"
)

// Any as Lease.Content means every title that has the terms of the model.
const Any = "*"

// Lease is a right to watch, as the service signed it: the claims of a JWS
// (RFC 7515, RFC 7519) bound to the key of one box (RFC 7800). Only
// [ParseLease] makes one that [Decide] should see.
type Lease struct {
	Issuer   string   `json:"iss"` // the service
	Subject  string   `json:"sub"` // the household, a pairwise pseudonym
	Audience string   `json:"aud"` // "box:" and the box's id
	Confirm  Confirm  `json:"cnf"`
	Issued   UnixTime `json:"iat"`
	Begins   UnixTime `json:"nbf"`
	Expires  UnixTime `json:"exp"`
	ID       string   `json:"jti"`
	Seq      uint64   `json:"seq"` // rises with every change to the rights to one content
	Grant    Grant    `json:"ent"`
}

// Confirm names the key of the box.
type Confirm struct {
	JKT string `json:"jkt"` // SHA-256 thumbprint of the JWK, base64url (RFC 7638)
}

// Grant is what a lease allows.
type Grant struct {
	Content   string       `json:"content"` // title id at the service, or "*"
	Model     Model        `json:"model"`
	Payment   Payment      `json:"payment,omitempty"`
	Territory []string     `json:"territory"`          // ISO 3166-1 alpha-2
	Window    offer.Window `json:"window,omitzero"`    // open ends allowed
	StartBy   time.Time    `json:"startBy,omitzero"`   // rental: begun by then
	PlayFor   Span         `json:"playFor,omitempty"`  // rental: finished so long after it was begun
	FirstPlay time.Time    `json:"firstPlay,omitzero"` // when it was begun, as far as the service knows
	Streams   int          `json:"streams,omitempty"`  // at a time, of the household; 0 is not limited here
	Offline   Span         `json:"offline"`            // so long without a word with the service
	Revoked   bool         `json:"revoked,omitempty"`  // taken back: what was there before ends
	Limits    *Limits      `json:"limits,omitempty"`   // of credit
}

// Limits are what a household may owe before it has to be online again.
type Limits struct {
	Titles   int    `json:"titles"`      // opened and not billed yet
	Amount   int64  `json:"amountMinor"` // their sum, in the currency's minor unit
	Currency string `json:"currency"`    // ISO 4217
}

// UnixTime is a NumericDate (RFC 7519 section 2): seconds since 1970, without
// fractions.
type UnixTime int64

// Time is the moment, in UTC.
func (u UnixTime) Time() time.Time { return time.Unix(int64(u), 0).UTC() }

// maxUnix is the last second of the year 9999.
const maxUnix = 253402300799

var errLease = errors.New("the lease makes no sense")

// check refuses what no service should have signed, so that Decide need not
// think of it.
func (l *Lease) check() error {
	g := l.Grant
	switch {
	case l.ID == "" || len(l.ID) > 128 || l.Subject == "" || g.Content == "" || len(g.Content) > 256:
		return fmt.Errorf("%w: it has no jti, sub or content", errLease)
	case l.Begins < 0 || l.Expires > maxUnix || l.Expires <= l.Begins:
		return fmt.Errorf("%w: it ends before it begins", errLease)
	case !slices.Contains([]Model{ModelSubscription, ModelRental, ModelPurchase, ModelCredit}, g.Model):
		return fmt.Errorf("%w: its model %.20q is not known", errLease, g.Model)
	case g.Content == Any && g.Model != ModelSubscription && g.Model != ModelCredit:
		return fmt.Errorf("%w: a %s is for one title", errLease, g.Model)
	case (g.Model == ModelCredit) != (g.Limits != nil):
		return fmt.Errorf("%w: limits belong to a credit, and to nothing else", errLease)
	case g.Limits != nil && (g.Limits.Titles < 0 || g.Limits.Amount < 0 || len(g.Limits.Currency) != 3):
		return fmt.Errorf("%w: its limits are negative or without a currency", errLease)
	case g.Model == ModelRental && g.PlayFor <= 0:
		return fmt.Errorf("%w: a rental needs playFor", errLease)
	case g.PlayFor < 0 || g.Offline < 0 || g.Streams < 0:
		return fmt.Errorf("%w: a length or a number is negative", errLease)
	}
	return nil
}
