package shape

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pipe is a shaped server end and a plain client end, of a named client.
func pipe(t *testing.T, l *Link, client string) (server, peer net.Conn) {
	t.Helper()
	inner, peer := net.Pipe()
	server = l.Conn(named{inner, client})
	t.Cleanup(func() { _ = server.Close(); _ = peer.Close() })
	return server, peer
}

// named gives a pipe the address of a client.
type named struct {
	net.Conn
	client string
}

func (n named) RemoteAddr() net.Addr { return addr(n.client) }

type addr string

func (a addr) Network() string { return "tcp" }
func (a addr) String() string  { return string(a) }

func newLink(t *testing.T, o Options) *Link {
	t.Helper()
	l, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// transfer sends n bytes over a fresh connection and gives the time it took.
func transfer(t *testing.T, l *Link, client string, n int) time.Duration {
	server, peer := pipe(t, l, client)
	sent := bytes.Repeat([]byte("usher"), n/5+1)[:n]
	start := time.Now()
	go func() {
		if _, err := server.Write(sent); err != nil {
			t.Error(err)
		}
		_ = server.Close()
	}()
	got, err := io.ReadAll(peer)
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d of %d bytes, %v", len(got), n, err)
	}
	return time.Since(start)
}

// near allows for the bucket's depth, at the start and after an outage, and
// for the turns that connections take.
func near(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if d := got - want; d < -80*time.Millisecond || d > 5*time.Millisecond || got < want/2 {
		t.Errorf("%s: %v, want about %v", what, got, want)
	}
}

func TestOneConnectionGetsTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near(t, "1 MB at 8 Mb/s", transfer(t, newLink(t, Options{Rate: 8e6}), "1.2.3.4:1", 1e6), time.Second)
		near(t, "no rate", transfer(t, newLink(t, Options{}), "1.2.3.4:1", 1e6), 0)
	})
}

func TestConnectionsOfAClientShareTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, Options{Rate: 8e6})
		took := make(chan time.Duration, 5)
		for range 4 {
			go func() { took <- transfer(t, l, "1.2.3.4:1", 250e3) }()
		}
		go func() { took <- transfer(t, l, "[2001:db8::1]:2", 250e3) }()
		near(t, "the other client, alone", <-took, 250*time.Millisecond)
		var last time.Duration
		for range 4 {
			one := <-took
			if one < 850*time.Millisecond { // their turns may fall unevenly
				t.Errorf("a quarter of the rate: done after %v, want about 1s", one)
			}
			last = max(last, one)
		}
		near(t, "all four", last, time.Second)
	})
}

func TestLateTimersAreMadeUpFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, Options{Rate: 8e6})
		cl := &client{}
		first := l.reserve(cl, 1000)
		time.Sleep(time.Until(first) + 3*time.Millisecond)
		if again := l.reserve(cl, 1000); again.Sub(first) != time.Millisecond {
			t.Errorf("second reservation %v after the first", again.Sub(first))
		}
		time.Sleep(time.Hour)
		if idle := time.Since(l.reserve(cl, 1000)); idle > depth {
			t.Errorf("an idle hour gives %v of credit", idle)
		}
	})
}

func TestDelayInEachDirection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, peer := pipe(t, newLink(t, Options{Delay: 50 * time.Millisecond}), "1.2.3.4:1")
		go func() { // an echo
			p := make([]byte, 8)
			for {
				n, err := server.Read(p)
				if err != nil {
					return
				}
				if _, err := server.Write(p[:n]); err != nil {
					return
				}
			}
		}()
		for i, want := range []time.Duration{200, 100, 100} { // the first also pays the handshake
			start := time.Now()
			if _, err := peer.Write([]byte("hello")); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(peer, make([]byte, 5)); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took != want*time.Millisecond {
				t.Errorf("exchange %d: %v", i, took)
			}
		}
	})
}

func TestLossSlowsAConnectionNotTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := Options{Delay: 50 * time.Millisecond, Loss: 0.01, Rate: 100e6}
		each := duration(142496/8*2, newLink(t, o).perConnection()) // Mathis: 1.42 Mb/s
		took := transfer(t, newLink(t, o), "1.2.3.4:1", 142496/8*2)
		if each < 200*time.Millisecond || each > 300*time.Millisecond || took < each {
			t.Errorf("model %v, took %v", each, took)
		}
		lost := 0
		l := newLink(t, o)
		for range 10_000 {
			if l.lossy() {
				lost++
			}
		}
		if lost < 50 || lost > 200 {
			t.Errorf("%d of 10000 answers lost, want about 100", lost)
		}
	})
}

func TestOutageStopsBytesAndKeepsConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, Options{Rate: 8e6, OutageAfter: 500 * time.Millisecond, OutageFor: time.Minute})
		near(t, "1 MB with a minute of silence", transfer(t, l, "1.2.3.4:1", 1e6), time.Second+time.Minute)
	})
}

func TestCutAndRestore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, Options{})
		l.Cut()
		l.Cut()
		time.AfterFunc(10*time.Second, l.Restore)
		near(t, "cut for ten seconds", transfer(t, l, "1.2.3.4:1", 1e5), 10*time.Second)
		l.Restore()
	})
}

func TestCloseFreesAWriterInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(t, Options{})
		l.Cut()
		server, _ := pipe(t, l, "1.2.3.4:1")
		failed := make(chan error, 1)
		go func() { _, err := server.Write([]byte("x")); failed <- err }()
		synctest.Wait()
		_ = server.Close()
		if err := <-failed; !errors.Is(err, net.ErrClosed) {
			t.Errorf("write after close: %v", err)
		}
		_ = server.Close() // twice is once
		if len(l.clients) != 0 {
			t.Errorf("%d clients kept without a connection", len(l.clients))
		}
	})
}

func TestListenerShapesRealConnections(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := newLink(t, Options{Rate: 8e6}).Listener(inner)
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = c.Write(make([]byte, 100e3))
		_ = c.Close()
	}()
	start := time.Now() // before the first byte; the bucket may be full
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	n, err := io.Copy(io.Discard, c)
	if took := time.Since(start); n != 100e3 || err != nil || took < 40*time.Millisecond {
		t.Errorf("%d bytes in %v, %v", n, took, err)
	}
}

func TestNewRefusesNonsense(t *testing.T) {
	for _, o := range []Options{{Rate: -1}, {Delay: -1}, {Loss: 1}, {Loss: -0.1}, {OutageFor: -1}, {OutageAfter: -1}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v accepted", o)
		}
	}
}
