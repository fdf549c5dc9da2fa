package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"testing"
	"time"
)

// TestSilentConnectionsKeepNobodyOut opens more connections than there may be,
// and says nothing on them; who asks is answered, and what is being answered
// goes on.
func TestSilentConnectionsKeepNobodyOut(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	let, asked := make(chan struct{}), make(chan struct{}, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			asked <- struct{}{}
			<-let
		}
		_, _ = io.WriteString(w, "answered")
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	s := httpService("test", l, handler, slog.New(slog.DiscardHandler))
	go func() { ended <- s.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	dial := func() net.Conn {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		_ = c.SetDeadline(time.Now().Add(patience))
		return c
	}
	slow := dial()
	_, _ = io.WriteString(slow, "GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	<-asked
	first := dial()
	for range crowdMost {
		dial()
	}
	if _, err := first.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the oldest silent connection is kept: %v", err)
	}
	late := dial()
	_, _ = io.WriteString(late, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	wantAnswer(t, late)
	close(let)
	wantAnswer(t, slow)
}

func wantAnswer(t *testing.T, c net.Conn) {
	t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if body, err := io.ReadAll(res.Body); err != nil || string(body) != "answered" {
		t.Errorf("answer %q %v", body, err)
	}
}
