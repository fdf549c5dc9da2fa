package conntest

import (
	"math"
	"time"

	"usher/player"
)

func playsFromTheStart(b *bench) {
	asked := time.Now()
	b.open(player.Media{}) // before Ready: an Open is kept
	if b.last.Position > 2*time.Second+time.Since(asked) {
		b.Errorf("began at %v, want the start", b.last.Position)
	}
	b.status("duration and progress", func(s player.Status) bool {
		return (b.Endless || (s.Duration-b.Length).Abs() < time.Second) && s.Position > time.Second
	})
}

func startsWhereAsked(b *bench) {
	asked := time.Now()
	b.open(player.Media{Start: 5 * time.Second})
	if p := b.last.Position; p < 4500*time.Millisecond || p > 5500*time.Millisecond+time.Since(asked) {
		b.Errorf("began at %v, want 5 s", p)
	}
}

func opensHeld(b *bench) {
	b.open(player.Media{Paused: true, Start: 3 * time.Second})
	b.at(3*time.Second, player.Paused)
	b.do(1, player.Play)
	b.phase(1, player.Playing)
}

func pausesAndContinues(b *bench) {
	b.open(player.Media{})
	for range 2 {
		b.do(1, player.Pause)
		b.do(1, player.Pause)
		b.phase(1, player.Paused)
		b.do(1, player.Play)
		b.do(1, player.Play)
		b.phase(1, player.Playing)
	}
}

func seeksWhilePlaying(b *bench) {
	b.open(player.Media{})
	b.seek(7 * time.Second)
	b.at(7*time.Second, player.Playing)
	b.seek(2 * time.Second)
	b.at(2*time.Second, player.Playing)
	if b.last.Reason != "" {
		b.Errorf("reason %q after a seek that landed", b.last.Reason)
	}
}

func seekBurst(b *bench) {
	b.open(player.Media{Paused: true})
	for to := time.Second; to <= 8*time.Second; to += 100 * time.Millisecond {
		b.seek(to)
	}
	b.at(8*time.Second, player.Paused)
}

func seekBeyond(b *bench) {
	if b.Endless {
		b.Skip("SKIP: the player does not say where the end is")
	}
	b.open(player.Media{Paused: true})
	b.status("duration", func(s player.Status) bool { return s.Duration > 0 })
	b.seek(time.Hour)
	b.at(b.Length-time.Second, player.Paused)
}

func setsVolume(b *bench) {
	if b.Mute {
		b.Skip("SKIP: the player has no sound output here, and takes no volume without")
	}
	b.open(player.Media{})
	for _, v := range []struct{ set, want float64 }{{0.25, 0.25}, {7, 1}, {-1, 0}} {
		b.Conn.Do(player.Command{Session: 1, Op: player.SetVolume, Volume: v.set})
		b.status("volume", func(s player.Status) bool { return math.Abs(s.Volume-v.want) < 0.02 })
	}
}

func setsRate(b *bench) {
	b.open(player.Media{})
	if !b.info.Can.Rate {
		b.Skip("SKIP: the player has no rate")
	}
	b.Conn.Do(player.Command{Session: 1, Op: player.SetRate, Rate: 2})
	b.status("rate", func(s player.Status) bool { return s.Rate == 2 })
}

func endsAtTheEnd(b *bench) {
	b.open(player.Media{Start: b.Length - 2*time.Second})
	b.phase(1, player.Ended)
	if (b.last.Position - b.Length).Abs() > 2*time.Second {
		b.Errorf("ended at %v, want about %v", b.last.Position, b.Length)
	}
}

func failsWithReason(b *bench) {
	b.Conn.Do(player.Command{Session: 1, Op: player.Open, Media: player.Media{URL: b.Missing, Volume: -1}})
	b.phase(1, player.Failed)
	if b.last.Reason != player.ReasonStream {
		b.Errorf("reason %q, want %q", b.last.Reason, player.ReasonStream)
	}
}

func dropsOlder(b *bench) {
	b.Conn.Do(player.Command{Session: 5, Op: player.Open, Media: player.Media{URL: b.Film, Volume: -1}})
	b.phase(5, player.Playing)
	b.do(4, player.Pause)
	b.do(4, player.Stop)
	b.do(5, player.Pause)
	b.status("paused by its own session", func(s player.Status) bool {
		if s.Phase == player.Idle {
			b.Fatal("an older session stopped the title")
		}
		return s.Phase == player.Paused
	})
}

func replacesTitle(b *bench) {
	b.open(player.Media{Start: 8 * time.Second})
	asked := time.Now()
	b.Conn.Do(player.Command{Session: 2, Op: player.Open, Media: player.Media{URL: b.Other, Volume: -1}})
	b.phase(2, player.Playing)
	if b.last.Position > 2*time.Second+time.Since(asked) {
		b.Errorf("the second title began at %v: the position of the first", b.last.Position)
	}
}

func playsTheSameAgain(b *bench) {
	b.open(player.Media{Start: 8 * time.Second})
	asked := time.Now()
	b.Conn.Do(player.Command{Session: 2, Op: player.Open, Media: player.Media{URL: b.Film, Volume: -1}})
	b.phase(2, player.Playing)
	if b.last.Position > 2*time.Second+time.Since(asked) {
		b.Errorf("began again at %v: the position of the first time", b.last.Position)
	}
}

func stopGoesIdle(b *bench) {
	b.open(player.Media{})
	b.do(1, player.Stop)
	b.phase(1, player.Idle)
	b.Conn.Do(player.Command{Session: 2, Op: player.Open, Media: player.Media{URL: b.Film, Volume: -1}})
	b.phase(2, player.Playing)
}

func losesAndFinds(b *bench) {
	if b.Kill == nil {
		b.Skip("SKIP: the player cannot be killed here")
	}
	b.open(player.Media{})
	b.Kill()
	begun := time.Now()
	b.until("lost", func(e player.Event) bool {
		l, ok := e.(player.Lost)
		return ok && l.Reason == player.ReasonPlayerLost
	})
	b.ready()
	b.Conn.Do(player.Command{Session: 2, Op: player.Open, Media: player.Media{URL: b.Film, Volume: -1, Start: 4 * time.Second}})
	b.phase(2, player.Playing)
	// That it takes less than three seconds is measured on real players, by the
	// lab; here it must only come to an end.
	b.Logf("playing again %v after the kill", time.Since(begun))
}
