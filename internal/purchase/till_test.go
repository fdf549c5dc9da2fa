package purchase

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"usher/internal/box"
	"usher/internal/offer"
	"usher/internal/rights"
)

// childVar turns the test binary into a box that buys until it is killed.
const childVar = "USHER_PURCHASE_TEST_CHILD"

func TestMain(m *testing.M) {
	if where := os.Getenv(childVar); where != "" {
		os.Exit(buyUntilKilled(where))
	}
	goleak.VerifyTestMain(m)
}

// office is a service that sells. Each purchase becomes what the test says.
type office struct {
	mu      sync.Mutex
	sales   map[string]*Told
	begun   int                    // calls of Buy that made a purchase
	path    []rights.PurchaseState // what a purchase goes through, a step with each question
	calls   int
	failing error                           // for all calls
	crash   func(call int, after bool) bool // the box dies at this call, before or after it took effect
	died    chan struct{}
}

func newOffice(path ...rights.PurchaseState) *office {
	return &office{sales: map[string]*Told{}, path: path, died: make(chan struct{}, 1)}
}

func lease(id string) string {
	claims := base64.RawURLEncoding.EncodeToString([]byte(`{"jti":"lease-` + id + `"}`))
	return "e30." + claims + ".c2ln"
}

var errDead = errors.New("the box is dead")

func (o *office) do(ctx context.Context, effect func() (Told, error)) (Told, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls++
	die := func(after bool) bool {
		if o.crash == nil || !o.crash(o.calls, after) {
			return false
		}
		o.died <- struct{}{}
		return true
	}
	if die(false) {
		return Told{}, o.dead(ctx)
	}
	if o.failing != nil {
		return Told{}, o.failing
	}
	told, err := effect()
	if die(true) {
		return Told{}, o.dead(ctx)
	}
	return told, err
}

// dead waits for the end, as a process that was killed does.
func (o *office) dead(ctx context.Context) error {
	o.mu.Unlock()
	<-ctx.Done()
	o.mu.Lock()
	return errDead
}

func (o *office) Buy(ctx context.Context, id, _, kind string) (Told, error) {
	return o.do(ctx, func() (Told, error) {
		if o.sales[id] == nil {
			o.begun++
			o.sales[id] = &Told{
				State: rights.Created, URI: "https://pay.example/" + id, Expires: time.Now().Add(15 * time.Minute), Interval: time.Second,
				Terms: offer.Terms{Kind: offer.TermsKind(kind), PriceMin: 399, Currency: "EUR", Billing: "post-paid"},
			}
		}
		return *o.sales[id], nil
	})
}

func (o *office) Ask(ctx context.Context, _, id string) (Told, error) {
	return o.do(ctx, func() (Told, error) {
		s := o.sales[id]
		if s == nil {
			return Told{}, &box.Problem{Code: "purchase_unknown"}
		}
		for i, state := range o.path {
			if state == s.State && i+1 < len(o.path) {
				s.State = o.path[i+1]
				break
			}
		}
		if s.State == rights.Fulfilled {
			s.Lease, s.Receipt = lease(id), "R-1"
		}
		return *s, nil
	})
}

func (o *office) Cancel(ctx context.Context, _, id string) (Told, error) {
	return o.do(ctx, func() (Told, error) {
		s := o.sales[id]
		if s == nil {
			return Told{}, &box.Problem{Code: "purchase_unknown"}
		}
		if s.State == rights.Created || s.State == rights.Scanned {
			s.State = rights.Cancelled
		}
		return *s, nil
	})
}

func (o *office) Balance(context.Context, string) (box.Balance, error) {
	return box.Balance{Currency: "EUR", OwedMinor: 100, LimitMinor: 2000}, nil
}

// paid is the way of a purchase that is paid.
func paid() []rights.PurchaseState {
	return []rights.PurchaseState{rights.Created, rights.Scanned, rights.Accepted, rights.Fulfilled}
}

func wish() Wish {
	terms := offer.Terms{Kind: offer.Rent, PriceMin: 399, Currency: "EUR", Billing: "post-paid"}
	return Wish{Title: offer.Title{ID: "films:heron", Name: offer.Text{"en": "Heron"}, Terms: []offer.Terms{terms}}, Terms: terms, Profile: box.FirstProfile}
}

// running is a till that runs until stop.
func running(t testing.TB, dir string, shop Shop) (till *Till, shown func() box.SaleView, stop func()) {
	t.Helper()
	var mu sync.Mutex
	var view box.SaleView
	till, err := Open(Options{Dir: dir, Shop: shop, Logger: slog.New(slog.DiscardHandler), Tell: func(v box.SaleView) { mu.Lock(); view = v; mu.Unlock() }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- till.Run(ctx) }()
	return till, func() box.SaleView { mu.Lock(); defer mu.Unlock(); return view }, func() { cancel(); <-ended }
}

func only(t testing.TB, till *Till) box.SaleView {
	t.Helper()
	list := till.List()
	if len(list) != 1 {
		t.Fatalf("%d purchases", len(list))
	}
	return list[0]
}

func TestAPurchaseFromTheWishToTheReceipt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(paid()...)
		till, shown, stop := running(t, t.TempDir(), o)
		defer stop()
		if err := till.Begin(wish()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		v := shown()
		if v.State != "created" || v.QR == nil || v.URI == "" || v.PriceMinor != 399 || v.Balance.LimitMinor != 2000 || v.ExpiresAtMS == 0 {
			t.Errorf("%+v", v)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if v = shown(); v.State != "fulfilled" || v.Receipt != "R-1" || v.QR != nil || v.URI != "" {
			t.Errorf("%+v", v)
		}
		l := till.Ledger()
		if len(l) != 1 || l[0].Amount != 399 || l[0].Receipt != "R-1" || !strings.HasPrefix(l[0].Lease, "lease-") || rights.VerifyLedger(l) != nil {
			t.Errorf("%+v", l)
		}
	})
}

func TestRefundedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		o := newOffice(append(paid(), rights.Refunded)...)
		till, _, stop := running(t, dir, o)
		if err := till.Begin(wish()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		stop()
		till, _, stop = running(t, dir, o) // the refund is found by a box that was off
		defer stop()
		time.Sleep(lookAgain + time.Minute)
		synctest.Wait()
		l := till.Ledger()
		if len(l) != 2 || l[1].Kind != "refund" || l[1].Amount != -399 || rights.VerifyLedger(l) != nil || only(t, till).State != "refunded" {
			t.Errorf("%+v", l)
		}
	})
}

// TestRefundIsLookedFor: what the service took back is asked about at once,
// and what it did not is left alone.
func TestRefundIsLookedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(append(paid(), rights.Refunded)...)
		till, _, stop := running(t, t.TempDir(), o)
		defer stop()
		if err := till.Begin(wish()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		till.Look("films", []string{"*", "tide"})
		till.Look("news", []string{"heron"})
		time.Sleep(time.Minute)
		synctest.Wait()
		if v := only(t, till); v.State != "fulfilled" {
			t.Fatalf("%s without a word", v.State)
		}
		till.Look("films", []string{"heron"})
		synctest.Wait()
		if v := only(t, till); v.State != "refunded" || len(till.Ledger()) != 2 {
			t.Errorf("%s; ledger %+v", v.State, till.Ledger())
		}
	})
}

func TestEndsWithoutMoney(t *testing.T) {
	for state, path := range map[string][]rights.PurchaseState{"declined": {rights.Created, rights.Scanned, rights.Declined}, "expired": {rights.Created, rights.Expired}} {
		synctest.Test(t, func(t *testing.T) {
			till, shown, stop := running(t, t.TempDir(), newOffice(path...))
			defer stop()
			if err := till.Begin(wish()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if v := shown(); v.State != state || v.QR != nil || len(till.Ledger()) != 0 {
				t.Errorf("%+v", v)
			}
		})
	}
}

func TestNobodyScansWhileTheServiceIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(rights.Created)
		till, shown, stop := running(t, t.TempDir(), o)
		defer stop()
		if err := till.Begin(wish()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		o.mu.Lock()
		o.failing = &box.Problem{Code: "service_unreachable", Text: "away", Hint: "wait"}
		o.mu.Unlock()
		time.Sleep(time.Minute)
		synctest.Wait()
		if v := shown(); v.State != "created" || v.Problem == nil || v.QR == nil {
			t.Errorf("away: %+v", v)
		}
		time.Sleep(15 * time.Minute)
		synctest.Wait()
		if v := shown(); v.State != "expired" {
			t.Errorf("later: %+v", v)
		}
	})
}

func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(rights.Created, rights.Scanned)
		till, shown, stop := running(t, t.TempDir(), o)
		defer stop()
		if err := till.Begin(wish()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		if err := till.Cancel(); err != nil || shown().ID != "" {
			t.Errorf("%v, %+v", err, shown())
		}
		time.Sleep(time.Second)
		synctest.Wait()
		id := only(t, till).ID
		if o.sales[id].State != rights.Cancelled || only(t, till).State != "cancelled" {
			t.Errorf("service %v, box %v", o.sales[id].State, only(t, till).State)
		}
		var p *box.Problem
		if err := till.Cancel(); !errors.As(err, &p) || p.Code != "purchase_none" {
			t.Error(err)
		}
	})
}

// TestPaidWhileItWasGivenUp: the phone was faster. The money counts.
func TestPaidWhileItWasGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(paid()...)
		till, _, stop := running(t, t.TempDir(), o)
		defer stop()
		if err := till.Begin(wish()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		o.mu.Lock()
		o.sales[only(t, till).ID].State = rights.Paid
		o.path = []rights.PurchaseState{rights.Paid, rights.Fulfilled}
		o.mu.Unlock()
		if err := till.Cancel(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if v := only(t, till); v.State != "fulfilled" || len(till.Ledger()) != 1 {
			t.Errorf("%+v", v)
		}
	})
}

func TestTheSameWishTwiceIsOnePurchase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(rights.Created)
		till, shown, stop := running(t, t.TempDir(), o)
		defer stop()
		for range 3 {
			if err := till.Begin(wish()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			synctest.Wait()
		}
		if o.begun != 1 || shown().State != "created" {
			t.Errorf("%d purchases", o.begun)
		}
		other := wish()
		other.Title.ID = "films:swan"
		if err := till.Begin(other); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if o.begun != 2 || shown().TitleID != "films:swan" {
			t.Errorf("%d purchases, %+v", o.begun, shown())
		}
		for _, v := range till.List() {
			if want := map[string]string{"films:heron": "cancelled", "films:swan": "created"}[v.TitleID]; v.State != want {
				t.Errorf("%s is %s", v.TitleID, v.State)
			}
		}
	})
}

func TestWhatTheServiceRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice()
		o.failing = &box.Problem{Code: "already_yours", Text: "You have it.", Hint: "Play it."}
		till, shown, stop := running(t, t.TempDir(), o)
		defer stop()
		if err := till.Begin(wish()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if v := shown(); v.State != "cancelled" || v.Problem == nil || v.Problem.Code != "already_yours" || o.calls != 1 {
			t.Errorf("%+v, %d calls", v, o.calls)
		}
	})
}

// TestThePowerMayGoAtAnyCall ends the box before and after every call to the
// service, in each state, and starts it again: it is one purchase, paid once,
// in the ledger once.
func TestThePowerMayGoAtAnyCall(t *testing.T) {
	for call := 1; call <= 6; call++ {
		for _, after := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				dir, o := t.TempDir(), newOffice(paid()...)
				o.crash = func(n int, a bool) bool { return n == call && a == after }
				till, _, stop := running(t, dir, o)
				if err := till.Begin(wish()); err != nil {
					t.Fatal(err)
				}
				select {
				case <-o.died:
				case <-time.After(time.Minute):
				}
				stop()
				till, _, stop = running(t, dir, o)
				defer stop()
				time.Sleep(time.Minute)
				synctest.Wait()
				if v := only(t, till); v.State != "fulfilled" || o.begun != 1 || len(till.Ledger()) != 1 {
					t.Errorf("call %d, after %v: %+v, %d begun, ledger %d", call, after, v, o.begun, len(till.Ledger()))
				}
			})
		}
	}
}

// TestARestartShowsWhatSomebodyMayBePaying: the code is on the screen again, and
// then what became of it; one that is over, or whose time is, is not.
func TestARestartShowsWhatSomebodyMayBePaying(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, o := t.TempDir(), newOffice(rights.Created)
		till, _, stop := running(t, dir, o)
		if err := till.Begin(wish()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(500 * time.Millisecond)
		stop()
		_, shown, stop := running(t, dir, o)
		synctest.Wait()
		if v := shown(); v.State != "created" || v.QR == nil {
			t.Errorf("after a restart: %+v", v)
		}
		o.mu.Lock()
		o.path = paid()
		o.mu.Unlock()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if v := shown(); v.State != "fulfilled" {
			t.Errorf("paid after a restart: %+v", v)
		}
		stop()
		_, shown, stop = running(t, dir, o)
		synctest.Wait()
		if v := shown(); v.ID != "" {
			t.Errorf("over before the restart: %+v", v)
		}
		stop()
	})
}

func TestARestartShowsNoCodeThatIsTooOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, o := t.TempDir(), newOffice(rights.Created)
		till, _, stop := running(t, dir, o)
		if err := till.Begin(wish()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(500 * time.Millisecond)
		stop()
		time.Sleep(16 * time.Minute)
		_, shown, stop := running(t, dir, o)
		defer stop()
		synctest.Wait()
		if v := shown(); v.ID != "" {
			t.Errorf("%+v", v)
		}
	})
}

// TestAPowerCutBetweenLedgerAndPurchase: the ledger was written, what follows
// was not.
func TestAPowerCutBetweenLedgerAndPurchase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, o := t.TempDir(), newOffice(paid()...)
		till, _, stop := running(t, dir, o)
		if err := till.Begin(wish()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		stop()
		old := till.all[only(t, till).ID]
		old.State, old.Lease, old.Receipt = rights.Accepted, "", ""
		if err := till.save(old); err != nil {
			t.Fatal(err)
		}
		till, _, stop = running(t, dir, o)
		defer stop()
		time.Sleep(time.Minute)
		synctest.Wait()
		if v := only(t, till); v.State != "fulfilled" || len(till.Ledger()) != 1 {
			t.Errorf("%+v, ledger %+v", v, till.Ledger())
		}
	})
}

func TestWhatCannotBeStoredIsNotBegun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "x")
	o := newOffice()
	till, _, stop := running(t, dir, o)
	defer stop()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := till.Begin(wish()); err == nil || o.calls != 0 {
		t.Errorf("%v, %d calls", err, o.calls)
	}
}

func TestADamagedRecordCostsItselfOnly(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"A.purchase": "{", "B.purchase": `{"id":"C"}`, ".new-1": "x"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	till, _, stop := running(t, dir, newOffice())
	defer stop()
	if len(till.List()) != 0 {
		t.Error(till.List())
	}
}

// over is a shop behind HTTP, for the child.
type over struct{ url string }

func (h over) call(method, id string) (told Told, err error) {
	res, err := http.Post(h.url+"/"+method+"/"+id, "", nil)
	if err != nil {
		return told, &box.Problem{Code: "service_unreachable"}
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return told, &box.Problem{Code: "purchase_unknown"}
	}
	return told, json.NewDecoder(res.Body).Decode(&told)
}

func (h over) Buy(_ context.Context, id, _, _ string) (Told, error) { return h.call("buy", id) }
func (h over) Ask(_ context.Context, _, id string) (Told, error)    { return h.call("ask", id) }
func (h over) Cancel(_ context.Context, _, id string) (Told, error) { return h.call("cancel", id) }
func (h over) Balance(context.Context, string) (box.Balance, error) { return box.Balance{}, nil }

// buyUntilKilled buys one title after the other, and says what it holds.
func buyUntilKilled(where string) int {
	dir, url, _ := strings.Cut(where, "|")
	till, err := Open(Options{Dir: dir, Shop: over{url}, Logger: slog.New(slog.DiscardHandler), Tell: func(v box.SaleView) {
		fmt.Println(v.State)
		if v.State == "fulfilled" {
			os.Exit(0)
		}
	}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for _, v := range till.List() {
		if v.State == "fulfilled" { // it was through, and had no time to say so
			fmt.Println(v.State)
			return 0
		}
	}
	if err := till.Begin(wish()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	_ = till.Run(context.Background())
	return 0
}

// TestKilledInEveryState kills -9 a box that buys, again and again, until the
// purchase is through.
func TestKilledInEveryState(t *testing.T) {
	o := newOffice(paid()...)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		parts := strings.Split(r.URL.Path, "/")
		call := map[string]func() (Told, error){
			"buy":    func() (Told, error) { return o.Buy(r.Context(), parts[2], "", "rent") },
			"ask":    func() (Told, error) { return o.Ask(r.Context(), "", parts[2]) },
			"cancel": func() (Told, error) { return o.Cancel(r.Context(), "", parts[2]) },
		}[parts[1]]
		told, err := call()
		if err != nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		told.Interval = time.Millisecond
		_ = json.NewEncoder(w).Encode(told)
	}))
	defer server.Close()
	dir := t.TempDir()
	for kill := 0; ; kill++ {
		if kill == 60 {
			t.Fatal("not through after 60 starts")
		}
		if boughtBy(t, dir, server.URL) {
			break
		}
	}
	till, err := Open(Options{Dir: dir, Shop: o, Logger: slog.New(slog.DiscardHandler), Tell: func(box.SaleView) {}})
	if err != nil {
		t.Fatal(err)
	}
	if v := only(t, till); v.State != "fulfilled" || o.begun != 1 || len(till.Ledger()) != 1 || rights.VerifyLedger(till.Ledger()) != nil {
		t.Errorf("%+v, %d begun, ledger %+v", v, o.begun, till.Ledger())
	}
}

// boughtBy runs the child for some words of it, kills it, and says whether it
// had said that the purchase is through.
func boughtBy(t *testing.T, dir, url string) (through bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVar+"="+dir+"|"+url)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for range 1 + rand.IntN(4) {
		if !lines.Scan() {
			break
		}
		through = through || lines.Text() == "fulfilled"
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // killed
	return through
}
