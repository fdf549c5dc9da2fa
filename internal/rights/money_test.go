package rights

import (
	"encoding/json"
	"errors"
	"flag"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"usher/internal/offer"
)

func TestClock(t *testing.T) {
	build := at("2026-10-01T00:00:00Z")
	c := Clock{Floor: build}
	if now, trusted := c.Now(time.Minute, time.Unix(0, 0)); trusted || !now.Equal(build) {
		t.Errorf("in 1970 it is %v, trusted %v", now, trusted)
	}
	if now, trusted := c.Now(time.Minute, at("2045-01-01T00:00:00Z")); trusted || now.Year() != 2045 {
		t.Errorf("in 2045 it is %v, trusted %v", now, trusted)
	}
	if got := c.Tick(time.Hour); !got.Floor.Equal(build) {
		t.Errorf("a wall clock raised the floor to %v", got.Floor)
	}
	c = c.Heard(at("2026-11-21T20:00:00Z"), 10*time.Minute)
	if now, trusted := c.Now(70*time.Minute, time.Unix(0, 0)); !trusted || !now.Equal(at("2026-11-21T21:00:00Z")) {
		t.Errorf("an hour after the service's word it is %v, trusted %v", now, trusted)
	}
	c = c.Tick(70 * time.Minute)
	if now, _ := (Clock{Floor: c.Floor}).Now(0, at("2026-11-21T20:30:00Z")); !now.Equal(at("2026-11-21T21:00:00Z")) {
		t.Errorf("set back after a restart, it is %v", now)
	}
	if got := c.Heard(at("2020-01-01T00:00:00Z"), 0); got.Floor.Before(c.Floor) {
		t.Error("a service put the floor back")
	}
}

// Whatever the clocks show, time does not run backwards over a restart.
func TestClockNeverRunsBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		c := Clock{Floor: at("2026-10-01T00:00:00Z")}
		mono, low := time.Duration(0), c.Floor
		for range 30 {
			mono += time.Duration(r.Int64N(int64(time.Hour)))
			wall := time.Unix(r.Int64N(3e9), 0)
			switch r.IntN(4) {
			case 0:
				c = c.Heard(time.Unix(1.79e9+r.Int64N(1e7), 0), mono)
			case 1:
				c, mono = Clock{Floor: c.Tick(mono).Floor}, 0
			}
			c = c.Tick(mono)
			if c.Floor.Before(low) {
				t.Fatalf("the floor went from %v to %v", low, c.Floor)
			}
			low = c.Floor
			if now, _ := c.Now(mono, wall); now.Before(low) {
				t.Fatalf("%v is before the floor %v", now, low)
			}
		}
	}
}

func TestPurchase(t *testing.T) {
	p := Purchase{ID: "i1", State: Intended, Expires: at("2026-11-21T20:10:00Z")}
	steps := func(states ...PurchaseState) Purchase {
		q := p
		for _, s := range states {
			q, _ = q.Advance(s)
		}
		return q
	}
	for _, tc := range []struct {
		got  Purchase
		want PurchaseState
	}{
		{steps(Created, Scanned, Paid), Paid},
		{steps(Created, Scanned, Accepted), Accepted},
		{steps(Scanned, Created), Scanned},      // answers crossed
		{steps(Paid, Scanned, Expired), Paid},   // late news
		{steps(Created, Cancelled, Paid), Paid}, // money was taken
		{steps(Cancelled, Declined), Cancelled},
		{steps(Created, Fulfilled), Created}, // nothing unlocks without a lease
		{steps(Created, Refunded), Created},
		{steps("invented"), Intended},
	} {
		if tc.got.State != tc.want {
			t.Errorf("got %s, want %s", tc.got.State, tc.want)
		}
	}
	f, changed := steps(Created, Paid).Fulfil("l1", "r1")
	if !changed || f.State != Fulfilled || !f.Done() || f.Cancellable() {
		t.Errorf("fulfilled: %+v", f)
	}
	if again, changed := f.Fulfil("l2", "r2"); changed || again.Lease != "l1" {
		t.Errorf("fulfilled twice: %+v", again)
	}
	if back, changed := f.Advance(Refunded); !changed || back.State != Refunded {
		t.Errorf("refunded: %+v", back)
	}
	if e, changed := steps(Created).Lapse(p.Expires); !changed || e.State != Expired {
		t.Errorf("lapsed: %+v", e)
	}
	if s, changed := steps(Created, Scanned).Lapse(p.Expires); changed {
		t.Errorf("lapsed while the phone pays: %+v", s)
	}
}

func TestLedger(t *testing.T) {
	var all []Entry
	var last Entry
	for i := range 20 {
		last = Chain(last, Entry{At: at("2026-11-21T20:00:00Z").Add(time.Duration(i) * time.Second), Kind: "purchase", TitleID: "heron", Amount: int64(100 * i), Currency: "EUR"})
		all = append(all, last)
	}
	raw, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	var read []Entry
	if err := json.Unmarshal(raw, &read); err != nil {
		t.Fatal(err)
	}
	if err := VerifyLedger(read); err != nil {
		t.Fatalf("an honest ledger: %v", err)
	}
	for name, forge := range map[string]func([]Entry) []Entry{
		"amount":                              func(e []Entry) []Entry { e[7].Amount = 1; return e },
		"time":                                func(e []Entry) []Entry { e[7].At = e[7].At.Add(time.Millisecond); return e },
		"left out":                            func(e []Entry) []Entry { return slices.Delete(e, 7, 8) },
		"swapped":                             func(e []Entry) []Entry { e[7], e[8] = e[8], e[7]; return e },
		"put in":                              func(e []Entry) []Entry { return slices.Insert(e, 7, Chain(e[6], Entry{Kind: "purchase"})) },
		"beginning":                           func(e []Entry) []Entry { return e[1:] },
		"moved over the border of two fields": func(e []Entry) []Entry { e[7].Kind, e[7].Service = "purchas", "e"; return e },
	} {
		if err := VerifyLedger(forge(slices.Clone(all))); !errors.Is(err, ErrLedger) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTries(t *testing.T) {
	now := at("2026-11-21T20:00:00Z")
	var tries Tries
	for i, want := range []time.Duration{0, 0, 30 * time.Second, time.Minute, 2 * time.Minute} {
		tries = tries.Failed(now)
		if wait, _ := tries.Locked(now); wait != want {
			t.Errorf("after %d wrong ones: %v, want %v", i+1, wait, want)
		}
	}
	for range 100 {
		tries = tries.Failed(now)
	}
	if wait, _ := tries.Locked(now); wait != 24*time.Hour {
		t.Errorf("at last: %v", wait)
	}
	if _, locked := tries.Locked(tries.Until); locked {
		t.Error("locked for ever")
	}
	if _, locked := tries.Right().Locked(now); locked {
		t.Error("locked after the right one")
	}
}

var requests = flag.Int("requests", 200_000, "how many random requests to decide on")

// FuzzDecide: no panic, and nothing that costs something is granted without a
// lease that is for the title, for the country, begun and not ended.
func FuzzDecide(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		checkRandom(t, rand.New(rand.NewPCG(a, b)))
	})
}

func TestNoGrantWithoutARight(t *testing.T) {
	n := *requests
	r := rand.New(rand.NewPCG(7, 7))
	granted := 0
	for range n {
		if checkRandom(t, r) {
			granted++
		}
	}
	if granted < n/200 {
		t.Errorf("only %d of %d random requests were granted: the test proves little", granted, n)
	}
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func randomTime(r *rand.Rand) time.Time {
	if r.IntN(4) != 0 {
		return time.Time{}
	}
	return at("2026-11-21T20:00:00Z").Add(time.Duration(r.IntN(200)-100) * time.Hour)
}

func randomLease(r *rand.Rand) Lease {
	l := Lease{
		ID: pick(r, "l1", "l2", "l3"), Seq: r.Uint64N(4),
		Begins: UnixTime(pick(r, time.Time{}, randomTime(r)).Unix()), Expires: UnixTime(pick(r, at("2030-01-01T00:00:00Z"), randomTime(r)).Unix()),
		Grant: Grant{
			Content: pick(r, "heron", "crane", "series", Any), Model: pick(r, ModelSubscription, ModelRental, ModelPurchase, ModelCredit),
			Territory: pick(r, nil, []string{"DE"}, []string{"DE"}, []string{"CN", "DE"}), StartBy: randomTime(r), FirstPlay: randomTime(r),
			PlayFor: Span(r.IntN(100)) * Span(time.Hour), Offline: Span(r.IntN(200)) * Span(time.Hour),
			Streams: r.IntN(3), Revoked: r.IntN(5) == 0, Window: offer.Window{From: randomTime(r), Until: randomTime(r)},
		},
	}
	if l.Grant.Model == ModelCredit {
		l.Grant.Limits = &Limits{Titles: r.IntN(3), Amount: r.Int64N(2000), Currency: pick(r, "EUR", "CNY")}
	}
	return l
}

func randomRequest(r *rand.Rand) Request {
	now := at("2026-11-21T20:00:00Z")
	q := Request{
		Title: offer.Title{
			ID: pick(r, "heron", "crane"), Territories: []string{"DE"},
			Terms:   []offer.Terms{{Kind: pick(r, offer.Subscription, offer.Rent, offer.Buy), PriceMin: r.Int64N(900), Currency: "EUR", Billing: pick(r, "", "pre-paid", "post-paid")}},
			Ratings: pick(r, nil, []offer.Rating{{System: "FSK", MinAge: r.IntN(19)}}), Window: offer.Window{From: randomTime(r), Until: randomTime(r)},
		},
		Series: pick(r, "", "series"), Profile: Profile{Age: pick(r, Adult, r.IntN(25)), Unrated: r.IntN(2) == 0}, Country: pick(r, "DE", "DE", "DE", "CN"),
		Now: now, Local: now, Paired: r.IntN(8) > 0, Online: r.IntN(2) == 0, Contact: now.Add(-time.Duration(r.IntN(200)) * time.Hour), Else: r.IntN(3),
		Seen: map[string]uint64{"heron": r.Uint64N(3)}, First: map[string]time.Time{"l1": randomTime(r)},
		Owed: Owed{Titles: pick(r, nil, []string{"crane"}, []string{"x", "y"}), Amount: r.Int64N(3000) - 500, Currency: pick(r, "", "EUR")},
	}
	for range r.IntN(4) {
		q.Leases = append(q.Leases, randomLease(r))
	}
	return q
}

// checkRandom is an oracle of its own: it states what must hold of a grant
// rather than how one is found.
func checkRandom(t *testing.T, r *rand.Rand) (granted bool) {
	q := randomRequest(r)
	d := Decide(q)
	if !d.Allow {
		if _, hint := d.Reason.Words(); hint == "" {
			t.Fatalf("refused without a word: %+v", d)
		}
		return false
	}
	l := d.Lease
	if l == nil {
		t.Fatalf("granted without a lease: %+v", q)
	}
	g := l.Grant
	must := map[string]bool{
		"paired":                  q.Paired,
		"about this title":        g.Content == q.Title.ID || q.Series != "" && g.Content == q.Series || g.Content == Any && (g.Model == ModelSubscription || g.Model == ModelCredit),
		"for this country":        slices.Contains(g.Territory, q.Country) && slices.Contains(q.Title.Territories, q.Country),
		"begun":                   !q.Now.Before(l.Begins.Time()),
		"not ended":               q.Now.Before(l.Expires.Time()),
		"title in its window":     q.Title.Window.Contains(q.Now),
		"lease in its window":     g.Window.Contains(q.Now),
		"not revoked":             !g.Revoked,
		"not rolled back":         l.Seq >= q.Seen[g.Content],
		"reached lately":          q.Online || !q.Now.After(q.Contact.Add(time.Duration(g.Offline))),
		"a stream is free":        g.Streams == 0 || q.Else < g.Streams,
		"old enough":              q.Profile.Age >= Adult || len(q.Title.Ratings) == 0 && q.Profile.Unrated || len(q.Title.Ratings) > 0 && q.Profile.Age >= q.Title.Ratings[0].MinAge,
		"it ends later than now":  d.Until.IsZero() || d.Until.After(q.Now) || d.Until.Equal(q.Contact.Add(time.Duration(g.Offline))),
		"credit is for offline":   g.Model != ModelCredit || !q.Online,
		"credit is within limits": g.Model != ModelCredit || slices.Contains(q.Owed.Titles, q.Title.ID) || len(q.Owed.Titles) < g.Limits.Titles && q.Owed.Amount+q.Title.Terms[0].PriceMin <= g.Limits.Amount,
	}
	for what, ok := range must {
		if !ok {
			t.Fatalf("granted, but not %s: %+v by %+v", what, q, *l)
		}
	}
	return true
}

func BenchmarkDecide(b *testing.B) {
	r := evening(func(r *Request) {
		for range 200 { // a household that buys a lot
			r.Leases = append(r.Leases, rental(func(l *Lease) { l.Grant.Content = "crane" }))
		}
	})
	b.ReportAllocs()
	for b.Loop() {
		if !Decide(r).Allow {
			b.Fatal("refused")
		}
	}
}
