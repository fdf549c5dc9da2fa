package rights

import (
	"testing"
	"time"

	"usher/internal/offer"
)

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// evening is a request that is granted by its rental: 2026-11-21, 20:00 UTC.
func evening(change ...func(*Request)) Request {
	now := at("2026-11-21T20:00:00Z")
	r := Request{
		Title: offer.Title{
			ID: "heron", Kind: offer.Film, Territories: []string{"DE", "CN"},
			Terms:   []offer.Terms{{Kind: offer.Rent, PriceMin: 399, Currency: "EUR", Billing: "post-paid"}},
			Ratings: []offer.Rating{{System: "FSK", Label: "ab 12", MinAge: 12}, {System: "MPA", Label: "R", MinAge: 17}},
		},
		Profile: Profile{ID: "mother", Age: Adult}, Country: "DE", Now: now, Local: now,
		Paired: true, Online: true, Contact: now,
		Leases: []Lease{rental()},
	}
	for _, f := range change {
		f(&r)
	}
	return r
}

func rental(change ...func(*Lease)) Lease {
	l := Lease{
		ID: "l1", Seq: 5, Subject: "h", Begins: UnixTime(at("2026-11-01T00:00:00Z").Unix()), Expires: UnixTime(at("2026-12-31T00:00:00Z").Unix()),
		Grant: Grant{Content: "heron", Model: ModelRental, Payment: Prepaid, Territory: []string{"DE"}, StartBy: at("2026-12-01T00:00:00Z"), PlayFor: Span(48 * time.Hour), Offline: Span(30 * 24 * time.Hour)},
	}
	for _, f := range change {
		f(&l)
	}
	return l
}

func credit(l *Lease) {
	l.ID = "c1"
	l.Grant = Grant{Content: Any, Model: ModelCredit, Payment: Postpaid, Territory: []string{"DE"}, Offline: Span(30 * 24 * time.Hour), Limits: &Limits{Titles: 2, Amount: 1000, Currency: "EUR"}}
}

func lease(change func(*Lease)) func(*Request) {
	return func(r *Request) { change(&r.Leases[0]) }
}

func offline(days float64) func(*Request) {
	return func(r *Request) {
		r.Online, r.Contact = false, r.Now.Add(-time.Duration(days*24*float64(time.Hour)))
	}
}

func TestDecide(t *testing.T) {
	first := func(hours float64) func(*Request) {
		return func(r *Request) {
			r.First = map[string]time.Time{"l1": r.Now.Add(-time.Duration(hours * float64(time.Hour)))}
		}
	}
	subscription := func(r *Request) {
		r.Title.Terms = []offer.Terms{{Kind: offer.Subscription}}
		r.Leases[0].Grant = Grant{Content: Any, Model: ModelSubscription, Territory: []string{"DE"}, Offline: Span(30 * 24 * time.Hour), Streams: 2}
	}
	owed := func(n int, amount int64) func(*Request) {
		return func(r *Request) {
			r.Owed = Owed{Titles: []string{"a", "b", "c"}[:n], Amount: amount, Currency: "EUR"}
		}
	}
	for _, tc := range []struct {
		name string
		do   []func(*Request)
		want Reason
		ok   bool
	}{
		{"rental", nil, Leased, true},
		{"free needs no pairing", []func(*Request){func(r *Request) { r.Paired, r.Leases, r.Title.Terms = false, nil, []offer.Terms{{Kind: offer.Free}} }}, Free, true},
		{"not paired", []func(*Request){func(r *Request) { r.Paired = false }}, PairingRequired, false},
		{"no lease", []func(*Request){func(r *Request) { r.Leases = nil }}, PurchaseRequired, false},
		{"no subscription", []func(*Request){subscription, func(r *Request) { r.Leases = nil }}, SubscriptionRequired, false},
		{"subscription", []func(*Request){subscription}, Leased, true},
		{"subscription does not cover what is sold by itself", []func(*Request){subscription, func(r *Request) { r.Title.Terms[0].Kind = offer.Rent }}, PurchaseRequired, false},
		{"lease of the series", []func(*Request){func(r *Request) { r.Title.ID, r.Series = "ep1", "heron" }}, Leased, true},
		{"lease of another title", []func(*Request){func(r *Request) { r.Title.ID = "crane" }}, PurchaseRequired, false},
		{"two streams elsewhere", []func(*Request){subscription, func(r *Request) { r.Else = 2 }}, Streams, false},
		{"one stream elsewhere", []func(*Request){subscription, func(r *Request) { r.Else = 1 }}, Leased, true},

		{"title of another country", []func(*Request){func(r *Request) { r.Country = "TH" }}, Territory, false},
		{"title without a territory", []func(*Request){func(r *Request) { r.Title.Territories = nil }}, Territory, false},
		{"lease of another country", []func(*Request){func(r *Request) { r.Country = "CN" }}, LeaseTerritory, false},
		{"title not out", []func(*Request){func(r *Request) { r.Title.Window.From = r.Now.Add(1) }}, NotYet, false},
		{"title gone", []func(*Request){func(r *Request) { r.Title.Window.Until = r.Now }}, Over, false},
		{"free title gone", []func(*Request){func(r *Request) {
			r.Title.Window.Until, r.Title.Terms = r.Now, []offer.Terms{{Kind: offer.Free}}
		}}, Over, false},

		{"lease ended", []func(*Request){lease(func(l *Lease) { l.Expires = UnixTime(at("2026-11-21T20:00:00Z").Unix()) })}, LeaseExpired, false},
		{"lease in its last second", []func(*Request){lease(func(l *Lease) { l.Expires = UnixTime(at("2026-11-21T20:00:01Z").Unix()) })}, Leased, true},
		{"lease not begun", []func(*Request){lease(func(l *Lease) { l.Begins = UnixTime(at("2026-11-21T20:00:01Z").Unix()) })}, LeaseNotYet, false},
		{"window of the lease ended", []func(*Request){lease(func(l *Lease) { l.Grant.Window.Until = at("2026-11-21T20:00:00Z") })}, LeaseExpired, false},
		{"window of the lease not open", []func(*Request){lease(func(l *Lease) { l.Grant.Window.From = at("2026-11-21T20:00:01Z") })}, LeaseNotYet, false},
		{"revoked", []func(*Request){lease(func(l *Lease) { l.Grant.Revoked = true })}, LeaseRevoked, false},
		{"revoked by a later lease", []func(*Request){func(r *Request) {
			r.Leases = append(r.Leases, rental(func(l *Lease) { l.Seq, l.Grant.Revoked = 6, true }))
		}}, LeaseRevoked, false},
		{"older than one seen", []func(*Request){func(r *Request) { r.Seen = map[string]uint64{"heron": 6} }}, RolledBack, false},
		{"start-by passed", []func(*Request){lease(func(l *Lease) { l.Grant.StartBy = at("2026-11-21T20:00:00Z") })}, StartBy, false},
		{"begun 47 h 59 ago", []func(*Request){first(47.98)}, Leased, true},
		{"begun 48 h 01 ago", []func(*Request){first(48.02)}, PlayWindow, false},
		{"begun in time, start-by passed since", []func(*Request){first(3), lease(func(l *Lease) { l.Grant.StartBy = at("2026-11-21T18:00:00Z") })}, Leased, true},
		{"begun earlier, says the service", []func(*Request){first(1), lease(func(l *Lease) { l.Grant.FirstPlay = at("2026-11-19T19:00:00Z") })}, PlayWindow, false},
		{"begun earlier, says the box", []func(*Request){first(49), lease(func(l *Lease) { l.Grant.FirstPlay = at("2026-11-21T19:00:00Z") })}, PlayWindow, false},

		{"day 29 offline", []func(*Request){offline(29)}, Leased, true},
		{"day 31 offline", []func(*Request){offline(31)}, OfflineTooLong, false},
		{"day 31 offline, free", []func(*Request){offline(31), func(r *Request) { r.Title.Terms = []offer.Terms{{Kind: offer.Free}} }}, Free, true},
		{"credit is not for who is online", []func(*Request){lease(credit)}, PurchaseRequired, false},
		{"credit", []func(*Request){lease(credit), offline(1), owed(1, 500)}, Credit, true},
		{"credit, third title", []func(*Request){lease(credit), offline(1), owed(2, 500)}, CreditLimit, false},
		{"credit, a title that is owed already", []func(*Request){lease(credit), offline(1), owed(2, 5000), func(r *Request) { r.Title.ID = "a" }}, Credit, true},
		{"credit, too dear", []func(*Request){lease(credit), offline(1), owed(1, 602)}, CreditLimit, false},
		{"credit, to the last cent", []func(*Request){lease(credit), offline(1), owed(1, 601)}, Credit, true},
		{"credit in another currency", []func(*Request){lease(credit), offline(1), func(r *Request) { r.Title.Terms[0].Currency = "CNY" }}, PurchaseRequired, false},
		{"credit does not cover pre-paid", []func(*Request){lease(credit), offline(1), func(r *Request) { r.Title.Terms[0].Billing = "pre-paid" }}, PurchaseRequired, false},
		{"credit offline for too long", []func(*Request){lease(credit), offline(31)}, OfflineTooLong, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := Decide(evening(tc.do...))
			if d.Allow != tc.ok || d.Reason != tc.want {
				t.Errorf("got %v %q, want %v %q", d.Allow, d.Reason, tc.ok, tc.want)
			}
			if text, hint := d.Reason.Words(); text == "" || (hint == "") != d.Allow {
				t.Errorf("no words: %q %q", text, hint)
			}
		})
	}
}

func TestGrantEnds(t *testing.T) {
	r := evening()
	if d := Decide(r); !d.First || !d.Until.Equal(at("2026-11-23T20:00:00Z")) {
		t.Errorf("a rental that begins now: first %v, until %v", d.First, d.Until)
	}
	r.First = map[string]time.Time{"l1": at("2026-11-21T10:00:00Z")}
	if d := Decide(r); d.First || !d.Until.Equal(at("2026-11-23T10:00:00Z")) {
		t.Errorf("a rental that goes on: first %v, until %v", d.First, d.Until)
	}
	r.Title.Window.Until = at("2026-11-22T00:00:00Z")
	if d := Decide(r); !d.Until.Equal(r.Title.Window.Until) {
		t.Errorf("until %v, although the title goes at %v", d.Until, r.Title.Window.Until)
	}
	offline(29)(&r)
	if d := Decide(r); !d.Until.Equal(at("2026-11-22T00:00:00Z")) {
		t.Errorf("offline for 29 of 30 days: until %v", d.Until)
	}
}

// A subscription that covers a title is used before a rental of it begins.
func TestNoRentalBeginsBesideASubscription(t *testing.T) {
	r := evening(func(r *Request) {
		r.Title.Terms = append(r.Title.Terms, offer.Terms{Kind: offer.Subscription})
		r.Leases = append(r.Leases, rental(func(l *Lease) {
			l.ID, l.Grant = "s1", Grant{Content: Any, Model: ModelSubscription, Territory: []string{"DE"}, Offline: Span(time.Hour)}
		}))
	})
	if d := Decide(r); d.Lease == nil || d.Lease.ID != "s1" || d.First {
		t.Errorf("granted by %+v, first %v", d.Lease, d.First)
	}
}

func TestSee(t *testing.T) {
	child := Profile{Age: 6, Kids: true}
	late := Profile{Age: Adult, Watershed: Hours{MinAge: 16, From: 22 * 60, Until: 5 * 60}}
	rated := func(r ...offer.Rating) offer.Title { return offer.Title{Territories: []string{"DE", "CN"}, Ratings: r} }
	fsk := func(age int) offer.Rating { return offer.Rating{System: "FSK", MinAge: age} }
	night, day := at("2026-11-21T23:30:00Z"), at("2026-11-21T12:00:00Z")
	for _, tc := range []struct {
		name    string
		title   offer.Title
		profile Profile
		country string
		local   time.Time
		want    Reason // "" is seen
	}{
		{"for all", rated(fsk(0)), child, "DE", day, ""},
		{"at the limit", rated(fsk(6)), child, "DE", day, ""},
		{"above it", rated(fsk(12)), child, "DE", day, Age},
		{"the country's system counts", rated(offer.Rating{System: "MPA", MinAge: 17}, fsk(6)), child, "DE", day, ""},
		{"without it the strictest", rated(offer.Rating{System: "MPA", MinAge: 17}, fsk(6)), child, "CN", day, Age},
		{"unrated", rated(), child, "DE", day, Unrated},
		{"unrated, allowed", rated(), Profile{Age: 6, Unrated: true}, "DE", day, ""},
		{"unrated, grown-up", rated(), Profile{Age: Adult}, "DE", day, ""},
		{"a profile nobody set up sees what is for all", rated(fsk(6)), Profile{}, "DE", day, Age},
		{"before the watershed", rated(fsk(16)), late, "DE", day, Watershed},
		{"after it", rated(fsk(16)), late, "DE", night, ""},
		{"in the small hours", rated(fsk(16)), late, "DE", at("2026-11-22T04:59:00Z"), ""},
		{"unrated before the watershed", rated(), late, "DE", day, Watershed},
		{"watershed is for grown-ups' titles", rated(fsk(12)), late, "DE", day, ""},
		{"other country", rated(fsk(0)), child, "US", day, Territory},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := See(tc.title, tc.profile, tc.country, tc.local)
			if d.Allow != (tc.want == "") || d.Reason != tc.want {
				t.Errorf("got %v %q, want %q", d.Allow, d.Reason, tc.want)
			}
		})
	}
}

func TestEveryReasonHasWords(t *testing.T) {
	for r, w := range sentences() {
		if w[0] == "" {
			t.Errorf("%s says nothing", r)
		}
	}
	for r := range sentences() {
		grants := r == Free || r == Leased || r == Credit
		viewer := r == Territory || r == NotYet || r == Over || r == Age || r == Unrated || r == Watershed || r == KidsPurchase || r == PairingRequired
		if !grants && !viewer && closeness(r) < 0 {
			t.Errorf("%s has no place among the refusals of leases", r)
		}
	}
}
