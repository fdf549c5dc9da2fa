package updater

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"usher/firmware"
	"usher/firmware/fetch"
	"usher/firmware/fleet"
	"usher/internal/box"
)

// Options are the parts of an Updater. All are required but Old, Hours and Metered.
type Options struct {
	Slots   firmware.Slots
	Fleet   fleet.Client
	Next    func(failures int) time.Duration // until the next look; fleet.Box.Next
	Gate    *fetch.Gate                      // of what Fleet fetches with
	Folder  string                           // for what it remembers
	Restart func(context.Context) error      // starts the box anew, from the slot that is to start
	Tests   []Test                           // of a firmware on trial, in the order of what is told
	Tell    func(box.Event)                  // must not block for long
	Logger  *slog.Logger
	// Auto has what is offered written without a person who asks.
	Auto bool
	// Old is the image that runs, of a size in bytes: what is in it is not
	// fetched. nil: everything is.
	Old func() (io.ReaderAt, int64)
	// Hours says whether the box may start anew by itself at a time of day; nil:
	// always.
	Hours func(time.Time) bool
	// Metered says whether the network is paid for by the byte; nil: never.
	Metered func() bool
	Trial   Trial
}

// Trial is how long a firmware is tried. Zero values are the usual.
type Trial struct {
	Most   time.Duration // for all tests to pass; 3 min
	Settle time.Duration // after that, before they have to pass once more; 30 s
	Again  time.Duration // between two attempts of a test; 2 s
}

// slowRate is the pace beside a person: a film of another box goes on, and so
// does a page; bytes per second.
const slowRate = 256 << 10

// Updater is what its package says. Its fields belong to Run.
type Updater struct {
	opt    Options
	log    *slog.Logger
	orders chan box.Effect
	shown  atomic.Pointer[Status]

	mem      memory
	report   box.FirmwareReport
	pace     box.Pace
	wanted   bool // a person wants what is offered
	failures int  // looks in a row that went wrong
	trouble  *box.Problem
	offer    *fleet.Offer
	job      *job
	done     chan func(context.Context)
	written  atomic.Int64
	told     box.FirmwareAround
}

// job is work beside the loop: one at a time.
type job struct {
	name string
	stop context.CancelCauseFunc
	over chan struct{}
}

// New makes an Updater.
func New(o Options) *Updater {
	if o.Hours == nil {
		o.Hours = func(time.Time) bool { return true }
	}
	if o.Metered == nil {
		o.Metered = func() bool { return false }
	}
	o.Trial = o.Trial.usual()
	return &Updater{opt: o, log: o.Logger, orders: make(chan box.Effect, 64), done: make(chan func(context.Context))}
}

// Do takes an effect of the core about updates; others are nothing to it.
func (u *Updater) Do(f box.Effect) {
	select {
	case u.orders <- f:
	default:
		u.log.Warn("Order dropped: the updater does not read")
	}
}

// errPaused ends work that goes on later.
var errPaused = errors.New("paused")

// Run looks for updates and carries them out until ctx ends.
func (u *Updater) Run(ctx context.Context) error {
	u.begin(ctx)
	defer u.halt(context.Canceled)
	around, beat := time.NewTicker(time.Minute), time.NewTicker(time.Second)
	defer around.Stop()
	defer beat.Stop()
	look := time.NewTimer(u.opt.Next(0) / 8)
	defer look.Stop()
	u.around()
	for {
		select {
		case <-ctx.Done():
			return nil
		case f := <-u.orders:
			u.obey(ctx, f)
		case finish := <-u.done:
			u.job = nil
			finish(ctx)
		case <-around.C:
			u.around()
		case <-beat.C:
			u.progress()
		case <-look.C:
			u.lookAgain(ctx)
			look.Reset(u.opt.Next(u.failures))
		}
	}
}

// obey carries out an effect.
func (u *Updater) obey(ctx context.Context, f box.Effect) {
	switch f := f.(type) {
	case box.PaceFirmware:
		u.setPace(ctx, f.Pace)
	case box.KeepPutoff:
		u.mem.Later = f.Later
		u.report.Later = f.Later
		u.keep()
	case box.SwitchFirmware:
		u.change(ctx, f.Standby)
	case box.DoFirmware:
		switch f.Act {
		case box.FirmwareCheck, box.FirmwareInstall:
			u.wanted = u.wanted || f.Act == box.FirmwareInstall
			u.proceed(ctx)
		case box.FirmwareRollBack:
			u.back(ctx)
		}
	}
}

// proceed does what comes next for a person who waits.
func (u *Updater) proceed(ctx context.Context) {
	switch {
	case u.report.Stage == box.FirmwareOffered && u.wanted:
		u.write(ctx)
	case u.report.Stage == box.FirmwareIdle, u.report.Stage == box.FirmwareOffered:
		u.check(ctx)
	default:
		u.lookAgain(ctx)
	}
}

// setPace opens or shuts the way of what is fetched, and stops writing at once.
func (u *Updater) setPace(ctx context.Context, p box.Pace) {
	u.pace = p
	if u.job != nil && u.job.name == "check" {
		return // a list is short; checked comes back
	}
	switch p {
	case box.PaceNone:
		u.opt.Gate.Shut()
		if u.job != nil && u.job.name == "write" {
			u.job.stop(errPaused)
		}
		return
	case box.PaceSlow:
		u.opt.Gate.Open(slowRate)
	default:
		u.opt.Gate.Open(0)
	}
	if u.report.Stage == box.FirmwareWriting && u.job == nil {
		u.write(ctx)
	}
}

// around tells the core what is around the box, when that changed.
func (u *Updater) around() {
	now := box.FirmwareAround{Metered: u.opt.Metered(), Quiet: u.opt.Hours(time.Now())}
	if now == u.told {
		return
	}
	u.told = now
	u.opt.Tell(now)
}

// progress tells how far writing is, when that changed.
func (u *Updater) progress() {
	if n := u.written.Load(); u.report.Stage == box.FirmwareWriting && n != u.report.Done {
		u.report.Done = n
		u.tell()
	}
}

// stage goes to a stage and tells it.
func (u *Updater) stage(s box.FirmwareStage) {
	u.report.Stage = s
	u.tell()
}

func (u *Updater) tell() {
	u.report.Problem, u.report.Back = u.trouble, false
	if u.report.Problem == nil {
		u.report.Problem, u.report.Back = u.mem.lastFailure(time.Now())
	}
	u.report.Later = u.mem.Later
	u.opt.Tell(box.FirmwareReported{Report: u.report})
}

// start begins work. finish is called by the loop when it has ended.
func (u *Updater) start(ctx context.Context, name string, work func(context.Context) (finish func(context.Context))) {
	if u.job != nil {
		return
	}
	jobCtx, stop := context.WithCancelCause(ctx)
	j := &job{name: name, stop: stop, over: make(chan struct{})}
	u.job = j
	go func() {
		defer close(j.over)
		defer stop(nil)
		finish := work(jobCtx)
		select {
		case u.done <- finish:
		case <-ctx.Done():
		}
	}()
}

// halt ends the work under way and waits for it.
func (u *Updater) halt(why error) {
	if u.job != nil {
		u.job.stop(why)
		<-u.job.over
	}
}
