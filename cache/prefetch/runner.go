package prefetch

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Origin fetches. Film never blocks. Kit blocks until the order is carried out
// or its context ends; then it keeps what it has, and what is nearly there may
// still come, at most 1 MiB of it.
type Origin interface {
	Kit(context.Context, Order) (Made, error)
	Film() Film
}

// Titles knows what may be played. Prepare may block until its context ends;
// it must neither begin a playback nor use up a right. Its error means that the
// title must not be fetched; a *Hold says for how long.
type Titles interface {
	Prepare(ctx context.Context, id string) (Title, error)
	// Tonight are the ids of what may be watched tomorrow, likely ones first; all
	// is false when somebody did not answer yet, who may know more later.
	Tonight(ctx context.Context) (ids []string, all bool)
}

// Keeper keeps a small record on the box, at most 4 KiB of text. An empty
// record means none.
type Keeper interface {
	Load() (string, error)
	Save(record string) error
}

// Title is what would be played.
type Title struct {
	ID     string // of what will be seen: an episode for a series
	Series string // its series; "" none
	Genres []string
	URL    string
	Live   bool
	At     time.Duration // where it would begin
	Until  time.Time     // URL is good until then; zero: not known

	// What it would be opened with; Origin knows what they mean.
	Audio    []string
	Sound    string
	Subtitle []string
}

// Order asks for a step of a kit.
type Order struct {
	Title  Title
	Step   Step
	Length time.Duration // of film, with Full
	Flash  bool
	Keys   bool
	Limit  int64      // bytes from the service at most
	Rate   func() int // bit/s at most at this moment; 0 is unlimited
}

// Made is what an order led to.
type Made struct {
	Bytes   int64     // of the whole kit
	Fetched int64     // from the service, for this order; counted also when it failed
	Fresh   time.Time // the playlists may be used until then
}

// Hold is the error of what is not to be tried again for a while.
type Hold struct {
	For     time.Duration
	Service bool // nothing at all is to be fetched, not only this title
	Err     error
}

// Error implements error.
func (h *Hold) Error() string { return h.Err.Error() }

// Unwrap gives the reason.
func (h *Hold) Unwrap() error { return h.Err }

// Kind says what a Signal is about.
type Kind uint8

// The kinds of signal.
const (
	Pointed  Kind = iota // a title shows a sign
	Left                 // the focus is on no title
	Began                // somebody started a title
	Pictured             // its first picture is there
)

// Signal is something that happened on the box.
type Signal struct {
	Kind Kind
	ID   string // of a title, as people chose it: may be a series
	Sign Sign   // of Pointed
}

// Options are the parts of a Runner. Origin and Titles are required.
type Options struct {
	Origin  Origin
	Titles  Titles
	Keeper  Keeper // nil: nothing is learned beyond this run
	Limits  Limits
	Metered func() bool // nil: never; must not block
	Off     func() bool // nil: as Limits says; must not block
	// Nightly is the window in which what may be watched tomorrow is fetched,
	// as times since midnight; both zero: never. It may reach over midnight.
	NightFrom, NightUntil time.Duration
	Logger                *slog.Logger // nil: nothing is logged
}

const (
	queueSize = 64
	watching  = 200 * time.Millisecond // how often a running order is looked after
	idleLook  = 5 * time.Second        // how often a closed gate is tried
)

// Runner turns signs into orders. Make one with New and call Run once; the
// other methods are safe for concurrent use.
type Runner struct {
	o   Options
	log *slog.Logger

	wake   chan struct{}
	rate   atomic.Int64 // bit/s for the running order
	mu     sync.Mutex   // guards what follows
	queue  []Signal
	wiped  bool
	public Stats

	// Owned by Run.
	book   book
	habits Habits
	spent  Spent
	day    time.Time // the midnight that spent counts from
	strain time.Time // nothing is fetched before
	begun  start
	last   Title     // watched last
	night  time.Time // the day whose window was served
	late   dusk      // of a window that was not served yet
	saved  time.Time
	dirty  bool
	stats  Stats
	job    *job
}

// New allocates a Runner.
func New(o Options) *Runner {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Metered == nil {
		o.Metered = func() bool { return false }
	}
	return &Runner{o: o, log: o.Logger, wake: make(chan struct{}, 1), book: book{}}
}

// Note hands in a signal. When too many wait, the oldest is dropped.
func (r *Runner) Note(s Signal) {
	r.mu.Lock()
	if n := len(r.queue); n > 0 && s.Kind <= Left && r.queue[n-1].Kind <= Left && !traits()[r.queue[n-1].Sign].stays {
		r.queue = r.queue[:n-1] // the focus went on: where it was for a moment means nothing
	}
	if len(r.queue) >= queueSize {
		r.queue = r.queue[1:]
	}
	r.queue = append(r.queue, s)
	r.mu.Unlock()
	r.Wake()
}

// Wake lets the runner look at the film at once: a player waits.
func (r *Runner) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Forget wipes what was learned, here and where it is kept.
func (r *Runner) Forget() {
	r.mu.Lock()
	r.wiped = true
	r.mu.Unlock()
	r.Wake()
}

// Stats is what was done so far.
func (r *Runner) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.public
}

// Run fetches until ctx ends.
func (r *Runner) Run(ctx context.Context) error {
	r.load(time.Now())
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(r.turn(ctx, time.Now()))
		select {
		case <-r.wake:
		case <-timer.C:
		case <-r.ended():
			r.finish(time.Now())
		case <-ctx.Done():
			r.quit()
			return nil
		}
	}
}

// quit ends the order that runs and stores what was learned.
func (r *Runner) quit() {
	if r.job != nil {
		r.job.cancel()
		<-r.job.done
		r.finish(time.Now())
	}
	r.save(time.Now())
}

// ended is closed when the running order is done; nil without one.
func (r *Runner) ended() <-chan struct{} {
	if r.job == nil {
		return nil
	}
	return r.job.done
}

// turn takes in what happened, and begins or ends an order. It gives the time
// to the next look.
func (r *Runner) turn(ctx context.Context, now time.Time) time.Duration {
	r.notice(now)
	for _, s := range r.take() {
		r.hear(now, s)
	}
	r.roll(now)
	r.nightly(ctx, now)
	r.book.trim(now)
	gate := r.gate(now)
	r.rate.Store(int64(gate.Rate))
	defer r.publish(gate.Why)
	if r.job != nil {
		r.tend(now, gate)
		return watching
	}
	all := r.book.candidates(now, &r.habits)
	job, wake, ok := Choose(now, r.o.Origin.Film().Link, gate, all)
	if ok {
		r.begin(ctx, now, job, gate)
		return watching
	}
	r.keep(now)
	return r.rest(now, wake, gate.Why != "" && len(all) > 0)
}

// rest is the time to the next look when nothing is to be done. The film and
// the link say nothing when they have room again: while somebody waits for
// that, they are looked at.
func (r *Runner) rest(now, wake time.Time, waiting bool) time.Duration {
	at := now.Add(time.Hour)
	if waiting {
		at = now.Add(idleLook)
	}
	if !wake.IsZero() && wake.Before(at) {
		at = wake
	}
	if due := r.saved.Add(keepEvery); r.dirty && due.Before(at) {
		at = due
	}
	if from := r.nextWindow(now); from.Before(at) {
		at = from
	}
	if again := r.late.at; again.After(now) && again.Before(at) {
		at = again
	}
	if shown := r.book.nextShown(now); !shown.IsZero() && shown.Before(at) {
		at = shown
	}
	return max(at.Sub(now), time.Millisecond)
}

func (r *Runner) take() []Signal {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.queue
	r.queue = nil
	if r.wiped {
		r.wiped, r.habits, r.dirty, r.saved = false, Habits{}, true, time.Time{}
	}
	return list
}

// gate is what the limits, the film and the service allow at this moment.
func (r *Runner) gate(now time.Time) Gate {
	f := r.o.Origin.Film()
	if r.strain.After(f.Strain) {
		f.Strain = r.strain
	}
	if r.begun.waits(now) {
		return Gate{Why: WhyStarved, Until: r.begun.at.Add(startTime)}
	}
	limits := r.o.Limits
	limits.Off = limits.Off || r.o.Off != nil && r.o.Off()
	return limits.Allow(now, r.o.Metered(), f, r.spent)
}

// roll begins a new day.
func (r *Runner) roll(now time.Time) {
	if today := midnight(now).AddDate(0, 0, -1); today.After(r.day) {
		r.day, r.spent.Day, r.spent.Flash = today, 0, 0
	}
}
