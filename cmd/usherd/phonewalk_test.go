package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"usher/internal/phone/phonetest"
	"usher/internal/ui/schema"
)

// forbidden is the code of a call that the role may not make.
const forbidden = 4

// lan is the daemon as a phone on the network sees it.
type lan struct {
	*testing.T
	*appliance
	host string
}

// openLAN runs the whole daemon, and has somebody at the box ask for a code.
func openLAN(t *testing.T) *lan {
	t.Helper()
	l := &lan{T: t, appliance: demo(t, "USHER_PHONE_PORT=0")}
	l.code()
	return l
}

// code asks for a new one.
func (l *lan) code() string {
	l.Helper()
	if err := l.phones.Pair(); err != nil {
		l.Fatal(err)
	}
	until(l.T, "the box listens", func() bool { return len(l.phones.Hosts()) > 0 })
	l.host = l.phones.Hosts()[0]
	return l.phones.View().Window.Code
}

// dial opens a WebSocket as a browser does. A refusal of the server is its status.
func (l *lan) dial(host, origin string) (ws *websocket.Conn, status int) {
	l.Helper()
	d := websocket.Dialer{Subprotocols: []string{"usher.v1"}, NetDial: func(string, string) (net.Conn, error) { return net.Dial("tcp", l.host) }}
	ws, resp, err := d.DialContext(l.Context(), "ws://"+host+"/rpc", http.Header{"Origin": {origin}})
	if err != nil {
		if resp == nil {
			return nil, 0
		}
		return nil, resp.StatusCode
	}
	l.Cleanup(func() { _ = ws.Close() })
	return ws, resp.StatusCode
}

// run is one run of the protocol on a connection of its own.
func (l *lan) run(p *phonetest.Phone, code string) (*websocket.Conn, error) {
	l.Helper()
	ws, status := l.dial(l.host, "http://"+l.host)
	if ws == nil {
		return nil, fmt.Errorf("status %d", status)
	}
	return ws, p.Run(ws, l.host, code)
}

// ask makes one call, and gives the code of its error, 0 for none.
func ask(t *testing.T, ws *websocket.Conn, p *phonetest.Phone, method, params string) int {
	t.Helper()
	call := fmt.Sprintf(`{"jsonrpc":"2.0","id":"q","method":%q,"params":%s}`, method, params)
	for {
		if call != "" {
			if err := ws.WriteMessage(websocket.BinaryMessage, p.Seal([]byte(call))); err != nil {
				t.Fatalf("%s: %v", method, err)
			}
			call = ""
		}
		_, frame, err := ws.ReadMessage()
		if err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		text, err := p.Open(frame)
		if err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		var answer struct {
			ID    string
			Error *struct{ Code int }
		}
		if err := json.Unmarshal(text, &answer); err != nil {
			t.Fatal(err)
		}
		switch {
		case answer.ID != "q": // an event
		case answer.Error == nil:
			return 0
		default:
			return answer.Error.Code
		}
	}
}

// hello is the first call of a phone.
const hello = `{"token":"","api":"1.1","client":{"name":"Pixel 7","version":"1"}}`

// TestAPhoneOnTheWholeDaemon calls every method there is through the real channel
// of the real listener: a phone has what the role remote has, and nothing else.
func TestAPhoneOnTheWholeDaemon(t *testing.T) {
	l := openLAN(t)
	doc, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	may := slices.Sorted(slices.Values(doc.Roles["remote"]))
	if !slices.Equal(may, []string{"now.read", "now.steer", "remote.keys"}) {
		t.Errorf("a remote has more than keys and what is on: %v", may)
	}
	p := new(phonetest.Phone)
	_, err = l.run(p, l.phones.View().Window.Code)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	var ws *websocket.Conn
	for _, m := range doc.Methods {
		if m.Scope == "" || m.Name == "phones.leave" { // see TestAPhoneTakesItselfOffTheList
			continue
		}
		if asked%30 == 0 { // fewer than there may be in a second: a new connection has new ones
			if ws, err = l.run(p, ""); err != nil {
				t.Fatal(err)
			}
			if got := ask(t, ws, p, "session.hello", hello); got != 0 {
				t.Fatalf("hello: %d", got)
			}
		}
		asked++
		code := ask(t, ws, p, m.Name, "{}")
		if want := !slices.Contains(may, m.Scope); (code == forbidden) != want {
			t.Errorf("%s (%s): %d, want denied %v", m.Name, m.Scope, code, want)
		}
	}
	if asked < 60 {
		t.Errorf("only %d methods were asked", asked)
	}
}

// TestAPhoneTakesItselfOffTheList: it is out, and not on the disk any more; the
// other one stays.
func TestAPhoneTakesItselfOffTheList(t *testing.T) {
	l := openLAN(t)
	p, other := new(phonetest.Phone), new(phonetest.Phone)
	if _, err := l.run(other, l.phones.View().Window.Code); err != nil {
		t.Fatal(err)
	}
	if err := l.phones.Pair(); err != nil {
		t.Fatal(err)
	}
	ws, err := l.run(p, l.phones.View().Window.Code)
	if err != nil {
		t.Fatal(err)
	}
	if got := ask(t, ws, p, "session.hello", hello); got != 0 {
		t.Fatalf("hello: %d", got)
	}
	call := []byte(`{"jsonrpc":"2.0","id":"q","method":"phones.leave","params":{}}`)
	if err := ws.WriteMessage(websocket.BinaryMessage, p.Seal(call)); err != nil {
		t.Fatal(err)
	}
	for err == nil { // its answer may or may not be read
		_, _, err = ws.ReadMessage()
	}
	if !websocket.IsCloseError(err, 4410) {
		t.Errorf("the connection ended with %v", err)
	}
	if left := l.phones.View().Phones; len(left) != 1 || left[0].ID != other.ID {
		t.Errorf("in the list: %+v", left)
	}
	if _, err := l.run(p, ""); err == nil {
		t.Error("it came back without a code")
	}
}

// TestThreeTriesOverManyConnections: whatever the connections, three wrong codes
// are all there is, then nobody listens.
func TestThreeTriesOverManyConnections(t *testing.T) {
	l := openLAN(t)
	code := []byte(l.phones.View().Window.Code)
	code[0] = '0' + (code[0]-'0'+1)%10
	var told []string
	for range 3 {
		_, err := l.run(new(phonetest.Phone), string(code))
		var no *phonetest.Refused
		if !errors.As(err, &no) {
			t.Fatal(err)
		}
		told = append(told, fmt.Sprintf("%s %d", no.Why, no.Left))
	}
	if want := []string{"wrong 2", "wrong 1", "closed 0"}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
	until(t, "nobody listens", func() bool {
		c, err := net.Dial("tcp", l.host)
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	})
	if v := l.phones.View(); v.Ended != "tries" || len(v.Phones) > 0 {
		t.Errorf("%+v", v)
	}
}

// TestWhatIsReachableFromTheLAN: the page's own files and nothing else, under the
// box's own names only; and no other door is open to the network.
func TestWhatIsReachableFromTheLAN(t *testing.T) {
	l := openLAN(t)
	for path, want := range map[string]int{
		"/": 200, "/index.html": 200, "/phone.js": 200, "/phone.css": 200, "/theme.css": 200, "/icon.png": 200, "/remote.webmanifest": 200,
		"/rpc": 400, "/rpc/": 404, "/healthz": 404, "/metrics": 404, "/app.js": 404, "/demo.js": 404, "/words.de": 404, "/licenses.txt": 404,
		"/art/demo:lantern-coast/poster": 404, "/debug/pprof/": 404, "/phone/": 404, "/..%2findex.html": 404, "/%2e%2e/%2e%2e/etc/passwd": 404, "/.": 307, "//": 307,
	} {
		for method, status := range map[string]int{http.MethodGet: want, http.MethodPost: 405, http.MethodPut: 405, http.MethodDelete: 405, http.MethodOptions: 405} {
			got := l.request(method, path, "Host: "+l.host+"\r\nOrigin: http://"+l.host)
			if got != status && (method == http.MethodGet || got < 300) {
				t.Errorf("%s %s: %d, want %d", method, path, got, status)
			}
		}
	}
	for header, want := range map[string]int{
		"Host: " + l.host:                                     200,
		"Host: evil.example":                                  421,
		"Host: " + strings.Split(l.host, ":")[0]:              421,
		"Host: localhost":                                     421,
		"Host: " + l.host + "\r\nOrigin: http://evil.example": 403,
		"Host: " + l.host + "\r\nOrigin: null":                403,
		"Host: " + l.host + "\r\nOrigin: https://" + l.host:   403,
		"Host: " + l.page.Addr().String():                     421, // the screen's own
	} {
		if got := l.request(http.MethodGet, "/", header); got != want {
			t.Errorf("%q: %d, want %d", header, got, want)
		}
	}
	if ws, status := l.dial(l.host, "http://evil.example"); ws != nil || status != 403 {
		t.Errorf("a WebSocket of another page: %d", status)
	}
	if ws, status := l.dial("evil.example", "http://evil.example"); ws != nil || status != 421 {
		t.Errorf("a WebSocket under another name: %d", status)
	}
	l.doors()
}

// request sends a request as it is, and gives the status.
func (l *lan) request(method, path, header string) int {
	l.Helper()
	c, err := net.Dial("tcp", l.host)
	if err != nil {
		l.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, method+" "+path+" HTTP/1.1\r\n"+header+"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"); err != nil {
		l.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		l.Fatalf("%s %s: %v", method, path, err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// doors looks at every TCP socket of this process that listens: those that are
// not the phones' are of this machine alone.
func (l *lan) doors() {
	l.Helper()
	own := map[string]bool{}
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		l.Skip("SKIP: no /proc here")
	}
	for _, f := range files {
		if to, err := os.Readlink("/proc/self/fd/" + f.Name()); err == nil {
			own[strings.TrimSuffix(strings.TrimPrefix(to, "socket:["), "]")] = true
		}
	}
	hosts := l.phones.Hosts()
	found := 0
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue // without IPv6
		}
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line)
			if len(f) < 10 || f[3] != "0A" || !own[f[9]] { // TCP_LISTEN, inode
				continue
			}
			found++
			if at := listener(f[1]); !strings.HasPrefix(at, "127.0.0.1:") && !slices.Contains(hosts, at) {
				l.Errorf("the daemon listens at %s, which no phone needs", at)
			}
		}
	}
	if found < 2 {
		l.Errorf("found %d sockets that listen", found)
	}
}

// listener is an address of /proc/net/tcp as people write it; another one, such as
// one of IPv6, stays as it is.
func listener(hex string) string {
	var a, b, c, d, port int
	if n, err := fmt.Sscanf(hex, "%02X%02X%02X%02X:%04X", &d, &c, &b, &a, &port); n != 5 || err != nil {
		return hex
	}
	return fmt.Sprintf("%d.%d.%d.%d:%d", a, b, c, d, port)
}
