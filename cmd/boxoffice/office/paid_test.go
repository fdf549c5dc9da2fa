package office

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"usher/cmd/boxoffice/doortest"
	"usher/cmd/boxoffice/household"
	"usher/cmd/boxoffice/till"
	"usher/cmd/boxoffice/viewers"
	"usher/internal/offer"
	"usher/internal/rights"
)

// family is the household of the demonstration, at a service with a clock of
// the test.
type family struct {
	*testing.T
	*Office
	id  string
	now time.Time
	c   contract
}

func newFamily(t *testing.T) *family {
	t.Helper()
	f := &family{T: t, now: noon(), c: readContract(t)}
	f.Office = newOffice(t, Options{Demo: true, Now: func() time.Time { return f.now }})
	h, ok, err := household.New(f.options.Shelf).SignIn(demoLogin().Name, demoLogin().Password)
	if !ok || err != nil {
		t.Fatalf("the demonstration's household: %v, %v", ok, err)
	}
	f.id = h.ID
	return f
}

func (f *family) box() *tv {
	f.Helper()
	b, err := doortest.Pair(f.Office, func() time.Time { return f.now }, func(code string) bool { return f.door.Allow(code, f.id) })
	if err != nil {
		f.Fatal(err)
	}
	return &tv{f, b}
}

// tv is one of its boxes.
type tv struct {
	*family
	*doortest.Box
}

// ask sends a request, checks the answer by the contract, and reads it.
func (b *tv) ask(operation, method, path, body string, want int, into any) *httptest.ResponseRecorder {
	b.Helper()
	w := b.Ask(method, path, body)
	if w.Code != want {
		b.Fatalf("%s %s: %d, want %d: %s", method, path, w.Code, want, w.Body)
	}
	checkAnswer(b.T, b.c, operation, strings.ToLower(method), itoa(want), w)
	if into != nil {
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			b.Fatal(err)
		}
	}
	return w
}

func (b *tv) refused(operation, method, path, body, code string) {
	b.Helper()
	if w := b.Ask(method, path, body); problemOf(b.T, w).Code != code {
		b.Errorf("%s %s %s: %d %s, want %s", method, path, body, w.Code, w.Body, code)
	} else {
		checkAnswer(b.T, b.c, operation, strings.ToLower(method), itoa(w.Code), w)
	}
}

const opPlay, opBeat, opBuy, opBought = "/v1/playback", "/v1/playback/{id}/heartbeat", "/v1/purchases", "/v1/purchases/{id}"

func (b *tv) play(title string) (p granted) {
	b.Helper()
	b.ask(opPlay, "POST", opPlay, `{"titleId":"`+title+`"}`, 200, &p)
	return p
}

func (b *tv) beat(id string, want int) {
	b.Helper()
	b.ask(opBeat, "POST", "/v1/playback/"+id+"/heartbeat", `{"positionMs":1,"phase":"playing"}`, want, nil)
}

// lease is what a compact lease says, verified as a box does.
func (b *tv) lease(compact string) rights.Lease {
	b.Helper()
	keys, err := rights.ParseKeys(ask(b.Office, "GET", "/oauth/jwks", "").Body.Bytes())
	if err != nil {
		b.Fatal(err)
	}
	l, err := rights.ParseLease(compact, keys, rights.Box{ID: b.Thumbprint(), JKT: b.Thumbprint(), Issuer: doortest.Origin})
	if err != nil {
		b.Fatalf("%v: %s", err, compact)
	}
	return l
}

func (b *tv) leases(since string) (all []rights.Lease, seq uint64) {
	b.Helper()
	var got entitlements
	b.ask("/v1/entitlements", "GET", "/v1/entitlements?since="+since, "", 200, &got)
	for _, one := range got.Leases {
		all = append(all, b.lease(one))
	}
	return all, got.Seq
}

// decide is what the box makes of its leases, on its own.
func (b *tv) decide(id string) rights.Reason {
	b.Helper()
	all, _ := b.leases("")
	var t offer.Title
	if err := json.Unmarshal(ask(b.Office, "GET", "/v1/titles/"+id, "").Body.Bytes(), &t); err != nil {
		b.Fatal(err)
	}
	return rights.Decide(rights.Request{
		Title: t, Series: t.SeriesID, Profile: rights.Profile{Age: rights.Adult}, Country: "DE",
		Now: b.now, Local: b.now, Paired: true, Online: true, Contact: b.now, Leases: all,
	}).Reason
}

const intent = "intent-0123456789"

func (b *tv) buy(title, kind string, want int) (p purchase) {
	b.Helper()
	b.ask(opBuy, "POST", opBuy, `{"id":"`+intent+title+`","titleId":"`+title+`","kind":"`+kind+`","country":"DE"}`, want, &p)
	return p
}

func (b *tv) bought(p purchase) (now purchase) {
	b.Helper()
	b.ask(opBought, "GET", "/v1/purchases/"+p.ID, "", 200, &now)
	return now
}

func code(p purchase) string { return p.URI[strings.LastIndex(p.URI, "/")+1:] }

// TestPlanPlaysWhatItCovers: the box and the service agree, and a plan that is
// taken back ends within a heartbeat.
func TestPlanPlaysWhatItCovers(t *testing.T) {
	b := newFamily(t).box()
	play := b.play("nine-bridges")
	if l := b.lease(play.Lease); l.Grant.Model != rights.ModelSubscription || l.Grant.Content != rights.Any || l.Grant.Streams != 2 {
		t.Errorf("lease: %+v", l)
	}
	for title, want := range map[string]rights.Reason{
		"lantern-coast": rights.Free, "nine-bridges": rights.Leased, "harbour-street-12-s1e2": rights.Leased,
		"glass-harbour": rights.PurchaseRequired, "violin-in-winter": rights.PurchaseRequired,
	} {
		if got := b.decide(title); got != want {
			t.Errorf("%s: the box says %s, want %s", title, got, want)
		}
	}
	b.refused(opPlay, "POST", opPlay, `{"titleId":"glass-harbour"}`, codePayment)
	b.beat(play.ID, 204)
	var a account
	if b.ask("/v1/account", "GET", "/v1/account", "", 200, &a); a.Plan == nil || a.Plan.ID != "month" || a.Vouchers != 2 || a.Limit != 2000 || a.Currency != "EUR" {
		t.Errorf("account: %+v", a)
	}

	_, seq := b.leases("")
	if err := b.till.EndPlan(b.id); err != nil {
		t.Fatal(err)
	}
	b.refused(opBeat, "POST", "/v1/playback/"+play.ID+"/heartbeat", `{"positionMs":1,"phase":"playing"}`, codeSubscription)
	b.refused(opPlay, "POST", opPlay, `{"titleId":"nine-bridges"}`, codeSubscription)
	news, _ := b.leases(itoa(int(seq)))
	if len(news) != 1 || !news[0].Grant.Revoked {
		t.Errorf("news: %+v", news)
	}
	if got := b.decide("nine-bridges"); got != rights.LeaseRevoked {
		t.Errorf("the box says %s", got)
	}
	if again, _ := b.leases(itoa(int(news[0].Seq))); len(again) != 0 {
		t.Errorf("told twice: %+v", again)
	}
}

// TestNewsComeAtOnce: a box that waits for news has a plan as soon as a person
// has bought one.
func TestNewsComeAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFamily(t)
		b := f.box()
		_, seq := b.leases("")
		ask := func() (news []rights.Lease, took time.Duration) {
			start := time.Now()
			var got entitlements
			b.ask("/v1/entitlements", "GET", "/v1/entitlements?wait=30&since="+itoa(int(seq)), "", 200, &got)
			for _, one := range got.Leases {
				news = append(news, b.lease(one))
			}
			return news, time.Since(start)
		}
		if news, took := ask(); len(news) != 0 || took != 30*time.Second {
			t.Errorf("nothing happened: %d leases after %s", len(news), took)
		}
		go func() { time.Sleep(7 * time.Second); _ = b.till.EndPlan(b.id) }()
		if news, took := ask(); len(news) != 1 || !news[0].Grant.Revoked || took != 7*time.Second {
			t.Errorf("the plan ended: %d leases after %s", len(news), took)
		}
		go func() {
			time.Sleep(7 * time.Second)
			boxes, _ := b.door.Boxes(b.id)
			_, _ = b.door.Remove(b.id, boxes[0].ID)
			b.till.Ring(b.id)
		}()
		start := time.Now()
		b.refused("/v1/entitlements", "GET", "/v1/entitlements?wait=30&since=1000", "", codeToken)
		if took := time.Since(start); took != 7*time.Second {
			t.Errorf("the box was removed: told after %s", took)
		}
	})
	b := newFamily(t).box()
	b.refused("/v1/entitlements", "GET", "/v1/entitlements?wait=61", "", codeBadRequest)
}

// TestStreamsAtATime: two boxes may, the third waits until one stops, or is
// silent for too long.
func TestStreamsAtATime(t *testing.T) {
	f := newFamily(t)
	one, two, three := f.box(), f.box(), f.box()
	first := one.play("nine-bridges")
	one.play("paper-train") // in its place: a box watches one thing
	one.beat(first.ID, 404)
	second := two.play("nine-bridges")
	three.refused(opPlay, "POST", opPlay, `{"titleId":"paper-train"}`, codeTooMany)
	if w := three.Ask("DELETE", "/v1/playback/"+second.ID, ""); w.Code != 204 {
		t.Error(w.Code)
	}
	three.refused(opPlay, "POST", opPlay, `{"titleId":"paper-train"}`, codeTooMany) // it was not its own
	two.ask("/v1/playback/{id}", "DELETE", "/v1/playback/"+second.ID, "", 204, nil)
	three.play("paper-train")
	two.refused(opPlay, "POST", opPlay, `{"titleId":"nine-bridges"}`, codeTooMany)
	f.now = f.now.Add(beatsMissed * heartbeatPeriod)
	two.play("nine-bridges")
}

func TestRemovedBoxIsOut(t *testing.T) {
	b := newFamily(t).box()
	play := b.play("nine-bridges")
	boxes, err := b.door.Boxes(b.id)
	if err != nil || len(boxes) != 1 {
		t.Fatal(boxes, err)
	}
	if _, err := b.door.Remove(b.id, boxes[0].ID); err != nil {
		t.Fatal(err)
	}
	b.refused(opBeat, "POST", "/v1/playback/"+play.ID+"/heartbeat", `{"positionMs":1,"phase":"playing"}`, codeToken)
	w := b.Ask("GET", "/v1/entitlements", "")
	if w.Code != http.StatusUnauthorized || !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), `DPoP error="invalid_token"`) {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

// TestRental is a rental from the wish to its end.
func TestRental(t *testing.T) {
	b := newFamily(t).box()
	p := b.buy("glass-harbour", "rent", 201)
	if p.State != till.Created || p.Terms.PriceMin != 399 || p.Terms.Currency != "EUR" || p.Lease != "" || !strings.HasPrefix(p.URI, doortest.Origin+"/pay/") || !strings.Contains(p.Note["en"], "48 hours") {
		t.Errorf("created: %+v", p)
	}
	if again := b.buy("glass-harbour", "rent", 200); again.URI != p.URI {
		t.Error("the same intent is another purchase")
	}
	b.refused(opBuy, "POST", opBuy, `{"id":"`+p.ID+`","titleId":"honest-forger","kind":"rent"}`, codeIntent)
	if _, err := b.till.Scan(b.id, code(p)); err != nil || b.bought(p).State != till.Scanned {
		t.Error("a scan is not seen", err)
	}
	if _, err := b.till.Pay(b.id, code(p), till.ByWallet, ""); err != nil {
		t.Fatal(err)
	}
	paid := b.bought(p)
	if l := b.lease(paid.Lease); paid.State != till.Fulfilled || paid.Payment != "prepaid" || paid.Receipt == "" || l.Grant.Model != rights.ModelRental || time.Duration(l.Grant.PlayFor) != 48*time.Hour {
		t.Errorf("paid: %+v, %+v", paid, l)
	}
	b.refused(opBuy, "POST", opBuy, `{"id":"`+intent+`-another","titleId":"glass-harbour","kind":"rent"}`, codeOwned)
	_, seq := b.leases("")
	b.ask("/v1/playback/prepare", "POST", "/v1/playback/prepare", `{"titleId":"glass-harbour"}`, 200, nil)
	if news, _ := b.leases(itoa(int(seq))); len(news) != 0 {
		t.Error("preparing begins the rental")
	}
	play := b.play("glass-harbour")
	if l := b.lease(play.Lease); !l.Grant.FirstPlay.Equal(b.now) || l.Seq <= seq || l.ID != b.lease(paid.Lease).ID {
		t.Errorf("after the first play: %+v", l)
	}
	for i, want := range []rights.Reason{rights.Leased, rights.LeaseExpired} {
		hours := 47 + i
		b.now = noon().Add(time.Duration(hours) * time.Hour)
		if err := b.Renew(); err != nil {
			t.Fatal(err)
		}
		if got := b.decide("glass-harbour"); got != want {
			t.Errorf("after %d hours the box says %s", hours, got)
		}
	}
	b.now = noon().Add(48 * time.Hour)
	_ = b.Renew()
	b.refused(opPlay, "POST", opPlay, `{"titleId":"glass-harbour"}`, codePlayWindow)
}

func TestRentalThatWasNotBegun(t *testing.T) {
	b := newFamily(t).box()
	p := b.buy("glass-harbour", "rent", 201)
	if _, err := b.till.Pay(b.id, code(p), till.BySheet, ""); err != nil {
		t.Fatal(err)
	}
	b.now = b.now.Add(30 * 24 * time.Hour)
	if err := b.Renew(); err != nil {
		t.Fatal(err)
	}
	b.refused(opPlay, "POST", opPlay, `{"titleId":"glass-harbour"}`, codeStartBy)
}

// TestPurchasesThatEnd: nothing is unlocked by them.
func TestPurchasesThatEnd(t *testing.T) {
	for want, end := range map[till.State]func(b *tv, p purchase){
		till.Declined:  func(b *tv, p purchase) { _, _ = b.till.Decline(b.id, code(p)) },
		till.Expired:   func(b *tv, _ purchase) { b.now = b.now.Add(15 * time.Minute); _ = b.Renew() },
		till.Cancelled: func(b *tv, p purchase) { b.ask(opBought, "DELETE", "/v1/purchases/"+p.ID, "", 200, nil) },
	} {
		b := newFamily(t).box()
		p := b.buy("glass-harbour", "rent", 201)
		end(b, p)
		if _, err := b.till.Pay(b.id, code(p), till.ByWallet, ""); err != nil {
			t.Errorf("%s: %v", want, err)
		}
		if got := b.bought(p); got.State != want || got.Lease != "" {
			t.Errorf("%s: %+v", want, got)
		}
		b.refused(opPlay, "POST", opPlay, `{"titleId":"glass-harbour"}`, codePayment)
	}
}

// TestBill: post-paid up to the limit, and settled later.
func TestBill(t *testing.T) {
	b := newFamily(t).box()
	titles := []string{"glass-harbour", "last-ferry-home", "honest-forger", "cartographers-daughter", "shadow-player"} // 3.99 three times, 4.99 twice
	var full bool
	for i, title := range titles {
		p := b.buy(title, "rent", 201)
		_, err := b.till.Pay(b.id, code(p), till.ByBill, "")
		if full = err != nil; full != (i == 4) {
			t.Fatalf("%s: %v", title, err)
		}
	}
	if err := b.till.Settle(b.id); err != nil {
		t.Fatal(err)
	}
	var a account
	if b.ask("/v1/account", "GET", "/v1/account", "", 200, &a); a.Owed != 0 {
		t.Errorf("owed: %+v", a)
	}
	var list struct{ Purchases []purchase }
	if b.ask(opBuy, "GET", opBuy, "", 200, &list); len(list.Purchases) != 5 {
		t.Errorf("%d purchases", len(list.Purchases))
	}
}

// TestOpenedOffline: post-paid titles are opened by a lease of credit, if a
// person allowed it, and told later.
func TestOpenedOffline(t *testing.T) {
	b := newFamily(t).box()
	tell := func(title string) string {
		return `{"id":"` + intent + title + `","titleId":"` + title + `","kind":"rent","opened":"2026-11-21T10:00:00Z"}`
	}
	b.refused(opBuy, "POST", opBuy, tell("glass-harbour"), codeLimit)
	if err := b.till.SetOffline(b.id, true); err != nil {
		t.Fatal(err)
	}
	left := func() (titles int, amount int64) {
		all, _ := b.leases("")
		for _, l := range all {
			if l.Grant.Model == rights.ModelCredit && !l.Grant.Revoked {
				return l.Grant.Limits.Titles, l.Grant.Limits.Amount
			}
		}
		return -1, -1
	}
	if titles, amount := left(); titles != 3 || amount != 2000 {
		t.Errorf("credit for %d titles, %d", titles, amount)
	}
	var p purchase
	b.ask(opBuy, "POST", opBuy, tell("glass-harbour"), 201, &p)
	if l := b.lease(p.Lease); p.State != till.Fulfilled || p.Payment != "postpaid" || !l.Grant.FirstPlay.Equal(noon().Add(-2*time.Hour)) {
		t.Errorf("told: %+v, %+v", p, l)
	}
	b.ask(opBuy, "POST", opBuy, tell("glass-harbour"), 200, nil) // told twice
	if titles, amount := left(); titles != 2 || amount != 1601 {
		t.Errorf("credit for %d titles, %d", titles, amount)
	}
	b.ask(opBuy, "POST", opBuy, tell("last-ferry-home"), 201, nil)
	b.ask(opBuy, "POST", opBuy, tell("honest-forger"), 201, nil)
	b.refused(opBuy, "POST", opBuy, tell("shadow-player"), codeLimit)
	if err := b.till.SetOffline(b.id, false); err != nil {
		t.Fatal(err)
	}
	if titles, _ := left(); titles != -1 {
		t.Error("the credit was not taken back")
	}
}

// TestRefund: the box is told, and what was watched is not given back.
func TestRefund(t *testing.T) {
	b := newFamily(t).box()
	p := b.buy("violin-in-winter", "buy", 201)
	if _, err := b.till.Pay(b.id, code(p), till.BySheet, ""); err != nil {
		t.Fatal(err)
	}
	b.play("violin-in-winter")
	if got, err := b.till.Refund(b.id, p.ID); err != nil || got.State != till.Refunded {
		t.Errorf("refund: %+v, %v", got, err)
	}
	if got := b.bought(p); got.State != till.Refunded || !b.lease(got.Lease).Grant.Revoked {
		t.Errorf("refunded: %+v", got)
	}
	b.refused(opPlay, "POST", opPlay, `{"titleId":"violin-in-winter"}`, codeRevoked)
	if got := b.decide("violin-in-winter"); got != rights.LeaseRevoked {
		t.Errorf("the box says %s", got)
	}

	v := b.buy("glass-harbour", "rent", 201)
	if _, err := b.till.Pay(b.id, code(v), till.ByVoucher, ""); err != nil {
		t.Fatal(err)
	}
	b.play("glass-harbour")
	if got, err := b.till.Refund(b.id, v.ID); err != nil || got.State != till.Fulfilled {
		t.Errorf("a rental that was begun: %+v, %v", got, err)
	}
}

// TestSubscribing begins on the box, at a title that needs a plan.
func TestSubscribing(t *testing.T) {
	b := newFamily(t).box()
	b.refused(opBuy, "POST", opBuy, `{"id":"`+intent+`","titleId":"nine-bridges","kind":"subscription"}`, codeOwned)
	if err := b.till.EndPlan(b.id); err != nil {
		t.Fatal(err)
	}
	p := b.buy("nine-bridges", "subscription", 201)
	if _, err := b.till.Pay(b.id, code(p), till.ByWallet, "decade"); err == nil {
		t.Error("a plan that there is not is sold")
	}
	if _, err := b.till.Pay(b.id, code(p), till.ByWallet, "year"); err != nil {
		t.Fatal(err)
	}
	got := b.bought(p)
	if l := b.lease(got.Lease); got.Terms.PriceMin != 7490 || l.Grant.Streams != 3 || l.Grant.Revoked {
		t.Errorf("%+v, %+v", got, l)
	}
	b.play("nine-bridges")
}

// TestTooManyPurchases: nobody begins a hundred in a day, and what came to
// nothing is forgotten after a month.
func TestTooManyPurchases(t *testing.T) {
	b := newFamily(t).box()
	body := func(n int) string {
		return `{"id":"` + intent + itoa(n) + `","titleId":"glass-harbour","kind":"rent"}`
	}
	for n := range 100 {
		b.ask(opBuy, "POST", opBuy, body(n), 201, nil)
	}
	b.refused(opBuy, "POST", opBuy, body(100), codeTooOften)
	b.now = b.now.Add(31 * 24 * time.Hour)
	if err := b.Renew(); err != nil {
		t.Fatal(err)
	}
	b.ask(opBuy, "POST", opBuy, body(100), 201, nil)
	if left, err := b.till.Purchases(b.id); err != nil || len(left) != 1 {
		t.Errorf("%d purchases are left, %v", len(left), err)
	}
}

func TestPurchasesThatAreRefused(t *testing.T) {
	b := newFamily(t).box()
	for body, want := range map[string]string{
		`{"id":"short","titleId":"glass-harbour","kind":"rent"}`:                              codeBadRequest,
		`{"id":"` + intent + `","kind":"rent"}`:                                               codeBadRequest,
		`{"id":"` + intent + `","titleId":"none","kind":"rent"}`:                              codeNotFound,
		`{"id":"` + intent + `","titleId":"golden-reel","kind":"rent"}`:                       codeWindow,
		`{"id":"` + intent + `","titleId":"harvest-of-clouds","kind":"rent","country":"US"}`:  codeTerritory,
		`{"id":"` + intent + `","titleId":"glass-harbour","kind":"buy"}`:                      codePayment,
		`{"id":"` + intent + `","titleId":"lantern-coast","kind":"free"}`:                     codePayment,
		`{"id":"` + intent + `","titleId":"glass-harbour","kind":"rent","country":"germany"}`: codeBadRequest,
	} {
		b.refused(opBuy, "POST", opBuy, body, want)
	}
	b.refused(opBought, "GET", "/v1/purchases/none", "", codePurchase)
	b.refused(opBought, "DELETE", "/v1/purchases/none", "", codePurchase)
	b.refused("/v1/entitlements", "GET", "/v1/entitlements?since=x", "", codeBadRequest)
}

// TestViewers: lists are merged, insights are taken with consent only, and both
// are forgotten when asked.
func TestViewers(t *testing.T) {
	f := newFamily(t)
	one, two := f.box(), f.box()
	const lists, events = "/v1/viewers/{id}", "/v1/viewers/{id}/events"
	const anna = "/v1/viewers/anna-0123456789ab"
	var got viewers.Lists
	one.ask(lists, "PUT", anna, `{"positions":[{"titleId":"nine-bridges","positionMs":61000,"seen":false,"at":"2026-11-21T11:00:00Z"}],"watchlist":[{"titleId":"coral-city","at":"2026-11-21T11:00:00Z"}]}`, 200, &got)
	two.ask(lists, "GET", anna, "", 200, &got)
	if len(got.Positions) != 1 || got.Positions[0].PositionMS != 61000 || len(got.Watchlist) != 1 {
		t.Errorf("lists: %+v", got)
	}
	consent := `"consent":{"given":"2026-11-01T00:00:00Z","version":"2026-01"}`
	report := `{"id":"batch-0123456789ab",` + consent + `,"titles":[{"titleId":"nine-bridges","starts":1,"ends":0,"watchedMs":61000}]}`
	one.ask(events, "POST", anna+"/events", report, 204, nil)
	if sums, err := f.viewers.Insights(f.id, "anna-0123456789ab"); err != nil || len(sums) != 1 || sums[0].WatchedMS != 61000 {
		t.Errorf("insights: %+v, %v", sums, err)
	}
	one.refused(events, "POST", anna+"/events", `{"id":"batch-0123456789ab","titles":[]}`, codeConsent)
	one.refused(events, "POST", anna+"/events", strings.Replace(report, "61000", "-1", 1), codeBadRequest)
	one.refused(lists, "PUT", anna, `{"positions":[{"titleId":"","positionMs":0,"at":"2026-11-21T11:00:00Z"}]}`, codeBadRequest)
	one.refused(lists, "GET", "/v1/viewers/anna", "", codeBadRequest)
	one.ask(events, "DELETE", anna+"/events", "", 204, nil)
	one.ask(lists, "DELETE", anna, "", 204, nil)
	if sums, _ := f.viewers.Insights(f.id, "anna-0123456789ab"); len(sums) != 0 {
		t.Errorf("withdrawn: %+v", sums)
	}
	two.ask(lists, "GET", anna, "", 200, &got)
	if len(got.Positions)+len(got.Watchlist) != 0 {
		t.Errorf("forgotten: %+v", got)
	}
}
