//go:build linux

package lab

import (
	"context"
	"math"
	"strings"
	"syscall"
	"time"
)

func controlChecks() []check {
	const area = "control"
	return []check{
		{"pause", area, "Pause and Play do what they say within 1 s", true, played(pauses)},
		{"pause-idempotent", area, "Pause twice stays paused", false, played(pausesTwice)},
		{"rate", area, "Rate can be set to 1.5 and is read back", false, played(setsRate)},
		{"rate-zero", area, "Rate 0 does not become the rate", false, played(refusesRateZero)},
		{"volume", area, "Volume can be set and is read back", false, played(setsVolume)},
		{"volume-clamp", area, "a negative Volume becomes 0", false, played(clampsVolume)},
		{"stop", area, "Stop ends the title", true, played(stops)},
		{"stop-keeps", area, "Stop keeps the process and its bus name", false, played(stopKeeps)},
		{"play-after-stop", area, "Play after Stop plays the title again", false, played(playsAfterStop)},
	}
}

func endChecks() []check {
	const area = "ends"
	return []check{
		{"end-status", area, "the end of a title shows as Stopped within 2 s", false, played(endsAsStopped)},
		{"end-signal", area, "the end of a title is signalled", false, played(endsWithSignal)},
		{"not-found", area, "a playlist that is not there ends as Stopped within 5 s", false, notFound},
		{"breaks-off", area, "a stream that breaks off ends as Stopped", false, breaksOff},
		{"kill", area, "a killed player's name goes within 1 s", false, killed},
	}
}

// becomes waits for a status.
func (b *bench) becomes(ctx context.Context, status string, limit time.Duration) (time.Duration, bool) {
	begun := time.Now()
	err := within(ctx, limit, func() bool { return b.look(ctx).status == status })
	return time.Since(begun), err == nil
}

func pauses(ctx context.Context, b *bench) verdict {
	if err := b.call(ctx, "Pause"); err != nil {
		return fail("Pause: %v", err)
	}
	paused, ok := b.becomes(ctx, "Paused", 2*time.Second)
	if !ok {
		return fail("after Pause it says %s", b.look(ctx).status)
	}
	if err := b.call(ctx, "Play"); err != nil {
		return fail("Play: %v", err)
	}
	resumed, ok := b.becomes(ctx, "Playing", 2*time.Second)
	if !ok {
		return fail("after Play it says %s", b.look(ctx).status)
	}
	return hold(max(paused, resumed) < time.Second, "paused after %v, playing after %v", short(paused), short(resumed))
}

func pausesTwice(ctx context.Context, b *bench) verdict {
	for range 2 {
		_ = b.call(ctx, "Pause") // what it did is seen
		b.wait(ctx, 400*time.Millisecond)
	}
	return hold(b.look(ctx).status == "Paused", "%s", b.look(ctx).status)
}

func setsRate(ctx context.Context, b *bench) verdict {
	if err := b.set(ctx, "Rate", 1.5); err != nil {
		return fail("%v", err)
	}
	b.wait(ctx, 500*time.Millisecond)
	s := b.look(ctx)
	return hold(math.Abs(s.rate-1.5) < 0.01, "reads %.2f", s.rate)
}

func refusesRateZero(ctx context.Context, b *bench) verdict {
	err := b.set(ctx, "Rate", 0.0)
	b.wait(ctx, 500*time.Millisecond)
	s := b.look(ctx)
	refused := "accepted in silence"
	if err != nil {
		refused = "refused"
	}
	return hold(s.rate > 0, "%s; reads %.2f, status %s", refused, s.rate, s.status)
}

func setsVolume(ctx context.Context, b *bench) verdict {
	for _, v := range []float64{0.4, 0.8} {
		if err := b.set(ctx, "Volume", v); err != nil {
			return fail("%v", err)
		}
		b.wait(ctx, 400*time.Millisecond)
		if s := b.look(ctx); math.Abs(s.volume-v) > 0.02 {
			return fail("set %.1f, reads %.2f", v, s.volume)
		}
	}
	return pass("reads what was set")
}

func clampsVolume(ctx context.Context, b *bench) verdict {
	_ = b.set(ctx, "Volume", 0.5) // whether it can is the row above
	b.wait(ctx, 300*time.Millisecond)
	if math.Abs(b.look(ctx).volume-0.5) > 0.02 {
		return none("the volume cannot be set")
	}
	_ = b.set(ctx, "Volume", -1.0)
	b.wait(ctx, 400*time.Millisecond)
	low := b.look(ctx).volume
	_ = b.set(ctx, "Volume", 7.0)
	b.wait(ctx, 400*time.Millisecond)
	high := b.look(ctx).volume
	_ = b.set(ctx, "Volume", 1.0)
	return hold(low == 0, "-1 reads %.2f, 7 reads %.2f", low, high)
}

func stops(ctx context.Context, b *bench) verdict {
	if err := b.call(ctx, "Stop"); err != nil {
		return fail("%v", err)
	}
	took, ok := b.becomes(ctx, "Stopped", 2*time.Second)
	b.wait(ctx, 500*time.Millisecond)
	return hold(ok && !b.moving(ctx), "%s after %v", b.look(ctx).status, short(took))
}

func stopKeeps(ctx context.Context, b *bench) verdict {
	_ = b.call(ctx, "Stop") // the row above
	b.wait(ctx, 700*time.Millisecond)
	return hold(b.look(ctx).status != "no answer", "%s", b.look(ctx).status)
}

func playsAfterStop(ctx context.Context, b *bench) verdict {
	b.wait(ctx, 700*time.Millisecond)
	_ = b.call(ctx, "Stop")
	b.wait(ctx, 500*time.Millisecond)
	_ = b.call(ctx, "Play")
	_, ok := b.becomes(ctx, "Playing", 2*time.Second)
	return hold(ok && b.moving(ctx), "%s at %v", b.look(ctx).status, short(b.look(ctx).pos))
}

// toTheEnd brings the film near its end, and waits until it must be over.
func (b *bench) toTheEnd(ctx context.Context) {
	b.wait(ctx, 500*time.Millisecond)
	_ = b.call(ctx, "SetPosition", b.look(ctx).track, (filmLength - 3*time.Second).Microseconds()) // else it takes longer
	_ = within(ctx, filmLength+2*time.Second, func() bool { return b.look(ctx).pos >= filmLength-1500*time.Millisecond })
}

func endsAsStopped(ctx context.Context, b *bench) verdict {
	b.toTheEnd(ctx)
	took, ok := b.becomes(ctx, "Stopped", 5*time.Second)
	s := b.look(ctx)
	if s.url == "" {
		return hold(ok && took < 3500*time.Millisecond, "%s, metadata emptied", s.status)
	}
	return hold(ok && took < 3500*time.Millisecond, "%s, metadata kept", s.status)
}

func endsWithSignal(ctx context.Context, b *bench) verdict {
	b.toTheEnd(ctx)
	heard := b.mark()
	_ = within(ctx, 5*time.Second, func() bool { return b.look(ctx).status == "Stopped" && b.look(ctx).pos == 0 })
	b.wait(ctx, 500*time.Millisecond)
	for _, s := range heard("PropertiesChanged") {
		if len(s.Body) > 1 && strings.Contains(stringOf(s.Body[1]), "Stopped") {
			return pass("PropertiesChanged with Stopped")
		}
	}
	return fail("%d PropertiesChanged, none with Stopped", len(heard("PropertiesChanged")))
}

func notFound(ctx context.Context, b *bench) verdict {
	b.clear(ctx)
	heard := b.mark()
	begun := time.Now()
	if err := b.call(ctx, "OpenUri", b.origin.url(absent)); err != nil {
		return fail("OpenUri: %v", err)
	}
	tried := within(ctx, 5*time.Second, func() bool { return b.origin.asks(absent) > 0 }) == nil
	b.wait(ctx, 500*time.Millisecond)
	_, ok := b.becomes(ctx, "Stopped", 5*time.Second)
	return hold(tried && ok, "%s after %v, %d signals on the way", b.look(ctx).status, short(time.Since(begun)-500*time.Millisecond), len(heard("PropertiesChanged")))
}

func breaksOff(ctx context.Context, b *bench) verdict {
	if err := b.play(ctx, broken); err != nil {
		return fail("%v", err)
	}
	begun := time.Now()
	over := within(ctx, 15*time.Second, func() bool { s := b.look(ctx); return s.status == "Stopped" && s.url == "" || !b.moving(ctx) }) == nil
	took := time.Since(begun)
	b.wait(ctx, 500*time.Millisecond)
	s := b.look(ctx)
	return hold(over && s.status == "Stopped", "%s at %v after %v", s.status, short(s.pos), short(took))
}

func killed(ctx context.Context, b *bench) verdict {
	if b.launch == nil {
		return none("the player is not the lab's to kill")
	}
	pid := b.launch.PID()
	heard := b.markBus(ctx)
	begun := time.Now()
	if pid == 0 || syscall.Kill(pid, syscall.SIGKILL) != nil {
		return fail("there is no process to kill")
	}
	if within(ctx, 3*time.Second, heard) != nil {
		return fail("its name was there 3 s later")
	}
	took := time.Since(begun)
	back := within(ctx, 10*time.Second, func() bool { return b.look(ctx).status != "no answer" }) == nil
	return hold(took < time.Second && back, "gone after %v, back after %v", short(took), short(time.Since(begun)))
}
