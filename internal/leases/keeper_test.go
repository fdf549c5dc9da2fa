package leases

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"usher/internal/offer"
	"usher/internal/rights"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func epoch() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) }

// signer is a service's key.
type signer struct{ private ed25519.PrivateKey }

func newSigner(seed byte) signer {
	var s [ed25519.SeedSize]byte
	s[0] = seed
	return signer{ed25519.NewKeyFromSeed(s[:])}
}

func (s signer) keys() []byte {
	x := base64.RawURLEncoding.EncodeToString(s.private.Public().(ed25519.PublicKey))
	return []byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k1","use":"sig","x":"` + x + `"}]}`)
}

func (s signer) sign(t *testing.T, l rights.Lease) string {
	t.Helper()
	body, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	b := base64.RawURLEncoding
	signed := b.EncodeToString([]byte(`{"alg":"EdDSA","kid":"k1","typ":"usher-lease+jwt"}`)) + "." + b.EncodeToString(body)
	return signed + "." + b.EncodeToString(ed25519.Sign(s.private, []byte(signed)))
}

// lease is a good one for this box.
func lease(content string, seq uint64) rights.Lease {
	l := rights.Lease{
		Issuer: "https://films.example", Subject: "h", Audience: "box:jkt", Confirm: rights.Confirm{JKT: "jkt"},
		Begins: rights.UnixTime(epoch().Add(-time.Hour).Unix()), Expires: rights.UnixTime(epoch().Add(30 * 24 * time.Hour).Unix()),
		ID: "id-" + content, Seq: seq,
		Grant: rights.Grant{Content: content, Model: rights.ModelPurchase, Territory: []string{"DE"}, Offline: rights.Span(30 * 24 * time.Hour)},
	}
	return l
}

func rental(content string, seq uint64) rights.Lease {
	l := lease(content, seq)
	l.Grant.Model, l.Grant.PlayFor = rights.ModelRental, rights.Span(48*time.Hour)
	return l
}

// world is a service and a box, of which everything can be changed.
type world struct {
	t      *testing.T
	dir    string
	signer signer
	jkt    string // "": not paired
	away   bool
	leases []string
	now    time.Time

	mu    sync.Mutex
	asked int
}

// change changes the service while a keeper runs.
func (w *world) change(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

func (w *world) times() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

func newWorld(t *testing.T) *world {
	return &world{t: t, dir: t.TempDir(), signer: newSigner(1), jkt: "jkt", now: epoch()}
}

func (w *world) keeper() *Keeper {
	w.t.Helper()
	k := New(Options{
		Services: []Service{{ID: "films", Issuer: "https://films.example"}}, Dir: w.dir,
		Entitlements: func(context.Context, string, uint64, time.Duration) ([]byte, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.asked++
			if w.away {
				return nil, errors.New("away")
			}
			return json.Marshal(map[string]any{"seq": 7, "leases": w.leases})
		},
		Keys: func(context.Context, string) ([]byte, error) { return w.signer.keys(), nil },
		Thumbprint: func(string) (string, error) {
			if w.jkt == "" {
				return "", errors.New("not paired")
			}
			return w.jkt, nil
		},
		Now: func(string) time.Time { return w.now },
	})
	if err := k.Open(); err != nil {
		w.t.Fatal(err)
	}
	return k
}

func (w *world) fetched(leases ...rights.Lease) *Keeper {
	w.t.Helper()
	w.leases = nil
	for _, l := range leases {
		w.leases = append(w.leases, w.signer.sign(w.t, l))
	}
	k := w.keeper()
	if err := k.Fetch(w.t.Context(), "films"); err != nil {
		w.t.Fatal(err)
	}
	return k
}

func film(id string) Ask {
	return Ask{
		Title: offer.Title{
			ID: "films:" + id, Kind: offer.Film, Territories: []string{"DE"}, Ratings: []offer.Rating{{System: "FSK", MinAge: 0}},
			Terms: []offer.Terms{{Kind: offer.Rent, PriceMin: 399, Currency: "EUR"}},
		},
		Profile: rights.Profile{Age: rights.Adult}, Country: "DE", Local: epoch(), Online: true,
	}
}

func reason(t *testing.T, k *Keeper, a Ask, want rights.Reason) rights.Decision {
	t.Helper()
	d := k.Decide("films", a)
	if d.Reason != want {
		t.Errorf("%s: %q, want %q", a.Title.ID, d.Reason, want)
	}
	return d
}

func TestDecides(t *testing.T) {
	w := newWorld(t)
	k := w.fetched(lease("a", 5))
	reason(t, k, film("a"), rights.Leased)
	reason(t, k, film("b"), rights.PurchaseRequired)
	again := w.keeper() // the box was switched off
	w.away = true
	offline := film("a")
	offline.Online = false
	reason(t, again, offline, rights.Leased)
	nowhere := film("a")
	nowhere.Country = ""
	reason(t, again, nowhere, rights.LeaseTerritory)
	w.jkt = "another key"
	reason(t, again, film("a"), rights.PurchaseRequired)
	w.jkt = ""
	reason(t, again, film("a"), rights.PairingRequired)
	free := film("c")
	free.Title.Terms = []offer.Terms{{Kind: offer.Free}}
	reason(t, again, free, rights.Free)
}

// TestOffline: day 29 plays, day 31 does not, and no clock of the box has a say.
func TestOffline(t *testing.T) {
	w := newWorld(t)
	l := lease("a", 5)
	l.Expires = rights.UnixTime(epoch().Add(90 * 24 * time.Hour).Unix())
	k := w.fetched(l)
	a := film("a")
	a.Online = false
	w.now = epoch().Add(29 * 24 * time.Hour)
	reason(t, k, a, rights.Leased)
	w.now = epoch().Add(31 * 24 * time.Hour)
	reason(t, k, a, rights.OfflineTooLong)
}

// TestNotBelieved: what is not signed by the service for this box grants
// nothing, wherever it comes from.
func TestNotBelieved(t *testing.T) {
	w := newWorld(t)
	foreign, elsewhere, other := lease("a", 5), lease("b", 5), lease("c", 5)
	foreign.Confirm.JKT, elsewhere.Audience, other.Issuer = "x", "box:x", "https://x.example"
	thief := newSigner(2).sign(t, lease("d", 5))
	w.leases = []string{w.signer.sign(t, foreign), w.signer.sign(t, elsewhere), w.signer.sign(t, other), thief, "no.lease.atall"}
	k := w.keeper()
	if err := k.Fetch(t.Context(), "films"); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "b", "c", "d"} {
		reason(t, k, film(id), rights.PurchaseRequired)
	}
}

// TestNothingComesBack: an older lease does not, and one that is gone is gone.
func TestNothingComesBack(t *testing.T) {
	w := newWorld(t)
	revoked := lease("a", 6)
	revoked.Grant.Revoked = true
	k := w.fetched(revoked)
	reason(t, k, film("a"), rights.LeaseRevoked)
	old := lease("a", 5)
	k = w.fetched(old)
	if d := k.Decide("films", film("a")); d.Allow {
		t.Errorf("a lease of before the revocation grants: %+v", d)
	}
	if err := k.Begin("films", film("a"), rights.Decision{}, w.signer.sign(t, old)); err != nil {
		t.Fatal(err)
	}
	if d := k.Decide("films", film("a")); d.Allow {
		t.Error("one that comes with a playback grants")
	}
	k = w.fetched(lease("b", 1))
	if d := k.Decide("films", film("a")); d.Allow {
		t.Error("a lease that the service does not send any more grants")
	}
	reason(t, k, film("b"), rights.Leased)
}

// TestRentalBeginsBeforeItIsSeen: its first play is on the disk when Begin
// returns, and a box that was switched off knows it.
func TestRentalBeginsBeforeItIsSeen(t *testing.T) {
	w := newWorld(t)
	k := w.fetched(rental("a", 5))
	d := reason(t, k, film("a"), rights.Leased)
	if !d.First {
		t.Fatal("the rental does not begin")
	}
	if err := k.Begin("films", film("a"), d, ""); err != nil {
		t.Fatal(err)
	}
	k = w.keeper()
	w.now = epoch().Add(47*time.Hour + 59*time.Minute)
	if d := reason(t, k, film("a"), rights.Leased); d.First {
		t.Error("it begins again")
	}
	w.now = epoch().Add(48*time.Hour + time.Minute)
	reason(t, k, film("a"), rights.PlayWindow)
	k = w.fetched(rental("a", 5)) // the service does not know yet
	reason(t, k, film("a"), rights.PlayWindow)
}

func TestBeginFailsWithTheDisk(t *testing.T) {
	w := newWorld(t)
	k := w.fetched(rental("a", 5))
	d := k.Decide("films", film("a"))
	if err := os.RemoveAll(w.dir); err != nil {
		t.Fatal(err)
	}
	if err := k.Begin("films", film("a"), d, ""); err == nil {
		t.Error("a rental began that nobody will remember")
	}
}

// TestCredit: post-paid titles are opened offline up to the signed cap.
func TestCredit(t *testing.T) {
	w := newWorld(t)
	l := lease("*", 5)
	l.ID, l.Grant.Model, l.Grant.Payment = "credit", rights.ModelCredit, rights.Postpaid
	l.Grant.Limits = &rights.Limits{Titles: 1, Amount: 1000, Currency: "EUR"}
	k := w.fetched(l)
	later := func(id string) Ask {
		a := film(id)
		a.Title.Terms, a.Online = []offer.Terms{{Kind: offer.Rent, PriceMin: 399, Currency: "EUR", Billing: "post-paid"}}, false
		return a
	}
	d := reason(t, k, later("a"), rights.Credit)
	if err := k.Begin("films", later("a"), d, ""); err != nil {
		t.Fatal(err)
	}
	k = w.keeper()
	reason(t, k, later("a"), rights.Credit)
	reason(t, k, later("b"), rights.CreditLimit)
}

// TestWiped: nothing of an account is left after it.
func TestWiped(t *testing.T) {
	w := newWorld(t)
	k := w.fetched(lease("a", 5))
	w.jkt = ""
	if err := k.Fetch(t.Context(), "films"); !errors.Is(err, errUnpaired) {
		t.Errorf("fetch without an account: %v", err)
	}
	if left, err := os.ReadDir(w.dir); err != nil || len(left) != 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

func TestDamagedFileIsAskedForAgain(t *testing.T) {
	w := newWorld(t)
	w.fetched(lease("a", 5))
	if err := os.WriteFile(filepath.Join(w.dir, "films.json"), []byte(`{"version":1`), 0o600); err != nil {
		t.Fatal(err)
	}
	k := New(Options{Services: []Service{{ID: "films"}}, Dir: w.dir, Thumbprint: func(string) (string, error) { return "jkt", nil }, Now: func(string) time.Time { return w.now }})
	if err := k.Open(); !errors.Is(err, errRecord) {
		t.Errorf("open: %v", err)
	}
	reason(t, k, film("a"), rights.PurchaseRequired)
	reason(t, w.fetched2(k, lease("a", 5)), film("a"), rights.Leased)
}

// fetched2 is a new keeper over the same folder.
func (w *world) fetched2(_ *Keeper, l rights.Lease) *Keeper {
	w.t.Helper()
	if err := os.Remove(filepath.Join(w.dir, "films.json")); err != nil {
		w.t.Fatal(err)
	}
	return w.fetched(l)
}

// TestRun asks at the start, when it is told to, and again and again; a service
// that is away is asked ever less often.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.away = true
		k := w.keeper()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- k.Run(ctx) }()
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := w.times(); n < 8 || n > 14 {
			t.Errorf("asked %d times in an hour of silence", n)
		}
		w.change(func() { w.away, w.leases = false, []string{w.signer.sign(t, lease("a", 5))} })
		k.Refresh("films")
		k.Refresh("films")
		k.Refresh("none")
		synctest.Wait()
		reason(t, k, film("a"), rights.Leased)
		before := w.times() // this service holds no answer: it is left alone
		time.Sleep(25 * time.Hour)
		synctest.Wait()
		if n := w.times() - before; n < 24*4 || n > 26*4+30 {
			t.Errorf("asked %d times in a day", n)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
