package prefetch

import (
	"context"
	"time"
)

// hear takes in a signal.
func (r *Runner) hear(now time.Time, s Signal) {
	switch s.Kind {
	case Pointed:
		r.book.point(now, s.ID, min(s.Sign, signEnds-1))
	case Left:
		r.book.leave()
	case Began:
		r.start(now, s.ID)
	case Pictured:
		r.picture(now)
	}
}

// notice counts what has been shown for long enough.
func (r *Runner) notice(now time.Time) {
	for _, e := range r.book {
		if !e.shown && !e.Trailed && !now.Before(e.Since.Add(Resting)) {
			r.count(now, e)
		}
	}
}

func (r *Runner) count(now time.Time, e *entry) {
	if !e.shown {
		e.shown, r.dirty = true, true
		r.habits.Shown(now, e.context())
	}
}

// start is somebody starting a title, with a kit or without.
func (r *Runner) start(now time.Time, id string) {
	r.begun = start{at: now}
	r.book.leave()
	e := r.book.find(id)
	if e == nil {
		return
	}
	r.begun = start{at: now, id: e.ID, have: e.Have, sign: e.Sign, age: now.Sub(e.Since)}
	r.count(now, e)
	r.habits.Started(now, e.context())
	if e.unread {
		r.stats.Used++
	}
	r.stats.UsedBytes += e.cost
	r.spent.Wasted -= e.cost
	e.unread, e.cost = false, 0
	e.Have, e.bytes, e.asked = Nothing, 0, time.Time{} // it will be left elsewhere
	if e.known {
		r.last = e.title
	}
}

// picture is the end of a start.
func (r *Runner) picture(now time.Time) {
	if r.begun.at.IsZero() {
		return // after a seek or a lost player
	}
	took := now.Sub(r.begun.at)
	kit := r.begun.have >= Head
	r.stats.Starts++
	if kit {
		r.stats.KitStarts++
	}
	if took < quickStart {
		r.stats.QuickStarts++
		if kit {
			r.stats.QuickKitStarts++
		}
	}
	r.stats.Last = Start{Took: took, Kit: r.begun.have, Sign: r.begun.sign, Rested: r.begun.age, Known: r.begun.id != ""}
	r.begun.at = time.Time{}
}

// dusk is when Titles is asked for the night again, because not all answered.
type dusk struct {
	at   time.Time // zero: nothing is open
	wait time.Duration
}

// The bounds of the wait: a box that starts within the window has its services
// in seconds; one that is down may be down all night.
const (
	firstDusk = 5 * time.Second
	lastDusk  = 10 * time.Minute
)

// nightly points at what may be watched tomorrow, once in each window when all
// that could tell did.
func (r *Runner) nightly(ctx context.Context, now time.Time) {
	if !r.inWindow(now) {
		r.late = dusk{}
		return
	}
	today := midnight(now)
	if !r.night.Before(today) || now.Before(r.late.at) {
		return
	}
	ids, all := r.o.Titles.Tonight(ctx)
	for _, id := range ids {
		if r.book.find(id) == nil {
			r.book.point(now, id, Night)
		}
	}
	if all {
		r.night, r.late = today, dusk{}
		return
	}
	wait := min(max(2*r.late.wait, firstDusk), lastDusk)
	r.late = dusk{now.Add(wait), wait}
}

// nextWindow is when the next night begins.
func (r *Runner) nextWindow(now time.Time) time.Time {
	today := midnight(now).AddDate(0, 0, -1)
	if r.o.NightFrom == r.o.NightUntil {
		return today.AddDate(1, 0, 0)
	}
	if at := today.Add(r.o.NightFrom); now.Before(at) {
		return at
	}
	return today.AddDate(0, 0, 1).Add(r.o.NightFrom)
}

// inWindow says whether it is night. A window may reach over midnight.
func (r *Runner) inWindow(now time.Time) bool {
	from, until := r.o.NightFrom, r.o.NightUntil
	if from == until {
		return false
	}
	at := now.Sub(midnight(now).AddDate(0, 0, -1))
	if from < until {
		return at >= from && at < until
	}
	return at >= from || at < until
}
