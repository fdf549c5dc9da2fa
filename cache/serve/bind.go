package serve

import (
	"context"
	"time"

	"usher/cache/abr"
)

// enough is how much must be held before a choice is not made in a hurry: what
// is in the cache already is taken, also when it is of a lower rung.
const enough = 8 * time.Second

// learnWait is how long the player waits for the other renditions' playlists
// when all it could get otherwise is the one that the film began with.
const learnWait = 400 * time.Millisecond

// claim decides which rendition a slot is, for a player that asks for it now;
// ok is false for a gap. The caller calls release.
func (f *film) claim(ctx context.Context, sl *slot) (piece, bool) {
	f.awaitLadder(ctx, sl)
	now := time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.guess(sl, now)
	f.acct.wanted++
	if sl.given || f.has(sl) {
		f.acct.inTime++
	}
	if sl.rung != unbound && sl.reading == 0 {
		f.better(sl, now)
	}
	if sl.rung == unbound {
		f.bind(sl, now)
	}
	n, ok := f.need(sl.i, sl.rung)
	if !ok {
		return piece{}, false
	}
	sl.reading++
	sl.asked = true
	return f.piece(n, sl), true
}

// piece adds what is needed to serve a slot. The caller holds mu.
func (f *film) piece(n need, sl *slot) piece {
	p := piece{need: n, rung: sl.rung}
	a, b := f.rungs[f.start], f.rungs[sl.rung]
	if !b.list.FMP4() || len(a.inits) == 0 || len(b.inits) == 0 { // not read yet: there were no others so far
		return p
	}
	p.fmp4, p.own = true, a == b
	p.from, p.to = b.inits[b.list.Segments[sl.i].Map], a.inits[a.list.Segments[sl.i].Map]
	return p
}

func (f *film) release(sl *slot) {
	f.mu.Lock()
	sl.reading--
	f.mu.Unlock()
	f.nudge()
}

// delivered says that the player has all of a slot.
func (f *film) delivered(sl *slot, r int) {
	f.mu.Lock()
	f.gave(sl, r)
	f.mu.Unlock()
	f.nudge()
}

// awaitLadder holds the second segment back for a moment while the other
// renditions are being read about.
func (f *film) awaitLadder(ctx context.Context, sl *slot) {
	f.mu.Lock()
	wait := sl.rung == unbound && f.acct.count == 1 && f.learning != nil
	done := f.learning
	f.mu.Unlock()
	if !wait {
		return
	}
	t := time.NewTimer(learnWait)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
	case <-ctx.Done():
	}
}

// bind decides about a slot. The caller holds mu.
func (f *film) bind(sl *slot, now time.Time) {
	sit := f.situation(sl, now)
	c := abr.Next(sit)
	if sl.i == f.first && f.acct.count == 0 {
		c = abr.Choice{Rung: f.start, Why: abr.Beginning}
		if !sit.Link.Known() {
			c.Why = abr.Cold
		}
		f.began = sit.Explain(c)
	}
	r := f.nearest(c.Rung)
	if have := f.cached(sl, sit); have > r || have >= 0 && sit.Buffer < enough {
		r = have
	}
	sl.rung = r
	f.last, f.sit = c, sit
}

// situation is what the policy decides from. The caller holds mu.
func (f *film) situation(sl *slot, now time.Time) abr.Situation {
	pos := f.position(now)
	sit := abr.Situation{
		Limits: f.s.limits(), Link: f.s.g.meter.estimate(), Segment: sl.takes,
		Buffer: f.held(pos), Full: f.window(), Room: f.s.g.ringRoom(), Last: unbound,
	}
	if until := pos + sit.Buffer; until > sl.at && sl.at > pos { // what comes after counts for nothing
		sit.Buffer = sl.at - pos
	}
	for _, r := range f.rungs {
		sit.Ladder = append(sit.Ladder, r.Rung)
	}
	if sl.i > 0 {
		sit.Last = f.slots[sl.i-1].rung
	}
	if sit.Last == unbound && sit.Buffer > 0 {
		sit.Last = f.acct.rung
	}
	sit.Since, sit.Fell = f.since(sl.i)
	sit.Sizes = f.sizes(sl.i)
	end := f.slots[len(f.slots)-1]
	sit.Left = end.at + end.takes - sl.at
	sit.Away = sit.Link.Silent > silence
	return sit
}

// since is how much media lies between the last switch and slot i, and whether
// that switch was to a lower rung. The caller holds mu.
func (f *film) since(i int) (media time.Duration, fell bool) {
	for j := i - 1; j > 0 && f.slots[j].rung != unbound; j-- {
		media += f.slots[j].takes
		if r := f.slots[j-1].rung; r != unbound && r != f.slots[j].rung {
			return media, r > f.slots[j].rung
		}
	}
	return media, false
}

// known is how many segments' sizes the policy is told: as far as it looks.
const known = 24

// sizes are those that playlists tell: byte ranges. The caller holds mu.
func (f *film) sizes(i int) [][]int64 {
	var all [][]int64
	for k := i; k < min(i+known, len(f.slots)); k++ {
		row, told := make([]int64, len(f.rungs)), false
		for r, x := range f.rungs {
			if x.list != nil {
				row[r] = 8 * x.list.Segments[k].Range.Length
				told = told || row[r] > 0
			}
		}
		if !told {
			return all
		}
		all = append(all, row)
	}
	return all
}

// nearest is the rung to take for a choice: the same, or the next lower one
// that is ready, or else the lowest. The caller holds mu.
func (f *film) nearest(r int) int {
	for i := min(r, len(f.rungs)-1); i >= 0; i-- {
		if f.rungs[i].ready() || i == f.start {
			return i
		}
	}
	for i := range f.rungs {
		if f.rungs[i].ready() || i == f.start {
			return i
		}
	}
	return f.start
}

// cached is the best allowed rung that a slot is in the cache of; unbound when
// there is none. The caller holds mu.
func (f *film) cached(sl *slot, sit abr.Situation) int {
	for r := len(f.rungs) - 1; r >= 0; r-- {
		if !f.rungs[r].ready() && r != f.start || !permitted(sit.Limits, f.rungs[r].Rung) {
			continue
		}
		if n, ok := f.need(sl.i, r); ok && f.kept(n) {
			return r
		}
	}
	return unbound
}

func permitted(limits []abr.Limit, r abr.Rung) bool {
	for _, l := range limits {
		if l.MaxHeight > 0 && r.Height > l.MaxHeight || l.MaxBandwidth > 0 && r.Bandwidth > l.MaxBandwidth {
			return false
		}
	}
	return true
}

// better says that what a slot was bound to would come too late, or is gone,
// and binds it to a smaller rung, or to none. What the player has asked for
// stays: it may have read the beginning, and ask for the rest only. The caller
// holds mu.
func (f *film) better(sl *slot, now time.Time) bool {
	n, ok := f.need(sl.i, sl.rung)
	if !ok || len(f.rungs) == 1 || sl.given || sl.asked {
		return false
	}
	t, came := abr.Transfer{Rung: sl.rung}, int64(0)
	if r := f.s.g.o.Store.Peek(n.o.key(n.rng)); r != nil {
		have, whole := r.Have()
		t.Done, t.Took = 8*have, now.Sub(sl.began)
		came = have
		r.Close()
		if whole {
			return false
		}
	} else if sl.began.IsZero() {
		return false
	} else { // it was thrown away since
		sl.rung = unbound
		return true
	}
	sit := f.situation(sl, now)
	c, give := abr.Abandon(sit, t)
	if !give || f.nearest(c.Rung) >= sl.rung {
		return false
	}
	sl.rung, f.last, f.sit = f.nearest(c.Rung), c, sit
	f.acct.abandoned++
	f.acct.thrown += came
	return true
}
