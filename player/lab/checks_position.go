//go:build linux

package lab

import (
	"context"
	"time"

	"github.com/godbus/dbus/v5"
)

func positionChecks() []check {
	const area = "position"
	return []check{
		{"position-moves", area, "Position moves while playing", true, played(positionMoves)},
		{"position-accurate", area, "Position keeps to the clock within 0.25 s", false, played(positionAccurate)},
		{"position-stands", area, "Position stands while paused", true, played(positionStands)},
		{"position-unsignalled", area, "Position is never in PropertiesChanged", false, played(positionUnsignalled)},
		{"seeked-quiet", area, "no Seeked in normal play", false, played(seekedQuiet)},
		{"rate-scales", area, "Position follows Rate 1.5", false, played(rateScales)},
	}
}

func positionMoves(ctx context.Context, b *bench) verdict {
	one := b.look(ctx)
	b.wait(ctx, 1500*time.Millisecond)
	two := b.look(ctx)
	return hold(two.pos > one.pos, "%v in %v", short(two.pos-one.pos), short(two.at.Sub(one.at)))
}

func positionAccurate(ctx context.Context, b *bench) verdict {
	b.wait(ctx, 500*time.Millisecond)
	first := b.look(ctx)
	var off, step, last time.Duration
	for range 60 {
		b.wait(ctx, 50*time.Millisecond)
		s := b.look(ctx)
		off = max(off, (s.pos - first.pos - s.at.Sub(first.at)).Abs())
		if last > 0 {
			step = max(step, s.pos-last)
		}
		last = s.pos
	}
	return hold(off <= 250*time.Millisecond, "off by up to %v, steps up to %v when read every 50 ms", short(off), short(step))
}

func positionStands(ctx context.Context, b *bench) verdict {
	if err := b.call(ctx, "Pause"); err != nil {
		return fail("Pause: %v", err)
	}
	b.wait(ctx, 400*time.Millisecond)
	one := b.look(ctx)
	b.wait(ctx, 700*time.Millisecond)
	two := b.look(ctx)
	return hold(one.pos == two.pos && one.pos > 0, "%v, then %v", short(one.pos), short(two.pos))
}

func positionUnsignalled(ctx context.Context, b *bench) verdict {
	heard := b.mark()
	b.wait(ctx, 1500*time.Millisecond)
	n := 0
	for _, s := range heard("PropertiesChanged") {
		if len(s.Body) > 1 {
			props, _ := s.Body[1].(map[string]dbus.Variant)
			if _, ok := props["Position"]; ok {
				n++
			}
		}
	}
	return hold(n == 0, "%d signals with it in 1.5 s", n)
}

func seekedQuiet(ctx context.Context, b *bench) verdict {
	b.wait(ctx, 500*time.Millisecond)
	heard := b.mark()
	b.wait(ctx, 3*time.Second)
	n := len(heard("Seeked"))
	return hold(n == 0, "%d in 3 s", n)
}

func rateScales(ctx context.Context, b *bench) verdict {
	if err := b.set(ctx, "Rate", 1.5); err != nil {
		return none("Rate is refused: %v", err)
	}
	b.wait(ctx, 700*time.Millisecond)
	one := b.look(ctx)
	b.wait(ctx, 3*time.Second)
	two := b.look(ctx)
	rate := float64(two.pos-one.pos) / float64(two.at.Sub(one.at))
	return hold(rate > 1.25 && rate < 1.75, "moves at %.2f, Rate says %.2f", rate, two.rate)
}
