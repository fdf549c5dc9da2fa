package rights

import "time"

// Reason is a stable machine word for a decision.
type Reason string

// The reasons of a grant.
const (
	Free   Reason = "free"   // the title costs nothing here and now
	Leased Reason = "leased" // Decision.Lease grants it
	Credit Reason = "credit" // post-paid, within the signed limits of Decision.Lease
)

// The reasons of a refusal. The first group is about the title and the viewer;
// no payment changes it.
const (
	Territory    Reason = "territory"     // not licensed in this country
	NotYet       Reason = "not_yet"       // its window has not opened
	Over         Reason = "window_over"   // its window has closed
	Age          Reason = "age"           // above what the profile may see
	Unrated      Reason = "unrated"       // no rating that could be judged, and the profile asks for one
	Watershed    Reason = "watershed"     // not at this time of day
	KidsPurchase Reason = "kids_purchase" // a kids' profile buys nothing
)

// The refusals that pairing, paying or a connection changes.
const (
	PairingRequired      Reason = "pairing_required"
	SubscriptionRequired Reason = "subscription_required"
	PurchaseRequired     Reason = "purchase_required"
	LeaseExpired         Reason = "lease_expired"
	LeaseNotYet          Reason = "lease_not_yet"
	LeaseTerritory       Reason = "lease_territory"  // the lease is for other countries
	LeaseRevoked         Reason = "lease_revoked"    // the service took it back
	RolledBack           Reason = "rolled_back"      // an older lease than one seen before
	StartBy              Reason = "start_by"         // had to be begun earlier
	PlayWindow           Reason = "play_window"      // begun too long ago
	OfflineTooLong       Reason = "offline_too_long" // the service has to be asked again
	CreditLimit          Reason = "credit_limit"     // more post-paid titles than were agreed for offline
	Streams              Reason = "streams"          // watched elsewhere by as many as may
)

// Decision is an answer with its reason.
type Decision struct {
	Allow  bool
	Reason Reason    // Reason.Words has the sentences for it
	Lease  *Lease    // what grants it, or comes closest; nil for neither
	Until  time.Time // the grant ends then; zero: with nothing that is known
	// First says that a rental begins with this play: Lease.FirstPlay has to be
	// stored, for good, before the first frame.
	First bool
}

// Words are what a person is told, in English: what it means, and the next
// step, which is empty for a grant.
func (r Reason) Words() (text, hint string) {
	w := sentences()[r]
	return w[0], w[1]
}

// Refusal says whether a word is the reason of a refusal.
func (r Reason) Refusal() bool {
	_, known := sentences()[r]
	return known && r != Free && r != Leased && r != Credit
}

// Leases says whether newer leases could change a refusal.
func (r Reason) Leases() bool {
	switch r {
	case Territory, NotYet, Over, Age, Unrated, Watershed, KidsPurchase, PairingRequired:
		return false
	}
	return r.Refusal()
}

func sentences() map[Reason][2]string {
	return map[Reason][2]string{
		Free:                 {"This title is free.", ""},
		Leased:               {"This title is paid for.", ""},
		Credit:               {"This title will be on the next bill.", ""},
		Territory:            {"This title is not licensed in your country.", "Choose another title."},
		NotYet:               {"This title is not out yet.", "Come back when it is, or choose another title."},
		Over:                 {"This title is no longer available.", "Choose another title."},
		Age:                  {"This profile may not see this title.", "Switch to another profile; its PIN is asked for."},
		Unrated:              {"This title has no age rating, and this profile asks for one.", "Switch to another profile; its PIN is asked for."},
		Watershed:            {"This profile may see this title only later in the evening.", "Come back then, or switch to another profile."},
		KidsPurchase:         {"A children's profile cannot buy anything.", "Switch to another profile; its PIN is asked for."},
		PairingRequired:      {"This box is not connected to an account yet.", "Connect it with a phone, under Account in the menu; free titles play without."},
		SubscriptionRequired: {"This title is part of the subscription.", "Press OK to see the plans; they are paid on the phone."},
		PurchaseRequired:     {"This title is rented or bought by itself.", "Press OK to see the price; it is paid on the phone."},
		LeaseExpired:         {"The right to watch this title has ended.", "Connect the box to the internet so that it can be renewed, or pay for the title again."},
		LeaseNotYet:          {"The right to watch this title has not begun.", "Check the date of the box, or come back later."},
		LeaseTerritory:       {"The right to watch this title is for another country.", "Choose a title of this country."},
		LeaseRevoked:         {"The service took the right to watch this title back.", "Look into your account on the phone, or choose another title."},
		RolledBack:           {"The stored right to watch this title is older than one seen before.", "Connect the box to the internet so that it can be renewed."},
		StartBy:              {"The time to begin this rental has passed.", "Press OK to rent it again."},
		PlayWindow:           {"The time to finish this rental has passed.", "Press OK to rent it again."},
		OfflineTooLong:       {"The service was not reached for too long.", "Connect the box to the internet once, and it plays again."},
		CreditLimit:          {"No further post-paid title can be opened without the internet.", "Connect the box to the internet so that the ones before can be billed."},
		Streams:              {"As many films as the plan allows are being watched already.", "Stop one of the others, and try again."},
	}
}

func refuse(r Reason, l *Lease) Decision {
	return Decision{Reason: r, Lease: l}
}

func grant(r Reason, l *Lease, until time.Time) Decision {
	return Decision{Allow: true, Reason: r, Lease: l, Until: until}
}
