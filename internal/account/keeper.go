package account

import (
	"context"
	"net/http"
	"sync"
	"time"

	"usher/device/pairing"
)

// grace is how long an answer that may hold tokens is waited for when the box
// stops.
const grace = 3 * time.Second

// account is one account. Its owner loop, run, is the only one that steps the
// pairing.
type account struct {
	service Service
	name    string // of files and key
	o       Options
	client  *http.Client
	clock   *clock
	events  chan pairing.Event
	tickets chan enrolment
	untold  chan struct{} // there is something to tell the service

	keeping sync.Mutex // one at a time changes tokens and their file together; taken before mu and telling
	telling sync.Mutex // one at a time changes the list of graves
	showing sync.Mutex // one at a time tells Changed

	mu      sync.Mutex
	life    context.Context // of Run; nil before and after
	work    sync.WaitGroup  // of what life started
	state   pairing.State
	told    Standing // what Changed knows
	held    *held    // nil: unpaired
	revoked bool
	dirty   bool // held is newer than the disk
	graves  int  // tokens that the service should be told to forget
	flight  *flight
	rest    rest
	meta    *metadata
	nonces  map[string]string // by origin (RFC 9449 sections 8 and 9)
}

func newAccount(s Service, o Options) *account {
	a := &account{
		service: s, name: fileName(s.ID), o: o, clock: newClock(o),
		events: make(chan pairing.Event, 16), tickets: make(chan enrolment), untold: make(chan struct{}, 1), nonces: map[string]string{},
		state: pairing.State{Phase: pairing.Idle},
	}
	a.client = &http.Client{
		Transport:     a.clock.transport(o.Transport),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	a.told = a.standing()
	return a
}

// run is the owner loop.
func (a *account) run(ctx context.Context) {
	a.mu.Lock()
	a.life = ctx
	if a.held != nil { // tokens may have come while it stopped
		a.state = pairing.State{Phase: pairing.Paired, Run: a.state.Run}
	}
	a.mu.Unlock()
	a.start(a.keepTelling)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			a.stop()
			return
		case e := <-a.events:
			a.step(e, timer)
		case t := <-a.tickets:
			t.done <- a.enrol(ctx, t)
		case <-timer.C:
			a.step(pairing.Tick{}, timer)
		}
	}
}

// stop waits for what was started, tokens on their way included.
func (a *account) stop() {
	a.mu.Lock()
	a.life = nil
	a.mu.Unlock()
	a.work.Wait()
}

// start runs f beside the loop, and says whether it could.
func (a *account) start(f func(context.Context)) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	life := a.life
	if life == nil || life.Err() != nil {
		return false
	}
	a.work.Go(func() { f(life) })
	return true
}

// patient outlives ctx by the grace.
func patient(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		t := time.AfterFunc(grace, cancel)
		context.AfterFunc(longer, func() { t.Stop() })
	})
	return longer, func() { stop(); cancel() }
}

// send hands an event to the loop.
func (a *account) send(ctx context.Context, e pairing.Event) error {
	a.mu.Lock()
	life := a.life
	a.mu.Unlock()
	if life == nil {
		return ErrStopped
	}
	select {
	case a.events <- e:
		return nil
	case <-life.Done():
		return ErrStopped
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (a *account) step(e pairing.Event, timer *time.Timer) {
	now := a.o.Mono()
	a.mu.Lock()
	before := a.state.Phase
	next, effects := pairing.Next(a.state, now, e)
	a.state = next
	if next.Phase == pairing.Asking {
		a.revoked = false
	}
	a.mu.Unlock()
	for _, effect := range effects {
		a.do(effect, now, timer)
	}
	a.ended(before, next)
	a.publish()
}

// ended clears what a pairing that came to nothing leaves, and logs its end.
func (a *account) ended(before pairing.Phase, s pairing.State) {
	if before == s.Phase || s.Phase == pairing.Asking || s.Phase == pairing.Waiting {
		return
	}
	// A poll that was on its way when the code ended may still bring tokens.
	if s.Phase != pairing.Paired && s.Phase != pairing.Expired && a.holding() == nil {
		if err := a.o.Vault.Delete(a.name); err != nil {
			a.o.Logger.Error("Key of an unfinished pairing cannot be removed", "service", a.service.ID, "err", err)
		}
	}
	a.o.Logger.Info("Pairing ended", "service", a.service.ID, "phase", s.Phase, "reason", s.Reason, "refusal", s.Refusal)
}

func (a *account) do(e pairing.Effect, now time.Duration, timer *time.Timer) {
	switch e := e.(type) {
	case pairing.Wake:
		timer.Reset(max(e.At-now, 0))
	case pairing.Ask:
		a.start(func(ctx context.Context) { a.report(ctx, a.ask(ctx, e.Run)) })
	case pairing.Poll:
		a.start(func(ctx context.Context) { a.report(ctx, a.poll(ctx, e)) })
	case pairing.Forget:
		a.bury()
	}
}

// report hands an answer to the loop, unless that is gone.
func (a *account) report(ctx context.Context, e pairing.Event) {
	select {
	case a.events <- e:
	case <-ctx.Done():
	}
}

func (a *account) standing() Standing {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := Standing{
		Service: a.service.ID, Phase: a.state.Phase, Code: a.state.Code, Reason: a.state.Reason, Refusal: a.state.Refusal,
		Away: a.state.Away || a.rest.away, Revoked: a.revoked, Telling: a.graves > 0,
	}
	if s.Phase == pairing.Paired && a.held != nil {
		s.Scope, s.Bound = a.held.Scope, a.held.Bound()
	}
	return s
}

// publish tells a new standing, once.
func (a *account) publish() {
	a.showing.Lock()
	defer a.showing.Unlock()
	s := a.standing()
	a.mu.Lock()
	news := s != a.told
	a.told = s
	a.mu.Unlock()
	if news {
		a.o.Changed(s)
	}
}
