//go:build linux

package lab

import (
	"context"
	"fmt"
	"time"

	"github.com/godbus/dbus/v5"
)

func seekChecks() []check {
	const area = "seeking"
	return []check{
		{"set-position", area, "SetPosition lands within 0.5 s", false, played(setsPosition)},
		{"set-position-paused", area, "SetPosition while paused lands, and the pause is kept", false, played(setsPositionPaused)},
		{"seeked-sent", area, "Seeked tells of a seek within 1 s, with where it landed", false, played(tellsSeek)},
		{"stale-track", area, "SetPosition with another track id does nothing", false, played(refusesStale)},
		{"beyond-end", area, "SetPosition beyond the end does nothing", false, played(refusesBeyond)},
		{"negative", area, "SetPosition below 0 does nothing", false, played(refusesNegative)},
		{"seek-relative", area, "Seek by 5 s lands within 0.5 s", false, played(seeksBy)},
		{"seek-past-end", area, "Seek past the end acts like Next, and ends the only title", false, played(seeksPastEnd)},
		{"seek-cmaf", area, "SetPosition lands in CMAF (fMP4) too", false, seeksCMAF},
		{"can-seek-live", area, "CanSeek is false for a live stream", false, cannotSeekLive},
	}
}

// landing has the player seek and sees where it is 2 s later, less the time
// that passed.
func (b *bench) landing(ctx context.Context, track dbus.ObjectPath, to time.Duration) (from, at time.Duration, err error) {
	b.wait(ctx, 700*time.Millisecond)
	from = b.look(ctx).pos
	if track == "" {
		track = b.look(ctx).track
	}
	begun := time.Now()
	err = b.call(ctx, "SetPosition", track, to.Microseconds())
	b.wait(ctx, 1500*time.Millisecond)
	s := b.look(ctx)
	if s.status == "Stopped" && s.url == "" {
		return from, -1, err
	}
	if s.status != "Paused" {
		return from, s.pos - s.at.Sub(begun), err
	}
	return from, s.pos, err
}

const seekSlack = 500 * time.Millisecond

func setsPosition(ctx context.Context, b *bench) verdict {
	_, at, err := b.landing(ctx, "", 9*time.Second)
	if err != nil {
		return fail("%v", err)
	}
	return hold((at-9*time.Second).Abs() <= seekSlack, "asked for 9 s, at %v", where(at))
}

// where is a position in words; the time a seek took makes it look early.
func where(at time.Duration) string {
	if at < 0 {
		return "nowhere: the title ended"
	}
	return short(at).String()
}

func setsPositionPaused(ctx context.Context, b *bench) verdict {
	_ = b.call(ctx, "Pause") // seen below
	_, at, err := b.landing(ctx, "", 7*time.Second)
	if err != nil {
		return fail("%v", err)
	}
	s := b.look(ctx)
	return hold(s.status == "Paused" && (at-7*time.Second).Abs() <= seekSlack, "asked for 7 s, at %v, %s", where(at), s.status)
}

func tellsSeek(ctx context.Context, b *bench) verdict {
	b.wait(ctx, 500*time.Millisecond)
	heard := b.mark()
	begun := time.Now()
	if err := b.call(ctx, "SetPosition", b.look(ctx).track, int64(9e6)); err != nil {
		return fail("SetPosition: %v", err)
	}
	var told time.Duration
	near := func() bool {
		for _, s := range heard("Seeked") {
			f, _ := number64(s.Body[0])
			told = time.Duration(f) * time.Microsecond
			if (told - 9*time.Second).Abs() < time.Second {
				return true
			}
		}
		return false
	}
	if within(ctx, 3*time.Second, near) != nil {
		return fail("%d Seeked, none near 9 s", len(heard("Seeked")))
	}
	took := time.Since(begun)
	return hold(took < time.Second, "says %v after %v", short(told), short(took))
}

func refusesStale(ctx context.Context, b *bench) verdict {
	track := b.look(ctx).track + "9"
	if !track.IsValid() {
		track = "/stale/track"
	}
	from, at, err := b.landing(ctx, track, 9*time.Second)
	switch {
	case err != nil:
		return fail("answers with an error: %v", err)
	case (at - 9*time.Second).Abs() < time.Second:
		return fail("honoured: it sought to 9 s")
	case b.look(ctx).url != b.origin.url(filmA):
		return fail("switched to another title")
	}
	return hold((at-from).Abs() < time.Second, "went on from %v", short(from))
}

func refusesBeyond(ctx context.Context, b *bench) verdict {
	from, at, err := b.landing(ctx, "", filmLength+time.Minute)
	switch {
	case err != nil:
		return fail("answers with an error: %v", err)
	case at < 0 || b.look(ctx).status == "Stopped":
		return fail("it ended playback")
	}
	return hold((at-from).Abs() < time.Second, "at %v, came from %v", where(at), short(from))
}

func refusesNegative(ctx context.Context, b *bench) verdict {
	b.wait(ctx, 2*time.Second)
	from, at, err := b.landing(ctx, "", -5*time.Second)
	if err != nil {
		return fail("answers with an error: %v", err)
	}
	if at > -2*time.Second && at < time.Second {
		return fail("jumped to the start")
	}
	return hold((at-from).Abs() < time.Second, "at %v, came from %v", where(at), short(from))
}

func seeksBy(ctx context.Context, b *bench) verdict {
	b.wait(ctx, 700*time.Millisecond)
	from := b.look(ctx)
	if err := b.call(ctx, "Seek", int64(5e6)); err != nil {
		return fail("%v", err)
	}
	b.wait(ctx, 1500*time.Millisecond)
	to := b.look(ctx)
	by := to.pos - from.pos - to.at.Sub(from.at)
	return hold((by-5*time.Second).Abs() <= seekSlack, "moved by %v", short(by))
}

func seeksPastEnd(ctx context.Context, b *bench) verdict {
	b.wait(ctx, 500*time.Millisecond)
	if err := b.call(ctx, "Seek", time.Minute.Microseconds()); err != nil {
		return fail("%v", err)
	}
	over := within(ctx, 4*time.Second, func() bool { s := b.look(ctx); return s.status == "Stopped" && !b.moving(ctx) }) == nil
	s := b.look(ctx)
	return hold(over, "%s at %v", s.status, short(s.pos))
}

// moving says whether the picture moves, whatever the status; some players
// tell their position in steps of a second.
func (b *bench) moving(ctx context.Context) bool {
	one := b.look(ctx)
	return within(ctx, 1300*time.Millisecond, func() bool { return b.look(ctx).pos != one.pos }) == nil
}

func seeksCMAF(ctx context.Context, b *bench) verdict {
	if err := b.play(ctx, cmaf); err != nil {
		return fail("%v", err)
	}
	_, at, err := b.landing(ctx, "", 13*time.Second)
	if err != nil {
		return fail("%v", err)
	}
	return hold((at-13*time.Second).Abs() <= seekSlack && at >= 0, "asked for 13 s, at %v", where(at))
}

func cannotSeekLive(ctx context.Context, b *bench) verdict {
	b.origin.beginLive()
	if err := b.play(ctx, live); err != nil {
		return fail("%v", err)
	}
	s := b.look(ctx)
	can, ok := s.props["CanSeek"].Value().(bool)
	return hold(ok && !can, "CanSeek %s, length %v", fmt.Sprint(s.props["CanSeek"].Value()), short(s.length))
}
