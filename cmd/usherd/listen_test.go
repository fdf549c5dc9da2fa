package main

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"usher/cache"
	"usher/cache/serve"
)

// pipes is a listener without a network, so that time can be made to pass.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

// Accept implements net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pipes) Close() error {
	close(p.closed)
	return nil
}

// Addr implements net.Listener.
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8788} }

// dial gives the player's end of a connection.
func (p *pipes) dial() net.Conn {
	a, b := net.Pipe()
	p.conns <- b
	return a
}

// listening runs the loopback origin behind a server with the daemon's limits.
func listening(t *testing.T) *pipes {
	t.Helper()
	store, err := cache.Open(cache.Options{Memory: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	origin := serve.New(serve.Options{Store: store, Base: "http://127.0.0.1:8788"})
	srv := httpServer("media", crowdMost, slog.New(slog.DiscardHandler))
	srv.Handler = origin
	p, ended := newPipes(), make(chan error, 1)
	go func() { ended <- srv.Serve(p) }()
	t.Cleanup(func() {
		_ = srv.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
		origin.Shutdown()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// TestRawRequestsToTheOrigin: what no player sends and an attacker might.
func TestRawRequestsToTheOrigin(t *testing.T) {
	const host = "Host: 127.0.0.1:8788\r\n"
	for _, c := range []struct {
		name, request string
		status        int
		closes        bool // nothing more is read from the connection
	}{
		{"an id that nobody gave out", "GET /s/aaaaaaaaaaaaaaaaaaaaaaaa/a.ts HTTP/1.1\r\n" + host + "\r\n", 404, false},
		{"a proxy's request", "GET http://169.254.169.254/latest HTTP/1.1\r\n" + host + "\r\n", 421, false},
		{"a tunnel", "CONNECT 10.0.0.1:22 HTTP/1.1\r\nHost: 10.0.0.1:22\r\n\r\n", 421, false},
		{"a tunnel to itself", "CONNECT 127.0.0.1:8788 HTTP/1.1\r\n" + host + "\r\n", 405, false},
		{"no host", "GET / HTTP/1.1\r\n\r\n", 400, true},
		{"two hosts", "GET / HTTP/1.1\r\n" + host + "Host: evil.example\r\n\r\n", 400, true},
		{"a header of 40 KB", "GET / HTTP/1.1\r\n" + host + "X: " + strings.Repeat("a", 40<<10) + "\r\n\r\n", 431, true},
		{"ten thousand fields", "GET / HTTP/1.1\r\n" + host + strings.Repeat("a: b\r\n", 10_000) + "\r\n", 431, true},
		{"an address of 40 KB", "GET /s/" + strings.Repeat("a", 40<<10) + " HTTP/1.1\r\n" + host + "\r\n", 431, true},
		{"two lengths", "GET / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400, true},
		{"a length and a sign", "GET / HTTP/1.1\r\n" + host + "Content-Length: +1\r\n\r\na", 400, true},
		{"an unknown transfer coding", "GET / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501, true},
		{"a blank before the colon", "GET / HTTP/1.1\r\nHost : 127.0.0.1:8788\r\n\r\n", 400, true},
		{"a request in a body", "GET / HTTP/1.1\r\n" + host + "Content-Length: 40\r\n\r\nGET /s/ HTTP/1.1\r\nHost: 127.0.0.1:8788\r\n\r\n", 404, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn := listening(t).dial()
				defer func() { _ = conn.Close() }()
				go func() { _, _ = io.WriteString(conn, c.request) }() // it may not be read to its end
				r := bufio.NewReader(conn)
				resp, err := http.ReadResponse(r, nil)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				if resp.StatusCode != c.status || resp.Close != c.closes {
					t.Errorf("%d, closes %v; want %d, %v", resp.StatusCode, resp.Close, c.status, c.closes)
				}
				if _, err := r.Peek(1); err == nil { // at the latest when the connection was idle for long
					t.Error("there is a second answer")
				}
			})
		})
	}
}

// TestSlowHeaders: somebody who sends a byte of a request each second is not
// waited for, and neither is somebody who sends nothing.
func TestSlowHeaders(t *testing.T) {
	for name, request := range map[string]string{"drip": "GET / HTTP/1.1\r\nX: " + strings.Repeat("a", 100), "silence": ""} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn, began := listening(t).dial(), time.Now()
				var dripping sync.WaitGroup
				defer dripping.Wait()
				defer func() { _ = conn.Close() }()
				dripping.Go(func() {
					for _, c := range []byte(request) {
						if _, err := conn.Write([]byte{c}); err != nil {
							return
						}
						time.Sleep(time.Second)
					}
				})
				_, _ = io.Copy(io.Discard, conn) // until the other end closes
				if d := time.Since(began); d < headerTime || d > headerTime+2*time.Second {
					t.Errorf("the connection ended after %v, want %v", d, headerTime)
				}
			})
		})
	}
}
