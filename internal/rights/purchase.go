package rights

import (
	"slices"
	"time"
)

// PurchaseState is how far a purchase has come.
//
//	Intended ──▶ Created ──▶ Scanned ──▶ Paid ───────▶ Fulfilled ──▶ Refunded
//	                │           │    └──▶ Accepted ──▶┘
//	                └───────────┴──▶ Expired, Declined, Cancelled
//
// Accepted is post-paid: agreed to, and billed later. Only Fulfilled unlocks
// anything, and only by the lease that comes with it.
type PurchaseState string

// The states of a purchase.
const (
	Intended  PurchaseState = "intended"  // stored on the box, the service does not know of it
	Created   PurchaseState = "created"   // the service gave a code to scan
	Scanned   PurchaseState = "scanned"   // a phone opened it
	Paid      PurchaseState = "paid"      // pre-paid
	Accepted  PurchaseState = "accepted"  // post-paid
	Fulfilled PurchaseState = "fulfilled" // the lease is there
	Expired   PurchaseState = "expired"   // nobody paid in time
	Declined  PurchaseState = "declined"  // refused on the phone or by the provider
	Cancelled PurchaseState = "cancelled" // given up on the box
	Refunded  PurchaseState = "refunded"
)

// Purchase is one intent to buy. It is stored before each step is acted on, so
// that power may go at any time; the same ID sent again means the same purchase.
type Purchase struct {
	ID       string        `json:"id"` // of the intent: random, made on the box
	Service  string        `json:"service"`
	TitleID  string        `json:"titleId"` // at the service
	Kind     string        `json:"kind"`    // offer.TermsKind
	Profile  string        `json:"profile"`
	Amount   int64         `json:"amountMinor"`
	Currency string        `json:"currency"`
	Postpaid bool          `json:"postpaid"`
	State    PurchaseState `json:"state"`
	Begun    time.Time     `json:"begun"`
	Expires  time.Time     `json:"expires,omitzero"` // of the code to scan
	Receipt  string        `json:"receipt,omitempty"`
	Lease    string        `json:"lease,omitempty"` // Lease.ID, with Fulfilled
}

// Done says that nothing more is to be waited for but a refund.
func (p Purchase) Done() bool {
	return slices.Contains([]PurchaseState{Fulfilled, Expired, Declined, Cancelled, Refunded}, p.State)
}

// Cancellable says that it can still be given up: nobody has paid.
func (p Purchase) Cancellable() bool {
	return slices.Contains([]PurchaseState{Intended, Created, Scanned}, p.State)
}

// rank orders the states; a purchase only goes up.
func rank(s PurchaseState) int {
	return slices.IndexFunc([][]PurchaseState{
		{Intended},
		{Created},
		{Scanned},
		{Expired, Declined, Cancelled}, // money that came after all goes before
		{Paid, Accepted},
		{Fulfilled},
		{Refunded},
	}, func(same []PurchaseState) bool { return slices.Contains(same, s) })
}

// Advance takes in what the service says of a purchase. What it says again, or
// said late, changes nothing: answers cross, and are lost and repeated. A
// payment that arrives after the box gave up counts, because money was taken;
// states that the contract does not name are ignored. changed says that the
// result has to be stored.
func (p Purchase) Advance(said PurchaseState) (next Purchase, changed bool) {
	from, to := rank(p.State), rank(said)
	if to <= from || said == Fulfilled && p.Lease == "" || said == Refunded && from < rank(Paid) {
		return p, false
	}
	p.State = said
	return p, true
}

// Fulfil unlocks: the lease for a purchase is there. A lease may come before
// the service says "paid", and counts then as well.
func (p Purchase) Fulfil(leaseID, receipt string) (next Purchase, changed bool) {
	if leaseID == "" || rank(p.State) >= rank(Fulfilled) {
		return p, false
	}
	p.Lease, p.Receipt, p.State = leaseID, receipt, Fulfilled
	return p, true
}

// Lapse ends a purchase whose code to scan is no longer good. One that was
// scanned may still be paid: the service says what became of it.
func (p Purchase) Lapse(now time.Time) (next Purchase, changed bool) {
	if p.State != Created && p.State != Intended || p.Expires.IsZero() || now.Before(p.Expires) {
		return p, false
	}
	p.State = Expired
	return p, true
}
