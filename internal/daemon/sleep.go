package daemon

import (
	"context"
	"time"

	"usher/internal/box"
)

// napLimit is a sleep that is worth an event.
const napLimit = time.Second

// watchSleep tells the core when the machine slept since the last beat. A
// beat that fell into the sleep comes as soon as it is over.
func (d *Daemon) watchSleep(ctx context.Context) {
	if d.opt.Slept == nil {
		return
	}
	total := d.opt.Slept()
	if nap := total - d.slept; nap >= napLimit {
		d.log.Info("The machine slept", "for", nap.Round(time.Second))
		d.slept = total
		d.next(ctx, box.Woke{Slept: nap})
	}
}
