package network

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"usher/internal/box"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const right = Secret("correct horse")

// What the radio takes beyond whole seconds. The watch counts from the end of a
// look, so a network that lets the box in never does so in the instant of the
// clock in which the watch is between the line and the radio.
const (
	oddLook = 200 * time.Millisecond
	oddJoin = 130 * time.Millisecond
)

// place is a radio, a line and the core that is told of them.
type place struct {
	mu      sync.Mutex
	line    Line
	reach   box.NetReach
	addless bool // the network has no addresses left
	stuck   bool // the radio answers nothing any more
	joined  []Join
	begun   int // attempts to join
	asked   int // how the radio stands
	events  []box.Event
	step    func() // is called at each end of what is asked of it; nil: nothing
}

func (p *place) stepped() {
	if p.step != nil {
		p.step()
	}
}

func (p *place) Status(context.Context) (Status, error) {
	defer p.stepped()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	if p.line.Link == box.LinkWiFi {
		return Status{NetworkRadio: box.NetworkRadio{State: "connected", Name: "Kitchen", Signal: 70}}, nil
	}
	return Status{NetworkRadio: box.NetworkRadio{State: "disconnected"}}, nil
}

func (p *place) List(ctx context.Context) ([]box.NetworkSeen, error) {
	p.stepped()
	defer p.stepped()
	if p.isStuck() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	time.Sleep(2*time.Second + oddLook)
	return []box.NetworkSeen{{Name: "Kitchen", Signal: 70, Security: "wpa"}}, nil
}

func (p *place) isStuck() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stuck
}

func (p *place) Join(ctx context.Context, j Join) error {
	p.mu.Lock()
	p.begun++
	p.mu.Unlock()
	p.stepped()
	defer p.stepped()
	if p.isStuck() {
		<-ctx.Done()
		return ctx.Err()
	}
	time.Sleep(time.Second + oddJoin)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.joined = append(p.joined, j)
	if j.Passphrase != right {
		return Problem("wifi_passphrase")
	}
	p.line = Line{Link: box.LinkWiFi, Address: "192.0.2.7"}
	if p.addless {
		p.line.Address = ""
	}
	return nil
}

func (p *place) Forget(context.Context, string) error {
	p.stepped()
	defer p.stepped()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line = Line{Link: box.LinkNone}
	return nil
}

func (p *place) tell(e box.Event) {
	defer p.stepped()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, e)
}

// told are the events so far; they begin anew.
func (p *place) told() []box.Event {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.events
	p.events = nil
	return list
}

// edge is one at p that does not run yet.
func (p *place) edge() *Network {
	return New(Options{
		Radio: p, Tell: p.tell,
		Line: func() Line {
			defer p.stepped()
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.line
		},
		Reach: func(context.Context) box.NetReach {
			defer p.stepped()
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.reach
		},
	})
}

// open runs an edge at p for the length of a test.
func (p *place) open(t *testing.T) *Network {
	t.Helper()
	n := p.edge()
	t.Cleanup(n.begins(t))
	return n
}

// begins has it run; end ends it.
func (n *Network) begins(t *testing.T) (end func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- n.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func want(t *testing.T, got []box.Event, events ...box.Event) {
	t.Helper()
	if d := cmp.Diff(events, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

var ( // what the core is told of the two lines
	unconnected = box.NetworkReport{Link: box.LinkNone, Radio: box.NetworkRadio{State: "disconnected"}}
	connected   = box.NetworkReport{Link: box.LinkWiFi, Address: "192.0.2.7", Radio: box.NetworkRadio{State: "connected", Name: "Kitchen", Signal: 70}}
)

func online(r box.NetworkReport, reach box.NetReach) box.NetworkReport {
	r.Reach = reach
	return r
}

// TestJoining looks around, is refused a passphrase, and gets on with the right
// one; how far that gets is told before it ends.
func TestJoining(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &place{line: Line{Link: box.LinkNone}, reach: box.ReachPortal}
		n := p.open(t)
		want(t, p.told(), box.NetworkReported{Report: unconnected})
		n.Do(box.LookForNetworks{Session: 1})
		time.Sleep(5 * time.Second)
		want(t, p.told(), box.NetworkLooked{Session: 1, Seen: []box.NetworkSeen{{Name: "Kitchen", Signal: 70, Security: "wpa"}}})
		n.Do(box.JoinNetwork{Session: 2, Name: "Kitchen", Ticket: n.Keep("wrong horse")})
		time.Sleep(2 * time.Second)
		want(t, p.told(), box.NetworkAnswered{Session: 2, Problem: Problem("wifi_passphrase")})
		ticket := n.Keep(right)
		n.Do(box.JoinNetwork{Session: 3, Name: "Kitchen", Ticket: ticket})
		time.Sleep(2 * time.Second)
		want(t, p.told(), box.NetworkReported{Report: connected}, box.NetworkReported{Report: online(connected, box.ReachPortal)}, box.NetworkAnswered{Session: 3})
		if n.fetch(ticket) != "" {
			t.Error("a passphrase is given out twice")
		}
		p.mu.Lock()
		p.reach = box.ReachInternet
		p.mu.Unlock()
		time.Sleep(11 * time.Second) // somebody signed in meanwhile
		want(t, p.told(), box.NetworkReported{Report: online(connected, box.ReachInternet)})
		n.Do(box.ForgetNetwork{Session: 4, Name: "Kitchen"})
		time.Sleep(time.Second)
		want(t, p.told(), box.NetworkReported{Report: unconnected}, box.NetworkAnswered{Session: 4})
	})
}

// TestTakenBack: what was taken back is not answered, also where the radio is
// stuck, and the next thing is carried out.
func TestTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &place{line: Line{Link: box.LinkNone}, stuck: true}
		n := p.open(t)
		p.told()
		n.Do(box.JoinNetwork{Session: 1, Name: "Kitchen", Ticket: n.Keep(right)})
		n.Do(box.LookForNetworks{Session: 2}) // waits for the radio
		synctest.Wait()
		n.Do(box.CancelNetwork{Session: 1})
		n.Do(box.CancelNetwork{Session: 9})
		synctest.Wait()
		n.Do(box.CancelNetwork{Session: 2})
		want(t, p.told())
		n.Do(box.JoinNetwork{Session: 3, Name: "Kitchen"})
		time.Sleep(80 * time.Second)
		got := p.told()
		if len(got) != 1 || got[0].(box.NetworkAnswered).Problem.Code != "wifi_failed" {
			t.Errorf("a stuck radio: %+v", got)
		}
	})
}

// TestNoAddress: on the network, and nowhere.
func TestNoAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &place{line: Line{Link: box.LinkNone}, addless: true}
		n := p.open(t)
		p.told()
		n.Do(box.JoinNetwork{Session: 1, Name: "Kitchen", Ticket: n.Keep(right)})
		time.Sleep(30 * time.Second)
		got := p.told()
		if a, ok := got[len(got)-1].(box.NetworkAnswered); !ok || a.Problem == nil || a.Problem.Code != "wifi_address" {
			t.Errorf("%+v", got)
		}
	})
}

// TestACableIsCalm: a box with a cable and an answering service asks its radio
// once, and looks at its line rarely.
func TestACableIsCalm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &place{line: Line{Link: box.LinkCable, Address: "192.0.2.8"}, reach: box.ReachInternet}
		n := p.open(t)
		time.Sleep(time.Hour)
		if got := p.told(); len(got) != 2 || p.asked != 1 {
			t.Errorf("told %d times, the radio asked %d times", len(got), p.asked)
		}
		n.Wake()
		if p.told(); p.asked != 2 {
			t.Error("nothing wakes it")
		}
	})
}

// TestWithoutARadio: a box that nobody sees to the Wi-Fi of.
func TestWithoutARadio(t *testing.T) {
	n := New(Options{Line: func() Line { return Line{Link: box.LinkNone} }})
	if s := n.radio(t.Context()); s.State != box.RadioAbsent {
		t.Errorf("%+v", s)
	}
	if e := n.Do(box.LookForNetworks{Session: 3}); !cmp.Equal(e, box.Event(box.NetworkLooked{Session: 3, Problem: Problem("wifi_none")})) {
		t.Errorf("a look: %+v", e)
	}
	if _, err := n.List(t.Context()); !errors.Is(err, Problem("wifi_none")) && err == nil {
		t.Errorf("a list: %v", err)
	}
}

// TestSecretsStaySecret: they do not print, do not wait for long, and few wait.
func TestSecretsStaySecret(t *testing.T) {
	j := Join{Passphrase: right}
	text, err := json.Marshal(j)
	if s := fmt.Sprintf("%v %+v %#v %s %s", j, j, j, right, text); strings.Contains(s, string(right)) || err != nil {
		t.Errorf("it prints: %s, %v", s, err)
	}
	synctest.Test(t, func(t *testing.T) {
		n := New(Options{})
		old := n.Keep(right)
		if n.Keep("") != 0 || n.fetch(0) != "" {
			t.Error("a ticket for nothing")
		}
		time.Sleep(2 * time.Minute)
		if n.fetch(old) != "" {
			t.Error("it waited for two minutes")
		}
		dropped := n.Keep(right)
		n.Drop(dropped)
		for range 100 {
			n.Keep(right)
		}
		if n.fetch(dropped) != "" || len(n.secrets) > mostSecrets {
			t.Errorf("%d wait", len(n.secrets))
		}
	})
}

// TestEveryProblemSaysWhatToDo also finds codes that are there twice.
func TestEveryProblemSaysWhatToDo(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range problems() {
		if seen[p.Code] || p.Text == "" || p.Hint == "" || *Problem(p.Code) != p {
			t.Errorf("%+v", p)
		}
		seen[p.Code] = true
	}
	for _, c := range []struct {
		err  error
		want string
	}{{errors.New("x"), "wifi_failed"}, {fmt.Errorf("y: %w", context.DeadlineExceeded), "wifi_failed"}, {fmt.Errorf("z: %w", Problem("wifi_off")), "wifi_off"}} {
		if p := problemOf(c.err); p.Code != c.want {
			t.Errorf("%v: %+v", c.err, p)
		}
	}
	if problemOf(nil) != nil {
		t.Error("a problem of nothing")
	}
}
