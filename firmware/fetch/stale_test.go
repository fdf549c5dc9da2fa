package fetch

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// way are the connections of a client. Those of today can be made dead, as they
// are to a box that slept: nothing comes any more, and nobody says so.
type way struct {
	mu   sync.Mutex
	to   string // where new ones lead
	list []*deaf
}

func (w *way) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := (&net.Dialer{}).DialContext(ctx, network, w.to)
	if err != nil {
		return nil, err
	}
	d := &deaf{Conn: c, dead: make(chan struct{}), closed: make(chan struct{})}
	w.list = append(w.list, d)
	return d, nil
}

func (w *way) sleep() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.list {
		c.once.Do(func() { close(c.dead) })
	}
}

func (w *way) dialled() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.list)
}

// deaf is a connection that may be dead.
type deaf struct {
	net.Conn
	dead, closed chan struct{}
	once, end    sync.Once
}

func (d *deaf) Read(b []byte) (int, error) {
	n, err := d.Conn.Read(b)
	select {
	case <-d.dead:
		<-d.closed
		return 0, net.ErrClosed
	default:
		return n, err
	}
}

func (d *deaf) Write(b []byte) (int, error) {
	select {
	case <-d.dead:
		return len(b), nil
	default:
		return d.Conn.Write(b)
	}
}

func (d *deaf) Close() error {
	d.end.Do(func() { close(d.closed) })
	return d.Conn.Close()
}

// stale is a client over ways that tests may break. It is too patient for its
// tests to pass by another attempt.
func stale(t *testing.T, web *httptest.Server) (*Server, *way) {
	t.Helper()
	w := &way{to: web.Listener.Addr().String()}
	tr := &http.Transport{DialContext: w.dial, DisableCompression: true}
	s, err := New(Options{Base: web.URL, Clock: &clock{known: true}, Stall: 12 * time.Second, Pause: time.Hour, Transport: tr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, w
}

func list(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }

func TestDeadConnectionIsReplaced(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(list))
	t.Cleanup(web.Close)
	s, w := stale(t, web)
	for range 3 {
		if got, err := s.Metadata(t.Context(), "timestamp.json", 100); err != nil || string(got) != "HTTP/1.1" {
			t.Fatalf("%q %v", got, err)
		}
		w.sleep()
	}
	if w.dialled() != 3 {
		t.Errorf("%d connections", w.dialled())
	}
}

// With HTTP/2 a dead connection would be used again.
func TestOneProtocol(t *testing.T) {
	web := httptest.NewUnstartedServer(http.HandlerFunc(list))
	web.EnableHTTP2 = true
	web.StartTLS()
	t.Cleanup(web.Close)
	tr := NewTransport(&clock{at: time.Now(), known: true})
	tr.(*onTime).next.TLSClientConfig.RootCAs = web.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs //nolint:errcheck,forcetypeassert // they are
	s, err := New(Options{Base: web.URL, Clock: &clock{known: true}, Transport: tr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if got, err := s.Metadata(t.Context(), "timestamp.json", 100); err != nil || string(got) != "HTTP/1.1" {
		t.Errorf("%q %v", got, err)
	}
}

// A server that is restarted, or closes what is idle, says so: with an end of
// the connection, at any time.
func TestRestartedServer(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(list))
	t.Cleanup(func() { web.Close() })
	s, w := stale(t, web)
	for round := range 20 {
		if _, err := s.Metadata(t.Context(), "timestamp.json", 100); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if round%2 == 0 {
			web.CloseClientConnections()
			continue
		}
		next := httptest.NewServer(http.HandlerFunc(list))
		web.Close()
		web = next
		w.mu.Lock()
		w.to = next.Listener.Addr().String()
		w.mu.Unlock()
	}
}

// A place that says nothing on new connections either is offline, in words.
func TestSilentServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // nobody accepts: the kernel does, and says nothing more
	s, err := New(Options{Base: "http://" + l.Addr().String(), Clock: &clock{known: true}, Stall: 50 * time.Millisecond, Pause: time.Millisecond, Transport: &http.Transport{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	_, err = s.Metadata(t.Context(), "timestamp.json", 100)
	if ClassOf(err) != Offline || !errors.Is(err, errStall) || strings.Contains(err.Error(), "canceled") {
		t.Errorf("%v", err)
	}
}
