package network

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"usher/internal/box"
)

// scene is one play of a scenario, in which something happens once.
type scene struct {
	*place
	n      *Network
	asking sync.WaitGroup

	mu     sync.Mutex
	calls  int // that the edge made so far
	before int // events that were told when it happened
	begun  int // attempts of the radio by then
}

// everywhere plays a scenario again and again: act comes once before the edge
// runs, and then at each of the places at which the edge calls out, so at each
// step between Do and the answer. judge looks at what came of it.
func everywhere(t *testing.T, begin, act func(*scene), judge func(t *testing.T, s *scene)) {
	t.Helper()
	for at, acted := 0, true; acted; at++ {
		acted = false
		synctest.Test(t, func(t *testing.T) {
			s := &scene{place: &place{line: Line{Link: box.LinkNone}}, before: math.MaxInt, begun: -1}
			s.n = s.edge()
			s.step = func() {
				s.mu.Lock()
				now := s.calls == at
				s.calls++
				s.mu.Unlock()
				if now {
					s.place.mu.Lock()
					s.before, s.begun = len(s.events), s.place.begun
					s.place.mu.Unlock()
					acted = true
					act(s)
				}
			}
			begin(s)
			s.stepped()
			end := s.n.begins(t)
			time.Sleep(5 * time.Minute)
			end()
			s.asking.Wait()
			judge(t, s)
			if w := s.n; len(w.live)+len(w.waiting)+len(w.secrets)+len(w.waiters) > 0 {
				t.Errorf("left behind: %d orders, %d waiting, %d passphrases, %d waiters", len(w.live), len(w.waiting), len(w.secrets), len(w.waiters))
			}
		})
		if t.Failed() {
			t.Fatalf("at call %d", at)
		}
		if !acted && at < 15 {
			t.Fatalf("the edge called out %d times only", at)
		}
	}
}

// answers are where the answers to a session are among the events.
func (p *place) answers(session uint64) (at []int) {
	for i, e := range p.events {
		switch e := e.(type) {
		case box.NetworkAnswered:
			if e.Session == session {
				at = append(at, i)
			}
		case box.NetworkLooked:
			if e.Session == session {
				at = append(at, i)
			}
		}
	}
	return at
}

// TestTakenBackAtEveryStep: what was taken back before it was answered is never
// answered, does not begin, and what is wanted before and after it is done.
func TestTakenBackAtEveryStep(t *testing.T) {
	everywhere(t, func(s *scene) {
		for _, f := range []box.Effect{
			box.LookForNetworks{Session: 4}, box.JoinNetwork{Session: 5, Name: "Kitchen", Ticket: s.n.Keep(right)}, box.ForgetNetwork{Session: 6, Name: "Kitchen"},
		} {
			if e := s.n.Do(f); e != nil {
				t.Errorf("refused: %+v", e)
			}
		}
	}, func(s *scene) {
		if e := s.n.Do(box.CancelNetwork{Session: 5}); e != nil {
			t.Errorf("cancelling is answered: %+v", e)
		}
	}, func(t *testing.T, s *scene) {
		if late := slices.DeleteFunc(s.answers(5), func(i int) bool { return i < s.before }); len(late) > 0 {
			t.Errorf("answered when it was taken back: %+v", s.events)
		}
		if s.begun == 0 && s.place.begun > 0 && len(s.answers(4)) > 0 && s.answers(4)[0] >= s.before {
			t.Error("it began when it was taken back")
		}
		if len(s.answers(4)) != 1 || len(s.answers(6)) != 1 {
			t.Errorf("the others are not answered once: %+v", s.events)
		}
	})
}

// TestWhoWaitsAndTheCoreAgree: an installer who waits for the end, while the
// screen takes it back at any step, is told what the core is told.
func TestWhoWaitsAndTheCoreAgree(t *testing.T) {
	var result error
	everywhere(t, func(s *scene) { s.join(context.Background(), func(err error) { result = err }) },
		func(s *scene) { s.n.Do(box.CancelNetwork{Session: 5}) },
		func(t *testing.T, s *scene) {
			switch done := len(s.answers(5)); {
			case done > 1, (result == nil) != (done == 1):
				t.Errorf("told %v, and the core %+v", result, s.events)
			case result != nil && !isProblem(result, "wifi_cancelled"):
				t.Errorf("told %v", result)
			}
		})
}

// TestWhoWaitedHasGone: then the core is told that it was taken back, once, or
// that it was done.
func TestWhoWaitedHasGone(t *testing.T) {
	var leave context.CancelFunc
	everywhere(t, func(s *scene) {
		var ctx context.Context
		ctx, leave = context.WithCancel(context.Background())
		s.join(ctx, func(error) {})
	}, func(*scene) { leave() }, func(t *testing.T, s *scene) {
		leave()
		at := s.answers(5)
		if len(at) != 1 {
			t.Fatalf("answered %d times: %+v", len(at), s.events)
		}
		if e := s.events[at[0]].(box.NetworkAnswered); e.Problem != nil && e.Problem.Code != "wifi_cancelled" {
			t.Errorf("%+v", e.Problem)
		}
	})
}

// TestWhoWaitedHasGoneBefore: also before the core has said what it wants.
func TestWhoWaitedHasGoneBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &place{line: Line{Link: box.LinkNone}}
		n := p.open(t)
		ctx, leave := context.WithCancel(t.Context())
		var ticket uint64
		err := n.Ask(ctx, right, func(t uint64) *box.Problem {
			ticket = t
			leave()
			return nil
		})
		p.told()
		n.Do(box.JoinNetwork{Session: 5, Name: "Kitchen", Ticket: ticket})
		want(t, p.told(), box.NetworkAnswered{Session: 5, Problem: Problem("wifi_cancelled")})
		if !errors.Is(err, context.Canceled) || p.begun > 0 || len(n.waiters)+len(n.secrets) > 0 {
			t.Errorf("%v, begun %d times, left: %d", err, p.begun, len(n.waiters)+len(n.secrets))
		}
	})
}

// join has somebody join and wait, and the core do what it does then.
func (s *scene) join(ctx context.Context, told func(error)) {
	submitted := make(chan struct{})
	s.asking.Go(func() {
		told(s.n.Ask(ctx, right, func(ticket uint64) *box.Problem {
			defer close(submitted)
			s.n.Do(box.JoinNetwork{Session: 5, Name: "Kitchen", Ticket: ticket})
			return nil
		}))
	})
	<-submitted
}

func isProblem(err error, code string) bool {
	p, ok := errors.AsType[*box.Problem](err)
	return ok && p.Code == code
}

// TestNothingIsDropped: what the edge cannot take is refused with the number of
// the order, and what waits can be taken back to make room.
func TestNothingIsDropped(t *testing.T) {
	p := &place{line: Line{Link: box.LinkNone}}
	n := p.edge()
	for i := range uint64(mostWaiting) {
		if e := n.Do(box.LookForNetworks{Session: i + 1}); e != nil {
			t.Fatalf("%d: refused: %+v", i, e)
		}
	}
	ticket := n.Keep(right)
	for _, c := range []struct {
		f    box.Effect
		want box.Event
	}{
		{box.JoinNetwork{Session: 90, Name: "Kitchen", Ticket: ticket}, box.NetworkAnswered{Session: 90, Problem: Problem("wifi_busy")}},
		{box.ForgetNetwork{Session: 91, Name: "Kitchen"}, box.NetworkAnswered{Session: 91, Problem: Problem("wifi_busy")}},
		{box.LookForNetworks{Session: 92}, box.NetworkLooked{Session: 92, Problem: Problem("wifi_busy")}},
		{box.CancelNetwork{Session: 7}, nil},
		{box.LookForNetworks{Session: 93}, nil},
		{box.CloseOrigin{Session: 94}, nil},
	} {
		if d := cmp.Diff(c.want, n.Do(c.f)); d != "" {
			t.Errorf("%+v: -want +got:\n%s", c.f, d)
		}
	}
	if n.fetch(ticket) != "" {
		t.Error("the passphrase of what was refused waits")
	}
	if err := n.Ask(t.Context(), right, func(ticket uint64) *box.Problem {
		n.Do(box.JoinNetwork{Session: 95, Name: "Kitchen", Ticket: ticket})
		return nil
	}); !isProblem(err, "wifi_busy") {
		t.Errorf("who waits for it: %v", err)
	}
	if err := n.Ask(t.Context(), right, func(uint64) *box.Problem { return Problem("wifi_off") }); !isProblem(err, "wifi_off") || len(n.waiters)+len(n.secrets) > 0 {
		t.Errorf("refused by the core: %v", err)
	}
}

// TestNamesThatAreNoText reach the radio octet by octet.
func TestNamesThatAreNoText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &place{line: Line{Link: box.LinkNone}}
		n := p.open(t)
		n.Do(box.JoinNetwork{Session: 1, Name: "Caf\ufffd", SSID: "436166e9", Ticket: n.Keep(right)})
		time.Sleep(time.Minute)
		if p.told(); len(p.joined) != 1 || p.joined[0].Name != "Caf\xe9" {
			t.Errorf("%+v", p.joined)
		}
	})
}
