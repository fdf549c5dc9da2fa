package door

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake are phones that are wanted when the test says so.
type fake struct {
	wake chan struct{}

	mu      sync.Mutex
	wanted  bool
	hosts   []string
	trouble string
}

func (f *fake) Wanted() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.wanted
}

func (f *fake) Watch() <-chan struct{} { return f.wake }
func (f *fake) Instance() string       { return "usher-test00" }

func (f *fake) Listening(hosts []string, trouble string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hosts, f.trouble = hosts, trouble
}

func (f *fake) want(yes bool) {
	f.mu.Lock()
	f.wanted = yes
	f.mu.Unlock()
	f.wake <- struct{}{}
}

func (f *fake) listening() (hosts []string, trouble string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.hosts, f.trouble
}

func addr(text string) netip.Addr { return netip.MustParseAddr(text) }

// opened runs a door with addresses of the test's choice.
func opened(t *testing.T, change func(*Options)) *fake {
	t.Helper()
	f := &fake{wake: make(chan struct{}, 8)}
	o := Options{
		Phones: f, Quiet: true, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }),
		Addresses: func() ([]netip.Addr, error) { return []netip.Addr{addr("127.0.0.1"), addr("127.0.0.2")}, nil },
	}
	if change != nil {
		change(&o)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- New(o).Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return f
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

func get(t *testing.T, host string) error {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+host+"/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if string(body) != "hello" {
		return errors.New("another body: " + string(body))
	}
	return err
}

func TestItListensWhileItIsWanted(t *testing.T) {
	f := opened(t, nil)
	for range 2 {
		f.want(true)
		waitFor(t, "two addresses", func() bool { h, _ := f.listening(); return len(h) == 2 })
		hosts, _ := f.listening()
		for _, h := range hosts {
			if err := get(t, h); err != nil {
				t.Error(err)
			}
		}
		if port := strings.TrimPrefix(hosts[0], "127.0.0.1"); hosts[1] != "127.0.0.2"+port {
			t.Errorf("different ports: %v", hosts)
		}
		f.want(false)
		waitFor(t, "shut", func() bool {
			h, _ := f.listening()
			return len(h) == 0 && get(t, hosts[0]) != nil && get(t, hosts[1]) != nil
		})
	}
}

func TestItFollowsTheAddresses(t *testing.T) {
	var mu sync.Mutex
	now := []netip.Addr{addr("127.0.0.1")}
	var bad error
	f := opened(t, func(o *Options) {
		o.Addresses = func() ([]netip.Addr, error) {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(now), bad
		}
	})
	set := func(err error, list ...netip.Addr) {
		mu.Lock()
		now, bad = list, err
		mu.Unlock()
		f.want(true)
	}
	first := func() string {
		h, _ := f.listening()
		if len(h) != 1 {
			return ""
		}
		return h[0]
	}
	set(nil, addr("127.0.0.1"))
	waitFor(t, "the first address", func() bool { return strings.HasPrefix(first(), "127.0.0.1:") })
	old := first()
	set(nil, addr("127.0.0.3"))
	waitFor(t, "the other address", func() bool { return strings.HasPrefix(first(), "127.0.0.3:") && get(t, old) != nil })
	set(errors.New("no interfaces"))
	waitFor(t, "no network", func() bool { _, trouble := f.listening(); return trouble == "network" })
	set(nil)
	waitFor(t, "still none", func() bool { h, trouble := f.listening(); return len(h) == 0 && trouble == "network" })
	set(nil, addr("127.0.0.1"))
	waitFor(t, "back", func() bool { return first() != "" && get(t, first()) == nil })
}

// TestAPortThatIsTaken is told; a demo takes another.
func TestAPortThatIsTaken(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	one := func(o *Options) {
		o.Port = portOf(taken)
		o.Addresses = func() ([]netip.Addr, error) { return []netip.Addr{addr("127.0.0.1")}, nil }
	}
	f := opened(t, one)
	f.want(true)
	waitFor(t, "trouble", func() bool { h, trouble := f.listening(); return len(h) == 0 && trouble == "port" })
	g := opened(t, func(o *Options) { one(o); o.AnyPort = true })
	g.want(true)
	waitFor(t, "another port", func() bool { h, trouble := g.listening(); return len(h) == 1 && trouble == "" })
}

func TestPrivateAddresses(t *testing.T) {
	for text, want := range map[string]bool{
		"192.168.1.2": true, "10.0.0.1": true, "172.16.0.1": true, "172.32.0.1": false, "169.254.1.1": true, "127.0.0.1": true,
		"8.8.8.8": false, "100.64.0.1": false, "192.0.2.1": false, "::1": true, "fe80::1": true, "fd00::1": true, "2001:db8::1": false, "::ffff:192.168.1.2": true, "::ffff:8.8.8.8": false,
	} {
		if got := private(addr(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	prefix := func(text string) net.Addr {
		ip, n, err := net.ParseCIDR(text)
		if err != nil {
			t.Fatal(err)
		}
		n.IP = ip
		return n
	}
	got := served([]net.Addr{prefix("192.168.7.20/24"), prefix("203.0.113.5/24"), prefix("fd00::2/64"), &net.UnixAddr{Name: "x"}})
	if !slices.Equal(got, []netip.Addr{addr("192.168.7.20")}) {
		t.Errorf("served: %v", got)
	}
}

func TestTheMachinesOwnAddresses(t *testing.T) {
	list, err := LAN(true)
	if err != nil || len(list) == 0 || list[len(list)-1] != addr("127.0.0.1") {
		t.Fatalf("%v, %v", list, err)
	}
	for _, a := range list {
		if !private(a) {
			t.Errorf("%v is not private", a)
		}
	}
}

// TestTheAnnouncementComesBack: a network that takes nothing yet is no end of it.
func TestTheAnnouncementComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		runs := make(chan time.Time, 8)
		var ended sync.WaitGroup
		ended.Go(func() {
			New(Options{}).keepOn(ctx, func() error {
				runs <- time.Now()
				if len(runs) < 3 {
					return errors.New("network is unreachable")
				}
				<-ctx.Done()
				return nil
			})
		})
		time.Sleep(5 * announceAgain)
		synctest.Wait()
		cancel()
		ended.Wait()
		first := <-runs
		if len(runs) != 2 || (<-runs).Sub(first) != announceAgain {
			t.Errorf("%d more runs, the next not after %v", len(runs), announceAgain)
		}
	})
}

// far is a connection from an address that is not private.
type far struct{ net.Conn }

func (far) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(8, 8, 8, 8), Port: 1} }

type listener struct{ list []net.Conn }

func (l *listener) Accept() (net.Conn, error) {
	if len(l.list) == 0 {
		return nil, net.ErrClosed
	}
	c := l.list[0]
	l.list = l.list[1:]
	return c, nil
}
func (*listener) Close() error   { return nil }
func (*listener) Addr() net.Addr { return &net.TCPAddr{} }

func TestConnectionsFromAfarAreClosed(t *testing.T) {
	a, b := net.Pipe()
	defer func() { _ = b.Close() }()
	if c, err := (near{&listener{[]net.Conn{far{a}}}, newCrowd()}).Accept(); c != nil || !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v, %v", c, err)
	}
	if _, err := b.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("it was left open: %v", err)
	}
}

// nearby is a connection from a phone of the test's choice.
type nearby struct {
	net.Conn
	last byte
}

func (n nearby) RemoteAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(192, 168, 1, n.last), Port: 1}
}

// TestOnePhoneCannotFillTheDoor: neither alone nor with others, and a place is
// free again when a connection is closed.
func TestOnePhoneCannotFillTheDoor(t *testing.T) {
	c := newCrowd()
	accept := func(last byte) net.Conn {
		a, b := net.Pipe()
		t.Cleanup(func() { _, _ = a.Close(), b.Close() })
		conn, err := near{&listener{[]net.Conn{nearby{a, last}}}, c}.Accept()
		if err != nil {
			return nil
		}
		return conn
	}
	var open []net.Conn
	for range mostOfOne {
		open = append(open, accept(1))
	}
	if slices.Contains(open, nil) || accept(1) != nil {
		t.Fatal("another number of connections of one phone")
	}
	_, _ = open[0].Close(), open[0].Close() // twice is once
	if accept(1) == nil || accept(1) != nil {
		t.Error("a place that is free is not given, or more than one")
	}
	for last := byte(2); c.all < mostOfAll; last++ {
		for range mostOfOne {
			accept(last)
		}
	}
	if accept(200) != nil {
		t.Error("more than there may be")
	}
}
