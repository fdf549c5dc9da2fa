package main

import (
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func mustTrace(t *testing.T, steps ...step) *trace {
	t.Helper()
	tr, err := newTrace("test", steps)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// TestTraceIsItsOwnInverse: the time by which so many bits have gone is the
// time at which that many have gone, over gaps and over the end.
func TestTraceIsItsOwnInverse(t *testing.T) {
	tr := mustTrace(t, step{time.Second, 1e6, 0}, step{2 * time.Second, 0, 0}, step{time.Second, 3e6, 0})
	for _, c := range []struct {
		bits float64
		want time.Duration
	}{
		{0.5e6, 500 * time.Millisecond},
		{1e6, time.Second},
		{1.5e6, 3*time.Second + 166666666},
		{4e6, 4 * time.Second},
		{4.5e6, 4*time.Second + 500*time.Millisecond},
		{8e6, 8 * time.Second},
	} {
		if got := tr.when(c.bits); (got - c.want).Abs() > time.Microsecond {
			t.Errorf("%.1f Mbit by %v, want %v", c.bits/1e6, got, c.want)
		}
		if got := tr.carried(c.want); math.Abs(got-c.bits) > 10 {
			t.Errorf("%.0f bits by %v, want %.0f", got, c.want, c.bits)
		}
	}
	for _, bad := range [][]step{nil, {{time.Second, 0, 0}}, {{0, 1, 0}}, {{time.Second, -1, 0}}} {
		if _, err := newTrace("bad", bad); err == nil {
			t.Errorf("%v is a trace", bad)
		}
	}
}

func TestReadTrace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "report_bus.json")
	if err := os.WriteFile(file, []byte(`[{"duration_ms": 840.5, "bandwidth_kbps": 16823, "latency_ms": 20}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	tr, err := readTrace(file)
	if err != nil || tr.lasts() != 840500*time.Microsecond || tr.mean(time.Second) != 16823e3 || tr.rtt(0) != 20*time.Millisecond {
		t.Errorf("%+v, %v", tr, err)
	}
	if _, err := readTrace(file + ".none"); err == nil {
		t.Error("a missing file is a trace")
	}
}

func TestSyntheticTracesRepeat(t *testing.T) {
	one, other := synthetic(), synthetic()
	for i := range one {
		if one[i].total() != other[i].total() || one[i].lasts() < 10*time.Minute {
			t.Errorf("%s: %v bits and %v bits in %v", one[i].name, one[i].total(), other[i].total(), one[i].lasts())
		}
	}
	if _, _, err := openTraces(t.TempDir(), 6); err == nil {
		t.Error("a folder without traces is taken for one with them")
	}
}

// pipes are n connections through a link, and their far ends.
func pipes(t *testing.T, l *link, n int) (near []*conn, far []net.Conn) {
	t.Helper()
	for range n {
		a, b := net.Pipe()
		c := l.conn(a)
		t.Cleanup(func() { _ = c.Close(); _ = b.Close() })
		near, far = append(near, c), append(far, b)
	}
	return near, far
}

// send has every connection carry so many bytes at once, and gives the time it took.
func send(t *testing.T, near []*conn, far []net.Conn, bytes int) time.Duration {
	t.Helper()
	began := time.Now()
	done := make(chan error, 2*len(near))
	for i := range near {
		go func() { _, err := near[i].Write(make([]byte, bytes)); done <- err }()
		go func() { _, err := io.CopyN(io.Discard, far[i], int64(bytes)); done <- err }()
	}
	for range 2 * len(near) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	return time.Since(began)
}

// TestLinkObeysItsTrace: within 5 %, however many connections share it.
func TestLinkObeysItsTrace(t *testing.T) {
	for _, n := range []int{1, 2, 6} {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(mustTrace(t, step{2 * time.Second, 4e6, 0}, step{3 * time.Second, 0, 0}, step{time.Hour, 1e6, 0}))
			l.begin()
			near, far := pipes(t, l, n)
			took := send(t, near, far, 1_250_000/n) // 10 Mbit: 8 in the first 2 s, 2 after the gap
			if want := 7 * time.Second; (took - want).Abs() > want/20 {
				t.Errorf("%d connections: %v, want %v", n, took, want)
			}
		})
	}
}

func TestLinkIsLateByItsRoundTrips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(steady(1e9, 50*time.Millisecond))
		l.begin()
		near, far := pipes(t, l, 1)
		for i, want := range []time.Duration{100 * time.Millisecond, 50 * time.Millisecond} { // the first pays the handshake
			began := time.Now()
			go func() { _, _ = far[0].Write([]byte("get")) }()
			if _, err := near[0].Read(make([]byte, 8)); err != nil {
				t.Fatal(err)
			}
			go func() { _, _ = near[0].Write([]byte("film")) }()
			if _, err := io.ReadFull(far[0], make([]byte, 4)); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); (took - want).Abs() > time.Millisecond {
				t.Errorf("request %d: %v, want %v", i, took, want)
			}
		}
	})
}

func TestOutageHoldsBytesAndThenLetsThemGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(steady(8e6, 0))
		l.begin()
		near, far := pipes(t, l, 2)
		go func() {
			time.Sleep(500 * time.Millisecond)
			l.cut(false)
			time.Sleep(30 * time.Second)
			l.restore()
		}()
		took := send(t, near, far, 500_000)
		if want := 31 * time.Second; (took - want).Abs() > 100*time.Millisecond {
			t.Errorf("%v, want %v", took, want)
		}
	})
}

// TestResetEndsConnectionsAndRefusesOthers is on real sockets: a reset is theirs.
func TestResetEndsConnectionsAndRefusesOthers(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := newLink(steady(8e6, 0))
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(l.listener(inner)) }()
	defer func() { _ = server.Close(); <-served }()
	get := func() (*http.Response, error) { return http.Get("http://" + inner.Addr().String()) }
	open, err := get()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = open.Body.Close() }()
	l.cut(true)
	if _, err := io.ReadAll(open.Body); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the open connection: %v, want a reset", err)
	}
	if resp, err := get(); err == nil {
		_ = resp.Body.Close()
		t.Error("a connection is made in an outage that resets")
	}
	l.restore()
	resp, err := get()
	if err != nil {
		t.Fatalf("after the outage: %v", err)
	}
	_ = resp.Body.Close()
}
