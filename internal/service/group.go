package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// lateAfter is how long services may take to end before they are named in the log.
const lateAfter = 5 * time.Second

// Group is a set of services that live and end together. Fill in the fields,
// then call Run once.
type Group struct {
	Logger   *slog.Logger // required
	Services []Service
	Backoff  Backoff
	// Changed, when set, is told of every start and every fall. It is called
	// from the service's goroutine (several at a time) and must not block.
	Changed func(Report)
}

// Run starts every service and blocks until all have returned: because ctx
// ended (nil), because one returned a fatal error (that error, with the
// service's name), or because all came to their end by their policy (nil).
func (g *Group) Run(ctx context.Context) error {
	if err := g.check(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(ErrDone)
	r := &run{Group: g, cancel: cancel, alive: map[string]bool{}}
	for _, s := range g.Services {
		r.alive[s.Name] = true
	}
	var all sync.WaitGroup
	for _, s := range g.Services {
		all.Go(func() {
			defer r.ended(s.Name)
			r.keep(ctx, s)
		})
	}
	r.wait(ctx, &all)
	if err := context.Cause(ctx); IsFatal(err) {
		return err
	}
	return nil
}

func (g *Group) check() error {
	seen := map[string]bool{}
	for _, s := range g.Services {
		if s.Name == "" || s.Run == nil || seen[s.Name] {
			return fmt.Errorf("service %q: needs a unique name and a Run function", s.Name)
		}
		seen[s.Name] = true
	}
	return nil
}

// run is the state of one Group.Run.
type run struct {
	*Group
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	alive map[string]bool
}

// keep runs one service again and again until its policy, ctx or a fatal
// error ends it.
func (r *run) keep(ctx context.Context, s Service) {
	log := r.Logger.With("service", s.Name)
	for fails := 0; ; {
		r.report(Report{Name: s.Name, Up: true, Fails: fails})
		began := time.Now()
		err := call(ctx, s.Run)
		if time.Since(began) >= r.Backoff.steady() {
			fails = 0
		}
		if r.over(ctx, log, s, err) {
			return
		}
		fails++
		wait := r.Backoff.Wait(fails)
		log.Warn("Service fell over, starting it again", append(attrs(err), "wait", wait, "fails", fails)...)
		r.report(Report{Name: s.Name, Err: err, Retry: wait, Fails: fails})
		if !sleep(ctx, wait) {
			return
		}
	}
}

// over decides whether a service that returned err stays down.
func (r *run) over(ctx context.Context, log *slog.Logger, s Service, err error) bool {
	switch {
	case IsFatal(err):
		log.Info("Service ends everything") // the error itself goes to the caller of Run
		r.cancel(fmt.Errorf("service %s: %w", s.Name, err))
	case ctx.Err() != nil:
		if !stoppedBy(ctx, err) {
			log.Warn("Service had trouble while ending", attrs(err)...)
		}
	case err == nil && s.Restart != Always:
		log.Debug("Service has done its work")
	case s.Restart == Never:
		log.Error("Service fell over and stays down", attrs(err)...)
	default:
		return false
	}
	r.report(Report{Name: s.Name, Err: err})
	return true
}

// stoppedBy says whether err is no more than the echo of ctx ending.
func stoppedBy(ctx context.Context, err error) bool {
	return err == nil || errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx))
}

func (r *run) report(rep Report) {
	if r.Changed != nil {
		r.Changed(rep)
	}
}

// wait blocks until all are done. Once ctx has ended it names those who take
// their time, so that a hanging stop can be understood from the log.
func (r *run) wait(ctx context.Context, all *sync.WaitGroup) {
	done := make(chan struct{})
	go func() {
		all.Wait()
		close(done)
	}()
	select {
	case <-done:
		return
	case <-ctx.Done():
	}
	late := time.NewTicker(lateAfter)
	defer late.Stop()
	for {
		select {
		case <-done:
			return
		case <-late.C:
			r.Logger.Warn("Waiting for services to end", "services", r.names(), "cause", context.Cause(ctx))
		}
	}
}

func (r *run) names() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.alive))
}

func (r *run) ended(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.alive, name)
}

// call runs f and turns a panic into an error.
func call(ctx context.Context, f func(context.Context) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return f(ctx)
}

func attrs(err error) []any {
	var p *PanicError
	if errors.As(err, &p) {
		return []any{"error", err, "stack", string(p.Stack)}
	}
	return []any{"error", err}
}

// sleep waits for d and says whether it was not disturbed.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
