package ui

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"usher/internal/box"
)

// upgrade asks for a WebSocket with headers of the test's choice, which no
// client library would send, and gives the status.
func (b *bench) upgrade(t *testing.T, host string, headers ...string) int {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", b.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	fmt.Fprintf(conn, "GET /rpc HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", host)
	if !strings.Contains(strings.Join(headers, "\n"), "Sec-WebSocket-Protocol") {
		headers = append(headers, "Sec-WebSocket-Protocol: "+Protocol)
	}
	fmt.Fprint(conn, strings.Join(headers, "\r\n"), "\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// TestGuard is the table of facts on DNS rebinding, against the real server.
func TestGuard(t *testing.T) {
	b := newBench(t)
	own := "http://" + b.addr
	_, port, _ := net.SplitHostPort(b.addr)
	for _, c := range []struct {
		name, host string
		headers    []string
		want       int
	}{
		{"same origin", b.addr, []string{"Origin: " + own}, 101},
		{"cross-site", b.addr, []string{"Origin: http://evil.example"}, 403},
		{"rebound", "evil.example:" + port, []string{"Origin: http://evil.example:" + port}, 421},
		{"rebound, our origin", "evil.example:" + port, []string{"Origin: " + own}, 421},
		{"null origin", b.addr, []string{"Origin: null"}, 403},
		{"no origin", b.addr, nil, 403},
		{"two origins", b.addr, []string{"Origin: " + own, "Origin: " + own}, 403},
		{"two in one", b.addr, []string{"Origin: " + own + " " + own}, 403},
		{"https origin", b.addr, []string{"Origin: https://" + b.addr}, 403},
		{"other port", b.addr, []string{"Origin: http://127.0.0.1:1"}, 403},
		{"no port", b.addr, []string{"Origin: http://127.0.0.1"}, 403},
		{"with a path", b.addr, []string{"Origin: " + own + "/"}, 403},
		{"file", b.addr, []string{"Origin: file://"}, 403},
		{"host 0.0.0.0", "0.0.0.0:" + port, []string{"Origin: " + own}, 421},
		{"host without port", "127.0.0.1", []string{"Origin: " + own}, 421},
		{"host with a dot", "127.0.0.1.:" + port, []string{"Origin: " + own}, 421},
		{"no sub-protocol", b.addr, []string{"Origin: " + own, "Sec-WebSocket-Protocol: other"}, 400},
		{"token in the URL is nothing", b.addr, []string{"Authorization: Bearer " + testToken}, 403},
	} {
		if got := b.upgrade(t, c.host, c.headers...); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestHostsOfAPort(t *testing.T) {
	if got, want := fmt.Sprint(hosts(Options{Port: 8787})), "[127.0.0.1:8787 localhost:8787 [::1]:8787]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := hosts(Options{Port: 80}); len(got) != 6 {
		t.Errorf("port 80: %v", got)
	}
}

func TestGuardOfPages(t *testing.T) {
	b := newBench(t)
	for _, path := range []string{"/", "/app.js", "/art/demo:tide/poster", "/healthz", "/metrics"} {
		if res, _ := b.get(t, path); res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, res.Status)
		} else if res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Cross-Origin-Resource-Policy") != "same-origin" || res.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: headers %v", path, res.Header)
		} else if len(res.Header.Values("Access-Control-Allow-Origin")) != 0 {
			t.Errorf("%s has a CORS header", path)
		}
		if res, _ := b.get(t, path, "Host", "evil.example"); res.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s by another name: %s", path, res.Status)
		}
		if res, _ := b.get(t, path, "Origin", "http://evil.example"); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s from another page: %s", path, res.Status)
		}
		r := httptest.NewRequest(http.MethodPost, "http://"+b.addr+path, strings.NewReader("{}"))
		w := httptest.NewRecorder()
		b.Screen().ServeHTTP(w, r)
		if w.Code != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", path, w.Code)
		}
	}
}

func TestPageHasTheToken(t *testing.T) {
	b := newBench(t)
	res, body := b.get(t, "/")
	if !strings.Contains(body, `<meta name="usher-token" content="`+testToken+`">`) {
		t.Errorf("page %s", body)
	}
	if res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("headers %v", res.Header)
	}
	if csp := res.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'self'; connect-src 'self' ws://"+b.addr+";") {
		t.Errorf("policy %s", csp)
	}
	res, _ = b.get(t, "/app.js")
	if res.Header.Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("headers %v", res.Header)
	}
	if again, _ := b.get(t, "/app.js", "If-None-Match", res.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("again: %s", again.Status)
	}
	for _, path := range []string{"/none", "/../main_test.go", "/img", "/app.js/"} {
		if res, _ := b.get(t, path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
}

func TestPageWithoutAPlaceForTheToken(t *testing.T) {
	for page, want := range map[string]string{
		`<html><head><title>x</title></head>`:        `<html><head><meta name="usher-token" content="T"><title>x</title></head>`,
		`<meta name="usher-token" content="old"><p>`: `<meta name="usher-token" content="T"><p>`,
		`<p>`:                                ``,
		`<meta name="usher-token" content="`: ``,
	} {
		got, err := withToken([]byte(page), "T")
		if string(got) != want || (err == nil) != (want != "") {
			t.Errorf("%s: %s %v", page, got, err)
		}
	}
	_, err := New(Options{Box: fuzzBridge(t).box, Catalogue: fuzzBridge(t).catalogue, Token: testToken, Port: 1, Files: fstest.MapFS{"index.html": {Data: []byte("x")}}})
	if err == nil {
		t.Error("a bridge was made for a page that cannot log in")
	}
}

func TestArt(t *testing.T) {
	b := newBench(t)
	res, body := b.get(t, "/art/demo:tide/poster")
	if res.Header.Get("Content-Type") != "image/svg+xml" || !strings.HasPrefix(body, "<svg") || !strings.Contains(res.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%v %s", res.Header, body)
	}
	if again, _ := b.get(t, "/art/demo:tide/poster", "If-None-Match", res.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("again: %s", again.Status)
	}
	for path, want := range map[string]int{
		"/art/demo:none/poster": 404, "/art/demo:tide/banner": 404, "/art/demo:tide": 404,
		"/art/" + strings.Repeat("x", 201) + "/poster": 404, "/art/demo%3Atide/backdrop": 200,
	} {
		if res, _ := b.get(t, path); res.StatusCode != want {
			t.Errorf("%s: %s, want %d", path, res.Status, want)
		}
	}
}

func TestHealth(t *testing.T) {
	var sick error
	b := newBench(t, func(o *Options, _ *limits) { o.Health = func() error { return sick } })
	b.join(t) // so that it runs
	if res, body := b.get(t, "/healthz"); res.StatusCode != 200 || !strings.Contains(body, `"status":"ok"`) || !strings.Contains(body, `"playerReady":true`) {
		t.Errorf("%s %s", res.Status, body)
	}
	sick = errors.New("the loop is stuck")
	if res, body := b.get(t, "/healthz"); res.StatusCode != 503 || !strings.Contains(body, "the loop is stuck") {
		t.Errorf("%s %s", res.Status, body)
	}
	idle := httptest.NewRecorder()
	fuzzBridge(t).Local().ServeHTTP(idle, httptest.NewRequest(http.MethodGet, "/healthz", http.NoBody))
	if idle.Code != 503 {
		t.Errorf("before it runs: %d", idle.Code)
	}
}

func TestMetrics(t *testing.T) {
	b := newBench(t, func(o *Options, _ *limits) {
		o.Metrics = func() []Metric {
			return []Metric{
				{Name: "usher_cache_bytes", Help: "Bytes\nin it.", Kind: "gauge", Labels: map[string]string{"class": `a"b\c`}, Value: 1.5e9},
				{Name: "usher_cache_hits_total", Help: "Hits.", Kind: "counter", Value: 3},
				{Name: "usher_cache_bytes", Labels: map[string]string{"class": "disk"}, Value: 2},
			}
		}
	})
	b.join(t)
	_, body := b.get(t, "/metrics")
	sample := regexp.MustCompile(`^[a-z_]+(\{[a-z_]+="([^"\\]|\\.)*"(,[a-z_]+="([^"\\]|\\.)*")*\})? [0-9.eE+-]+$`)
	for line := range strings.Lines(body) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, "# HELP ") && !strings.HasPrefix(line, "# TYPE ") && !sample.MatchString(line) {
			t.Errorf("line %q", line)
		}
	}
	for _, want := range []string{
		"# HELP usher_cache_bytes Bytes\\nin it.\n# TYPE usher_cache_bytes gauge\nusher_cache_bytes{class=\"a\\\"b\\\\c\"} 1.5e+09\nusher_cache_bytes{class=\"disk\"} 2\n",
		`usher_bridge_clients{door="screen"} 1` + "\n", `usher_playback_phase{phase="idle"} 1` + "\n", "usher_cache_hits_total 3\n",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in\n%s", want, body)
		}
	}
	if strings.Count(body, "# TYPE usher_cache_bytes ") != 1 {
		t.Error("a name has its type twice")
	}
}

func TestUnixSocketIsNotForPages(t *testing.T) {
	b := newBench(t)
	r := httptest.NewRequest(http.MethodGet, "/rpc", http.NoBody)
	r.Header.Set("Origin", "http://"+b.addr)
	w := httptest.NewRecorder()
	b.Local().ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("status %d", w.Code)
	}
	w = httptest.NewRecorder()
	b.Local().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", http.NoBody))
	if w.Code != http.StatusNotFound {
		t.Errorf("page on the unix socket: %d", w.Code)
	}
}

func TestNewSaysWhatIsMissing(t *testing.T) {
	good := Options{Box: fuzzBridge(t).box, Catalogue: fuzzBridge(t).catalogue, Token: testToken, Port: 1}
	for name, spoil := range map[string]func(*Options){
		"box": func(o *Options) { o.Box = nil }, "token": func(o *Options) { o.Token = "short" }, "port": func(o *Options) { o.Port = 0 },
	} {
		o := good
		spoil(&o)
		if _, err := New(o); err == nil {
			t.Errorf("made without %s", name)
		}
	}
	if a, b := NewToken(), NewToken(); a == b || len(a) != 43 {
		t.Errorf("tokens %q %q", a, b)
	}
}

func TestManyRails(t *testing.T) {
	r := railsResult{Titles: map[string]summary{}}
	c, _ := fuzzBridge(t).catalogue.Catalogue(t.Context(), "demo")
	r.add("a", c, true, 0)
	if r.Rails[0].ID != "a:new" || len(r.Titles) != 4 {
		t.Errorf("%+v", r.Rails)
	}
	few := railsResult{Titles: map[string]summary{}}
	few.add("a", c, false, 1)
	if len(few.Rails) != 2 || len(few.Rails[1].Titles) != 1 || len(few.Titles) != 2 {
		t.Errorf("one of each rail: %+v, %d titles", few.Rails, len(few.Titles))
	}
	if got := fmt.Sprint(related(c.Titles[0], c.Titles)); got != "[demo:garden demo:harbour demo:station]" {
		t.Errorf("related %s", got)
	}
	var none *box.Problem
	if _, err := fuzzBridge(t).catalogue.Title(t.Context(), "demo:x"); !errors.As(err, &none) {
		t.Error("no problem")
	}
}
