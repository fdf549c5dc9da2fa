package account

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"usher/device/keys"
	"usher/device/pairing"
)

// line is the network between a box and its service, with a knife in it.
type line struct {
	next http.RoundTripper

	mu  sync.Mutex
	cut func(passing, func() (*http.Response, error)) (*http.Response, error)
	log []passing
}

// passing is one request on the line.
type passing struct {
	at     time.Time
	path   string
	form   url.Values
	header http.Header
	status int
}

func (p passing) grant() string { return p.form.Get("grant_type") }

func newLine() *line {
	return &line{next: &http.Transport{DisableKeepAlives: true}}
}

// RoundTrip is http.RoundTripper's.
func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	p := passing{at: time.Now(), path: r.URL.Path, header: maps.Clone(r.Header)}
	if r.GetBody != nil {
		body, _ := r.GetBody()
		raw, _ := io.ReadAll(body)
		p.form, _ = url.ParseQuery(string(raw))
	}
	l.mu.Lock()
	cut := l.cut
	l.mu.Unlock()
	send := func() (*http.Response, error) { return l.next.RoundTrip(r) }
	var resp *http.Response
	var err error
	if cut != nil {
		resp, err = cut(p, send)
	} else {
		resp, err = send()
	}
	if resp != nil {
		p.status = resp.StatusCode
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.log = append(l.log, p)
	return resp, err
}

func (l *line) set(cut func(passing, func() (*http.Response, error)) (*http.Response, error)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
}

// of lists what passed with a grant type.
func (l *line) of(grant string) []passing {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.log), func(p passing) bool { return p.grant() != grant })
}

// answered makes a response up.
func answered(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: &http.Request{URL: &url.URL{}}}
}

// tv is a box under test.
type tv struct {
	*testing.T
	line  *line
	all   *Accounts
	one   *account
	vault keys.Vault
	dir   string
	stop  func()

	mu   sync.Mutex
	seen []Standing
}

type tvOption func(*Options)

func withDir(dir string) tvOption     { return func(o *Options) { o.Dir = dir } }
func withVault(v keys.Vault) tvOption { return func(o *Options) { o.Vault = v } }
func withWall(w time.Time) tvOption {
	return func(o *Options) { o.Wall = func() time.Time { return w } }
}

// newTV starts a box with an account at issuer.
func newTV(t *testing.T, issuer string, options ...tvOption) *tv {
	t.Helper()
	b := &tv{T: t, line: newLine()}
	o := Options{
		Services:  []Service{{ID: "films", Issuer: issuer, ClientID: "tvbox", Scope: "openid offline_access playback"}},
		Dir:       t.TempDir(),
		Transport: b.line,
		Changed:   b.changed,
	}
	for _, f := range options {
		f(&o)
	}
	if o.Vault == nil {
		v, err := keys.OpenFile(o.Dir + "/keys")
		must(t, err)
		o.Vault = v
	}
	b.all, b.vault, b.dir = New(o), o.Vault, o.Dir
	b.one = b.all.byID["films"]
	if err := b.all.Open(); err != nil {
		t.Logf("open: %v", err)
	}
	b.run()
	return b
}

func (b *tv) run() {
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := b.all.Run(ctx); err != nil {
			b.Errorf("run: %v", err)
		}
	}()
	b.stop = sync.OnceFunc(func() { cancel(); <-done })
	b.Cleanup(b.stop)
	b.until("the box runs", func() bool {
		b.one.mu.Lock()
		defer b.one.mu.Unlock()
		return b.one.life != nil
	})
}

func (b *tv) changed(s Standing) {
	b.mu.Lock()
	b.seen = append(b.seen, s)
	b.mu.Unlock()
}

// until waits for something, generously.
func (b *tv) until(what string, is func() bool) {
	b.Helper()
	for end := time.Now().Add(60 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			s, _ := b.all.Standing("films")
			b.Fatalf("it did not come about that %s; standing %+v", what, s)
		}
	}
}

func (b *tv) phase(p pairing.Phase) Standing {
	b.Helper()
	var s Standing
	b.until("it is "+string(p), func() bool { s = b.one.standing(); return s.Phase == p })
	return s
}

func (b *tv) begin() pairing.Code {
	b.Helper()
	must(b.T, b.all.Begin(b.Context(), "films"))
	return b.phase(pairing.Waiting).Code
}

// get asks for a resource with the account.
func (b *tv) get(address string) (int, error) {
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address, nil)
	must(b.T, err)
	resp, err := b.all.Do(r, "films")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	return resp.StatusCode, nil
}

// old makes the access token one that has to be renewed.
func (b *tv) old() {
	b.one.mu.Lock()
	defer b.one.mu.Unlock()
	h := *b.one.held
	h.until = time.Unix(1, 0)
	b.one.held = &h
}

// onDisk says whether a text is anywhere in the box's folder, as it is or
// inside what a vault left unsealed.
func (b *tv) onDisk(text string) bool {
	found := false
	must(b.T, walk(b.dir, func(raw []byte) {
		var e envelope
		if json.Unmarshal(raw, &e) == nil {
			raw = append(raw, e.Sealed...)
		}
		found = found || strings.Contains(string(raw), text)
	}))
	return found
}

func walk(dir string, f func([]byte)) error {
	list, err := os.ReadDir(dir)
	for _, e := range list {
		name := dir + "/" + e.Name()
		if e.IsDir() {
			if err := walk(name, f); err != nil {
				return err
			}
			continue
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		f(raw)
	}
	return err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
