package account

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"usher/device/keys"
	"usher/device/keys/keystest"
	"usher/device/keys/tpm"
	"usher/device/pairing"
)

// The tests of this file pair with npm oidc-provider, an authorization server
// that is not ours. make e2e-pairing installs it and runs them.

// oidc starts the server and gives its issuer.
func oidc(t *testing.T, settings ...string) string {
	t.Helper()
	dir := "../../tools/oidc"
	node, err := exec.LookPath("node")
	_, errModules := os.Stat(dir + "/node_modules/oidc-provider")
	if os.Getenv("USHER_E2E_PAIRING") == "" {
		t.Skip("SKIP: pairing with a foreign server takes a minute; make e2e-pairing does it")
	}
	if err != nil || errModules != nil {
		t.Skip("SKIP: node or npm oidc-provider is not installed, so that nothing is known about a foreign server; make e2e-pairing installs it")
	}
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	port := l.Addr().(*net.TCPAddr).Port
	must(t, l.Close())
	cmd := exec.CommandContext(t.Context(), node, "server.mjs")
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "PORT="+strconv.Itoa(port), "NODE_NO_WARNINGS=1"), settings...)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	issuer := "http://127.0.0.1:" + strconv.Itoa(port)
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		c, err := net.Dial("tcp", strings.TrimPrefix(issuer, "http://"))
		if err == nil {
			must(t, c.Close())
			return issuer
		}
		if time.Now().After(end) {
			t.Fatal("oidc-provider did not start")
		}
	}
}

// phone is a person with a browser.
type phone struct {
	*testing.T
	client *http.Client
	base   string
}

func newPhone(t *testing.T, base string) *phone {
	jar, err := cookiejar.New(nil)
	must(t, err)
	return &phone{t, &http.Client{Jar: jar, Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}, base}
}

func (p *phone) get(address string) string {
	p.Helper()
	resp, err := p.client.Get(address)
	must(p.T, err)
	return p.body(resp)
}

func (p *phone) post(address string, form url.Values) string {
	p.Helper()
	resp, err := p.client.PostForm(address, form)
	must(p.T, err)
	return p.body(resp)
}

func (p *phone) body(resp *http.Response) string {
	p.Helper()
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	must(p.T, err)
	return string(raw)
}

func (p *phone) find(page, pattern string) string {
	p.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(page)
	if m == nil {
		p.Fatalf("no %s in the page:\n%.2000s", pattern, page)
	}
	return strings.ReplaceAll(m[1], "&amp;", "&")
}

// decide opens the page of a code and says yes or no.
func (p *phone) decide(code string, yes bool) {
	p.Helper()
	page := p.get(p.base + "/device?user_code=" + url.QueryEscape(code))
	form := url.Values{"xsrf": {p.find(page, `name="xsrf" value="([^"]*)"`)}, "user_code": {code}}
	p.post(p.base+"/device", form)
	if !yes {
		form.Set("abort", "yes")
		p.post(p.base+"/device", form)
		return
	}
	form.Set("confirm", "yes")
	page = p.post(p.base+"/device", form)
	for _, prompt := range []string{"login", "consent"} {
		page = p.post(p.find(page, `action="([^"]*)"`), url.Values{"prompt": {prompt}, "login": {"household-1"}, "password": {"x"}})
	}
}

// paired is a box that has been paired.
func paired(t *testing.T, issuer string, options ...tvOption) *tv {
	t.Helper()
	b := newTV(t, issuer, options...)
	newPhone(t, issuer).decide(b.begin().User, true)
	b.phase(pairing.Paired)
	return b
}

func TestOIDCPairsRenewsAndUnpairs(t *testing.T) {
	issuer := oidc(t, "INTERVAL=1")
	b := newTV(t, issuer)
	code := b.begin()
	if !strings.Contains(code.Shown(), url.QueryEscape(code.User)) || len(code.User) > 15 || len(code.URI) > 40 {
		t.Errorf("the code does not fit the screen: %+v", code)
	}
	newPhone(t, issuer).decide(code.User, true)
	if s := b.phase(pairing.Paired); !s.Bound || !strings.Contains(s.Scope, "playback") || s.Code != (pairing.Code{}) {
		t.Errorf("paired, but %+v", s)
	}
	if status, err := b.get(issuer + "/me"); status != 200 || err != nil {
		t.Fatalf("with the account: %d, %v", status, err)
	}
	first := b.one.holding()
	b.old()
	if status, err := b.get(issuer + "/me"); status != 200 || err != nil {
		t.Fatalf("after a renewal: %d, %v", status, err)
	}
	if b.one.holding().Refresh == first.Refresh {
		t.Error("the refresh token was not rotated")
	}

	b.stop()
	again := newTV(t, issuer, withDir(b.dir))
	if status, err := again.get(issuer + "/me"); status != 200 || err != nil {
		t.Fatalf("after a restart: %d, %v", status, err)
	}
	h := again.one.holding()
	if !again.onDisk(h.Refresh.Reveal()) {
		t.Error("files do not seal, and still the token is not found: TestOIDCStolenDisk looks in the wrong place")
	}
	told, err := again.all.Unpair(t.Context(), "films")
	if !told || err != nil {
		t.Fatalf("unpair: %v, %v", told, err)
	}
	if _, err := again.get(issuer + "/me"); !errors.Is(err, ErrUnpaired) {
		t.Errorf("after unpairing: %v", err)
	}
	if code := refresh(t, issuer, h.Refresh, h.key); code != "invalid_grant" {
		t.Errorf("the service was not told: %q", code)
	}
	must(t, walk(again.dir, func(raw []byte) { t.Errorf("%d bytes are left on the disk", len(raw)) }))
}

// refresh tries a refresh token, and gives the error.
func refresh(t *testing.T, issuer string, token pairing.Secret, key keys.Key) string {
	t.Helper()
	a := newAccount(Service{ID: "thief", Issuer: issuer, ClientID: "tvbox"}, Options{Transport: newLine()}.withDefaults())
	got, err := a.post(t.Context(), issuer+"/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token.Reveal()}}, key)
	must(t, err)
	return pairing.ParseRefusal(got.body)
}

// R1: an expired code is one clear state, and a new one takes a person.
func TestOIDCExpired(t *testing.T) {
	b := newTV(t, oidc(t, "INTERVAL=1", "CODE_LIFE=3"))
	old := b.begin()
	s := b.phase(pairing.Expired)
	asked := len(b.line.of(""))
	time.Sleep(2 * time.Second)
	if now := b.one.standing(); now != s || now.Code != (pairing.Code{}) || len(b.line.of("")) != asked {
		t.Errorf("after the end: %+v", now)
	}
	if b.begin() == old {
		t.Error("the old code is shown again")
	}
}

// R1: without an interval it is 5 s. An unknown code ends the pairing. Another
// issuer is refused.
func TestOIDCUnknownCodeAndInterval(t *testing.T) {
	issuer := oidc(t)
	b := newTV(t, issuer)
	b.line.set(func(p passing, send func() (*http.Response, error)) (*http.Response, error) {
		if p.grant() != codeGrant {
			return send()
		}
		form := url.Values{"client_id": {"tvbox"}, "grant_type": {codeGrant}, "device_code": {"unknown"}}
		return http.Post(issuer+"/token", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	})
	start := time.Now()
	b.begin()
	s := b.phase(pairing.Failed)
	if s.Reason != pairing.Refused || s.Refusal != "invalid_grant" {
		t.Errorf("an unknown code: %+v", s)
	}
	if waited := time.Since(start); waited < 5*time.Second {
		t.Errorf("polled after %v", waited)
	}
	other := newTV(t, strings.Replace(issuer, "127.0.0.1", "localhost", 1))
	must(t, other.all.Begin(t.Context(), "films"))
	if s := other.phase(pairing.Failed); s.Reason != pairing.Garbage {
		t.Errorf("metadata of another issuer: %+v", s)
	}
	http.DefaultClient.CloseIdleConnections()
}

// R2: each slow_down is for good; the network and the server going away end
// nothing and shorten nothing.
func TestOIDCSlowDownAndBadNetwork(t *testing.T) {
	issuer := oidc(t, "INTERVAL=1", "SLOW_DOWNS=2")
	b := newTV(t, issuer)
	var n atomic.Int32
	b.line.set(func(p passing, send func() (*http.Response, error)) (*http.Response, error) {
		if p.grant() == codeGrant {
			switch n.Add(1) {
			case 1:
				return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
			case 2:
				return nil, io.ErrUnexpectedEOF
			case 3:
				return answered(http.StatusServiceUnavailable, "<html>"), nil
			case 4:
				return answered(http.StatusBadGateway, `{"error":"access_denied"}`), nil
			}
		}
		return send()
	})
	code := b.begin()
	b.until("two slow_downs came", func() bool { return len(b.line.of(codeGrant)) >= 6 })
	newPhone(t, issuer).decide(code.User, true)
	b.phase(pairing.Paired)
	polls := b.line.of(codeGrant)
	if len(polls) < 7 {
		t.Fatalf("%d polls", len(polls))
	}
	for i, least := range []time.Duration{2, 4, 8, 16, 6, 11} {
		if gap := polls[i+1].at.Sub(polls[i].at); gap < least*time.Second {
			t.Errorf("poll %d came %v after the one before, want %ds", i+2, gap, least)
		}
	}
}

// R3: denied is final.
func TestOIDCDenied(t *testing.T) {
	issuer := oidc(t, "INTERVAL=1")
	b := newTV(t, issuer)
	newPhone(t, issuer).decide(b.begin().User, false)
	s := b.phase(pairing.Denied)
	polls := len(b.line.of(codeGrant))
	time.Sleep(3 * time.Second)
	if now := b.one.standing(); now != s || now.Code != (pairing.Code{}) {
		t.Errorf("after the denial: %+v", now)
	}
	if more := len(b.line.of(codeGrant)) - polls; more != 0 {
		t.Errorf("%d polls after the denial", more)
	}
}

// R5: the box is killed between the 200 and the disk. What is left is no
// account and no code; the next pairing works.
func TestOIDCKilledBeforeSaving(t *testing.T) {
	issuer := oidc(t, "INTERVAL=1")
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=TestHelperPairs", "-test.v")
	cmd.Env = append(os.Environ(), "USHER_HELPER_ISSUER="+issuer, "USHER_HELPER_DIR="+dir)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	user := scan(t, out, `code ([A-Z]{4}-[A-Z]{4})`)
	newPhone(t, issuer).decide(user, true)
	device := scan(t, out, `answer to (\S+)`)
	must(t, cmd.Process.Kill())
	_ = cmd.Wait() // killed

	b := newTV(t, issuer, withDir(dir))
	if s := b.one.standing(); s.Phase != pairing.Idle {
		t.Errorf("after kill -9: %+v", s)
	}
	time.Sleep(2 * time.Second)
	if n := len(b.line.of(codeGrant)); n != 0 || b.onDisk(device) {
		t.Errorf("%d polls; the device code is on the disk: %v", n, b.onDisk(device))
	}
	newPhone(t, issuer).decide(b.begin().User, true)
	b.phase(pairing.Paired)
	if status, err := b.get(issuer + "/me"); status != 200 || err != nil {
		t.Errorf("the next pairing: %d, %v", status, err)
	}
}

// TestHelperPairs is the box that is killed: it never gets to see the answer
// that has arrived.
func TestHelperPairs(t *testing.T) {
	issuer := os.Getenv("USHER_HELPER_ISSUER")
	if issuer == "" {
		return // for TestOIDCKilledBeforeSaving only
	}
	b := newTV(t, issuer, withDir(os.Getenv("USHER_HELPER_DIR")))
	b.line.set(func(p passing, send func() (*http.Response, error)) (*http.Response, error) {
		resp, err := send()
		if err == nil && p.grant() == codeGrant && resp.StatusCode == http.StatusOK {
			fmt.Println("answer to", p.form.Get("device_code"))
			<-t.Context().Done()
		}
		return resp, err
	})
	fmt.Println("code", b.begin().User)
	<-t.Context().Done()
}

func scan(t *testing.T, r io.Reader, pattern string) string {
	t.Helper()
	var all strings.Builder
	part := make([]byte, 1)
	for exp := regexp.MustCompile(pattern + `\n`); ; {
		if _, err := r.Read(part); err != nil {
			t.Fatalf("%v after %q", err, all.String())
		}
		all.Write(part)
		if m := exp.FindStringSubmatch(all.String()); m != nil {
			return m[1]
		}
	}
}

// R5: the 200 is lost on the way: one clear end, and never a second use.
func TestOIDCLostTokens(t *testing.T) {
	issuer := oidc(t, "INTERVAL=1")
	b := newTV(t, issuer)
	b.line.set(func(p passing, send func() (*http.Response, error)) (*http.Response, error) {
		resp, err := send()
		if err == nil && p.grant() == codeGrant && resp.StatusCode == http.StatusOK {
			raw, _ := io.ReadAll(resp.Body)
			resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(string(raw[:10])), broken{}))
		}
		return resp, err
	})
	newPhone(t, issuer).decide(b.begin().User, true)
	if s := b.phase(pairing.Failed); s.Reason != pairing.Lost {
		t.Errorf("%+v", s)
	}
	n := len(b.line.of(codeGrant))
	time.Sleep(2500 * time.Millisecond)
	if more := len(b.line.of(codeGrant)) - n; more != 0 {
		t.Errorf("the code was sent %d times more", more)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// R5: parallel renewals are one; a lost renewal ends in re-pairing, not in a
// loop.
func TestOIDCRenewals(t *testing.T) {
	issuer := oidc(t, "INTERVAL=1")
	b := paired(t, issuer)
	b.old()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if status, err := b.get(issuer + "/me"); status != 200 || err != nil {
				t.Errorf("beside others: %d, %v", status, err)
			}
		})
	}
	all.Wait()
	if n := len(b.line.of("refresh_token")); n != 1 {
		t.Errorf("%d renewals for 20 requests", n)
	}
	b.line.set(func(p passing, send func() (*http.Response, error)) (*http.Response, error) {
		resp, err := send()
		if err == nil && p.grant() == "refresh_token" {
			_ = resp.Body.Close()
			return nil, io.ErrUnexpectedEOF
		}
		return resp, err
	})
	b.old()
	if _, err := b.get(issuer + "/me"); !errors.Is(err, ErrUnreachable) {
		t.Fatalf("the answer was lost: %v", err)
	}
	b.line.set(nil)
	b.until("the service takes the account back", func() bool {
		_, err := b.get(issuer + "/me")
		return errors.Is(err, ErrUnpaired)
	})
	if n := len(b.line.of("refresh_token")); n != 3 {
		t.Errorf("%d renewals in all, want 3: good, lost, refused", n)
	}
	revokedOnce(b)
}

// revokedOnce checks that a box knows that it lost its account, and said so
// once.
func revokedOnce(b *tv) {
	b.Helper()
	s := b.one.standing()
	if !s.Revoked || s.Phase != pairing.Idle {
		b.Errorf("taken back, and stands as %+v", s)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, s := range b.seen {
		if s.Revoked {
			n++
		}
	}
	if n != 1 {
		b.Errorf("it was told %d times", n)
	}
	must(b.T, walk(b.dir, func(raw []byte) { b.Errorf("%d bytes are left on the disk", len(raw)) }))
}

// R6: what a thief can try with stolen tokens, without the key.
func TestOIDCThief(t *testing.T) {
	issuer := oidc(t, "INTERVAL=1")
	b := paired(t, issuer)
	h := b.one.holding()
	v, err := keys.OpenFile(t.TempDir())
	must(t, err)
	thief, err := v.Create("thief")
	must(t, err)
	u, err := url.Parse(issuer + "/me")
	must(t, err)
	try := func(what, scheme string, key keys.Key, at time.Time, access string) string {
		p, err := proof(key, "GET", u, at, access, "")
		must(t, err)
		status := me(t, u.String(), scheme, h.Access, p)
		if what != "" && status != http.StatusUnauthorized {
			t.Errorf("%s: %d", what, status)
		}
		if what == "" && status != http.StatusOK {
			t.Errorf("the box itself: %d", status)
		}
		return p
	}
	access := h.Access.Reveal()
	good := try("", "DPoP", h.key, time.Now(), access)
	if status := me(t, u.String(), "DPoP", h.Access, good); status != http.StatusUnauthorized {
		t.Errorf("a replayed proof: %d", status)
	}
	try("another key", "DPoP", thief, time.Now(), access)
	try("as Bearer", "Bearer", h.key, time.Now(), access)
	try("a proof of 10 minutes ago", "DPoP", h.key, time.Now().Add(-10*time.Minute), access)
	try("a proof for another token", "DPoP", h.key, time.Now(), "other")
	if code := refresh(t, issuer, h.Refresh, thief); code != "invalid_grant" {
		t.Errorf("renewal with another key: %q", code)
	}
	if code := refresh(t, issuer, h.Refresh, nil); code == "" {
		t.Error("renewal without a proof")
	}
	if status, err := b.get(u.String()); status != 200 || err != nil {
		t.Errorf("the box after all that: %d, %v", status, err)
	}
}

func me(t *testing.T, address, scheme string, token pairing.Secret, proof string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	must(t, err)
	r.Header.Set("Authorization", scheme+" "+token.Reveal())
	if scheme == "DPoP" {
		r.Header.Set("DPoP", proof)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	must(t, err)
	must(t, resp.Body.Close())
	return resp.StatusCode
}

// R6: the disk of a box with a TPM, in another box and in a hex editor.
func TestOIDCStolenDisk(t *testing.T) {
	home, _ := keystest.StartTPM(t, t.TempDir())
	away, _ := keystest.StartTPM(t, t.TempDir())
	issuer := oidc(t, "INTERVAL=1")
	dir := t.TempDir()
	vault := func(socket string) keys.Vault {
		v, err := tpm.Open(socket, filepath.Join(dir, "keys"))
		must(t, err)
		t.Cleanup(func() { _ = v.Close() })
		return v
	}
	b := paired(t, issuer, withDir(dir), withVault(vault(home)))
	if status, err := b.get(issuer + "/me"); status != 200 || err != nil {
		t.Fatalf("with the key in the TPM: %d, %v", status, err)
	}
	h := b.one.holding()
	for _, token := range []pairing.Secret{h.Access, h.Refresh} {
		if b.onDisk(token.Reveal()) || b.onDisk(token.Reveal()[:12]) {
			t.Error("a token can be read on the disk")
		}
	}
	b.stop()
	c := New(Options{Services: []Service{b.one.service}, Dir: dir, Vault: vault(away), Transport: newLine()})
	if err := c.Open(); !errors.Is(err, keys.ErrSealed) {
		t.Errorf("the other box opens it: %v", err)
	}
	if s, _ := c.Standing("films"); s.Phase != pairing.Idle {
		t.Errorf("the other box stands as %+v", s)
	}
	again := newTV(t, issuer, withDir(dir), withVault(vault(home)))
	if status, err := again.get(issuer + "/me"); status != 200 || err != nil {
		t.Errorf("at home again: %d, %v", status, err)
	}
}

// R7: whatever the box's clock shows, and whenever it jumps, the service's
// time is what proofs are made with.
func TestOIDCClocks(t *testing.T) {
	issuer := oidc(t, "INTERVAL=1")
	now := time.Now()
	for _, wall := range []time.Time{time.Unix(0, 0), now.Add(-301 * time.Second), now.Add(time.Hour), now.AddDate(1, 0, 0)} {
		t.Run(wall.Format(time.RFC3339), func(t *testing.T) {
			var shown atomic.Int64
			shown.Store(wall.Unix())
			b := newTV(t, issuer, func(o *Options) { o.Wall = func() time.Time { return time.Unix(shown.Load(), 0) } })
			code := b.begin()
			shown.Add(int64(4 * time.Hour / time.Second)) // somebody sets it in the middle
			newPhone(t, issuer).decide(code.User, true)
			b.phase(pairing.Paired)
			b.old()
			if status, err := b.get(issuer + "/me"); status != 200 || err != nil {
				t.Errorf("%d, %v", status, err)
			}
			if at, trusted := b.one.clock.now(); !trusted || time.Until(at).Abs() > time.Minute {
				t.Errorf("it is %v (%v) by the box", at, trusted)
			}
		})
	}
}

// R7: a box that has heard nothing since it started, with a wrong clock, has
// its first proof refused, and the second is good.
func TestOIDCProofIsMadeAgain(t *testing.T) {
	issuer := oidc(t, "INTERVAL=1")
	b := paired(t, issuer)
	b.stop()
	again := newTV(t, issuer, withDir(b.dir), withWall(time.Now().AddDate(3, 0, 0)))
	if status, err := again.get(issuer + "/me"); status != 200 || err != nil {
		t.Errorf("%d, %v", status, err)
	}
	if n := len(again.line.of("refresh_token")); n != 0 {
		t.Errorf("%d renewals where a new proof would do", n)
	}
}

// R8: revoked by the service.
func TestOIDCRevoked(t *testing.T) {
	issuer := oidc(t, "INTERVAL=1")
	b := paired(t, issuer)
	h := b.one.holding()
	if !b.one.revoke(t.Context(), h.Refresh.Reveal()) {
		t.Fatal("the service does not revoke")
	}
	if _, err := b.get(issuer + "/me"); !errors.Is(err, ErrUnpaired) {
		t.Errorf("after that: %v", err)
	}
	if _, err := b.get(issuer + "/me"); !errors.Is(err, ErrUnpaired) {
		t.Errorf("and again: %v", err)
	}
	b.until("it is told", func() bool { return b.one.standing().Revoked })
	time.Sleep(time.Second)
	revokedOnce(b)
	newPhone(t, issuer).decide(b.begin().User, true)
	if s := b.phase(pairing.Paired); s.Revoked {
		t.Errorf("paired again: %+v", s)
	}
}

// A service that gives tokens without a key gets them back.
func TestOIDCDowngrade(t *testing.T) {
	issuer := oidc(t, "INTERVAL=1", "BEARER=1")
	b := newTV(t, issuer)
	b.line.set(func(p passing, send func() (*http.Response, error)) (*http.Response, error) {
		resp, err := send()
		if err == nil && p.grant() == codeGrant && resp.StatusCode == http.StatusOK {
			raw, _ := io.ReadAll(resp.Body)
			resp.Body = io.NopCloser(strings.NewReader(strings.Replace(string(raw), `"DPoP"`, `"Bearer"`, 1)))
		}
		return resp, err
	})
	newPhone(t, issuer).decide(b.begin().User, true)
	if s := b.phase(pairing.Failed); s.Reason != pairing.Downgraded {
		t.Errorf("%+v", s)
	}
	b.until("the service is told", func() bool { return !b.one.standing().Telling })
	must(t, walk(b.dir, func(raw []byte) { t.Errorf("%d bytes are left on the disk", len(raw)) }))
}
