package rights

import (
	"slices"
	"time"

	"usher/internal/offer"
)

// Request is everything that a decision about playing depends on.
type Request struct {
	Title   offer.Title // a film, an episode or a channel
	Series  string      // id of its series; a lease for the series covers it
	Profile Profile
	Country string    // where the box stands, ISO 3166-1 alpha-2
	Now     time.Time // of Clock.Now
	Local   time.Time // the time of day where the box stands, for the watershed

	Paired  bool
	Online  bool      // the service answers: it counts streams and post-paid titles itself
	Contact time.Time // of the last word with the service about leases
	Leases  []Lease   // of this title's service, all from ParseLease

	Seen  map[string]uint64    // highest Lease.Seq ever seen, by content
	First map[string]time.Time // when a lease was first played on this box, by Lease.ID
	Owed  Owed                 // post-paid titles opened and not billed
	Else  int                  // streams of the household on other boxes, as the service last said
}

// Owed is what a household has opened post-paid since it was last billed.
type Owed struct {
	Titles []string // ids at the service
	Amount int64    // minor units of Currency
	// Currency is that of Amount, ISO 4217; empty with nothing owed.
	Currency string
}

// Decide says whether a title may be played now. The title and the viewer come
// first, then what costs nothing, then leases, the best one found: a refusal
// names the obstacle that is closest to being overcome.
func Decide(r Request) Decision {
	if d := See(r.Title, r.Profile, r.Country, r.Local); !d.Allow {
		return d
	}
	w := r.Title.Window
	switch {
	case !w.From.IsZero() && r.Now.Before(w.From):
		return refuse(NotYet, nil)
	case !w.Until.IsZero() && !r.Now.Before(w.Until):
		return refuse(Over, nil)
	case r.terms(offer.Free) != nil:
		return grant(Free, nil, w.Until)
	case !r.Paired:
		return refuse(PairingRequired, nil)
	}
	return r.best()
}

// best goes through the leases. The newest word of the service about a content
// stands; older leases for it are as if they had never been.
func (r *Request) best() Decision {
	best := r.unleased()
	for i := range r.Leases {
		l := &r.Leases[i]
		if !r.covers(l) {
			continue
		}
		if d := r.judge(l); better(d, best) {
			best = d
		}
	}
	return best
}

// unleased is the answer without any lease.
func (r *Request) unleased() Decision {
	if r.terms(offer.Subscription) != nil {
		return refuse(SubscriptionRequired, nil)
	}
	return refuse(PurchaseRequired, nil)
}

// terms is the way to watch of that kind, or nil.
func (r *Request) terms(k offer.TermsKind) *offer.Terms {
	i := slices.IndexFunc(r.Title.Terms, func(t offer.Terms) bool { return t.Kind == k })
	if i < 0 {
		return nil
	}
	return &r.Title.Terms[i]
}

// postpaid are the cheapest terms that are billed later, or nil.
func (r *Request) postpaid() *offer.Terms {
	i := slices.IndexFunc(r.Title.Terms, func(t offer.Terms) bool { return t.Billing == "post-paid" })
	if i < 0 {
		return nil
	}
	return &r.Title.Terms[i]
}

// covers says whether a lease is about the title.
func (r *Request) covers(l *Lease) bool {
	switch c := l.Grant.Content; {
	case c == r.Title.ID, r.Series != "" && c == r.Series:
		return true
	case c != Any:
		return false
	case l.Grant.Model == ModelSubscription:
		return r.terms(offer.Subscription) != nil
	case l.Grant.Model == ModelCredit:
		return r.postpaid() != nil
	}
	return false // nothing else is for more than one title
}

// judge says what one lease for the title is worth now.
func (r *Request) judge(l *Lease) Decision {
	g := l.Grant
	switch {
	case l.Seq < r.newest(g.Content):
		return refuse(RolledBack, l)
	case g.Revoked:
		return refuse(LeaseRevoked, l)
	case !slices.Contains(g.Territory, r.Country):
		return refuse(LeaseTerritory, l)
	case r.Now.Before(l.Begins.Time()):
		return refuse(LeaseNotYet, l)
	case !r.Now.Before(l.Expires.Time()), !g.Window.Until.IsZero() && !r.Now.Before(g.Window.Until):
		return refuse(LeaseExpired, l)
	case !g.Window.From.IsZero() && r.Now.Before(g.Window.From):
		return refuse(LeaseNotYet, l)
	case !r.Online && r.Now.After(r.Contact.Add(time.Duration(g.Offline))):
		return refuse(OfflineTooLong, l)
	case g.Streams > 0 && r.Else >= g.Streams:
		return refuse(Streams, l)
	case g.Model == ModelCredit:
		return r.credit(l)
	case g.Model == ModelRental:
		return r.rental(l)
	}
	return grant(Leased, l, r.until(l))
}

// newest is the highest sequence number known for a content, stored or given.
func (r *Request) newest(content string) uint64 {
	n := r.Seen[content]
	for i := range r.Leases {
		if r.Leases[i].Grant.Content == content {
			n = max(n, r.Leases[i].Seq)
		}
	}
	return n
}

// until is when a lease ends for whatever reason that is known.
func (r *Request) until(l *Lease) time.Time {
	end := earlier(l.Expires.Time(), l.Grant.Window.Until)
	end = earlier(end, r.Title.Window.Until)
	if !r.Online {
		end = earlier(end, r.Contact.Add(time.Duration(l.Grant.Offline)))
	}
	return end
}

// rental adds the two limits of a rental: to begin, and to finish.
func (r *Request) rental(l *Lease) Decision {
	first := earlier(l.Grant.FirstPlay, r.First[l.ID])
	begins := first.IsZero()
	if begins {
		first = r.Now
		if !l.Grant.StartBy.IsZero() && !r.Now.Before(l.Grant.StartBy) {
			return refuse(StartBy, l)
		}
	}
	end := first.Add(time.Duration(l.Grant.PlayFor))
	if !r.Now.Before(end) {
		return refuse(PlayWindow, l)
	}
	d := grant(Leased, l, earlier(r.until(l), end))
	d.First = begins
	return d
}

// credit lets a post-paid title be opened while the service cannot be asked,
// within what it signed. With the service there, it makes a lease itself.
func (r *Request) credit(l *Lease) Decision {
	if r.Online {
		return r.unleased()
	}
	if slices.Contains(r.Owed.Titles, r.Title.ID) {
		return grant(Credit, l, r.until(l))
	}
	t, limits := r.postpaid(), l.Grant.Limits
	if t == nil || t.PriceMin < 0 || t.Currency != limits.Currency || r.Owed.Currency != "" && r.Owed.Currency != limits.Currency {
		return r.unleased()
	}
	// Compared by what is left, because a sum could overflow.
	if len(r.Owed.Titles) >= limits.Titles || r.Owed.Amount < 0 || t.PriceMin > limits.Amount-r.Owed.Amount {
		return refuse(CreditLimit, l)
	}
	d := grant(Credit, l, r.until(l))
	d.First = true
	return d
}

// earlier is the earlier of two times, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// better says whether a is to be told rather than b: a grant before a refusal,
// the longer grant, paid for before owed, and of refusals the one that is
// closer to a grant.
func better(a, b Decision) bool {
	switch {
	case a.Allow != b.Allow:
		return a.Allow
	case !a.Allow:
		return closeness(a.Reason) > closeness(b.Reason)
	case a.Reason != b.Reason:
		return a.Reason == Leased
	case a.First != b.First:
		return b.First // no rental begins while another right is there
	}
	return b.Until.IsZero() == a.Until.IsZero() && a.Until.After(b.Until) || a.Until.IsZero() && !b.Until.IsZero()
}

// closeness orders refusals by how little is missing.
func closeness(r Reason) int {
	return slices.Index([]Reason{
		PurchaseRequired, SubscriptionRequired, LeaseTerritory, RolledBack, LeaseRevoked,
		LeaseExpired, StartBy, PlayWindow, CreditLimit, LeaseNotYet, OfflineTooLong, Streams,
	}, r)
}
