package fetch

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"usher/firmware"
)

// Gate lets fetching through, at a rate, or stops it. Its zero value is open and
// unlimited. It is safe for concurrent use.
type Gate struct {
	mu     sync.Mutex
	opened chan struct{} // nil: open; closed when it opens
	rate   int64         // bytes per second; 0 is unlimited
	next   time.Time     // when the bytes that were let through are paid for
}

// Shut stops fetching: connections are closed, and calls wait.
func (g *Gate) Shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened == nil {
		g.opened = make(chan struct{})
	}
}

// Open lets fetching go on, at most at rate bytes per second; 0 is unlimited.
func (g *Gate) Open(rate int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.rate = rate; g.opened != nil {
		close(g.opened)
		g.opened = nil
	}
}

// shut is closed when the gate opens; nil while it is open.
func (g *Gate) shut() <-chan struct{} {
	if g == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.opened
}

// wait waits until the gate is open.
func (g *Gate) wait(ctx context.Context) error {
	for {
		opened := g.shut()
		if opened == nil {
			return nil
		}
		select {
		case <-opened:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// take lets n bytes through that have arrived: it waits for as long as they
// take at the rate.
func (g *Gate) take(ctx context.Context, n int) error {
	if g == nil {
		return nil
	}
	g.mu.Lock()
	now := time.Now()
	if g.next.Before(now) {
		g.next = now
	}
	if g.rate > 0 {
		g.next = g.next.Add(time.Duration(n) * time.Second / time.Duration(g.rate))
	}
	d := g.next.Sub(now)
	g.mu.Unlock()
	return sleep(ctx, d)
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Budget is how many bytes may come in. Its methods are safe for concurrent use.
type Budget struct {
	mu           sync.Mutex
	spent, limit int64
}

// NewBudget is a budget of limit bytes, of which some were spent before; a
// limit of 0 or less is none.
func NewBudget(limit, spent int64) *Budget { return &Budget{spent: spent, limit: limit} }

// Spent is how many bytes came in so far.
func (b *Budget) Spent() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.spent
}

func (b *Budget) spend(n int) error {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spent += int64(n)
	if b.limit > 0 && b.spent > b.limit {
		return &firmware.Error{Reason: firmware.OverBudget, Err: fmt.Errorf("%d bytes of %d", b.spent, b.limit)}
	}
	return nil
}

// allows refuses what is going to be too much, before any of it comes, and says
// how much may come.
func (b *Budget) allows(n int64) (left int64, err error) {
	if b == nil {
		return math.MaxInt32, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.limit <= 0:
		return math.MaxInt32, nil
	case b.spent+n > b.limit:
		return 0, &firmware.Error{Reason: firmware.OverBudget, Err: fmt.Errorf("%d bytes more, after %d of %d", n, b.spent, b.limit)}
	}
	return b.limit - b.spent, nil
}
