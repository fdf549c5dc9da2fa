package door

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"usher/cmd/boxoffice/shelf"
)

// house is a door with a clock of the test.
type house struct {
	*testing.T
	door *Door
	mux  *http.ServeMux
	now  time.Time
}

func newHouse(t *testing.T, change ...func(*Options)) *house {
	h := &house{T: t, mux: http.NewServeMux(), now: time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)}
	o := Options{Shelf: shelf.New(), Interval: 5 * time.Second, Hold: -1, Now: func() time.Time { return h.now }}
	for _, c := range change {
		c(&o)
	}
	h.door = New(o)
	h.door.Route(h.mux)
	return h
}

// tv is a box with a key of its own.
type tv struct {
	*house
	key *ecdsa.PrivateKey
}

func (h *house) tv() *tv {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		h.Fatal(err)
	}
	return &tv{h, key}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// proof makes a DPoP proof; change may spoil it.
func (b *tv) proof(method, address, token string, change ...func(head, claims map[string]any)) string {
	b.Helper()
	point, err := b.key.PublicKey.Bytes()
	if err != nil {
		b.Fatal(err)
	}
	head := map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": map[string]any{"kty": "EC", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])}}
	claims := map[string]any{"jti": rand.Text(), "htm": method, "htu": address, "iat": b.now.Unix()}
	if token != "" {
		claims["ath"] = sum(token)
	}
	for _, c := range change {
		c(head, claims)
	}
	rawHead, _ := json.Marshal(head)
	rawClaims, _ := json.Marshal(claims)
	signed := b64(rawHead) + "." + b64(rawClaims)
	hash := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, b.key, hash[:])
	if err != nil {
		b.Fatal(err)
	}
	return signed + "." + b64(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

const here = "http://tv.example"

// answer is any answer of the server.
type answer struct {
	status   int
	Device   string `json:"device_code"`
	User     string `json:"user_code"`
	Complete string `json:"verification_uri_complete"`
	Life     int    `json:"expires_in"`
	Interval int    `json:"interval"`
	Access   string `json:"access_token"`
	Refresh  string `json:"refresh_token"`
	Type     string `json:"token_type"`
	Scope    string `json:"scope"`
	Error    string `json:"error"`
}

// post sends a form, with a proof if key is set.
func (b *tv) post(path string, form url.Values, proof bool) answer {
	b.Helper()
	if form.Get("client_id") == "" {
		form.Set("client_id", ClientID)
	}
	r := httptest.NewRequest("POST", here+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if proof {
		r.Header.Set("DPoP", b.proof("POST", here+path, ""))
	}
	w := httptest.NewRecorder()
	b.mux.ServeHTTP(w, r)
	a := answer{status: w.Code}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
			b.Fatalf("%s: %v: %s", path, err, w.Body)
		}
	}
	return a
}

func (b *tv) begin() answer {
	b.Helper()
	a := b.post(PathDevice, url.Values{"scope": {"playback"}, "box_name": {"Living\u202e room"}}, false)
	if a.status != 200 || len(a.User) != 9 || a.Complete != here+"/activate?code="+a.User || a.Life != 600 {
		b.Fatalf("code: %+v", a)
	}
	return a
}

func (b *tv) poll(device string) answer {
	b.Helper()
	b.now = b.now.Add(20 * time.Second)
	return b.post(PathToken, url.Values{"grant_type": {grantDevice}, "device_code": {device}}, true)
}

func (b *tv) renew(token string) answer {
	b.Helper()
	return b.post(PathToken, url.Values{"grant_type": {grantRefresh}, "refresh_token": {token}}, true)
}

func (b *tv) pair() answer {
	b.Helper()
	a := b.begin()
	if !b.door.Allow(a.User, "smith") {
		b.Fatal("the code is not there")
	}
	got := b.poll(a.Device)
	if got.status != 200 || got.Type != "DPoP" || got.Scope != "playback" {
		b.Fatalf("tokens: %+v", got)
	}
	return got
}

// use asks for something with a token.
func (b *tv) use(token string, change ...func(head, claims map[string]any)) error {
	_, err := b.door.Admit(b.request(token, "DPoP", b.proof("GET", here+"/v1/x", token, change...)))
	return err
}

func (b *tv) request(token, kind, proof string) *http.Request {
	r := httptest.NewRequest("GET", here+"/v1/x?y=1", nil)
	r.Header.Set("Authorization", kind+" "+token)
	r.Header.Set("DPoP", proof)
	return r
}

func want(t *testing.T, got answer, code string) {
	t.Helper()
	if got.Error != code || got.status < 400 {
		t.Errorf("answer %d %q, want %q", got.status, got.Error, code)
	}
}

func TestMetadataNamesWhereItWasAsked(t *testing.T) {
	h := newHouse(t)
	w := httptest.NewRecorder()
	h.mux.ServeHTTP(w, httptest.NewRequest("GET", "http://TV.example:99"+PathMetadata, nil))
	var m Metadata
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil || m.Issuer != "http://tv.example:99" || m.Token != m.Issuer+PathToken {
		t.Errorf("%+v, %v", m, err)
	}
	public := newHouse(t, func(o *Options) { o.Public = "https://films.example" })
	if got := public.door.Origin(httptest.NewRequest("GET", "http://evil.example/", nil)); got != "https://films.example" {
		t.Errorf("a Host is believed: %s", got)
	}
}

func TestPairs(t *testing.T) {
	b := newHouse(t).tv()
	a := b.begin()
	want(t, b.poll(a.Device), "authorization_pending")
	asking, ok := b.door.Asking(strings.ToLower(strings.ReplaceAll(a.User, "-", " ")), httptest.NewRequest("GET", "/", nil))
	if !ok || asking.Name != "Living room" || !asking.Near || asking.Code != a.User {
		t.Errorf("asking: %+v, %v", asking, ok)
	}
	if !b.door.Allow(a.User, "smith") || b.door.Allow(a.User, "jones") || b.door.Decline(a.User) {
		t.Error("a code is decided on once")
	}
	got := b.poll(a.Device)
	box, err := b.door.Admit(b.request(got.Access, "DPoP", b.proof("GET", here+"/v1/x", got.Access)))
	if err != nil || box.Household != "smith" || box.Scope != "playback" {
		t.Errorf("%+v, %v", box, err)
	}
}

func TestPollsThatEnd(t *testing.T) {
	b := newHouse(t).tv()
	no := b.begin()
	b.door.Decline(no.User)
	want(t, b.poll(no.Device), "access_denied")

	late := b.begin()
	b.now = b.now.Add(10 * time.Minute)
	if b.door.Allow(late.User, "smith") {
		t.Error("a code is good after its end")
	}
	want(t, b.poll(late.Device), "expired_token")
	want(t, b.poll("unknown"), "invalid_grant")

	stolen := b.begin()
	b.poll(stolen.Device)
	b.door.Allow(stolen.User, "smith")
	want(t, b.house.tv().poll(stolen.Device), "invalid_grant")
	if got := b.poll(stolen.Device); got.status != 200 {
		t.Errorf("the box itself: %+v", got)
	}
}

// TestCodeTwice: a device code that is sent again ends what it made.
func TestCodeTwice(t *testing.T) {
	b := newHouse(t).tv()
	a := b.begin()
	b.door.Allow(a.User, "smith")
	got := b.poll(a.Device)
	want(t, b.poll(a.Device), "invalid_grant")
	want(t, b.renew(got.Refresh), "invalid_grant")
	if err := b.use(got.Access); !errors.Is(err, ErrBadToken) {
		t.Errorf("access: %v", err)
	}
}

// TestSlowDown: each poll that comes too early costs five seconds, for good.
func TestSlowDown(t *testing.T) {
	b := newHouse(t).tv()
	a := b.begin()
	form := url.Values{"grant_type": {grantDevice}, "device_code": {a.Device}}
	for _, step := range []struct {
		after time.Duration
		want  string
	}{
		{0, "authorization_pending"},
		{4 * time.Second, "slow_down"}, // now 10 s
		{6 * time.Second, "slow_down"}, // now 15 s
		{14 * time.Second, "slow_down"},
		{20 * time.Second, "authorization_pending"},
		{20 * time.Second, "authorization_pending"},
	} {
		b.now = b.now.Add(step.after)
		want(t, b.post(PathToken, form, true), step.want)
	}
}

// TestHeldPoll: a poll is answered as soon as somebody decides.
func TestHeldPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(o *Options) { o.Hold = 5 * time.Second; o.Now = time.Now })
		h.now = time.Now()
		b := h.tv()
		a := b.begin()
		start := time.Now()
		form := url.Values{"grant_type": {grantDevice}, "device_code": {a.Device}}
		want(t, b.post(PathToken, form, true), "authorization_pending")
		if d := time.Since(start); d != 5*time.Second {
			t.Errorf("held for %s", d)
		}
		time.Sleep(5 * time.Second)
		h.now, start = time.Now(), time.Now()
		go func() { time.Sleep(time.Second); b.door.Allow(a.User, "smith") }()
		if got := b.post(PathToken, form, true); got.status != 200 || time.Since(start) != time.Second {
			t.Errorf("after %s: %+v", time.Since(start), got)
		}
	})
}

func TestRefreshTokensAreUsedOnce(t *testing.T) {
	b := newHouse(t).tv()
	first := b.pair()
	second := b.renew(first.Refresh)
	if second.status != 200 || second.Refresh == first.Refresh {
		t.Fatalf("renewal: %+v", second)
	}
	if err := errors.Join(b.use(first.Access), b.use(second.Access)); err != nil {
		t.Errorf("both access tokens are good until they end: %v", err)
	}
	want(t, b.house.tv().renew(second.Refresh), "invalid_grant") // a thief's key
	want(t, b.renew(first.Refresh), "invalid_grant")             // the successor was used: theft
	want(t, b.renew(second.Refresh), "invalid_grant")            // and nobody has anything now
	if err := b.use(second.Access); !errors.Is(err, ErrBadToken) {
		t.Errorf("access of a removed box: %v", err)
	}
}

// TestLostAnswer: a box that never saw its new tokens comes with the old one.
func TestLostAnswer(t *testing.T) {
	b := newHouse(t).tv()
	first := b.pair()
	lost := b.renew(first.Refresh)
	again := b.renew(first.Refresh)
	if again.status != 200 {
		t.Fatalf("second try: %+v", again)
	}
	if err := b.use(lost.Access); !errors.Is(err, ErrBadToken) {
		t.Errorf("what was lost is good: %v", err)
	}
	want(t, b.renew(lost.Refresh), "invalid_grant")
	if err := b.use(again.Access); err != nil {
		t.Error(err)
	}
	b.now = b.now.Add(2 * time.Minute)
	third := b.renew(again.Refresh)
	b.now = b.now.Add(2 * time.Minute)
	want(t, b.renew(again.Refresh), "invalid_grant")
	want(t, b.renew(third.Refresh), "invalid_grant")
}

func TestProofsThatAreRefused(t *testing.T) {
	b := newHouse(t).tv()
	token := b.pair().Access
	claim := func(k string, v any) func(_, claims map[string]any) {
		return func(_, claims map[string]any) { claims[k] = v }
	}
	head := func(k string, v any) func(head, _ map[string]any) {
		return func(head, _ map[string]any) { head[k] = v }
	}
	for name, change := range map[string]func(head, claims map[string]any){
		"another method":     claim("htm", "POST"),
		"another address":    claim("htu", here+"/v1/y"),
		"another host":       claim("htu", "http://evil.example/v1/x"),
		"another scheme":     claim("htu", "https://tv.example/v1/x"),
		"stale":              claim("iat", b.now.Add(-301*time.Second).Unix()),
		"from the future":    claim("iat", b.now.Add(61*time.Second).Unix()),
		"without time":       claim("iat", 0),
		"without id":         claim("jti", ""),
		"another token":      claim("ath", sum("another")),
		"no token":           claim("ath", ""),
		"another type":       head("typ", "JWT"),
		"no algorithm":       head("alg", "none"),
		"another algorithm":  head("alg", "HS256"),
		"critical extension": head("crit", []string{"exp"}),
		"private key":        func(head, _ map[string]any) { maps.Copy(head["jwk"].(map[string]any), map[string]any{"d": "AA"}) },
		"no key":             head("jwk", nil),
		"key off the curve": func(head, _ map[string]any) {
			maps.Copy(head["jwk"].(map[string]any), map[string]any{"x": b64(make([]byte, 32))})
		},
	} {
		if err := b.use(token, change); !errors.Is(err, errProof) || Challenge(err) != `DPoP error="invalid_dpop_proof", algs="ES256"` {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, skew := range []time.Duration{-300 * time.Second, 60 * time.Second} {
		if err := b.use(token, claim("iat", b.now.Add(skew).Unix())); err != nil {
			t.Errorf("%s off: %v", skew, err)
		}
	}
	if err := b.use(token, claim("htu", "HTTP://TV.example:80/v1/x?z#f")); err != nil {
		t.Errorf("the same address, written otherwise: %v", err)
	}
}

func TestTokensThatAreRefused(t *testing.T) {
	b := newHouse(t).tv()
	token := b.pair().Access
	good := b.proof("GET", here+"/v1/x", token)
	if _, err := b.door.Admit(b.request(token, "DPoP", good)); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*http.Request{
		"replayed proof": b.request(token, "DPoP", good),
		"as Bearer":      b.request(token, "Bearer", b.proof("GET", here+"/v1/x", token)),
		"without proof":  b.request(token, "DPoP", ""),
		"thief's key":    b.request(token, "DPoP", b.house.tv().proof("GET", here+"/v1/x", token)),
		"invented":       b.request("x.y", "DPoP", b.proof("GET", here+"/v1/x", "x.y")),
		"cut":            b.request(token[:40], "DPoP", b.proof("GET", here+"/v1/x", token[:40])),
	} {
		if _, err := b.door.Admit(r); !errors.Is(err, ErrBadToken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.door.Admit(httptest.NewRequest("GET", here+"/v1/x", nil)); !errors.Is(err, ErrNoToken) {
		t.Errorf("without token: %v", err)
	}
	b.now = b.now.Add(10 * time.Minute)
	if err := b.use(token); !errors.Is(err, ErrBadToken) || Challenge(err) != `DPoP error="invalid_token", algs="ES256"` {
		t.Errorf("after its end: %v", err)
	}
}

// TestNonces: a proof with no nonce, or an old one, is told of the new one.
func TestNonces(t *testing.T) {
	b := newHouse(t, func(o *Options) { o.Nonces = true }).tv()
	with := func(nonce string) error {
		_, err := b.door.prove(b.request("t", "DPoP", b.proof("GET", here+"/v1/x", "t", func(_, claims map[string]any) { claims["nonce"] = nonce })), "t")
		return err
	}
	nonce := b.door.Nonce()
	for _, step := range []struct {
		after time.Duration
		want  error
	}{{0, nil}, {nonceLasts, nil}, {nonceLasts, errNonce}} {
		b.now = b.now.Add(step.after)
		if err := with(nonce); !errors.Is(err, step.want) {
			t.Errorf("%s later: %v, want %v", step.after, err, step.want)
		}
	}
	if err := with(""); Challenge(err) != `DPoP error="use_dpop_nonce", algs="ES256"` {
		t.Errorf("without: %v", err)
	}
	want(t, b.post(PathToken, url.Values{"grant_type": {grantRefresh}}, true), "use_dpop_nonce")
	if err := with(b.door.Nonce()); err != nil {
		t.Error(err)
	}
}

func TestRevoked(t *testing.T) {
	b := newHouse(t).tv()
	for _, by := range []func(answer) string{func(a answer) string { return a.Refresh }, func(a answer) string { return a.Access }} {
		got := b.pair()
		if a := b.post(PathRevoke, url.Values{"token": {"unknown." + got.Refresh}}, false); a.status != 200 {
			t.Errorf("unknown token: %+v", a)
		}
		if err := b.use(got.Access); err != nil {
			t.Error(err)
		}
		if a := b.post(PathRevoke, url.Values{"token": {by(got)}}, false); a.status != 200 {
			t.Errorf("revoke: %+v", a)
		}
		want(t, b.renew(got.Refresh), "invalid_grant")
	}
}

func TestRemove(t *testing.T) {
	b := newHouse(t).tv()
	got := b.pair()
	boxes, err := b.door.Boxes("smith")
	if err != nil || len(boxes) != 1 || boxes[0].Name != "Living room" {
		t.Fatalf("%+v, %v", boxes, err)
	}
	if ok, err := b.door.Remove("jones", boxes[0].ID); ok || err != nil {
		t.Errorf("somebody else's: %v, %v", ok, err)
	}
	if ok, err := b.door.Remove("smith", boxes[0].ID); !ok || err != nil {
		t.Errorf("own: %v, %v", ok, err)
	}
	if err := b.use(got.Access); !errors.Is(err, ErrBadToken) {
		t.Errorf("access of a removed box: %v", err)
	}
}

func TestFormsThatAreRefused(t *testing.T) {
	b := newHouse(t).tv()
	for name, tc := range map[string]struct {
		path, code string
		form       url.Values
	}{
		"another client": {PathDevice, "invalid_client", url.Values{"client_id": {"x"}}},
		"another scope":  {PathDevice, "invalid_scope", url.Values{"scope": {"purchase"}}},
		"twice":          {PathDevice, "invalid_request", url.Values{"scope": {"playback", "playback"}}},
		"another grant":  {PathToken, "unsupported_grant_type", url.Values{"grant_type": {"password"}}},
		"too long":       {PathToken, "invalid_request", url.Values{"x": {strings.Repeat("x", formLimit)}}},
		"no proof":       {PathToken, "invalid_dpop_proof", url.Values{"grant_type": {grantDevice}}},
		"no token":       {PathRevoke, "invalid_request", url.Values{}},
	} {
		t.Run(name, func(t *testing.T) { want(t, b.post(tc.path, tc.form, false), tc.code) })
	}
}

func TestCodesAreLimited(t *testing.T) {
	b := newHouse(t).tv()
	for range 400 {
		b.begin()
	}
	want(t, b.post(PathDevice, url.Values{}, false), "temporarily_unavailable")
}

// TestBoxesSurvive: what was given is good after a restart.
func TestBoxesSurvive(t *testing.T) {
	file := filepath.Join(t.TempDir(), "shelf.db")
	s, err := shelf.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	b := newHouse(t, func(o *Options) { o.Shelf = s }).tv()
	got := b.pair()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = shelf.Open(file); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	again := &tv{newHouse(t, func(o *Options) { o.Shelf = s }), b.key}
	again.now = b.now
	if err := again.use(got.Access); err != nil {
		t.Error(err)
	}
	if a := again.renew(got.Refresh); a.status != 200 {
		t.Errorf("%+v", a)
	}
}

func FuzzParseProof(f *testing.F) {
	h := &house{T: &testing.T{}, now: time.Now()}
	f.Add(h.tv().proof("GET", here, ""))
	f.Add("e30.e30.AA")
	f.Fuzz(func(t *testing.T, compact string) {
		thumb, c, err := parseProof(compact)
		if err == nil && (thumb == "" || c.ID == "" || strings.Count(compact, ".") != 2) {
			t.Errorf("%q is taken for a proof", compact)
		}
	})
}

func FuzzPlain(f *testing.F) {
	f.Add("bcdf-ghjk")
	f.Add("ſK")
	f.Fuzz(func(t *testing.T, typed string) {
		if p := Plain(typed); strings.Trim(p, alphabet+"?") != "" {
			t.Errorf("%q becomes %q", typed, p)
		}
	})
}
