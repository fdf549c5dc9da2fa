// Package daemon owns the state of the box: one goroutine takes in events,
// asks the pure core (internal/box) what follows, and hands the effects to the
// edges.
//
// It guarantees that the State is touched by that goroutine alone, that events
// are taken in the order in which they arrive, and that a slow watcher sees
// the newest view rather than holding the box. No edge is waited for in the
// loop: what blocks (service, origin, disk) runs beside it and comes back as
// an event. It never decides anything itself.
package daemon

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"usher/device"
	"usher/device/remote"
	"usher/internal/box"
	"usher/player"
)

// Origin is the loopback origin that the player reads from.
type Origin interface {
	// Open prepares a title; it may block until ctx ends. An error that is a
	// *box.Problem is shown to people as it is.
	Open(ctx context.Context, o box.OpenOrigin) (box.OriginOpened, error)
	// Close ends a session; it does not block.
	Close(session uint64)
}

// Catalogue finds what is to be played.
type Catalogue interface {
	// Resolve asks the service for a title; it may block until ctx ends.
	Resolve(ctx context.Context, titleID string, progress map[string]box.Progress) (box.Resolved, error)
}

// Keeper stores positions on disk.
type Keeper interface {
	SaveProgress(profile, titleID string, p box.Progress) error // for good
	SaveRunning(profile, titleID string, p box.Progress) error  // of the film that is on; cheap
	SaveChoice(profile, id string, c box.Choice) error          // of sound and subtitles, for good
	ForgetViewer(profile string) error                          // all that is kept for a profile
}

// Options are the parts a Daemon needs; all are required, but for Expect, Tracks and Slept.
type Options struct {
	// Expect is handed every hint of what may be played soon. It must not block.
	Expect    func(box.Expect)
	Player    player.Conn
	Origin    Origin
	Catalogue Catalogue
	Keeper    Keeper
	Tracks    player.Tracks // nil: the player has none
	// Slept is how long the machine has slept so far; it must not block. nil is never.
	Slept  func() time.Duration
	Start  box.State
	Logger *slog.Logger
	// Front is told what the front of the box shows, whenever that changes. It
	// must not block; nil is a box without one.
	Front func(device.Face)
	// Follow is told where the player is whenever that is not what was told
	// before would lead to. It must not block; nil is nobody.
	Follow func(box.Playhead)
	Power  PowerEdges
	// Trace is told the steps of what follows from each key; nil is nobody.
	Trace tracer
	// Accounts are the accounts at services; nil: there are none.
	Accounts Accounts
	// Firmware takes the effects of updates; it must not block. nil: the box has
	// no slots.
	Firmware func(box.Effect)
	// Network takes the effects of the network, or gives the answer that refuses
	// one; it must not block. nil: nothing sees to it.
	Network func(box.Effect) (refused box.Event)
	// Rights are asked while a title is on; nil: nobody is.
	Rights Rights
}

// The sizes of the queues.
const (
	inboxSize = 256
	keysSize  = 64
)

// beat is how often an idle loop shows that it is alive.
const beat = 2 * time.Second

// Daemon is the owner of the box's state.
type Daemon struct {
	opt Options
	log *slog.Logger

	// Owned by Run.
	state   box.State
	clock   clock
	face    device.Face     // shown last
	resting bool            // as told last
	life    context.Context // of Run
	timers  map[box.Timer]*time.Timer
	head    box.Playhead    // as it was told last
	session context.Context // of the title that is on
	cancel  context.CancelCauseFunc
	slept   time.Duration   // of opt.Slept, as last told
	asked   <-chan struct{} // closed when the last question about tracks is answered
	paired  <-chan struct{} // closed when the accounts were told the last effect

	// Incoming.
	inbox chan letter
	done  chan struct{}

	// Outgoing.
	view    atomic.Pointer[box.View]
	changed chan struct{}
	keys    chan remote.Event
	alive   atomic.Int64 // Unix nanoseconds of the last turn

	saver   *saver
	journal *Journal
	work    sync.WaitGroup
}

// letter is an event on its way to the loop; reply is nil when nobody waits.
type letter struct {
	at    time.Time // when it was sent
	event box.Event
	reply chan *box.Problem
}

var (
	errSuperseded = errors.New("another title took over")
	errStopping   = errors.New("usherd is stopping")
)

// New is a Daemon that has yet to Run.
func New(opt Options) *Daemon {
	if opt.Expect == nil {
		opt.Expect = func(box.Expect) {}
	}
	d := &Daemon{
		opt: opt, log: opt.Logger, state: opt.Start, clock: newClock(),
		timers:  map[box.Timer]*time.Timer{},
		inbox:   make(chan letter, inboxSize),
		done:    make(chan struct{}),
		changed: make(chan struct{}, 1),
		keys:    make(chan remote.Event, keysSize),
		saver:   newSaver(opt.Keeper, opt.Logger),
		journal: newJournal(opt.Start),
	}
	if opt.Slept != nil {
		d.slept = opt.Slept()
	}
	v := box.Look(opt.Start)
	d.view.Store(&v)
	return d
}

// Run owns the state until ctx ends; then it stores the position, tells the
// player to stop, and waits for everything it started. Call it once.
func (d *Daemon) Run(ctx context.Context) error {
	defer close(d.done)
	d.life = ctx
	d.newSession(ctx)
	saving := make(chan struct{})
	go func() { defer close(saving); d.saver.run() }()
	d.next(ctx, box.Began{})
	d.loop(ctx)
	d.shutdown()
	d.saver.stop()
	<-saving
	return nil
}

func (d *Daemon) loop(ctx context.Context) {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	events := d.opt.Player.Events()
	for {
		d.alive.Store(time.Now().UnixNano())
		select {
		case l := <-d.inbox:
			d.take(ctx, l)
		case e, ok := <-events:
			if !ok {
				events = nil // the driver ended; its service says why
				continue
			}
			d.next(ctx, box.PlayerChanged{Event: e})
		case <-tick.C:
			d.watchSleep(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// take carries out one letter and answers whoever waits for it.
func (d *Daemon) take(ctx context.Context, l letter) {
	if l.reply != nil {
		refusal := box.Refuse(d.state, l.event)
		l.reply <- refusal
		if refusal != nil {
			return
		}
	}
	d.pressed(l)
	d.next(ctx, l.event)
}

// next is one step of the core.
func (d *Daemon) next(ctx context.Context, e box.Event) {
	now := d.clock.now()
	marks := d.mark()
	e = d.clock.settle(e)
	before := d.state
	state, effects := box.Next(before, now, e)
	d.state = state
	marks.decided = d.stamp()
	d.journal.add(Entry{At: now, Event: box.Recorded(before, e), Effects: box.RecordedEffects(before, e, effects)}, state, d.clock.steps)
	if state.Session != before.Session {
		d.newSession(ctx)
	}
	for _, f := range effects {
		d.do(f)
	}
	marks.acted = d.stamp()
	d.follow()
	d.publish()
	d.steps(e, effects, marks)
}

// newSession ends what is still being asked for the session before.
func (d *Daemon) newSession(ctx context.Context) {
	if d.cancel != nil {
		d.cancel(errSuperseded)
	}
	d.session, d.cancel = context.WithCancelCause(ctx)
}

func (d *Daemon) publish() {
	if f := box.Front(d.state); d.opt.Front != nil && f != d.face {
		d.face = f
		d.opt.Front(f)
	}
	d.rest()
	v := box.Look(d.state)
	if reflect.DeepEqual(v, *d.view.Load()) {
		return
	}
	d.view.Store(&v)
	select {
	case d.changed <- struct{}{}:
	default: // a token is waiting already; its reader will see this view
	}
}

// shutdown stores the position, and ends timers and pending questions.
func (d *Daemon) shutdown() {
	d.next(context.WithoutCancel(d.session), box.StopRequested{})
	d.cancel(errStopping)
	for _, t := range d.timers {
		t.Stop()
	}
	d.work.Wait()
}

// Submit hands an intent to the core and says whether it is refused; nil
// means that it is being carried out. It waits for the loop, which never
// blocks, so that the intents of one caller keep their order.
func (d *Daemon) Submit(e box.Event) *box.Problem {
	l := letter{at: time.Now(), event: e, reply: make(chan *box.Problem, 1)}
	select {
	case d.inbox <- l:
	case <-d.done:
		return stopping()
	}
	select {
	case p := <-l.reply:
		return p
	case <-d.done:
		return stopping()
	}
}

func stopping() *box.Problem {
	return &box.Problem{Code: "stopping", Text: "Usher is stopping.", Hint: "Try again when it is back."}
}

// Tell hands in an event of an edge. It waits while the queue is full and
// gives up when the daemon ends.
func (d *Daemon) Tell(e box.Event) {
	select {
	case d.inbox <- letter{at: time.Now(), event: e}:
	case <-d.done:
	}
}

// View is the newest view.
func (d *Daemon) View() box.View { return *d.view.Load() }

// Changed holds a token after the view changed. Changes are conflated: one
// reader, who then looks at View.
func (d *Daemon) Changed() <-chan struct{} { return d.changed }

// Keys are the keys meant for the screen, for one reader.
func (d *Daemon) Keys() <-chan remote.Event { return d.keys }

// Alive is when the loop last took a turn; longer ago than a few seconds
// means that it is stuck.
func (d *Daemon) Alive() time.Time { return time.Unix(0, d.alive.Load()) }

// Journal is the record of what happened lately.
func (d *Daemon) Journal() *Journal { return d.journal }
