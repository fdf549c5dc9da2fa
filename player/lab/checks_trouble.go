//go:build linux

package lab

import (
	"context"
	"fmt"
	"slices"
	"syscall"
	"time"

	"usher/player"

	"github.com/godbus/dbus/v5"
)

func drivenTrouble() []check {
	const area = "controller in trouble"
	row := func(id, item string, run func(context.Context, *driven) verdict) check {
		return check{"usher-" + id, area, item, true, drivenBy(run)}
	}
	return []check{
		row("not-found", "a title that is not there fails with stream_error within 5 s", drivenNotFound),
		row("breaks-off", "a stream that breaks off is told from its end", drivenBreaks),
		row("starves", "an origin that starves shows as buffering, then playing", drivenStarves),
		row("elsewhere", "a pause made elsewhere is seen and kept", drivenElsewhere),
		row("latency", "a command is on the bus within 5 ms (p99)", drivenLatency),
		row("kill-open", "a player that dies in the middle of OpenUri is found again", drivenKillOpen),
		row("kill", "after kill -9 the film plays again within 3 s", drivenKill),
		row("hangs", "a player that hangs (SIGSTOP) is replaced within 10 s", drivenHangs),
	}
}

func drivenNotFound(ctx context.Context, d *driven) verdict {
	begun := d.do(player.Command{Op: player.Open, Media: player.Media{URL: d.origin.url(absent), Volume: -1}})
	err := d.phase(ctx, 1, player.Failed)
	took := time.Since(begun)
	if err == nil && (d.last.Reason != player.ReasonStream || took > 5*time.Second) {
		err = fmt.Errorf("%s after %v", d.last.Reason, short(took))
	}
	return judge(err, "%s after %v: %s", d.last.Reason, short(took), orElse(d.last.Detail, "no words of the player"))
}

func drivenBreaks(ctx context.Context, d *driven) verdict {
	if _, err := d.load(ctx, broken, player.Media{}); err != nil {
		return fail("%v", err)
	}
	begun := time.Now()
	err := d.until(ctx, "failure", 20*time.Second, func(e player.Event) bool {
		c, ok := e.(player.Changed)
		return ok && (c.Status.Phase == player.Failed || c.Status.Phase == player.Ended)
	})
	if err == nil && d.last.Phase != player.Failed {
		err = fmt.Errorf("taken for the end at %v", short(d.last.Position))
	}
	return judge(err, "%s at %v, after %v", d.last.Reason, short(d.last.Position), short(time.Since(begun)))
}

func drivenStarves(ctx context.Context, d *driven) verdict {
	release := d.origin.holdBack()
	defer release()
	if _, err := d.load(ctx, stall, player.Media{Start: 5 * time.Second}); err != nil {
		return fail("%v", err)
	}
	if err := d.phase(ctx, 1, player.Buffering); err != nil {
		return fail("%v", err)
	}
	at := d.last.Position
	release()
	return judge(d.phase(ctx, 1, player.Playing), "buffering at %v, then playing", short(at))
}

func drivenElsewhere(ctx context.Context, d *driven) verdict {
	if _, err := d.load(ctx, filmA, player.Media{}); err != nil {
		return fail("%v", err)
	}
	d.wait(ctx, time.Second)
	slow := ""
	if err := d.call(ctx, "Pause"); err != nil { // the row is about what follows
		slow = fmt.Sprintf(" (the player did not answer the first Pause in %v)", callLimit)
		if err := d.call(ctx, "Pause"); err != nil {
			return fail("Pause, twice: %v", err)
		}
	}
	begun := time.Now()
	if err := d.phase(ctx, 1, player.Paused); err != nil {
		return fail("%v", err)
	}
	took := time.Since(begun)
	d.wait(ctx, 1500*time.Millisecond)
	return hold(d.look(ctx).status != "Playing", "seen after %v, still %s%s", short(took), d.look(ctx).status, slow)
}

// drivenLatency sees the calls on the bus itself, with a monitor.
// presses is how many make a 99th percentile.
const presses = 100

func drivenLatency(ctx context.Context, d *driven) verdict {
	calls, end, err := d.monitor(ctx)
	if err != nil {
		return none("the bus has no monitor for us: %v", err)
	}
	defer end()
	if _, err := d.load(ctx, filmA, player.Media{}); err != nil {
		return fail("%v", err)
	}
	var took []time.Duration
	for i := range presses {
		op, member, want := player.Pause, "Pause", player.Paused
		if i%2 == 1 {
			op, member, want = player.Play, "Play", player.Playing
		}
		begun := d.do(player.Command{Op: op})
		if !seenOn(ctx, calls, member) {
			return fail("%s was never on the bus", member)
		}
		took = append(took, time.Since(begun))
		if err := d.phase(ctx, 1, want); err != nil {
			return fail("%v", err)
		}
	}
	slices.Sort(took)
	p50, p99 := took[len(took)/2], took[len(took)*99/100-1]
	d.figure(fmt.Sprintf("command to D-Bus call, median of %d", presses), "", p50)
	d.figure(fmt.Sprintf("command to D-Bus call, p99 of %d", presses), "5 ms", p99)
	// Twice the budget: the monitor's own way is in the figure too.
	return hold(p99 < 10*time.Millisecond, "median %v, p99 of %d %v", short(p50), presses, short(p99))
}

// monitor gives the method calls on the bus.
func (b *bench) monitor(ctx context.Context) (<-chan *dbus.Message, func(), error) {
	conn, err := dbus.Connect(b.bus, dbus.WithContext(ctx))
	if err != nil {
		return nil, nil, err
	}
	calls := make(chan *dbus.Message, 1024)
	err = conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.Monitoring.BecomeMonitor", 0,
		[]string{"type='method_call',interface='" + playerIface + "'"}, uint32(0)).Err
	if err != nil {
		_ = conn.Close() // of no use
		return nil, nil, err
	}
	conn.Eavesdrop(calls)
	return calls, func() { _ = conn.Close() }, nil
}

func seenOn(ctx context.Context, calls <-chan *dbus.Message, member string) bool {
	limit := time.NewTimer(callLimit)
	defer limit.Stop()
	for {
		select {
		case m := <-calls:
			if m != nil && m.Headers[dbus.FieldMember].Value() == member {
				return true
			}
		case <-ctx.Done():
			return false
		case <-limit.C:
			return false
		}
	}
}

// back waits for another process, opens the film on it, and gives how long
// that took.
func (d *driven) back(ctx context.Context, begun time.Time) (time.Duration, error) {
	err := steps(func() error { return d.until(ctx, "loss", 15*time.Second, isLost) },
		func() error { return d.until(ctx, "another player", patience, isReady) },
		func() error {
			d.do(player.Command{Session: 2, Op: player.Open, Media: player.Media{URL: d.origin.url(filmA), Volume: -1, Start: 5 * time.Second}})
			return d.phase(ctx, 2, player.Playing)
		})
	return time.Since(begun), err
}

func drivenKillOpen(ctx context.Context, d *driven) verdict {
	if d.launch == nil {
		return none("the player is not the lab's to kill")
	}
	begun := d.do(player.Command{Op: player.Open, Media: player.Media{URL: d.origin.url(filmA), Volume: -1}})
	d.wait(ctx, 3*time.Millisecond)
	d.launch.Kill()
	took, err := d.back(ctx, begun)
	return judge(err, "playing on the next process after %v", short(took))
}

func drivenKill(ctx context.Context, d *driven) verdict {
	if d.launch == nil {
		return none("the player is not the lab's to kill")
	}
	if _, err := d.load(ctx, filmA, player.Media{}); err != nil {
		return fail("%v", err)
	}
	begun := time.Now()
	d.launch.Kill()
	took, err := d.back(ctx, begun)
	if err == nil {
		d.figure("kill -9 to playing again", "3 s", took)
	}
	if err == nil && took > 3*time.Second {
		err = fmt.Errorf("playing again after %v", short(took))
	}
	return judge(err, "playing again after %v", short(took))
}

func drivenHangs(ctx context.Context, d *driven) verdict {
	if d.launch == nil {
		return none("the player is not the lab's to hang")
	}
	if _, err := d.load(ctx, filmA, player.Media{}); err != nil {
		return fail("%v", err)
	}
	if err := syscall.Kill(d.launch.PID(), syscall.SIGSTOP); err != nil {
		return fail("%v", err)
	}
	begun := time.Now()
	took, err := d.back(ctx, begun)
	if err == nil && took > 10*time.Second {
		err = fmt.Errorf("after %v", short(took))
	}
	return judge(err, "playing on another process after %v", short(took))
}
