package phone_test

import (
	"context"
	"encoding/json"
	"errors"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"usher/cmd/boxoffice/door"
	"usher/cmd/boxoffice/doortest"
	"usher/cmd/boxoffice/office"
	"usher/device/keys"
	"usher/device/pairing"
	"usher/internal/account"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newHouse is the whole service on a port of its own.
func newHouse(t *testing.T) *httptest.Server {
	t.Helper()
	o, err := office.New(office.Options{Demo: true, Streams: t.TempDir()})
	must(t, err)
	s := httptest.NewServer(o)
	t.Cleanup(s.Close)
	return s
}

// person is somebody with a browser.
type person struct {
	*testing.T
	base   string
	client *http.Client
	lang   string
}

func newPerson(t *testing.T, base string) *person {
	jar, err := cookiejar.New(nil)
	must(t, err)
	return &person{t, base, &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}, "en"}
}

// page is an answer.
type page struct {
	status int
	path   string
	body   string
	header http.Header
}

func (p *person) send(method, path string, form url.Values, header ...string) page {
	p.Helper()
	r, err := http.NewRequest(method, p.base+path, strings.NewReader(form.Encode()))
	must(p.T, err)
	r.Header.Set("Accept-Language", p.lang)
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := p.client.Do(r)
	must(p.T, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	must(p.T, err)
	return page{resp.StatusCode, resp.Request.URL.RequestURI(), html.UnescapeString(string(raw)), resp.Header}
}

// submit sends the form of a page, with its hidden fields and more.
func (p *person) submit(on page, action string, more ...string) page {
	p.Helper()
	form := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`).FindAllStringSubmatch(on.body, -1) {
		form.Set(m[1], m[2])
	}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return p.send("POST", action, form)
}

func (p *person) signIn(to string) page {
	p.Helper()
	in := p.send("GET", to, nil)
	if !strings.HasPrefix(in.path, "/signin") {
		p.Fatalf("not asked to sign in: %+v", in)
	}
	return p.submit(in, "/signin", "name", "demo", "password", "popcorn")
}

// box is a real box: internal/account with keys in files.
type box struct {
	*testing.T
	all    *account.Accounts
	issuer string

	mu  sync.Mutex
	now account.Standing
}

func newBox(t *testing.T, issuer string) *box {
	t.Helper()
	b := &box{T: t, issuer: issuer}
	dir := t.TempDir()
	vault, err := keys.OpenFile(dir)
	must(t, err)
	b.all = account.New(account.Options{
		Services: []account.Service{{ID: "films", Issuer: issuer, ClientID: door.ClientID, Scope: door.ScopePlayback}},
		Vault:    vault, Dir: t.TempDir(), Transport: &http.Transport{DisableKeepAlives: true},
		Logger:  slog.New(slog.NewTextHandler(t.Output(), nil)),
		Changed: func(s account.Standing) { b.mu.Lock(); b.now = s; b.mu.Unlock() },
	})
	must(t, b.all.Open())
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.all.Run(ctx) }()
	t.Cleanup(func() { stop(); must(t, <-done) })
	return b
}

func (b *box) phase(want pairing.Phase) account.Standing {
	b.Helper()
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		b.mu.Lock()
		s := b.now
		b.mu.Unlock()
		if s.Phase == want {
			return s
		}
		if time.Now().After(end) {
			b.Fatalf("phase %q, want %q", s.Phase, want)
		}
	}
}

func (b *box) get(path string) (int, error) {
	r, err := http.NewRequestWithContext(b.Context(), "GET", b.issuer+path, nil)
	must(b.T, err)
	resp, err := b.all.Do(r, "films")
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

func (b *box) begin() pairing.Code {
	b.Helper()
	err := b.all.Begin(b.Context(), "films")
	for errors.Is(err, account.ErrStopped) { // Run is about to start
		time.Sleep(time.Millisecond)
		err = b.all.Begin(b.Context(), "films")
	}
	must(b.T, err)
	return b.phase(pairing.Waiting).Code
}

// TestBoxIsLetIn is the evening's first minute: code, phone, sign-in, approval.
func TestBoxIsLetIn(t *testing.T) {
	s := newHouse(t)
	b, p := newBox(t, s.URL), newPerson(t, s.URL)
	code := b.begin()
	if !strings.HasPrefix(code.Shown(), s.URL+"/activate?code=") {
		t.Errorf("the code leads to %s", code.Shown())
	}
	asked := p.signIn(strings.TrimPrefix(code.Shown(), s.URL))
	if asked.status != 200 || !strings.Contains(asked.body, code.User) || !strings.Contains(asked.body, "same network") {
		t.Fatalf("asked: %+v", asked)
	}
	start := time.Now()
	if got := p.submit(asked, "/activate", "do", "allow"); !strings.Contains(got.body, "goes on by itself") {
		t.Fatalf("allowed: %+v", got)
	}
	if got := b.phase(pairing.Paired); !got.Bound || got.Scope != door.ScopePlayback {
		t.Errorf("paired: %+v", got)
	}
	t.Logf("the box knows %s after the approval", time.Since(start))
	if status, err := b.get("/v1/entitlements"); status != http.StatusOK || err != nil {
		t.Errorf("with the account: %d, %v", status, err)
	}
	home := p.send("GET", "/account", nil)
	p.submit(home, "/account/boxes")
	if _, err := b.get("/v1/entitlements"); !errors.Is(err, account.ErrUnpaired) {
		t.Errorf("after it was removed on the phone: %v", err)
	}
}

func TestBoxIsTurnedAway(t *testing.T) {
	s := newHouse(t)
	b, p := newBox(t, s.URL), newPerson(t, s.URL)
	code := b.begin()
	p.signIn("/activate")
	asked := p.send("GET", "/activate?code="+strings.ToLower(code.User), nil)
	p.submit(asked, "/activate", "do", "decline")
	b.phase(pairing.Denied)
}

// TestUnpairedBoxIsForgotten: the box revokes, the account page shows nothing.
func TestUnpairedBoxIsForgotten(t *testing.T) {
	s := newHouse(t)
	b, p := newBox(t, s.URL), newPerson(t, s.URL)
	code := b.begin()
	p.submit(p.signIn("/activate?code="+code.User), "/activate", "do", "allow")
	b.phase(pairing.Paired)
	if told, err := b.all.Unpair(t.Context(), "films"); !told || err != nil {
		t.Errorf("unpair: %v, %v", told, err)
	}
	if got := p.send("GET", "/account", nil); !strings.Contains(got.body, "No box is connected") {
		t.Errorf("account: %+v", got)
	}
}

func TestForeignAndStaleFormsDoNothing(t *testing.T) {
	s := newHouse(t)
	b, p := newBox(t, s.URL), newPerson(t, s.URL)
	code := b.begin()
	asked := p.signIn("/activate?code=" + code.User)
	form := url.Values{"code": {code.User}, "do": {"allow"}}
	if got := p.send("POST", "/activate", form); got.status != http.StatusForbidden {
		t.Errorf("without the session's token: %d", got.status)
	}
	form.Set("token", regexp.MustCompile(`name="token" value="([^"]*)"`).FindStringSubmatch(asked.body)[1])
	for _, header := range [][]string{{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}} {
		if got := p.send("POST", "/activate", form, header...); got.status != http.StatusForbidden {
			t.Errorf("%v: %d", header, got.status)
		}
	}
	if got := newPerson(t, s.URL).send("POST", "/activate", form); got.status != http.StatusForbidden {
		t.Errorf("without a session: %d", got.status)
	}
	if got := p.send("GET", "/activate?"+form.Encode(), nil); !strings.Contains(got.body, "Let this box in?") {
		t.Error("an address decides")
	}
}

func TestGuessing(t *testing.T) {
	s := newHouse(t)
	p := newPerson(t, s.URL)
	in := p.send("GET", "/signin?next=//evil.example", nil)
	if !strings.Contains(in.body, `name="next" value="/account"`) {
		t.Error("a person is sent elsewhere after signing in")
	}
	for i := range 12 {
		got := p.submit(in, "/signin", "name", "demo", "password", "wrong")
		want := http.StatusUnauthorized
		if i >= 10 {
			want = http.StatusTooManyRequests
		}
		if got.status != want {
			t.Errorf("password %d: %d", i, got.status)
		}
	}
	s = newHouse(t)
	p = newPerson(t, s.URL)
	p.signIn("/activate")
	for i := range 12 {
		got := p.send("GET", "/activate?code=BBBB-BBBB", nil)
		want := http.StatusNotFound
		if i >= 10 {
			want = http.StatusTooManyRequests
		}
		if got.status != want {
			t.Errorf("code %d: %d", i, got.status)
		}
	}
}

func TestPagesAreClosed(t *testing.T) {
	s := newHouse(t)
	p := newPerson(t, s.URL)
	for _, path := range []string{"/signin", "/activate", "/account"} {
		got := p.send("GET", path, nil)
		if csp := got.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if strings.Contains(got.body, "<script") || strings.Contains(got.body, "style=") || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %+v", path, got)
		}
	}
}

func TestLanguages(t *testing.T) {
	s := newHouse(t)
	p := newPerson(t, s.URL)
	for accept, want := range map[string]string{
		"de-AT,de;q=0.9": "Anmelden", "zh-CN": "登录", "id": "Masuk", "th;q=0.5,fr": "เข้าสู่ระบบ", "fr": "Sign in", "": "Sign in", "en;q=0,de;q=0.1": "Anmelden",
	} {
		p.lang = accept
		if got := p.send("GET", "/signin", nil); !strings.Contains(got.body, "<h1>"+want+"</h1>") {
			t.Errorf("%q: no %q", accept, want)
		}
	}
}

// purchase lets a box of the household want something, and gives the page to
// pay on.
func purchase(t *testing.T, s *httptest.Server, p *person, title, kind string) (b *doortest.Box, page string) {
	t.Helper()
	b, err := doortest.Pair(s.Config.Handler, time.Now, func(code string) bool {
		got := p.send("GET", "/activate?code="+code, nil)
		return strings.Contains(p.submit(got, "/activate", "do", "allow").body, "goes on by itself")
	})
	must(t, err)
	w := b.Ask("POST", "/v1/purchases", `{"id":"intent-0123456789-`+title+`","titleId":"`+title+`","kind":"`+kind+`"}`)
	var got struct{ URI string }
	must(t, json.Unmarshal(w.Body.Bytes(), &got))
	if w.Code != http.StatusCreated {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	return b, strings.TrimPrefix(got.URI, doortest.Origin)
}

func state(t *testing.T, b *doortest.Box, title string) (state, lease string) {
	t.Helper()
	var got struct{ State, Lease string }
	must(t, json.Unmarshal(b.Ask("GET", "/v1/purchases/intent-0123456789-"+title, "").Body.Bytes(), &got))
	return got.State, got.Lease
}

// TestPaying goes through every way to pay, and what can go wrong on it.
func TestPaying(t *testing.T) {
	for name, tc := range map[string]struct {
		do, wrong, secret, want, title, kind string
	}{
		"wallet":  {"wallet", "000000", "246810", "Receipt LP-", "glass-harbour", "rent"},
		"sheet":   {"sheet", "", "", "Receipt LP-", "violin-in-winter", "buy"},
		"bill":    {"bill", "wrong", "popcorn", "Receipt LP-", "glass-harbour", "rent"},
		"voucher": {"voucher", "wrong", "popcorn", "Receipt LP-", "glass-harbour", "rent"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newHouse(t)
			p := newPerson(t, s.URL)
			p.signIn("/account")
			b, path := purchase(t, s, p, tc.title, tc.kind)
			if got, _ := state(t, b, tc.title); got != "created" {
				t.Errorf("before the scan: %s", got)
			}
			page := p.send("GET", path, nil)
			if !strings.Contains(page.body, "€") || !strings.Contains(page.body, "For “Test box”") {
				t.Errorf("page: %s", page.body)
			}
			if got, _ := state(t, b, tc.title); got != "scanned" {
				t.Errorf("after the scan: %s", got)
			}
			page = p.submit(page, path, "do", tc.do)
			if tc.wrong != "" {
				page = p.submit(page, path, "do", "confirm", "secret", tc.wrong)
				if got, _ := state(t, b, tc.title); got != "scanned" || !strings.Contains(page.body, `class="bad"`) {
					t.Errorf("after a wrong secret: %s, %s", got, page.body)
				}
			}
			page = p.submit(page, path, "do", "confirm", "secret", tc.secret)
			if got, lease := state(t, b, tc.title); got != "fulfilled" || lease == "" || !strings.Contains(page.body, tc.want) {
				t.Errorf("paid: %s, %s", got, page.body)
			}
			account := p.send("GET", "/account", nil)
			p.submit(account, "/account", "do", "refund")
			if got, _ := state(t, b, tc.title); got != "refunded" {
				t.Errorf("given back: %s", got)
			}
		})
	}
}

func TestDecliningToPay(t *testing.T) {
	s := newHouse(t)
	p := newPerson(t, s.URL)
	p.signIn("/account")
	b, path := purchase(t, s, p, "glass-harbour", "rent")
	page := p.submit(p.send("GET", path, nil), path, "do", "decline")
	if got, lease := state(t, b, "glass-harbour"); got != "declined" || lease != "" || !strings.Contains(page.body, "Nothing was paid") {
		t.Errorf("%s, %s", got, page.body)
	}
	if again := p.send("GET", path, nil); !strings.Contains(again.body, "This purchase is over") {
		t.Errorf("again: %s", again.body)
	}
	if other := p.send("GET", "/pay/none", nil); other.status != http.StatusNotFound {
		t.Errorf("no such purchase: %d", other.status)
	}
}

// TestPlansOnThePhone: a plan is cancelled, and another one bought, without a box.
func TestPlansOnThePhone(t *testing.T) {
	inAMonth := func() string { return "until " + time.Now().UTC().AddDate(0, 1, 0).Format(time.DateOnly) }
	early := inAMonth()
	s := newHouse(t)
	p := newPerson(t, s.URL)
	account := p.signIn("/account")
	if !strings.Contains(account.body, "One month") || !strings.Contains(account.body, "Vouchers: 2") {
		t.Errorf("account: %s", account.body)
	}
	after := p.submit(account, "/account", "do", "end_plan")
	if late := inAMonth(); !strings.Contains(after.body, early) && !strings.Contains(after.body, late) { // midnight may have passed
		t.Errorf("no %s in %s", late, after.body)
	}
	page := p.submit(p.send("GET", "/plans", nil), "/plans")
	page = p.submit(page, page.path, "do", "sheet", "plan", "year")
	if !strings.Contains(page.body, "€74.90") {
		t.Errorf("the sheet has no price: %s", page.body)
	}
	if page = p.submit(page, page.path, "do", "confirm"); !strings.Contains(page.body, "All your boxes know") {
		t.Errorf("paid: %s", page.body)
	}
	if account = p.send("GET", "/account", nil); !strings.Contains(account.body, "One year") || !strings.Contains(account.body, "Vouchers: 50") {
		t.Errorf("account: %s", account.body)
	}
	if got := p.submit(p.send("GET", "/plans", nil), "/plans"); got.status != http.StatusConflict {
		t.Errorf("a second plan: %d", got.status)
	}
}

func TestTextsAreThere(t *testing.T) {
	raw, err := os.ReadFile("texts.json")
	must(t, err)
	var texts map[string]map[string]string
	must(t, json.Unmarshal(raw, &texts))
	pages, err := os.ReadFile("pages.html")
	must(t, err)
	for key, text := range texts {
		for _, lang := range []string{"en", "zh-Hans", "de", "id", "th"} {
			if text[lang] == "" || strings.Count(text[lang], "%") != strings.Count(text["en"], "%") {
				t.Errorf("%s in %s: %q", key, lang, text[lang])
			}
		}
	}
	for _, m := range regexp.MustCompile(`\.T "([a-z_]+)"`).FindAllStringSubmatch(string(pages), -1) {
		if texts[m[1]] == nil {
			t.Errorf("no text %q", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`eq \.Page "([a-z]+)"`).FindAllStringSubmatch(string(pages), -1) {
		if texts[m[1]+"_title"] == nil {
			t.Errorf("no title of page %q", m[1])
		}
	}
}
