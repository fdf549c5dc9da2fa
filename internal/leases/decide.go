package leases

import (
	"strings"
	"time"

	"usher/internal/offer"
	"usher/internal/rights"
)

// Ask is what a decision depends on besides leases.
type Ask struct {
	Title   offer.Title // with its qualified id ("service:id")
	Series  string      // qualified id of its series, or empty
	Profile rights.Profile
	Country string // ISO 3166-1 alpha-2; "": the service vouches for the place
	Local   time.Time
	Online  bool // the service answers
}

// Decide says whether a title may be played now. A box that is not paired may
// play what is free; a service that is not here has nothing but that.
func (k *Keeper) Decide(service string, a Ask) rights.Decision {
	r := rights.Request{
		Title: a.Title, Profile: a.Profile, Country: a.Country, Local: a.Local, Online: a.Online, Now: k.o.Now(service),
	}
	if a.Country == "" { // nobody says where the box stands: the service showed it the title
		r.Title.Territories = []string{""}
	}
	r.Title.ID, r.Series = own(a.Title.ID), own(a.Series)
	s, ok := k.shelf[service]
	if !ok {
		return rights.Decide(r)
	}
	jkt, err := k.o.Thumbprint(service)
	if err != nil {
		return rights.Decide(r)
	}
	r.Paired = true
	s.mu.Lock()
	all := s.all
	s.mu.Unlock()
	if all.JKT == jkt {
		r.Leases, r.Contact = all.parsed(s.who(jkt)), all.Contact
		r.Seen, r.First, r.Owed = all.Seen, all.First, all.Owed
	}
	return rights.Decide(r)
}

// own is an id at its service.
func own(qualified string) string {
	_, id, _ := strings.Cut(qualified, ":")
	return id
}

// Begin notes that a title is played by a decision, for good and before its
// first picture: when a rental began, and what is owed. lease is what the
// service sent along; it counts if it is good.
func (k *Keeper) Begin(service string, a Ask, d rights.Decision, lease string) error {
	s, ok := k.shelf[service]
	jkt, err := k.o.Thumbprint(service)
	if !ok || err != nil || !d.First && lease == "" {
		return nil //nolint:nilerr // without an account nothing was used up
	}
	return k.change(s, func(r record) (record, error) {
		if r.JKT != jkt {
			r = newRecord(jkt)
		}
		if keys, err := rights.ParseKeys(r.Keys); err == nil && lease != "" {
			if l, err := rights.ParseLease(lease, keys, s.who(jkt)); err == nil {
				r.take(lease, l)
			}
		}
		if d.First && d.Lease != nil {
			r.begin(a.Title, d, k.o.Now(service))
		}
		return r, nil
	})
}

// begin notes the first play of a rental, or a title that will be on the bill.
func (r *record) begin(t offer.Title, d rights.Decision, now time.Time) {
	if d.Reason != rights.Credit {
		if _, begun := r.First[d.Lease.ID]; !begun {
			r.First[d.Lease.ID] = now
		}
		return
	}
	for _, terms := range t.Terms {
		if terms.Billing == "post-paid" {
			r.Owed.Titles = append(r.Owed.Titles, own(t.ID))
			r.Owed.Amount, r.Owed.Currency = r.Owed.Amount+terms.PriceMin, terms.Currency
			return
		}
	}
}
