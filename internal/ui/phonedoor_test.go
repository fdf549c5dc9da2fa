package ui

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gorilla/websocket"

	"usher/device/remote"
	"usher/internal/box"
)

// password is what the pretended phones of these tests know; internal/phone has
// the real run, and its tests.
const password = "sesame"

// wicket is phones that let in whoever knows the password, and seal by turning
// bits over.
type wicket struct {
	onePhone
	hosts   []string
	changed chan struct{}

	mu    sync.Mutex
	drops []func(bool)
	names []string
	left  int

	gone   int   // phones that were taken off the list at their own wish
	broken error // why that fails
}

func (g *wicket) Hosts() []string          { return g.hosts }
func (g *wicket) Changed() <-chan struct{} { return g.changed }

func (g *wicket) Accept(c PhoneConn, _ string, drop func(bool)) (PhoneLink, error) {
	_, data, err := c.ReadMessage()
	if err != nil {
		return nil, err
	}
	if string(data) != password {
		return nil, errors.New("it does not know")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.drops = append(g.drops, drop)
	return link{g}, nil
}

type link struct{ g *wicket }

func turned(b []byte) []byte {
	out := bytes.Clone(b)
	for i := range out {
		out[i] ^= 0x55
	}
	return out
}

func (link) Seal(text []byte) []byte { return turned(text) }

func (link) Open(frame []byte) ([]byte, error) {
	if bytes.HasPrefix(frame, []byte("forged")) {
		return nil, errors.New("forged")
	}
	return turned(frame), nil
}

func (l link) Named(name string) {
	l.g.mu.Lock()
	defer l.g.mu.Unlock()
	l.g.names = append(l.g.names, name)
}

func (l link) Remove() error {
	l.g.mu.Lock()
	defer l.g.mu.Unlock()
	l.g.gone++
	return l.g.broken
}

func (l link) Leave() {
	l.g.mu.Lock()
	defer l.g.mu.Unlock()
	l.g.left++
}

// lan is a bridge with its door for phones open.
type lan struct {
	*bench
	gate  *wicket
	phone string // host:port
}

func openLAN(t *testing.T, change ...func(*Options, *limits)) *lan {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &lan{phone: listener.Addr().String()}
	l.gate = &wicket{hosts: []string{l.phone, "usher-x.local:8789"}, changed: make(chan struct{}, 1)}
	l.bench = newBench(t, append([]func(*Options, *limits){func(o *Options, _ *limits) {
		o.Phones = l.gate
		o.PhonePage = fstest.MapFS{"index.html": {Data: []byte(`<!doctype html><head><title>Remote</title></head>`)}, "phone.js": {Data: []byte(`"use strict"`)}}
	}}, change...)...)
	l.box.Refuse = func(box.Event) *box.Problem { return nil }
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: l.Phone()}}
	server.Start()
	t.Cleanup(func() { l.stop(); server.Close() })
	return l
}

// sealedPeer is a phone under the test's control.
type sealedPeer struct{ *peer }

// connect opens the WebSocket and shows the password.
func (l *lan) connect(t *testing.T, password string) sealedPeer {
	t.Helper()
	d := websocket.Dialer{Subprotocols: []string{Protocol}}
	ws, _, err := d.DialContext(t.Context(), "ws://"+l.phone+"/rpc", http.Header{"Origin": {"http://" + l.phone}})
	if err != nil {
		t.Fatal(err)
	}
	_ = ws.SetReadDeadline(time.Now().Add(20 * time.Second))
	t.Cleanup(func() { _ = ws.Close() })
	p := sealedPeer{&peer{ws, t}}
	p.say(password)
	return p
}

// ask sends a sealed call and gives the answer.
func (p sealedPeer) ask(method, params string) (a answer) {
	p.t.Helper()
	p.send(`{"jsonrpc":"2.0","id":"q","method":"` + method + `","params":` + params + `}`)
	for {
		kind, data, err := p.ReadMessage()
		if err != nil || kind != websocket.BinaryMessage {
			p.t.Fatalf("kind %d, %v", kind, err)
		}
		a = answer{}
		if err := json.Unmarshal(turned(data), &a); err != nil {
			p.t.Fatal(err)
		}
		if a.Method == "" {
			return a
		}
	}
}

func (p sealedPeer) send(text string) {
	p.t.Helper()
	if err := p.WriteMessage(websocket.BinaryMessage, turned([]byte(text))); err != nil {
		p.t.Fatal(err)
	}
}

// enter is a phone that said hello.
func (l *lan) enter(t *testing.T) sealedPeer {
	t.Helper()
	p := l.connect(t, password)
	a := p.ask("session.hello", `{"token":"","api":"`+l.calls.newest.String()+`","client":{"name":"Pixel 7","version":"1"}}`)
	var r helloResult
	if a.Error != nil || json.Unmarshal(a.Result, &r) != nil || r.Role != "remote" || !slices.Equal(r.Scopes, l.doc.Roles["remote"]) {
		t.Fatalf("hello: %s %+v", a.Result, a.Error)
	}
	return p
}

func TestAPhoneIsARemote(t *testing.T) {
	l := openLAN(t)
	p := l.enter(t)
	if !slices.Equal(l.gate.names, []string{"Pixel 7"}) {
		t.Errorf("named %q", l.gate.names)
	}
	if a := p.ask("remote.key", `{"key":"ok"}`); a.Error != nil {
		t.Fatal(a.Error)
	}
	want := box.KeyPressed{Key: remote.Event{Key: remote.OK, Action: remote.Press}, By: box.ByPhone}
	if got := l.box.Events(); len(got) != 1 || got[0] != box.Event(want) {
		t.Errorf("the box was told %+v", got)
	}
	if a := p.ask("topic.subscribe", `{"topics":["playback","tracks"]}`); a.Error != nil {
		t.Errorf("following: %v", a.Error)
	}
}

// TestAPhoneMayDoNothingElse calls everything through the sealed channel: what a
// remote may not is denied, and does not reach the box.
func TestAPhoneMayDoNothingElse(t *testing.T) {
	l := openLAN(t, func(_ *Options, lim *limits) { lim.callBurst, lim.keyBurst = 1e6, 1e6 })
	p := l.enter(t)
	for _, m := range l.doc.Methods {
		if m.Scope == "" {
			continue
		}
		before := len(l.box.Events())
		denied := code(p.ask(m.Name, examples()[m.Name])) == codeForbidden
		if want := !slices.Contains([]string{"now.read", "now.steer", "remote.keys"}, m.Scope); denied != want || denied && len(l.box.Events()) != before {
			t.Errorf("%s: denied %v, want %v", m.Name, denied, want)
		}
	}
	for _, topic := range []topicName{topicPhones, topicTyping, topicKeys, topicHousehold, topicPurchase, topicPairing, topicProgress, topicSystem} {
		if a := p.ask("topic.subscribe", `{"topics":["`+string(topic)+`"]}`); code(a) != codeForbidden {
			t.Errorf("%s: %+v", topic, a)
		}
	}
	q := l.connect(t, password)
	if a := q.ask("session.hello", `{"token":"`+testToken+`","role":"screen","client":{"name":"x"}}`); code(a) != codeForbidden {
		t.Errorf("a phone that wants to be a screen: %+v", a)
	}
}

// TestAPhoneLeaves: it is taken off the list at its own wish, or told why not.
func TestAPhoneLeaves(t *testing.T) {
	l := openLAN(t)
	p := l.enter(t)
	if a := p.ask("phones.leave", `{}`); a.Error != nil || l.gate.gone != 1 {
		t.Errorf("%+v, and %d left", a.Error, l.gate.gone)
	}
	l.gate.broken = errors.New("the disk is full")
	if a := p.ask("phones.leave", `{}`); a.Error == nil {
		t.Error("a phone that is on the list still was told that it is not")
	}
	l.gate.broken = &box.Problem{Code: "phone_unknown", Text: "x", Hint: "y"}
	if a := p.ask("phones.leave", `{}`); a.Error == nil || a.Error.Data.Key != "phone_unknown" {
		t.Errorf("%+v", a.Error)
	}
}

// TestWhatIsWrittenComesToTheScreen, whole and without what cannot be shown.
func TestWhatIsWrittenComesToTheScreen(t *testing.T) {
	l := openLAN(t)
	screen, p := l.join(t), l.enter(t)
	screen.call("topic.subscribe", `{"topics":["typing"]}`, new(any))
	if a := p.ask("remote.text", `{"text":"灯 fi\u0000lm"}`); a.Error != nil {
		t.Fatal(a.Error)
	}
	if got := screen.hear(); !strings.Contains(got, `"state":{"text":"灯 film"}`) {
		t.Errorf("%s", got)
	}
	if a := p.ask("remote.text", `{"text":"`+strings.Repeat("x", 81)+`"}`); code(a) != codeParams {
		t.Errorf("too long: %+v", a)
	}
	if len(l.box.Events()) != 0 {
		t.Error("the core, and so the journal, was told")
	}
}

// TestPhonesThatAreNotLetIn: each ends with its reason.
func TestPhonesThatAreNotLetIn(t *testing.T) {
	l := openLAN(t)
	for name, c := range map[string]struct {
		spoil func(p sealedPeer)
		code  int
	}{
		"removed":      {func(sealedPeer) { l.gate.drops[len(l.gate.drops)-1](true) }, closeGone},
		"switched off": {func(sealedPeer) { l.gate.drops[len(l.gate.drops)-1](false) }, closeOut},
		"forged":       {func(p sealedPeer) { _ = p.WriteMessage(websocket.BinaryMessage, []byte("forged")) }, closeOut},
		"in the open":  {func(p sealedPeer) { p.say(`{"jsonrpc":"2.0","id":1,"method":"playback.get"}`) }, closeMessage},
		"too large":    {func(p sealedPeer) { p.send(`"` + strings.Repeat("x", 9<<10) + `"`) }, websocket.CloseMessageTooBig},
		"not UTF-8":    {func(p sealedPeer) { p.send("\xff") }, websocket.CloseInvalidFramePayloadData},
	} {
		p := l.enter(t)
		c.spoil(p)
		if got, text := p.closed(); got != c.code {
			t.Errorf("%s: closed with %d %s, want %d", name, got, text, c.code)
		}
	}
	if got, _ := l.connect(t, "guess").closed(); got != closeOut {
		t.Errorf("a wrong password: closed with %d", got)
	}
	waitFor(t, "every link was left", func() bool {
		l.gate.mu.Lock()
		defer l.gate.mu.Unlock()
		return l.gate.left == len(l.gate.drops)
	})
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

func TestPhoneWithoutHello(t *testing.T) {
	l := openLAN(t, func(_ *Options, lim *limits) { lim.hello = 50 * time.Millisecond })
	if got, _ := l.connect(t, password).closed(); got != closeHello {
		t.Errorf("closed with %d", got)
	}
}

// TestWhoSaysNothingIsNotWaitedFor at the door for phones.
func TestWhoSaysNothingIsNotWaitedFor(t *testing.T) {
	l := openLAN(t, func(_ *Options, lim *limits) { lim.agree = 50 * time.Millisecond })
	d := websocket.Dialer{Subprotocols: []string{Protocol}}
	ws, _, err := d.DialContext(t.Context(), "ws://"+l.phone+"/rpc", http.Header{"Origin": {"http://" + l.phone}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.Close() }()
	_ = ws.SetReadDeadline(time.Now().Add(20 * time.Second))
	_, _, err = ws.ReadMessage()
	if c, ok := errors.AsType[*websocket.CloseError](err); !ok || c.Code != closeOut {
		t.Errorf("%v", err)
	}
}

func TestThereIsRoomForSoManyPhones(t *testing.T) {
	l := openLAN(t, func(_ *Options, lim *limits) { lim.phones = 2 })
	first := l.enter(t)
	l.enter(t)
	d := websocket.Dialer{Subprotocols: []string{Protocol}}
	_, res, err := d.DialContext(t.Context(), "ws://"+l.phone+"/rpc", http.Header{"Origin": {"http://" + l.phone}})
	if err == nil || res.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("a third phone: %v %v", res, err)
	}
	_ = l.join(t) // the screen has places of its own
	_ = first.Close()
	waitFor(t, "a place", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.open[doorPhone] == 1
	})
	l.enter(t)
}

// TestTheDoorForPhonesByEveryOrigin has the rebinding table of the facts at this
// door, for the WebSocket and for whatever else a page could ask.
func TestTheDoorForPhonesByEveryOrigin(t *testing.T) {
	l := openLAN(t)
	handler := l.Phone()
	for name, c := range strangeOrigins(l.phone) {
		for _, path := range []string{"/rpc", "/", "/phone.js"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
			r.Host, r.Header["Origin"] = c.host, c.origin
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != c.status {
				t.Errorf("%s: %s: %d, want %d", name, path, w.Code, c.status)
			}
		}
	}
	for _, c := range []struct {
		host, origin string
		want         int
	}{
		{l.addr, "http://" + l.addr, http.StatusMisdirectedRequest}, // the screen's own address
		{"usher-x.local:8789", "http://usher-x.local:8789", http.StatusBadRequest},
		{"USHER-X.local:8789", "http://usher-x.local:8789", http.StatusBadRequest}, // let through: it asks for no WebSocket
		{"usher-x.local", "http://usher-x.local", http.StatusMisdirectedRequest},
		{l.phone, "", http.StatusForbidden},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/rpc", http.NoBody)
		r.Host = c.host
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s from %q: %d, want %d", c.host, c.origin, w.Code, c.want)
		}
	}
}

// TestTheDoorForPhonesHasItsPageAndNothingElse: no token, no pictures, no
// figures, and nothing that changes anything.
func TestTheDoorForPhonesHasItsPageAndNothingElse(t *testing.T) {
	l := openLAN(t)
	handler := l.Phone()
	ask := func(method, path string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader("{}"))
		r.Host = l.phone
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	page := ask(http.MethodGet, "/")
	if page.Code != http.StatusOK || !strings.Contains(page.Body.String(), "Remote") || strings.Contains(page.Body.String(), "usher-token") {
		t.Errorf("%d %s", page.Code, page.Body)
	}
	if csp := page.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'self'; connect-src 'self' ws://"+l.phone+"; img-src 'self';") {
		t.Errorf("policy %s", csp)
	}
	for _, path := range []string{"/healthz", "/metrics", "/art/demo:tide/poster", "/app.js", "/img/usher.svg", "/../index.html"} {
		if w := ask(http.MethodGet, path); w.Code == http.StatusOK || strings.Contains(w.Body.String(), testToken) {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		if w := ask(method, "/rpc"); w.Code < 400 {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
	if len(l.box.Events()) != 0 {
		t.Error("the box was told something")
	}
}

// TestTheScreenSeesPhones: from the start, and as they change.
func TestTheScreenSeesPhones(t *testing.T) {
	l := openLAN(t)
	p := l.join(t)
	var got struct {
		Topics map[topicName]struct{ State PhonesView }
	}
	p.call("topic.subscribe", `{"topics":["phones"]}`, &got)
	if v := got.Topics[topicPhones].State; len(v.Phones) != 1 || v.Window.Code != "123456" {
		t.Errorf("%+v", v)
	}
	l.gate.changed <- struct{}{}
	if e := p.hear(); !strings.Contains(e, `"topic":"phones"`) {
		t.Errorf("%s", e)
	}
}

// TestABridgeWithoutPhones says so, and its door is shut.
func TestABridgeWithoutPhones(t *testing.T) {
	b := newBench(t)
	p := b.dial(t)
	p.call("session.hello", hello(`,"api":"`+b.calls.newest.String()+`"`), new(any))
	if a := p.ask("phones.get", `{}`); a.Error != nil || !strings.Contains(string(a.Result), `"allowed":false`) {
		t.Errorf("%s %+v", a.Result, a.Error)
	}
	if a := p.ask("phones.pair", `{}`); a.Error == nil || a.Error.Data.Key != "phone_off" {
		t.Errorf("%s %+v", a.Result, a.Error)
	}
	w := httptest.NewRecorder()
	b.Phone().ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/", http.NoBody))
	if w.Code != http.StatusNotFound {
		t.Errorf("the door: %d", w.Code)
	}
}
