package mpris

import (
	"context"
	"errors"
	"sync"
	"time"

	"usher/player"

	"github.com/godbus/dbus/v5"
)

// Driver drives one player over D-Bus. It implements player.Conn.
type Driver struct {
	o      Options
	queue  *queue
	outbox *outbox

	// The rest belongs to Run's goroutine.
	pilot *pilot
	last  player.Status
	told  time.Time
	given string // address of the last title, on whatever player
}

var _ player.Conn = (*Driver)(nil)

// New allocates a driver; Run connects.
func New(o Options) *Driver {
	if o.OpenTimeout == 0 {
		o.OpenTimeout = defaultOpen
	}
	return &Driver{o: o, queue: newQueue(), outbox: newOutbox()}
}

// Do queues a command; see player.Conn.
func (d *Driver) Do(c player.Command) { d.queue.put(c) }

// Events delivers what happens; see player.Conn.
func (d *Driver) Events() <-chan player.Event { return d.outbox.out }

// now is the clock, in one place so that every time has a monotonic reading.
func (d *Driver) now() time.Time { return time.Now() }

// Run connects to the bus and again whenever it goes away, until ctx ends.
func (d *Driver) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { d.outbox.run(ctx) })
	defer wg.Wait()
	wait := busRetryFirst
	for ctx.Err() == nil {
		begun := d.now()
		err := d.onBus(ctx)
		if ctx.Err() != nil {
			break
		}
		if d.now().Sub(begun) > busRetryMax {
			wait = busRetryFirst
		}
		d.o.Logger.Debug("D-Bus connection ended", "error", err, "retryIn", wait)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, busRetryMax)
	}
	return context.Cause(ctx)
}

// Waits between attempts to reach the bus.
const (
	busRetryFirst = 50 * time.Millisecond
	busRetryMax   = 500 * time.Millisecond
	rescanEvery   = time.Second // a process id may become known after its bus name
)

var errBusGone = errors.New("the bus closed the connection")

// onBus drives players on one connection to the bus until it breaks.
func (d *Driver) onBus(ctx context.Context) error {
	l, err := openLink(ctx, d.o)
	if err != nil {
		return err
	}
	defer l.close()
	for ctx.Err() == nil {
		p, err := d.find(ctx, l)
		if err != nil {
			return err
		}
		if p == nil {
			p, err = d.await(ctx, l)
		}
		if err != nil {
			return err
		}
		if p != nil {
			err = d.drive(ctx, l, p)
			d.release(ctx, l, p)
		}
		if err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// await blocks until a matching name gets an owner, or it is time to look
// through all names again (nil, nil).
func (d *Driver) await(ctx context.Context, l *link) (*peer, error) {
	again := time.NewTimer(rescanEvery)
	defer again.Stop()
	for {
		d.queue.keepOpen()
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-again.C:
			return nil, nil
		case <-d.queue.wake:
		case s, ok := <-l.signals:
			if !ok {
				return nil, errBusGone
			}
			if name, owner, ok := ownerChange(s); ok && owner != "" {
				if p := d.try(ctx, l, name); p != nil {
					return p, nil
				}
			}
		}
	}
}

// ownerChange reads NameOwnerChanged: the name and its new owner.
func ownerChange(s *dbus.Signal) (name, owner string, ok bool) {
	if s.Name != "org.freedesktop.DBus.NameOwnerChanged" || len(s.Body) != 3 {
		return "", "", false
	}
	name, ok1 := s.Body[0].(string)
	owner, ok2 := s.Body[2].(string)
	return name, owner, ok1 && ok2
}

// drive is the life with one player. It returns nil when the player went away.
func (d *Driver) drive(ctx context.Context, l *link, p *peer) error {
	d.o.Logger.Info("Player connected", "name", p.name, "identity", p.info.Identity, "pid", p.info.PID)
	d.last, d.told = player.Status{}, time.Time{}
	d.queue.keepOpen()
	d.outbox.put(player.Ready{Info: p.info})
	err := d.loop(ctx, l, p)
	if ctx.Err() == nil {
		d.o.Logger.Info("Player lost", "name", p.name)
		d.outbox.put(player.Lost{Reason: player.ReasonPlayerLost})
		d.queue.keepOpen()
	}
	return err
}

// loop is the owner's select: everything that can happen to a player.
func (d *Driver) loop(ctx context.Context, l *link, p *peer) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	d.commands()
	for {
		d.settle(ctx, p, timer)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-d.queue.wake:
			d.commands()
		case call := <-p.calls.replies:
			d.reply(ctx, p, call)
			if p.calls.silent >= hungCalls {
				d.hung()
				return nil
			}
		case m, ok := <-events(p.ipc):
			d.ipcEvent(p, m, ok)
		case <-timer.C:
			d.pilot.tick(d.now())
		case s, ok := <-l.signals:
			if !ok {
				return errBusGone
			}
			if !d.signal(p, s) {
				return nil
			}
		}
	}
}

// events is the channel of c, nil when there is none.
func events(c *ipc) <-chan ipcMessage {
	if c == nil {
		return nil
	}
	return c.events
}

// settle carries out what the pilot wants, reports, and sets the timer.
func (d *Driver) settle(ctx context.Context, p *peer, timer *time.Timer) {
	for _, a := range d.pilot.take() {
		p.calls.add(ctx, a)
	}
	now := d.now()
	if s := d.pilot.status(now); worth(d.last, s, d.told, now) {
		d.last, d.told = s, now
		d.outbox.put(player.Changed{Status: s})
	}
	if next := d.pilot.pollAt; next.IsZero() {
		timer.Stop()
	} else {
		timer.Reset(max(next.Sub(now), 0))
	}
}

func (d *Driver) commands() {
	now := d.now()
	for _, c := range d.queue.take() {
		if c.Op == player.Open {
			d.given = c.Media.URL
		}
		d.pilot.command(c, now)
	}
}

// hung gives up a player that does not answer.
func (d *Driver) hung() {
	d.o.Logger.Warn("Player does not answer")
	if d.o.Hung != nil {
		d.o.Hung()
	}
}
