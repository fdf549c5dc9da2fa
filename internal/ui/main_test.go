package ui

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"usher/internal/ui/uitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testToken = "0123456789012345678901234567890123456789"

func testPage() fs.FS {
	return fstest.MapFS{
		"index.html":    {Data: []byte(`<!doctype html><head><meta name="usher-token" content=""><script src="app.js"></script></head>`)},
		"app.js":        {Data: []byte(`"use strict"`)},
		"img/usher.svg": {Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`)},
	}
}

// bench is a bridge that runs on a real TCP port.
type bench struct {
	*Bridge
	box    *uitest.Box
	server *httptest.Server
	addr   string
	stop   func()
}

// newBench starts a bridge; change may alter its options and limits first.
func newBench(t testing.TB, change ...func(*Options, *limits)) *bench {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{box: uitest.NewBox(), addr: listener.Addr().String()}
	o := Options{
		Box: b.box, Catalogue: uitest.Catalogue{}, Files: testPage(), Version: "1.2.3",
		Hosts: []string{b.addr}, Token: testToken,
	}
	lim := defaults()
	lim.hello, lim.agree = time.Minute, time.Minute // a loaded machine takes its time
	for _, f := range change {
		f(&o, &lim)
	}
	if b.Bridge, err = New(o); err != nil {
		t.Fatal(err)
	}
	b.limits, b.calls.limits = lim, lim
	b.server = &httptest.Server{Listener: listener, Config: &http.Server{Handler: b.Screen()}}
	b.server.Start()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	<-b.ready
	b.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		b.server.Close()
	})
	t.Cleanup(b.stop)
	return b
}

// peer is a client under the test's control.
type peer struct {
	*websocket.Conn
	t *testing.T
}

// dial connects without a hello.
func (b *bench) dial(t *testing.T, header ...string) *peer {
	t.Helper()
	h := http.Header{"Origin": {"http://" + b.addr}}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	d := websocket.Dialer{Subprotocols: []string{Protocol}}
	ws, r, err := d.DialContext(t.Context(), "ws://"+b.addr+"/rpc", h)
	if err != nil {
		status := ""
		if r != nil {
			status = r.Status
		}
		t.Fatalf("dial: %v (%s)", err, status)
	}
	_ = ws.SetReadDeadline(time.Now().Add(2 * time.Minute))
	t.Cleanup(func() { _ = ws.Close() })
	return &peer{ws, t}
}

// join connects and says hello.
func (b *bench) join(t *testing.T) *peer {
	t.Helper()
	p := b.dial(t)
	var hello helloResult
	p.call("session.hello", `{"token":"`+testToken+`","client":{"name":"test"}}`, &hello)
	if hello.Role != "screen" || hello.Protocol != Protocol || hello.Server.Version != "1.2.3" {
		t.Fatalf("hello = %+v", hello)
	}
	return p
}

func (p *peer) say(text string) {
	p.t.Helper()
	if err := p.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		p.t.Fatalf("write: %v", err)
	}
}

func (p *peer) hear() string {
	p.t.Helper()
	_, data, err := p.ReadMessage()
	if err != nil {
		p.t.Fatalf("read: %v", err)
	}
	return string(data)
}

type answer struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Result json.RawMessage `json:"result"`
	Error  *fault          `json:"error"`
}

// ask sends a call and gives the answer; notifications before it are passed over.
func (p *peer) ask(method, params string) answer {
	p.t.Helper()
	p.say(`{"jsonrpc":"2.0","id":"q","method":"` + method + `","params":` + params + `}`)
	for {
		var a answer
		if err := json.Unmarshal([]byte(p.hear()), &a); err != nil {
			p.t.Fatal(err)
		}
		if a.Method == "" {
			return a
		}
	}
}

// call wants a result.
func (p *peer) call(method, params string, result any) {
	p.t.Helper()
	a := p.ask(method, params)
	if a.Error != nil {
		p.t.Fatalf("%s %s: %v", method, params, a.Error)
	}
	if err := json.Unmarshal(a.Result, result); err != nil {
		p.t.Fatal(err)
	}
}

// closed reads until the server closes, and gives code and text.
func (p *peer) closed() (code int, text string) {
	p.t.Helper()
	for {
		_, _, err := p.ReadMessage()
		var c *websocket.CloseError
		switch {
		case errors.As(err, &c):
			return c.Code, c.Text
		case err != nil:
			p.t.Fatalf("closed without a reason: %v", err)
		}
	}
}

func (b *bench) get(t *testing.T, path string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+b.addr+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
			continue
		}
		r.Header.Add(header[i], header[i+1])
	}
	res, err := b.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}
