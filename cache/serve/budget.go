package serve

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"usher/cache"
)

// errYield ends a fetch that makes way for one that a player waits for. It
// goes on later, from where it was.
var errYield = errors.New("made way for a player")

// tooMany is for how long nothing is prefetched from a service that said
// "too many requests" without saying for how long.
const tooMany = 30 * time.Second

// rank orders what is fetched: a byte that somebody waits for is never behind
// a guess.
type rank uint8

const (
	rankDemand rank = iota // a player waits for it
	rankAhead              // the film that is on, later
	rankGuess              // what may be watched soon
)

// budget is how many requests run at a time to each service. Some allow one
// connection and end the film when there is a second: prefetching counts, and
// yields to players. All services are reached by one link, so what is fetched
// ahead waits while something of better rank is fetched from anywhere.
type budget struct {
	limit int

	mu    sync.Mutex
	lanes map[string]*lane // by host
	count int              // turns that were interrupted
}

type lane struct {
	running []*turn
	waiting []*turn
	pause   time.Time // nothing is prefetched until then
}

// turn is one request. Its rank may become better while it waits or runs.
type turn struct {
	rank  func() rank
	media bool        // its bytes take the link; a playlist hardly does
	yield func()      // nil: it cannot be interrupted
	keeps func() bool // what came before yielding is not lost
	gone  bool        // yield was called
	ready chan struct{}

	measures bool  // it says something about the link
	flow     *flow // while it runs; nil when it does not measure
}

// low says that nobody waits for it.
func (t *turn) low() bool { return t.rank() > rankDemand }

func newBudget(limit int) *budget { return &budget{limit: limit, lanes: map[string]*lane{}} }

// take waits for a turn. Every turn that was taken is given back.
func (b *budget) take(ctx context.Context, host string, t *turn) error {
	t.ready = make(chan struct{})
	if t.low() {
		if err := b.rest(ctx, host); err != nil {
			return err
		}
	}
	b.mu.Lock()
	l := b.lanes[host]
	if l == nil {
		l = &lane{}
		b.lanes[host] = l
	}
	l.waiting = append(l.waiting, t)
	b.admitLocked()
	b.mu.Unlock()
	select {
	case <-t.ready:
		return nil
	case <-ctx.Done():
		b.give(host, t)
		return context.Cause(ctx)
	}
}

// rest waits until a service that was asked too much may be prefetched from.
func (b *budget) rest(ctx context.Context, host string) error {
	b.mu.Lock()
	var d time.Duration
	if l := b.lanes[host]; l != nil {
		d = time.Until(l.pause)
	}
	b.mu.Unlock()
	if d <= 0 {
		return nil
	}
	return sleep(ctx, d)
}

// give ends a turn, or the waiting for it.
func (b *budget) give(host string, t *turn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.lanes[host]
	same := func(o *turn) bool { return o == t }
	l.running = slices.DeleteFunc(l.running, same)
	l.waiting = slices.DeleteFunc(l.waiting, same)
	b.admitLocked()
}

// promoted says that the rank of some turn is better now.
func (b *budget) promoted() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.admitLocked()
}

// admitLocked lets in whose turn it is, everywhere, and forgets the services
// that nobody wants anything of.
func (b *budget) admitLocked() {
	best, now := rankGuess, time.Now()
	for host, l := range b.lanes {
		if len(l.running)+len(l.waiting) == 0 && now.After(l.pause) {
			delete(b.lanes, host)
		}
		best = min(best, l.best())
	}
	for _, l := range b.lanes {
		b.count += l.clear(best)
		l.admit(b.limit, best)
	}
}

// best is the best rank of what takes the link, or is about to.
func (l *lane) best() rank {
	best := rankGuess
	for _, list := range [][]*turn{l.running, l.waiting} {
		for _, t := range list {
			if t.media && !t.gone {
				best = min(best, t.rank())
			}
		}
	}
	return best
}

// interrupted is how many turns made way so far.
func (b *budget) interrupted() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count
}

// clear interrupts what is behind the best rank and loses nothing by it, and
// says how many turns that were.
func (l *lane) clear(best rank) (n int) {
	for _, t := range l.running {
		if t.rank() > best && t.yield != nil && t.keeps != nil && !t.gone && t.keeps() {
			t.gone = true
			t.yield()
			n++
		}
	}
	return n
}

// strain says that a service was asked too much.
func (b *budget) strain(host string, t *Trouble) {
	if t.Status != http.StatusTooManyRequests && t.retryAfter == 0 {
		return
	}
	d := t.retryAfter
	if d == 0 {
		d = tooMany
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if l := b.lanes[host]; l != nil {
		l.pause = time.Now().Add(d)
	}
}

// admit lets those in whose turn it is: players in their order, then a
// prefetch of the best rank there is, for which the last free place is not,
// unless there is only one.
func (l *lane) admit(limit int, best rank) {
	for len(l.waiting) > 0 {
		i := slices.IndexFunc(l.waiting, func(t *turn) bool { return !t.low() })
		room := len(l.running) < limit
		if i < 0 {
			i = slices.IndexFunc(l.waiting, func(t *turn) bool { return t.rank() <= best })
			room = len(l.running) < max(limit-1, 1)
		}
		if i < 0 {
			return
		}
		t := l.waiting[i]
		if !room {
			if !t.low() {
				l.makeWay()
			}
			return
		}
		l.waiting = slices.Delete(l.waiting, i, i+1)
		l.running = append(l.running, t)
		close(t.ready)
	}
}

// makeWay interrupts one prefetch, unless one is ending already.
func (l *lane) makeWay() {
	for _, t := range l.running {
		if t.gone {
			return
		}
	}
	for _, t := range l.running {
		if t.low() && t.yield != nil {
			t.gone = true
			t.yield()
			return
		}
	}
}

// do sends a request when it is its turn, and waits for the beginning of the
// answer for patience at most; cancel ends the request's context. The turn
// ends when the body is closed.
func (s *session) do(r *http.Request, cancel context.CancelCauseFunc, patience time.Duration, t *turn) (*http.Response, error) {
	b, host := s.g.budget, r.URL.Host
	if err := b.take(r.Context(), host, t); err != nil {
		return nil, err
	}
	if t.measures {
		t.flow = s.g.meter.begin()
	}
	end := func() {
		t.flow.end()
		b.give(host, t)
	}
	alarm := time.AfterFunc(patience, func() { cancel(errIdle) })
	defer alarm.Stop()
	resp, err := s.client.Do(r)
	if err != nil {
		end()
		return nil, err
	}
	s.clock.read(resp.Header, time.Now())
	resp.Body = &turnBody{ReadCloser: resp.Body, end: end}
	return resp, nil
}

// turn is that of a request which cannot be interrupted.
func (s *session) turn() *turn { return &turn{rank: s.rank} }

func (s *session) rank() rank {
	if s.low {
		return rankGuess
	}
	return rankDemand
}

// turnBody ends a turn, once.
type turnBody struct {
	io.ReadCloser
	once sync.Once
	end  func()
}

func (b *turnBody) Close() error {
	err := b.ReadCloser.Close()
	b.once.Do(b.end)
	return err
}

// begun and ended keep what is being prefetched; want says that a player waits
// for it now.
func (g *Origin) begun(p *pull) {
	g.pulling.Lock()
	defer g.pulling.Unlock()
	g.ahead[p.key] = p
}

func (g *Origin) ended(p *pull) {
	g.pulling.Lock()
	defer g.pulling.Unlock()
	if g.ahead[p.key] == p {
		delete(g.ahead, p.key)
	}
}

func (g *Origin) want(k cache.Key) {
	g.pulling.Lock()
	p := g.ahead[k]
	g.pulling.Unlock()
	if p != nil && !p.wanted.Swap(true) {
		g.budget.promoted()
	}
}
