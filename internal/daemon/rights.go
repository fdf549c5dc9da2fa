package daemon

import (
	"context"
	"errors"
	"time"

	"usher/internal/box"
)

// Rights say whether what is on may go on.
type Rights interface {
	// Beat tells the service that a title goes on, and asks it and the box
	// whether it may. A *box.Problem is that it may not; any other error, such as
	// a network that is away, ends nothing. It may block until ctx ends.
	Beat(ctx context.Context, b box.Beat) error
	// End tells the service that a playback is over. It may block until ctx ends.
	End(ctx context.Context, playback string)
}

// beatTime is how long a heartbeat may take.
const beatTime = 20 * time.Second

// doRights hands a heartbeat, or the end of a playback, to its edge, beside the
// loop.
func (d *Daemon) doRights(f box.Effect) {
	if d.opt.Rights == nil {
		return
	}
	switch f := f.(type) {
	case box.Beat:
		d.inTime(d.session, func(ctx context.Context) { d.beat(ctx, f) })
	case box.EndPlayback:
		// Also when the daemon ends: another box may wait for the place.
		d.inTime(context.WithoutCancel(d.life), func(ctx context.Context) { d.opt.Rights.End(ctx, f.Playback) })
	}
}

func (d *Daemon) inTime(ctx context.Context, f func(context.Context)) {
	d.work.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, d.rightsTime())
		defer cancel()
		f(ctx)
	})
}

// rightsTime is short once the daemon ends: its last word must not hold it.
func (d *Daemon) rightsTime() time.Duration {
	if d.life.Err() != nil {
		return 2 * time.Second
	}
	return beatTime
}

func (d *Daemon) beat(ctx context.Context, b box.Beat) {
	err := d.opt.Rights.Beat(ctx, b)
	if p, ok := errors.AsType[*box.Problem](err); ok {
		d.log.Info("Title may not go on", "code", p.Code)
		d.tellUntil(ctx, box.RightEnded{Session: b.Session, Problem: *p})
	} else if err != nil {
		d.log.Debug("Heartbeat went astray", "err", err)
	}
}
