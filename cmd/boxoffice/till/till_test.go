package till

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"usher/cmd/boxoffice/lease"
	"usher/cmd/boxoffice/shelf"
	"usher/internal/offer"
	"usher/internal/rights"
)

// desk is a till with a clock of the test, and one household.
type desk struct {
	*testing.T
	*Till
	now  time.Time
	keys rights.Keys
}

const family, issuer, thumb = "smith", "https://svc.example", "thumb"

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{T: t, now: time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)}
	kept := shelf.New()
	signer, err := lease.Open(kept)
	d.must(err)
	d.Till = New(Options{Shelf: kept, Signer: signer, Territories: []string{"DE"}, Now: func() time.Time { return d.now }, Logger: slog.New(slog.DiscardHandler)})
	d.must(d.Open(family, "EUR"))
	x := signer.Keys().Keys[0]
	d.keys, err = rights.ParseKeys([]byte(fmt.Sprintf(`{"keys":[{"kty":%q,"crv":%q,"kid":%q,"x":%q}]}`, x.KTY, x.CRV, x.KID, x.X)))
	d.must(err)
	return d
}

func (d *desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

func film(id string) Title {
	return Title{ID: id, Name: offer.Text{"en": id}, Terms: []offer.Terms{
		{Kind: offer.Rent, PriceMin: 399, Currency: "EUR", Billing: "post-paid", PlayMS: 48 * 3_600_000},
		{Kind: offer.Buy, PriceMin: 999, Currency: "EUR", Billing: "pre-paid"},
	}}
}

// held are the leases a box of the family has.
func (d *desk) held() (all []rights.Lease) {
	d.Helper()
	_, signed, err := d.Leases(Holder{family, thumb, issuer}, 0)
	d.must(err)
	for _, one := range signed {
		l, err := rights.ParseLease(one, d.keys, rights.Box{ID: thumb, JKT: thumb, Issuer: issuer})
		d.must(err)
		all = append(all, l)
	}
	return all
}

// box is what the box decides by its leases.
func (d *desk) box(t Title) rights.Decision {
	d.Helper()
	return rights.Decide(rights.Request{
		Title:   offer.Title{ID: t.ID, Terms: t.Terms, Territories: []string{"DE"}, Ratings: []offer.Rating{{System: "FSK", MinAge: 0}}},
		Profile: rights.Profile{Age: rights.Adult}, Country: "DE", Now: d.now, Local: d.now, Paired: true, Online: true, Contact: d.now, Leases: d.held(),
	})
}

func code(err error) string {
	var no *Refusal
	if errors.As(err, &no) {
		return no.Code
	}
	return fmt.Sprint(err)
}

// TestTillAndBoxAgree does what people do, at random, and asks after each step:
// does the box say what the till says, is nothing unlocked that nobody paid, is
// what is owed what was put on the bill, and do numbers only rise?
func TestTillAndBoxAgree(t *testing.T) {
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 7))
		d := newDesk(t)
		titles := []Title{film("a"), film("b"), film("c")}
		seen := map[string]uint64{}
		for step := range 60 {
			title := titles[r.IntN(len(titles))]
			did := d.random(r, title)
			if t.Failed() {
				t.Fatalf("seed %d, step %d: %s", seed, step, did)
			}
			for _, title := range titles {
				d.agree(title, did)
			}
			d.bill()
			for _, l := range d.held() {
				if l.Seq < seen[l.Grant.Content] {
					t.Fatalf("seed %d, step %d: %s: number %d after %d", seed, step, l.Grant.Content, l.Seq, seen[l.Grant.Content])
				}
				seen[l.Grant.Content] = l.Seq
			}
		}
	}
}

// random does one thing, and says what. Whatever it is, it is done or refused.
func (d *desk) random(r *rand.Rand, title Title) (did string) {
	d.Helper()
	all, err := d.Purchases(family)
	d.must(err)
	var p Purchase
	if len(all) > 0 {
		p = all[r.IntN(len(all))]
	}
	kind, method := []offer.TermsKind{offer.Rent, offer.Buy}[r.IntN(2)], []string{ByWallet, BySheet, ByBill, ByVoucher}[r.IntN(4)]
	steps := []func() error{
		func() error {
			_, _, err := d.Buy(family, Want{ID: fmt.Sprint(r.Uint64()), Kind: kind, Country: "DE", Title: title})
			return err
		},
		func() error { _, err := d.Scan(family, p.Code); return err },
		func() error { _, err := d.Pay(family, p.Code, method, ""); return err },
		func() error { _, err := d.Decline(family, p.Code); return err },
		func() error { _, err := d.Refund(family, p.ID); return err },
		func() error {
			yes, err := d.May(family, title)
			if err != nil {
				return err
			}
			return d.Begin(family, yes)
		},
		func() error { d.now = d.now.Add(time.Duration(r.IntN(40)) * time.Hour); return nil },
	}
	n := []int{0, 0, 1, 2, 2, 3, 4, 5, 6}[r.IntN(9)]
	var no *Refusal
	if err := steps[n](); err != nil && !errors.As(err, &no) {
		d.Errorf("step %d: %v", n, err)
	}
	return fmt.Sprintf("step %d with %s, %s by %s", n, title.ID, kind, method)
}

// agree compares till and box, and both with what was paid.
func (d *desk) agree(title Title, did string) {
	d.Helper()
	_, err := d.May(family, title)
	box := d.box(title)
	if (err == nil) != box.Allow {
		d.Errorf("after %s: the till says %v of %s, the box %s", did, err, title.ID, box.Reason)
	}
	all, errAll := d.Purchases(family)
	d.must(errAll)
	paid := false
	for _, p := range all {
		paid = paid || p.TitleID == title.ID && p.State == Fulfilled
	}
	if err == nil && !paid {
		d.Errorf("after %s: %s is unlocked, and nobody paid", did, title.ID)
	}
}

func (d *desk) bill() {
	d.Helper()
	s, err := d.Standing(family)
	d.must(err)
	all, err := d.Purchases(family)
	d.must(err)
	owed := int64(0)
	for _, p := range all {
		if p.State == Fulfilled && p.Method == ByBill {
			owed += p.Terms.PriceMin
		}
	}
	if s.Owed != owed || s.Owed > s.Limit || s.Vouchers < 0 {
		d.Errorf("owed %d of %d, on the bill %d; %d vouchers", s.Owed, s.Limit, owed, s.Vouchers)
	}
}

func TestPurchasesAreTheHouseholdsOwn(t *testing.T) {
	d := newDesk(t)
	p, begun, err := d.Buy(family, Want{ID: "one", Kind: offer.Rent, Country: "DE", Title: film("a")})
	d.must(err)
	if !begun {
		t.Error("not begun")
	}
	for name, do := range map[string]func() error{
		"scan":    func() error { _, err := d.Scan("jones", p.Code); return err },
		"pay":     func() error { _, err := d.Pay("jones", p.Code, ByWallet, ""); return err },
		"decline": func() error { _, err := d.Decline("jones", p.Code); return err },
		"cancel":  func() error { _, err := d.Cancel("jones", p.ID); return err },
		"refund":  func() error { _, err := d.Refund("jones", p.ID); return err },
		"read":    func() error { _, err := d.Purchase("jones", p.ID); return err },
	} {
		if err := do(); code(err) != CodeUnknown {
			t.Errorf("%s by another household: %v", name, err)
		}
	}
	if got, err := d.Purchase(family, p.ID); err != nil || got.State != Created {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := d.Pay(family, p.Code, "shells", ""); code(err) != CodePayment {
		t.Errorf("paid by shells: %v", err)
	}
}

// TestPlanEndsWithItsMonth: also when it was cancelled months later.
func TestPlanEndsWithItsMonth(t *testing.T) {
	d := newDesk(t)
	d.must(d.Grant(family, "month"))
	d.must(d.Grant(family, "year")) // it has one
	d.now = d.now.AddDate(0, 3, 5)
	d.must(d.CancelPlan(family))
	s, err := d.Standing(family)
	d.must(err)
	if want := time.Date(2027, 3, 21, 20, 0, 0, 0, time.UTC); !s.PlanEnds.Equal(want) || s.PlanID != "month" {
		t.Errorf("%s ends %s, want %s", s.PlanID, s.PlanEnds, want)
	}
	covered := Title{ID: "x", Terms: []offer.Terms{{Kind: offer.Subscription}}}
	if yes, err := d.May(family, covered); err != nil || yes.Streams != 2 {
		t.Errorf("before its end: %+v, %v", yes, err)
	}
	d.now = s.PlanEnds
	if _, err := d.May(family, covered); code(err) != CodeSubscription {
		t.Errorf("after its end: %v", err)
	}
	if got := d.box(covered); got.Allow {
		t.Errorf("the box says %s", got.Reason)
	}
}
