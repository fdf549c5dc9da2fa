package playertest

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/godbus/dbus/v5"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// The tests wait for the clock, so more of them fit than processors.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// site answers like an HLS origin and remembers what was fetched.
type site struct {
	mu      sync.Mutex
	fetched []string
	list    func() string
	broken  string // this path is answered with 500
}

func (s *site) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fetched = append(s.fetched, r.URL.Path)
	w := httptest.NewRecorder()
	switch {
	case r.URL.Path == s.broken:
		w.WriteHeader(http.StatusInternalServerError)
	case strings.HasSuffix(r.URL.Path, ".m3u8"):
		_, _ = w.WriteString(s.list())
	default:
		_, _ = w.WriteString("bytes")
	}
	res := w.Result()
	res.Request = r
	return res, nil
}

func (s *site) paths() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.fetched...)
}

func film(n int) string {
	var b strings.Builder
	b.WriteString("#EXTM3U\n#EXT-X-TARGETDURATION:4\n")
	for i := range n {
		fmt.Fprintf(&b, "#EXTINF:4,\n%d.ts\n", i)
	}
	return b.String() + "#EXT-X-ENDLIST\n"
}

// reeling plays a site's film on a reel and a deck, in a synctest bubble.
func reeling(t *testing.T, s *site) (*deck, *reel, <-chan error, context.CancelFunc) {
	d := newDeck()
	r := &reel{client: &http.Client{Transport: s}, deck: d, jumps: make(chan struct{}, 1), track: d.open("http://h/f.m3u8", false)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.play(ctx, "http://h/f.m3u8") }()
	return d, r, done, cancel
}

func TestReelFetchesAtPlayingPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &site{list: func() string { return film(10) }}
		d, _, done, cancel := reeling(t, s)
		defer cancel()
		begun := time.Now()
		synctest.Wait()
		if n := len(s.paths()); n != 4 { // the playlist and 12 s of film
			t.Errorf("fetched %d at once, want 4", n)
		}
		time.Sleep(20 * time.Second)
		if pos := d.state().Position; pos != 20*time.Second {
			t.Errorf("at %v after 20 s", pos)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took < 40*time.Second || took > 41*time.Second {
			t.Errorf("a film of 40 s took %v", took)
		}
		if n := len(s.paths()); n != 11 {
			t.Errorf("fetched %d in all, want 11", n)
		}
	})
}

func TestReelSeeks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &site{list: func() string { return film(100) }}
		d, r, done, cancel := reeling(t, s)
		time.Sleep(time.Second + tickEvery/2) // the reel looks at neither of the two steps of a seek by itself
		d.jump(5 * time.Minute)
		r.jumps <- struct{}{}
		time.Sleep(time.Second)
		if pos := d.state().Position; (pos - 301*time.Second).Abs() > 100*time.Millisecond {
			t.Errorf("at %v, want 301 s", pos)
		}
		// One more segment may have been under way when the seek came.
		if got := s.paths(); !slices.Contains(got[4:min(6, len(got))], "/75.ts") {
			t.Errorf("fetched %v after the seek, want /75.ts", got[4:])
		}
		cancel()
		<-done
	})
}

func TestReelFailsWithItsSegments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &site{list: func() string { return film(10) }, broken: "/5.ts"}
		_, _, done, cancel := reeling(t, s)
		defer cancel()
		if err := <-done; err == nil {
			t.Error("ended well without a segment")
		}
	})
}

func TestReelFollowsALiveWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		s := &site{list: func() string { // six segments of 4 s, sliding
			first := int(time.Since(begun) / (4 * time.Second))
			var b strings.Builder
			fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:%d\n", first)
			for i := range 6 {
				fmt.Fprintf(&b, "#EXTINF:4,\n%d.ts\n", first+i)
			}
			return b.String()
		}}
		d, _, done, cancel := reeling(t, s)
		time.Sleep(2 * time.Minute)
		if pos := d.state().Position; pos < 110*time.Second || pos > 2*time.Minute {
			t.Errorf("at %v after two minutes", pos)
		}
		last := -1
		for _, p := range s.paths() {
			var n int
			if _, err := fmt.Sscanf(p, "/%d.ts", &n); err != nil {
				continue
			}
			if last >= 0 && n != last+1 {
				t.Fatalf("segment %d after %d", n, last)
			}
			last = n
		}
		cancel()
		<-done
	})
}

func TestBusRoutes(t *testing.T) {
	bus := NewBus()
	defer bus.Close()
	dial := func() *dbus.Conn {
		rw, err := bus.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c, err := dbus.NewConn(rw)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if err := c.Auth(nil); err != nil {
			t.Fatal(err)
		}
		if err := c.Hello(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	a, b := dial(), dial()
	signals := make(chan *dbus.Signal, 10)
	a.Signal(signals)
	if r, err := b.RequestName("org.mpris.MediaPlayer2.b", 0); err != nil || r != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("request name: %v, %v", r, err)
	}
	if s := <-signals; s.Name != "org.freedesktop.DBus.NameOwnerChanged" || s.Body[2] != b.Names()[0] {
		t.Errorf("got %+v", s)
	}
	if err := b.Export(echo{}, "/e", "e.E"); err != nil {
		t.Fatal(err)
	}
	var got string
	if err := a.Object("org.mpris.MediaPlayer2.b", "/e").Call("e.E.Echo", 0, "hello").Store(&got); err != nil || got != "hello" {
		t.Errorf("echo: %q, %v", got, err)
	}
	if err := a.Object("no.body", "/e").Call("e.E.Echo", 0, "hello").Err; err == nil {
		t.Error("nobody answered")
	}
	_ = b.Close()
	if s := <-signals; s.Body[2] != "" {
		t.Errorf("got %+v, want the name without an owner", s)
	}
}

type echo struct{}

func (echo) Echo(s string) (string, *dbus.Error) { return s, nil }

func TestPlayerOnTheBus(t *testing.T) {
	bus := NewBus()
	s := &site{list: func() string { return film(5) }}
	p := NewPlayer(Options{Dial: bus.Dial, Client: &http.Client{Transport: s}, Logger: slog.New(slog.DiscardHandler)})
	done := make(chan error, 1)
	go func() { done <- p.Run(t.Context()) }()
	rw, err := bus.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, err := dbus.NewConn(rw)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Auth(nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Hello(); err != nil {
		t.Fatal(err)
	}
	o := c.Object("org.mpris.MediaPlayer2."+SimulatedName, path)
	for o.Call("org.freedesktop.DBus.Properties.Get", 0, rootIface, "Identity").Err != nil {
		time.Sleep(time.Millisecond) // not on the bus yet
	}
	if err := o.Call(playerIface+".OpenUri", 0, "http://h/f.m3u8").Err; err != nil {
		t.Fatal(err)
	}
	if got := p.State(); got.Status != "Playing" || got.URL != "http://h/f.m3u8" {
		t.Errorf("state %+v", got)
	}
	if err := o.SetProperty(playerIface+".Volume", dbus.MakeVariant(0.25)); err != nil || p.State().Volume != 0.25 {
		t.Errorf("volume %v, %v", p.State().Volume, err)
	}
	bus.Close()
	if err := <-done; err == nil {
		t.Error("Run ended well without a bus")
	}
	_ = c.Close()
}
