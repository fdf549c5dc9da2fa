package account

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"usher/device/keys"
	"usher/device/pairing"
)

// office is a service of our own, for what oidc-provider does not do.
type office struct {
	*httptest.Server
	mu       sync.Mutex
	metadata map[string]any
	token    func(w http.ResponseWriter, r *http.Request)
	serve    func(w http.ResponseWriter, r *http.Request)
	revoked  []string
	down     bool
	count    map[string]int
}

func newOffice(t *testing.T) *office {
	o := &office{count: map[string]int{}}
	o.Server = httptest.NewServer(o)
	t.Cleanup(o.Close)
	o.metadata = map[string]any{
		"issuer": o.URL, "device_authorization_endpoint": o.URL + "/device", "token_endpoint": o.URL + "/token",
		"revocation_endpoint": o.URL + "/revoke", "dpop_signing_alg_values_supported": []string{"ES256"},
	}
	o.token = func(w http.ResponseWriter, r *http.Request) {
		o.grant(w, fmt.Sprint("access-", o.count[r.URL.Path]))
	}
	o.serve = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }
	return o
}

func (o *office) grant(w http.ResponseWriter, access string) {
	reply(w, 200, fmt.Sprintf(`{"access_token":%q,"refresh_token":"refresh","token_type":"DPoP","expires_in":3600,"scope":"playback"}`, access))
}

func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// ServeHTTP is http.Handler's.
func (o *office) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.count[r.URL.Path]++
	switch {
	case o.down:
		w.WriteHeader(http.StatusServiceUnavailable)
	case r.URL.Path == "/.well-known/oauth-authorization-server":
		raw, _ := json.Marshal(o.metadata)
		reply(w, 200, string(raw))
	case r.URL.Path == "/device":
		reply(w, 200, `{"device_code":"secret-code","user_code":"ABCD","verification_uri":"`+o.URL+`/tv","expires_in":600,"interval":1}`)
	case r.URL.Path == "/token":
		o.token(w, r)
	case r.URL.Path == "/revoke":
		o.revoked = append(o.revoked, r.FormValue("token"))
	default:
		o.serve(w, r)
	}
}

func (o *office) set(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f()
}

func (o *office) counted(path string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.count[path]
}

func officePaired(t *testing.T, o *office, options ...tvOption) *tv {
	t.Helper()
	b := newTV(t, o.URL, options...)
	b.begin()
	b.phase(pairing.Paired)
	return b
}

func TestMetadataThatIsRefused(t *testing.T) {
	for name, change := range map[string]func(map[string]any){
		"another issuer":    func(m map[string]any) { m["issuer"] = "https://evil.example" },
		"a slash more":      func(m map[string]any) { m["issuer"] = m["issuer"].(string) + "/" },
		"plain http":        func(m map[string]any) { m["token_endpoint"] = "http://films.example/token" },
		"no device grant":   func(m map[string]any) { delete(m, "device_authorization_endpoint") },
		"other grants":      func(m map[string]any) { m["grant_types_supported"] = []string{"authorization_code"} },
		"no DPoP":           func(m map[string]any) { delete(m, "dpop_signing_alg_values_supported") },
		"DPoP with RSA":     func(m map[string]any) { m["dpop_signing_alg_values_supported"] = []string{"RS256"} },
		"revocation by ftp": func(m map[string]any) { m["revocation_endpoint"] = "ftp://films.example/" },
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			change(o.metadata)
			b := newTV(t, o.URL)
			must(t, b.all.Begin(t.Context(), "films"))
			if s := b.phase(pairing.Failed); s.Reason != pairing.Garbage || o.counted("/token") != 0 {
				t.Errorf("%+v", s)
			}
			must(t, b.all.Cancel(t.Context(), "films"))
			b.phase(pairing.Idle)
		})
	}
}

// A service that answers 401 to everything is asked ever less often, by
// however many at once.
func TestStormOf401(t *testing.T) {
	o := newOffice(t)
	o.serve = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		w.WriteHeader(http.StatusUnauthorized)
	}
	var mu sync.Mutex
	mono := time.Duration(0)
	b := officePaired(t, o, func(op *Options) {
		start := time.Now()
		op.Mono = func() time.Duration { mu.Lock(); defer mu.Unlock(); return mono + time.Since(start) }
	})
	var rests []time.Duration
	for round := range 5 {
		var all sync.WaitGroup
		before := o.counted("/film")
		for range 30 {
			all.Go(func() {
				if _, err := b.get(o.URL + "/film"); !errors.Is(err, ErrRefused) {
					t.Errorf("%v", err)
				}
			})
		}
		all.Wait()
		if n := o.counted("/film") - before; n > 60 || n < 2 {
			t.Errorf("round %d: %d requests", round, n)
		}
		quiet := o.counted("/film")
		for range 100 {
			if _, err := b.get(o.URL + "/film"); !errors.Is(err, ErrRefused) {
				t.Errorf("%v", err)
			}
		}
		if n := o.counted("/film") - quiet; n != 0 {
			t.Errorf("%d requests while it rests", n)
		}
		b.one.mu.Lock()
		rests = append(rests, b.one.rest.until-b.one.o.Mono())
		b.one.mu.Unlock()
		mu.Lock()
		mono += rests[round]
		mu.Unlock()
	}
	if rests[4] < 60*time.Second || rests[4] < 2*rests[2] {
		t.Errorf("it rests for %v", rests)
	}
	for _, p := range b.line.of("") {
		if strings.HasPrefix(p.header.Get("Authorization"), "Bearer") {
			t.Error("a bound token was sent as Bearer")
		}
	}
	o.set(func() { o.serve = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) } })
	if status, err := b.get(o.URL + "/film"); status != 204 || err != nil {
		t.Errorf("when it is over: %d, %v", status, err)
	}
}

func TestNonces(t *testing.T) {
	o := newOffice(t)
	wants := func(w http.ResponseWriter, r *http.Request, nonce string) bool {
		if strings.Contains(payload(t, r.Header.Get("DPoP")), `"nonce":"`+nonce+`"`) {
			return false
		}
		w.Header().Set("DPoP-Nonce", nonce)
		w.Header().Set("WWW-Authenticate", `DPoP error="use_dpop_nonce"`)
		reply(w, 401, `{"error":"use_dpop_nonce"}`)
		return true
	}
	o.token = func(w http.ResponseWriter, r *http.Request) {
		if !wants(w, r, "token-nonce") {
			o.grant(w, "access")
		}
	}
	o.serve = func(w http.ResponseWriter, r *http.Request) {
		if !wants(w, r, "film-nonce") {
			body, _ := io.ReadAll(r.Body)
			_, _ = w.Write(body)
		}
	}
	b := officePaired(t, o)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.URL+"/film?x=1", strings.NewReader("twice"))
	must(t, err)
	resp, err := b.all.Do(r, "films")
	must(t, err)
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); string(body) != "twice" || o.counted("/film") != 2 {
		t.Errorf("%q after %d requests", body, o.counted("/film"))
	}
}

// payload is the middle of a JWS.
func payload(t *testing.T, jws string) string {
	parts := strings.Split(jws, ".")
	if len(parts) != 3 {
		t.Errorf("no proof: %q", jws)
		return ""
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Error(err)
	}
	return string(raw)
}

func TestProof(t *testing.T) {
	v, err := keys.OpenFile(t.TempDir())
	must(t, err)
	k, err := v.Create("box")
	must(t, err)
	u, err := url.Parse("https://films.example/v1/a%2Fb?secret=1#x")
	must(t, err)
	p, err := proof(k, "GET", u, time.Unix(1700000000, 0), "token", "n")
	must(t, err)
	var c claims
	must(t, json.Unmarshal([]byte(payload(t, p)), &c))
	want := claims{ID: c.ID, Method: "GET", URL: "https://films.example/v1/a%2Fb", Issued: 1700000000, Access: "PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A", Nonce: "n"}
	if c != want || len(c.ID) < 20 {
		t.Errorf("%+v, want %+v", c, want)
	}
	again, err := proof(k, "GET", u, time.Unix(1700000000, 0), "token", "n")
	must(t, err)
	if payload(t, again) == payload(t, p) {
		t.Error("two proofs share an id")
	}
}

// Unpairing wipes without the network, and the service is told later, over a
// restart.
func TestUnpairWhileTheServiceIsAway(t *testing.T) {
	o := newOffice(t)
	b := officePaired(t, o)
	if _, err := b.all.Thumbprint("films"); err != nil {
		t.Error(err)
	}
	if err := b.all.Begin(t.Context(), "films"); !errors.Is(err, ErrPaired) {
		t.Errorf("to pair twice: %v", err)
	}
	o.set(func() { o.down = true })
	told, err := b.all.Unpair(t.Context(), "films")
	if s := b.one.standing(); told || err != nil || s.Phase != pairing.Idle || !s.Telling {
		t.Errorf("%v, %v, %+v", told, err, s)
	}
	if _, err := b.all.Unpair(t.Context(), "films"); !errors.Is(err, ErrUnpaired) {
		t.Errorf("twice: %v", err)
	}
	b.stop()
	o.set(func() { o.down = false })
	again := newTV(t, o.URL, withDir(b.dir))
	again.until("the service knows", func() bool { return !again.one.standing().Telling })
	if o.revoked[0] != "refresh" {
		t.Errorf("it was told %q", o.revoked)
	}
	must(t, walk(again.dir, func(raw []byte) { t.Errorf("%d bytes are left", len(raw)) }))
}

// A person who takes the pairing back while the tokens arrive is not paired.
func TestCancelBeatsTheTokens(t *testing.T) {
	o := newOffice(t)
	b := newTV(t, o.URL)
	arrived, on := make(chan struct{}), make(chan struct{})
	b.line.set(func(p passing, send func() (*http.Response, error)) (*http.Response, error) {
		resp, err := send()
		if p.grant() == codeGrant {
			close(arrived)
			<-on
		}
		return resp, err
	})
	b.begin()
	<-arrived
	must(t, b.all.Cancel(t.Context(), "films"))
	b.phase(pairing.Idle)
	close(on)
	b.until("the tokens are given back", func() bool { o.mu.Lock(); defer o.mu.Unlock(); return len(o.revoked) == 1 })
	if s := b.one.standing(); s.Phase != pairing.Idle {
		t.Errorf("%+v", s)
	}
}

// A box that stops waits for tokens that are on their way.
func TestStopWaitsForTokens(t *testing.T) {
	o := newOffice(t)
	b := newTV(t, o.URL)
	arrived, on := make(chan struct{}), make(chan struct{})
	b.line.set(func(p passing, send func() (*http.Response, error)) (*http.Response, error) {
		resp, err := send()
		if p.grant() == codeGrant {
			close(arrived)
			<-on
		}
		return resp, err
	})
	b.begin()
	<-arrived
	time.AfterFunc(100*time.Millisecond, func() { close(on) })
	b.stop()
	if again := newTV(t, o.URL, withDir(b.dir)); again.one.standing().Phase != pairing.Paired {
		t.Errorf("after the restart: %+v", again.one.standing())
	}
}

func TestTokensGoNowhereElse(t *testing.T) {
	o := newOffice(t)
	other := newOffice(t)
	b := officePaired(t, o)
	if _, err := b.get(other.URL + "/film"); !errors.Is(err, ErrOrigin) || other.counted("/film") != 0 {
		t.Errorf("another origin: %v", err)
	}
	o.serve = func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL+"/film", http.StatusFound) }
	if status, err := b.get(o.URL + "/film"); status != http.StatusFound || err != nil || other.counted("/film") != 0 {
		t.Errorf("a redirect: %d, %v", status, err)
	}
	for _, service := range []string{"", "cars"} {
		if _, err := b.all.Standing(service); !errors.Is(err, ErrUnknown) {
			t.Errorf("%q: %v", service, err)
		}
	}
}

// Services do not know of each other: a key and a clock each.
func TestSeveralServices(t *testing.T) {
	one, two := newOffice(t), newOffice(t)
	b := officePaired(t, one, func(o *Options) {
		s := o.Services[0]
		s.ID, s.Issuer = "Cinéma: zwei", two.URL
		o.Services = append(o.Services, s, s)
	})
	must(t, b.all.Begin(t.Context(), "Cinéma: zwei"))
	b.until("both are paired", func() bool { s, _ := b.all.Standing("Cinéma: zwei"); return s.Phase == pairing.Paired })
	k1, err1 := b.all.Thumbprint("films")
	k2, err2 := b.all.Thumbprint("Cinéma: zwei")
	if err := errors.Join(err1, err2); err != nil || k1 == k2 {
		t.Errorf("%q, %q, %v", k1, k2, err)
	}
	_, err := b.all.Unpair(t.Context(), "films")
	must(t, err)
	if s, _ := b.all.Standing("Cinéma: zwei"); s.Phase != pairing.Paired {
		t.Errorf("the other: %+v", s)
	}
}

// weak is a vault whose disk is full now and then.
type weak struct {
	keys.Vault
	full atomic.Bool
}

func (w *weak) Seal(name string, plain []byte) ([]byte, error) {
	if w.full.Load() && !strings.HasSuffix(name, ".graves") {
		return nil, errors.New("no space left on device")
	}
	return w.Vault.Seal(name, plain)
}

func TestTokensThatCannotBeStored(t *testing.T) {
	o := newOffice(t)
	v, err := keys.OpenFile(t.TempDir())
	must(t, err)
	w := &weak{Vault: v}
	w.full.Store(true)
	b := newTV(t, o.URL, withVault(w))
	b.begin()
	if s := b.phase(pairing.Failed); s.Reason != pairing.Unsaved || b.one.holding() != nil {
		t.Errorf("%+v", s)
	}
	b.until("the service is told", func() bool { return !b.one.standing().Telling })
	if len(o.revoked) == 0 {
		t.Error("the tokens were not given back")
	}

	w.full.Store(false)
	b.begin()
	b.phase(pairing.Paired)
	w.full.Store(true)
	b.old()
	if status, err := b.get(o.URL + "/film"); status != 204 || err != nil {
		t.Errorf("renewed, and the disk is full: %d, %v", status, err)
	}
	access := b.one.holding().Access
	if b.onDisk(access.Reveal()) {
		t.Error("the disk was not full")
	}
	w.full.Store(false)
	if status, err := b.get(o.URL + "/film"); status != 204 || err != nil || !b.onDisk(access.Reveal()) {
		t.Errorf("and when it is not any more: %d, %v", status, err)
	}
}

func TestBodyThatCannotBeSentAgain(t *testing.T) {
	o := newOffice(t)
	b := officePaired(t, o)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.URL+"/film", io.LimitReader(strings.NewReader("x"), 1))
	must(t, err)
	if resp, err := b.all.Do(r, "films"); !errors.Is(err, errBody) || o.counted("/film") != 0 {
		t.Errorf("%v, %v", resp, err)
	}
}

// What is configured anew is not what was paired.
func TestStoredAccountOfAnotherIssuer(t *testing.T) {
	o := newOffice(t)
	b := officePaired(t, o)
	b.stop()
	c := New(Options{Services: []Service{{ID: "films", Issuer: "https://evil.example", ClientID: "tvbox"}}, Dir: b.dir, Vault: b.vault})
	if err := c.Open(); err == nil || c.byID["films"].holding() != nil {
		t.Errorf("tokens would go to another issuer: %v", err)
	}
	must(t, walk(b.dir, func([]byte) {}))
}

// Nothing secret is logged, whatever goes wrong, and no address either.
func TestLogsTellNoSecrets(t *testing.T) {
	var log syncBuilder
	o := newOffice(t)
	logged := func(op *Options) {
		op.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	b := newTV(t, o.URL, logged)
	o.set(func() { o.down = true })
	must(t, b.all.Begin(t.Context(), "films"))
	b.until("it is away", func() bool { return b.one.standing().Away })
	o.set(func() { o.down = false })
	b.phase(pairing.Paired)
	b.old()
	o.set(func() {
		o.token = func(w http.ResponseWriter, _ *http.Request) { reply(w, 400, `{"error":"invalid_grant"}`) }
	})
	if _, err := b.get(o.URL + "/film?token=query"); !errors.Is(err, ErrUnpaired) || strings.Contains(err.Error(), o.URL) {
		t.Error(err)
	}
	b.begin()
	b.phase(pairing.Failed)
	all := log.String()
	for _, want := range []string{"Pairing ended", "not reached", "took the account back"} {
		if !strings.Contains(all, want) {
			t.Errorf("nothing was logged of %q", want)
		}
	}
	for _, secret := range []string{"secret-code", "ABCD", "access-", "refresh", "query", o.URL, "eyJ"} {
		if strings.Contains(all, secret) {
			t.Errorf("%q is in the log:\n%s", secret, all)
		}
	}
}

type syncBuilder struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *syncBuilder) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuilder) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
