package prefetch

import (
	"context"
	"errors"
	"slices"
	"time"
)

const (
	prepareTime = 5 * time.Second  // for the service to say what would be played
	titleLife   = 10 * time.Minute // for so long its word is taken
	startTime   = 10 * time.Second // a start has the link for itself for so long, or until the picture
	quickStart  = 300 * time.Millisecond
	leastFresh  = 20 * time.Second // a kit's playlists are not asked for again sooner
	firstRetry  = 30 * time.Second
	longRetry   = 10 * time.Minute
)

// job is the order that runs, in a goroutine of its own.
type job struct {
	Job
	gate   Gate
	cancel context.CancelFunc
	done   chan struct{} // closed when what follows is there
	title  Title
	known  bool
	fresh  bool // the title was asked for by this job
	ending bool // it was cancelled
	made   Made
	err    error
}

// start is the last start of a title.
type start struct {
	at   time.Time // zero: its picture is there
	id   string    // of its entry; "" none
	have Step
	sign Sign
	age  time.Duration // of the sign
}

func (s start) waits(now time.Time) bool { return !s.at.IsZero() && now.Before(s.at.Add(startTime)) }

// begin carries out an order.
func (r *Runner) begin(ctx context.Context, now time.Time, j Job, g Gate) {
	e := r.book[j.ID]
	ctx, cancel := context.WithCancel(ctx)
	r.job = &job{Job: j, gate: g, cancel: cancel, done: make(chan struct{}), title: e.title}
	r.job.known = e.known && now.Sub(e.asked) < titleLife && (e.title.Until.IsZero() || now.Before(e.title.Until))
	go r.work(ctx, r.job)
}

// work runs beside the loop and touches nothing but the job.
func (r *Runner) work(ctx context.Context, j *job) {
	defer close(j.done)
	defer j.cancel()
	if !j.known {
		asking, cancel := context.WithTimeout(ctx, prepareTime)
		defer cancel()
		if j.title, j.err = r.o.Titles.Prepare(asking, j.ID); j.err != nil {
			return
		}
		j.known, j.fresh = true, true
	}
	limit := j.gate.Bytes
	if j.Flash {
		limit = min(limit, j.gate.Flash)
	}
	j.made, j.err = r.o.Origin.Kit(ctx, Order{
		Title: j.title, Step: j.Step, Length: r.o.Limits.Length, Flash: j.Flash, Keys: r.o.Limits.Keys,
		Limit: limit, Rate: func() int { return int(r.rate.Load()) },
	})
}

// tend ends the running order when it must not go on: the focus is elsewhere,
// or the film needs the link. One for a title that was started goes on: it
// fetches what the player is about to read.
func (r *Runner) tend(now time.Time, g Gate) {
	e := r.book[r.job.ID]
	switch {
	case e != nil && r.begun.waits(now) && r.begun.id == e.ID:
	case r.job.ending:
	case e == nil || !now.Before(e.Ends()), g.Why != "":
		r.stats.Preempted++
		r.job.ending = true
		r.job.cancel()
	}
}

// finish takes in what came of the order.
func (r *Runner) finish(now time.Time) {
	j := r.job
	r.job = nil
	r.spend(j)
	e := r.book[j.ID]
	if e == nil {
		return
	}
	if j.known && !e.known {
		r.tie(e, j.title)
	}
	if j.fresh {
		e.title, e.known, e.asked = j.title, true, now
	}
	if j.err != nil {
		r.failed(now, j, e)
		return
	}
	e.fails, e.Fresh = 0, j.made.Fresh
	if soon := now.Add(leastFresh); e.Fresh.Before(soon) {
		e.Fresh = soon
	}
	e.Live = j.title.Live
	e.Sizes[j.Step] = max(j.made.Bytes-e.bytes, 1)
	if j.Step > e.Have {
		e.Have = j.Step
		r.made(e, j)
	}
	e.bytes = max(e.bytes, j.made.Bytes)
}

// spend books the bytes, whatever came of the order.
func (r *Runner) spend(j *job) {
	n := j.made.Fetched
	r.spent.Day += n
	r.spent.Wasted += n
	r.stats.Bytes += n
	if j.Flash {
		r.spent.Flash += n
		r.stats.FlashBytes += n
	}
	if n > 0 {
		r.dirty = true
	}
	if e := r.book[j.ID]; e != nil {
		e.cost += n
	}
}

// made counts kits: one each time the head of a title is there.
func (r *Runner) made(e *entry, j *job) {
	if j.Step == Head {
		r.stats.Kits++
		e.unread = true
	}
	r.log.Debug("Start kit", "step", j.Step, "bytes", j.made.Fetched, "flash", j.Flash)
}

// failed keeps a title, or everything, from being tried again too soon.
func (r *Runner) failed(now time.Time, j *job, e *entry) {
	if errors.Is(j.err, context.Canceled) {
		return
	}
	if h, ok := errors.AsType[*Hold](j.err); ok {
		e.After = now.Add(h.For)
		if h.Service {
			r.strain = now.Add(h.For)
		}
		r.stats.Refused++
		return
	}
	e.After = now.Add(min(firstRetry<<min(e.fails, 8), longRetry))
	e.fails++
	r.stats.Failed++
	r.log.Debug("Start kit not made", "error", j.err)
}

// tie says how the title hangs together with what was watched last.
func (r *Runner) tie(e *entry, t Title) {
	last := r.last
	switch {
	case t.At > 0:
		e.tie = Begun
	case t.Series != "" && t.Series == last.Series:
		e.tie = Following
	case slices.ContainsFunc(t.Genres, func(g string) bool { return slices.Contains(last.Genres, g) }):
		e.tie = Alike
	default:
		e.tie = Other
	}
}
