package ui

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"usher/internal/box"
)

// doors are a bridge with both its doors open: TCP, and a unix socket at which
// the caller has the role that the test says.
type doors struct {
	*bench
	socket string
	caller string
}

func openDoors(t *testing.T) *doors {
	t.Helper()
	d := &doors{socket: filepath.Join(t.TempDir(), "s")}
	d.bench = newBench(t, func(o *Options, l *limits) {
		o.Caller = func(context.Context) string { return d.caller }
		l.callBurst, l.keyBurst = 1e6, 1e6
	})
	d.box.Refuse = func(box.Event) *box.Problem { return nil }
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", d.socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: d.Local()}}
	server.Start()
	t.Cleanup(func() { d.stop(); server.Close() })
	return d
}

// local opens the socket as a role; header is what a browser would add.
func (d *doors) local(t *testing.T, role string, header http.Header) (*peer, int) {
	t.Helper()
	d.caller = role
	dialer := websocket.Dialer{
		Subprotocols: []string{Protocol},
		NetDialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", d.socket)
		},
	}
	ws, res, err := dialer.DialContext(t.Context(), "ws://usher/rpc", header)
	if err != nil {
		return nil, res.StatusCode
	}
	t.Cleanup(func() { _ = ws.Close() })
	return &peer{ws, t}, http.StatusSwitchingProtocols
}

// as opens a session of a role, by the door that the role comes in by.
func (d *doors) as(t *testing.T, name string) *peer {
	t.Helper()
	extra := `,"api":"` + d.calls.newest.String() + `"`
	p := new(peer)
	switch name {
	case "screen":
		p = d.dial(t)
	case "remote":
		p, extra = d.dial(t), extra+`,"role":"remote"`
	default:
		p, _ = d.local(t, name, nil)
	}
	var r helloResult
	p.call("session.hello", hello(extra), &r)
	if r.Role != name {
		t.Fatalf("role %s, want %s", r.Role, name)
	}
	return p
}

// TestEveryMethodByEveryRole calls everything as everybody over real sockets:
// who is denied is what the document says, each denial has a reason and a
// remedy, and no denied call reaches the box.
func TestEveryMethodByEveryRole(t *testing.T) {
	d := openDoors(t)
	for name, scopes := range d.doc.Roles {
		t.Run(name, func(t *testing.T) {
			p := d.as(t, name)
			for _, m := range d.doc.Methods {
				if m.Name == "topic.subscribe" || m.Name == "topic.resume" {
					continue // by topic: TestEveryTopicByEveryRole
				}
				before := len(d.box.Events())
				a := p.ask(m.Name, examples()[m.Name])
				denied := code(a) == codeForbidden
				if want := m.Scope != "" && !slices.Contains(scopes, m.Scope); denied != want {
					t.Errorf("%s: denied %v, want %v", m.Name, denied, want)
				}
				if denied && (a.Error.Data.Key != "scope_missing" || a.Error.Data.Hint == "" || len(d.box.Events()) != before) {
					t.Errorf("%s: %+v, and the box was told %v", m.Name, a.Error, d.box.Events()[before:])
				}
			}
		})
	}
}

// TestEveryTopicByEveryRole follows everything as everybody: what a role may not
// see is denied alone and with others, and by resume as well.
func TestEveryTopicByEveryRole(t *testing.T) {
	d := openDoors(t)
	if len(d.doc.Topics) != len(topicNames()) {
		t.Errorf("the document has the topics %v", d.doc.Topics)
	}
	for name, scopes := range d.doc.Roles {
		t.Run(name, func(t *testing.T) {
			p := d.as(t, name)
			for _, topic := range topicNames() {
				scope := d.doc.Topics[string(topic)]
				want := scope == "" || !slices.Contains(scopes, scope)
				for method, params := range map[string]string{
					"topic.subscribe": `{"topics":["` + string(topic) + `"]}`,
					"topic.resume":    `{"topic":"` + string(topic) + `","epoch":"x","seq":1}`,
				} {
					a := p.ask(method, params)
					if denied := code(a) == codeForbidden; denied != want || denied && a.Error.Data.Hint == "" {
						t.Errorf("%s %s: %+v, want denied %v", method, topic, a.Error, want)
					}
				}
				for _, seen := range topicNames() { // together with one that may be seen
					if !want || !slices.Contains(scopes, d.doc.Topics[string(seen)]) {
						continue
					}
					if a := p.ask("topic.subscribe", `{"topics":["`+string(seen)+`","`+string(topic)+`"]}`); code(a) != codeForbidden {
						t.Errorf("%s comes with %s", topic, seen)
					}
				}
			}
		})
	}
}

// strangeOrigins are the ways of the facts' rebinding table to come from
// somewhere else; host is the bridge's own.
func strangeOrigins(host string) map[string]struct {
	host   string
	origin []string
	status int
} {
	_, port, _ := net.SplitHostPort(host)
	own := "http://" + host
	return map[string]struct {
		host   string
		origin []string
		status int
	}{
		"cross-site":  {host, []string{"http://evil.example"}, 403},
		"rebound":     {"evil.example:" + port, []string{"http://evil.example:" + port}, 421},
		"our origin":  {"evil.example:" + port, []string{own}, 421},
		"null":        {host, []string{"null"}, 403},
		"two origins": {host, []string{own, own}, 403},
		"https":       {host, []string{"https://" + host}, 403},
		"other port":  {host, []string{"http://127.0.0.1:1"}, 403},
		"0.0.0.0":     {"0.0.0.0:" + port, []string{own}, 421},
		"a dot":       {"127.0.0.1.:" + port, []string{own}, 421},
		"file":        {host, []string{"file://"}, 403},
		"extension":   {host, []string{"chrome-extension://abcdefghijklmnop"}, 403},
	}
}

// TestEveryMethodByEveryOrigin tries each method from each strange origin, in
// each way that a page of a browser could ask for it: a WebSocket, a form, a
// picture. None reaches the box, by any method of HTTP.
func TestEveryMethodByEveryOrigin(t *testing.T) {
	d := openDoors(t)
	handler := d.Screen()
	for name, c := range strangeOrigins(d.addr) {
		headers := []string{}
		for _, o := range c.origin {
			headers = append(headers, "Origin: "+o)
		}
		if got := d.upgrade(t, c.host, headers...); got != c.status {
			t.Errorf("%s: upgrade answered %d, want %d", name, got, c.status)
		}
		for _, m := range d.doc.Methods {
			body := `{"jsonrpc":"2.0","id":1,"method":"` + m.Name + `","params":` + examples()[m.Name] + `}`
			for _, r := range plainRequests(t, m.Name, body) {
				r.Host, r.Header["Origin"] = c.host, c.origin
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if w.Code != c.status {
					t.Errorf("%s: %s %s: %d, want %d", name, r.Method, r.URL, w.Code, c.status)
				}
			}
		}
	}
	for role := range d.doc.Roles { // no browser has business at the socket
		for _, origin := range []string{"http://" + d.addr, "http://evil.example", "null"} {
			if _, status := d.local(t, role, http.Header{"Origin": {origin}}); status != http.StatusForbidden {
				t.Errorf("socket as %s from %s: %d", role, origin, status)
			}
		}
	}
	if _, status := d.local(t, "", nil); status != http.StatusForbidden {
		t.Errorf("socket as nobody: %d", status)
	}
	if events := d.box.Events(); len(events) != 0 {
		t.Errorf("the box was told %v", events)
	}
}

// TestPlainHTTPChangesNothing has the page's own origin ask without a
// WebSocket.
func TestPlainHTTPChangesNothing(t *testing.T) {
	d := openDoors(t)
	handler := d.Screen()
	for _, m := range d.doc.Methods {
		body := `{"jsonrpc":"2.0","id":1,"method":"` + m.Name + `","params":` + examples()[m.Name] + `}`
		for _, r := range plainRequests(t, m.Name, body) {
			r.Host = d.addr
			r.Header.Set("Origin", "http://"+d.addr)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code < 400 {
				t.Errorf("%s %s: %d", r.Method, r.URL, w.Code)
			}
		}
	}
	if events := d.box.Events(); len(events) != 0 {
		t.Errorf("the box was told %v", events)
	}
}

// plainRequests ask for a method in ways that other servers would take.
func plainRequests(t *testing.T, method, body string) []*http.Request {
	t.Helper()
	list := []*http.Request{}
	for _, path := range []string{"/rpc", "/rpc/" + method, "/jsonrpc?request=" + strings.NewReplacer(`"`, "%22", " ", "%20").Replace(body), "/rpc?method=" + method} {
		for _, verb := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
			r := httptest.NewRequestWithContext(t.Context(), verb, path, strings.NewReader(body))
			r.Header.Set("Content-Type", "text/plain") // needs no leave of CORS
			list = append(list, r)
		}
	}
	return list
}
