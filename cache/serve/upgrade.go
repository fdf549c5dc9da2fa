package serve

import (
	"context"
	"time"

	"usher/cache/abr"
)

// The rules of fetching a segment again in a better rendition. What was read
// ahead in a hurry, at the beginning or on a bad stretch, is small; once much is
// held and the link has room, what the player has not asked for need not stay so.
const (
	deep        = 24 * time.Second // must be held before anything is fetched again
	stillDeep   = 12 * time.Second // and must stay held meanwhile
	roomShare   = 0.7              // of the link that the better rendition may take
	worthMore   = 1.9              // times the rate: less is hardly seen
	settled     = 3                // segments in a row as good as that: no guess from a link that just changed
	inTimeShare = 0.5              // of the time until the player asks, in which it must come
	wasteShare  = 8                // percent of what is read ahead that may be fetched twice
	wasteCredit = 128 << 10        // bytes on top, for the beginning of a film
)

// upgrade is a segment to be fetched again, better.
type upgrade struct {
	need
	sl       *slot
	was, now int // rungs
	until    time.Time
}

// upgradeNext finds the segment whose turn it is to be fetched again: the first
// one that comes in time. ok is false when none is worth it, or nothing may be
// risked.
func (f *film) upgradeNext(now time.Time) (u upgrade, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.path == "" || !f.told || f.acct.count == 0 || now.Before(f.rest) || f.s.g.metered.Load() {
		return u, false
	}
	pos := f.position(now)
	held := f.held(pos)
	if held < deep {
		return u, false
	}
	end := f.at(pos + held)
	best, rate := f.roomy(end, now)
	for i := max(end-settled, 0); i < end; i++ {
		best = min(best, f.slots[i].rung)
	}
	if best <= 0 {
		return u, false
	}
	taken := f.taken(pos)
	for i := f.at(taken); i < len(f.slots) && f.slots[i].at < pos+held; i++ {
		sl := f.slots[i]
		if !f.poor(sl, best) {
			continue
		}
		takes := time.Duration(f.mean(best) * sl.takes.Seconds() / rate * float64(time.Second))
		lead := sl.at - taken
		if float64(takes) > inTimeShare*float64(lead) || takes > held-stillDeep || !f.affordable(sl) {
			continue
		}
		if n, ok := f.need(i, best); ok {
			return upgrade{n, sl, sl.rung, best, now.Add(lead)}, true
		}
	}
	return u, false
}

// roomy is the rung that the policy would take for slot i, or the next lower one
// that leaves room on the link for fetching it besides; 0 when there is none
// better than the lowest. rate is what the link carries, bit/s. The caller
// holds mu.
func (f *film) roomy(i int, now time.Time) (rung int, rate float64) {
	sit := f.situation(f.slots[i], now)
	if !sit.Link.Known() || sit.Away {
		return 0, 0
	}
	rate = float64(sit.Link.Rate)
	rung = f.nearest(abr.Next(sit).Rung)
	for rung > 0 && (f.mean(rung) > roomShare*rate || !f.rungs[rung].ready()) {
		rung--
	}
	return rung, rate
}

// mean is a rung's mean rate, bit/s.
func (f *film) mean(r int) float64 {
	if a := f.rungs[r].Average; a > 0 {
		return float64(a)
	}
	return float64(max(f.rungs[r].Bandwidth, 1))
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

// poor says that a slot is held, was never asked for nor made better before,
// and is much worse than rung best. The caller holds mu.
func (f *film) poor(sl *slot, best int) bool {
	return !sl.asked && !sl.given && !sl.better && sl.rung != unbound && sl.rung < best &&
		f.mean(best) >= worthMore*f.mean(sl.rung) && f.has(sl)
}

// affordable says whether throwing a slot's segment away stays within the
// budget of waste. The caller holds mu.
func (f *film) affordable(sl *slot) bool {
	size := sl.size
	if size <= 0 {
		size = int64(f.mean(sl.rung) * sl.takes.Seconds() / 8)
	}
	return f.acct.thrown+size <= f.acct.ahead*wasteShare/100+wasteCredit
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
	return u.sl.asked || u.sl.rung != u.was || f.jumped || now.After(u.until) || f.held(pos) < min(stillDeep, f.window())
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
