//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"usher/player"
)

func drivenChecks() []check {
	const area = "controller"
	row := func(id, item string, run func(context.Context, *driven) verdict) check {
		return check{"usher-" + id, area, item, true, drivenBy(run)}
	}
	return []check{
		row("finds", "finds the player and its process", finds),
		row("opens", "opens a film, and says playing when the picture moves", opens),
		row("starts-at", "begins where it was left", startsAt),
		row("opens-held", "opens held, and plays when told", opensHeld),
		row("pauses", "pauses and continues", drivenPauses),
		row("seeks", "seeks forward and back, to within 0.5 s", drivenSeeks),
		row("seek-burst", "a burst of seeks ends at the last", burst),
		row("seek-end", "a seek beyond the end stays in the title", seekInside),
		row("volume", "sets the volume, within 0 to 1", drivenVolume),
		row("rate", "sets the rate", drivenRate),
		row("stops", "stops, stays connected, and opens the next title", drivenStops),
		row("replaces", "another title shows nothing of the one before", drivenReplaces),
		row("same-again", "the same title again begins again", drivenAgain),
		row("ends", "the end of a title is an end", drivenEnds),
		row("cmaf", "plays CMAF, and says whether it can seek in it", drivenCMAF),
		row("live", "plays a live stream; a seek forward does not end it", drivenLive),
		row("captions", "side-loaded captions are read", drivenCaptions),
	}
}

func finds(_ context.Context, d *driven) verdict {
	if d.launch != nil && d.info.PID != d.launch.PID() {
		return fail("process %d, started was %d", d.info.PID, d.launch.PID())
	}
	return pass("%q after %v; can %+v", d.info.Identity, short(time.Since(d.begun)), d.info.Can)
}

func opens(ctx context.Context, d *driven) verdict {
	took, err := d.load(ctx, filmA, player.Media{})
	if err == nil {
		d.figure("open to playing", "", took)
		err = d.status(ctx, "progress and length", func(s player.Status) bool {
			return s.Position > time.Second && (s.Duration-filmLength).Abs() < time.Second
		})
	}
	return judge(err, "playing after %v", short(took))
}

func startsAt(ctx context.Context, d *driven) verdict {
	took, err := d.load(ctx, filmA, player.Media{Start: 8 * time.Second})
	if err != nil {
		return fail("%v", err)
	}
	at := d.last.Position
	return hold(at > 7*time.Second && at < 10*time.Second, "asked for 8 s, at %v after %v", short(at), short(took))
}

func opensHeld(ctx context.Context, d *driven) verdict {
	took, err := d.load(ctx, filmA, player.Media{Start: 3 * time.Second, Paused: true})
	err = steps(func() error { return err }, func() error { return d.at(ctx, player.Paused, 3*time.Second) }, func() error {
		d.do(player.Command{Op: player.Play})
		return d.phase(ctx, 1, player.Playing)
	})
	return judge(err, "held at 3 s after %v", short(took))
}

func drivenPauses(ctx context.Context, d *driven) verdict {
	if _, err := d.load(ctx, filmA, player.Media{}); err != nil {
		return fail("%v", err)
	}
	var slowest, total time.Duration
	const times = 5
	for range times {
		for op, want := range map[player.Op]player.Phase{player.Pause: player.Paused} {
			begun := d.do(player.Command{Op: op})
			if err := d.phase(ctx, 1, want); err != nil {
				return fail("%v", err)
			}
			took := time.Since(begun)
			slowest, total = max(slowest, took), total+took
		}
		if err := d.agrees(ctx); err != nil {
			return fail("%v", err)
		}
		d.do(player.Command{Op: player.Play})
		if err := d.phase(ctx, 1, player.Playing); err != nil {
			return fail("%v", err)
		}
	}
	d.figure("pause round trip, mean of 5", "", total/times)
	return pass("within %v", short(slowest))
}

func drivenSeeks(ctx context.Context, d *driven) verdict {
	if _, err := d.load(ctx, filmA, player.Media{}); err != nil {
		return fail("%v", err)
	}
	if err := d.status(ctx, "length", func(s player.Status) bool { return s.Duration > 0 }); err != nil {
		return fail("%v", err)
	}
	var total time.Duration
	targets := []time.Duration{9, 3, 11, 2}
	for _, t := range targets {
		begun := d.do(player.Command{Op: player.Seek, Position: t * time.Second})
		if err := d.at(ctx, player.Playing, t*time.Second); err != nil {
			return fail("%v", err)
		}
		total += time.Since(begun)
		if err := d.settled(ctx, t*time.Second); err != nil {
			return fail("%v", err)
		}
	}
	d.figure("seek round trip, mean of 4", "", total/time.Duration(len(targets)))
	return pass("to 9, 3, 11 and 2 s, in %v on average", short(total/time.Duration(len(targets))))
}

// settled compares with the player itself, 1.5 s after a seek: players that
// load anew say anything meanwhile.
func (d *driven) settled(ctx context.Context, at time.Duration) error {
	begun := time.Now()
	d.wait(ctx, 1500*time.Millisecond)
	s := d.look(ctx)
	if late := at - (s.pos - s.at.Sub(begun)); late.Abs() > 1500*time.Millisecond {
		return fmt.Errorf("said to be at %v, the player is %v away", at, short(late))
	}
	return nil
}

func burst(ctx context.Context, d *driven) verdict {
	if _, err := d.load(ctx, filmA, player.Media{Paused: true}); err != nil {
		return fail("%v", err)
	}
	begun := time.Now()
	for to := time.Second; to <= 10*time.Second; to += 100 * time.Millisecond {
		d.do(player.Command{Op: player.Seek, Position: to})
	}
	err := steps(func() error { return d.at(ctx, player.Paused, 10*time.Second) }, func() error { return d.agrees(ctx) })
	return judge(err, "90 seeks, at the last after %v", short(time.Since(begun)))
}

func seekInside(ctx context.Context, d *driven) verdict {
	if _, err := d.load(ctx, filmA, player.Media{Paused: true}); err != nil {
		return fail("%v", err)
	}
	err := steps(func() error {
		return d.status(ctx, "length", func(s player.Status) bool { return s.Duration > 0 })
	}, func() error {
		d.do(player.Command{Op: player.Seek, Position: time.Hour})
		return d.at(ctx, player.Paused, filmLength-time.Second)
	})
	return judge(err, "at %v of %v", short(d.last.Position), filmLength)
}

func drivenVolume(ctx context.Context, d *driven) verdict {
	if _, err := d.load(ctx, filmA, player.Media{}); err != nil {
		return fail("%v", err)
	}
	_ = d.set(ctx, "Volume", 0.6)
	d.wait(ctx, 500*time.Millisecond)
	if math.Abs(d.look(ctx).volume-0.6) > 0.02 {
		return none("the player takes no volume without a sound output")
	}
	for _, v := range []struct{ set, want float64 }{{0.25, 0.25}, {7, 1}, {-1, 0}, {1, 1}} {
		d.do(player.Command{Op: player.SetVolume, Volume: v.set})
		err := d.status(ctx, fmt.Sprint("volume ", v.want), func(s player.Status) bool { return math.Abs(s.Volume-v.want) < 0.02 })
		if err != nil {
			return fail("%v", err)
		}
	}
	return pass("0.25; 7 becomes 1; -1 becomes 0")
}

func drivenRate(ctx context.Context, d *driven) verdict {
	if !d.info.Can.Rate {
		return none("the player has one rate")
	}
	if _, err := d.load(ctx, filmA, player.Media{}); err != nil {
		return fail("%v", err)
	}
	d.do(player.Command{Op: player.SetRate, Rate: 2})
	err := d.status(ctx, "rate 2", func(s player.Status) bool { return s.Rate == 2 })
	d.do(player.Command{Op: player.SetRate, Rate: 1})
	return judge(errors.Join(err, d.status(ctx, "rate 1", func(s player.Status) bool { return s.Rate == 1 })), "2, then 1")
}

func drivenStops(ctx context.Context, d *driven) verdict {
	if _, err := d.load(ctx, filmA, player.Media{}); err != nil {
		return fail("%v", err)
	}
	pid := d.info.PID
	begun := d.do(player.Command{Op: player.Stop})
	if err := d.phase(ctx, 1, player.Idle); err != nil {
		return fail("%v", err)
	}
	took := time.Since(begun)
	d.wait(ctx, 300*time.Millisecond)
	moving := d.moving(ctx)
	d.do(player.Command{Session: 2, Op: player.Open, Media: player.Media{URL: d.origin.url(filmB), Volume: -1}})
	err := d.phase(ctx, 2, player.Playing)
	if moving {
		err = errors.New("it plays on after the stop")
	}
	return judge(err, "idle after %v, the next title plays on the same process: %v", short(took), d.info.PID == pid)
}

func drivenReplaces(ctx context.Context, d *driven) verdict {
	return d.second(ctx, filmB)
}

func drivenAgain(ctx context.Context, d *driven) verdict {
	return d.second(ctx, filmA)
}

// second opens a title while the film is at 10 s.
func (d *driven) second(ctx context.Context, path string) verdict {
	if _, err := d.load(ctx, filmA, player.Media{Start: 10 * time.Second}); err != nil {
		return fail("%v", err)
	}
	begun := d.do(player.Command{Session: 2, Op: player.Open, Media: player.Media{URL: d.origin.url(path), Volume: -1}})
	stale := false
	err := d.status(ctx, "playing", func(s player.Status) bool {
		stale = stale || s.Session == 2 && s.Position > 3*time.Second
		return s.Session == 2 && s.Phase == player.Playing
	})
	if err == nil && stale {
		err = fmt.Errorf("the first title's position was said of the second")
	}
	return judge(err, "playing from %v after %v", short(d.last.Position), short(time.Since(begun)))
}

func drivenEnds(ctx context.Context, d *driven) verdict {
	if _, err := d.load(ctx, filmA, player.Media{Start: filmLength - 4*time.Second}); err != nil {
		return fail("%v", err)
	}
	begun := time.Now()
	err := d.phase(ctx, 1, player.Ended)
	return judge(err, "ended %v after it played from %v", short(time.Since(begun)), filmLength-4*time.Second)
}

func drivenCMAF(ctx context.Context, d *driven) verdict {
	if _, err := d.load(ctx, cmaf, player.Media{}); err != nil {
		return fail("%v", err)
	}
	if !d.info.Can.SeekFMP4 {
		return pass("plays; Can.SeekFMP4 is false, so the core reopens instead of seeking")
	}
	d.do(player.Command{Op: player.Seek, Position: 11 * time.Second})
	return judge(d.at(ctx, player.Playing, 11*time.Second), "plays, and seeks to 11 s")
}

func drivenLive(ctx context.Context, d *driven) verdict {
	d.origin.beginLive()
	took, err := d.load(ctx, live, player.Media{Live: true})
	if err != nil {
		return fail("%v", err)
	}
	d.wait(ctx, 2*time.Second)
	d.do(player.Command{Op: player.Seek, Position: time.Hour})
	err = d.until(ctx, "end", 3*time.Second, func(e player.Event) bool {
		c, ok := e.(player.Changed)
		return ok && (c.Status.Phase == player.Ended || c.Status.Phase == player.Failed || c.Status.Phase == player.Idle)
	})
	if err == nil {
		return fail("the seek forward ended it: %v %s", d.last.Phase, d.last.Reason)
	}
	return pass("playing after %v; after a seek forward it is %v", short(took), d.last.Phase)
}

func drivenCaptions(ctx context.Context, d *driven) verdict {
	if !d.info.Can.ErrorReason { // mpv's socket
		return none("MPRIS has no captions")
	}
	before := d.origin.asks("/cc.vtt")
	_, err := d.load(ctx, filmA, player.Media{
		Subtitle: []string{"de"}, Captions: []player.Captions{{URL: d.origin.url("/cc.vtt"), Language: "de", Name: "Deutsch"}},
	})
	if err == nil {
		err = within(ctx, 3*time.Second, func() bool { return d.origin.asks("/cc.vtt") > before })
	}
	return judge(err, "fetched by the player")
}
