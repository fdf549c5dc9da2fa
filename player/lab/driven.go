//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"usher/player"
	"usher/player/mpris"
	"usher/player/vlc"
)

// driven is Usher's controller at work on the player.
type driven struct {
	*bench
	driver *mpris.Driver
	info   player.Info
	last   player.Status
	begun  time.Time
}

// patience is how long the controller may take for anything but trouble.
const patience = 10 * time.Second

// drivenBy makes a check of a controller that is connected; it leaves the
// player stopped.
func drivenBy(run func(context.Context, *driven) verdict) func(context.Context, *bench) verdict {
	return func(ctx context.Context, b *bench) verdict {
		o := mpris.Options{Bus: b.bus, Match: mpris.Match{Name: b.label()}, Logger: b.o.Logger}
		if b.launch != nil {
			o.Match.PID, o.Hung = b.launch.PID, b.launch.Kill
			if b.o.Player == "mpv" {
				o.Socket = b.launch.Socket()
			}
			if b.o.Player == "vlc" {
				o.Open = vlc.New(b.launch.Web).Open
			}
		}
		d := &driven{bench: b, driver: mpris.New(o), begun: time.Now()}
		life, end := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() { defer close(done); _ = d.driver.Run(life) }() // ends with life
		defer func() { end(); <-done; b.clear(ctx) }()
		if err := d.until(ctx, "ready", patience, isReady); err != nil {
			return fail("%v", err)
		}
		return run(ctx, d)
	}
}

func isReady(e player.Event) bool { _, ok := e.(player.Ready); return ok }
func isLost(e player.Event) bool  { _, ok := e.(player.Lost); return ok }

// until reads events up to one that want accepts.
func (d *driven) until(ctx context.Context, what string, limit time.Duration, want func(player.Event) bool) error {
	over := time.NewTimer(limit)
	defer over.Stop()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("no %s: %w", what, context.Cause(ctx))
		case e, ok := <-d.driver.Events():
			if !ok {
				return errors.New("the controller gave up")
			}
			d.note(e)
			if want(e) {
				return nil
			}
		case <-over.C:
			return fmt.Errorf("no %s within %v; the controller says %v %s at %v", what, limit, d.last.Phase, d.last.Reason, short(d.last.Position))
		}
	}
}

func (d *driven) note(e player.Event) {
	switch e := e.(type) {
	case player.Ready:
		d.info, d.last = e.Info, player.Status{}
	case player.Changed:
		d.last = e.Status
	}
}

// status waits for a status, which may be there already.
func (d *driven) status(ctx context.Context, what string, want func(player.Status) bool) error {
	if want(d.last) {
		return nil
	}
	return d.until(ctx, what, patience, func(e player.Event) bool { c, ok := e.(player.Changed); return ok && want(c.Status) })
}

func (d *driven) phase(ctx context.Context, session uint64, p player.Phase) error {
	return d.status(ctx, p.String(), func(s player.Status) bool { return s.Session == session && s.Phase == p })
}

// at waits for a phase near a position.
func (d *driven) at(ctx context.Context, p player.Phase, pos time.Duration) error {
	return d.status(ctx, fmt.Sprintf("%v at %v", p, pos), func(s player.Status) bool {
		return s.Phase == p && s.Reason == "" && (s.Position-pos).Abs() <= seekSlack+250*time.Millisecond
	})
}

func (d *driven) do(c player.Command) time.Time {
	c.Session = max(c.Session, 1)
	now := time.Now()
	d.driver.Do(c)
	return now
}

// load opens a title as session 1 and waits until it plays, or is held.
func (d *driven) load(ctx context.Context, path string, m player.Media) (time.Duration, error) {
	m.URL, m.Name = d.origin.url(path), "Usher lab"
	if m.Volume == 0 {
		m.Volume = -1
	}
	begun := d.do(player.Command{Op: player.Open, Media: m})
	want := player.Playing
	if m.Paused {
		want = player.Paused
	}
	err := d.phase(ctx, 1, want)
	return time.Since(begun), err
}

// agrees compares the controller with what the player itself says at rest.
func (d *driven) agrees(ctx context.Context) error {
	s := d.look(ctx)
	said := d.last.PositionAt(s.at)
	var wrong []string
	if (said - s.pos).Abs() > time.Second {
		wrong = append(wrong, fmt.Sprintf("the controller says %v, the player %v", short(said), short(s.pos)))
	}
	if d.last.Phase == player.Paused && s.status != "Paused" && s.status != "Stopped" {
		wrong = append(wrong, "the controller says paused, the player "+s.status)
	}
	if len(wrong) > 0 {
		return errors.New(strings.Join(wrong, "; "))
	}
	return nil
}

// steps does one thing after the other, to the first that fails.
func steps(all ...func() error) error {
	for _, step := range all {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// judge is a pass that says what was seen, or a failure.
func judge(err error, format string, args ...any) verdict {
	if err != nil {
		return fail("%v", err)
	}
	return pass(format, args...)
}
