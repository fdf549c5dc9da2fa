package serve

import (
	"context"
	"time"

	"usher/cache/abr"
)

// upgrade is a segment to be fetched again, better.
type upgrade struct {
	need
	sl       *slot
	was, now int // rungs
	until    time.Time
}

// upgradeNext finds the segment whose turn it is to be fetched again. ok is
// false when none is worth it, or nothing may be risked.
func (f *film) upgradeNext(now time.Time) (u upgrade, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.path == "" || !f.told || f.acct.count == 0 || now.Before(f.rest) || f.s.g.metered.Load() {
		return u, false
	}
	pos := f.position(now)
	until, taken := pos+f.held(pos), f.taken(pos)
	first := f.at(taken)
	var held []abr.Held
	for i := first; i < len(f.slots) && f.slots[i].at < until; i++ {
		sl := f.slots[i]
		held = append(held, abr.Held{Rung: sl.rung, Lead: sl.at - taken, Takes: sl.takes, Size: sl.size, Stays: sl.asked || sl.given || sl.better || !f.has(sl)})
	}
	k, rung, ok := abr.Again(f.situation(f.slots[f.at(until)], now), held, abr.Spent{Ahead: f.acct.ahead, Thrown: f.acct.thrown})
	if !ok || !f.rungs[rung].ready() {
		return u, false
	}
	sl := f.slots[first+k]
	n, ok := f.need(sl.i, rung)
	return upgrade{n, sl, sl.rung, rung, now.Add(held[k].Lead)}, ok
}

// taken is how far the player has the film already: it asks for what follows
// when this much is left of what it has. The caller holds mu.
func (f *film) taken(pos time.Duration) time.Duration {
	for i := f.at(pos); i < len(f.slots); i++ {
		if sl := f.slots[i]; !sl.given && sl.reading == 0 {
			return max(sl.at, pos)
		}
	}
	return f.slots[len(f.slots)-1].at
}

// replace fetches a segment again. Until the better one is whole the slot stays
// what it is, so that nothing is lost when the network goes away meanwhile.
func (f *film) replace(ctx context.Context, u upgrade) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := f.fetchKeys(ctx, u.need, u.sl, u.now); err != nil {
		f.failed(nil, err)
		return
	}
	size, all, err := f.pull(ctx, cancel, u.need, u.sl, func(now time.Time) bool { return f.pointless(u, now) })
	f.settle(u, size, all && err == nil)
	if err != nil {
		f.failed(nil, err)
	}
}

// pointless says that an upgrade under way is no use any more, or a risk.
func (f *film) pointless(u upgrade, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	pos := f.position(now)
	return u.sl.asked || u.sl.rung != u.was || f.jumped || now.After(u.until) || abr.Risky(f.held(pos), f.window())
}

// settle makes the slot the better segment, and lets go of the one that was
// held for it.
func (f *film) settle(u upgrade, size int64, all bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !all || u.sl.asked || u.sl.rung != u.was {
		f.acct.thrown += size
		if all && u.sl.rung != u.now {
			f.forget(u.need)
		}
		return
	}
	old, ok := f.need(u.sl.i, u.was)
	was := u.sl.size
	u.sl.rung, u.sl.size, u.sl.better = u.now, size, true
	f.acct.replaced++
	f.acct.thrown += was
	if ok && was > 0 { // read ahead for this film only; a start kit stays
		f.forget(old)
	}
}

// forget drops a segment that another one stands for.
func (f *film) forget(n need) {
	if err := f.s.g.o.Store.Remove(n.o.key(n.rng)); err != nil {
		f.s.log.Warn("Replaced segment not removed", "error", err)
	}
}
