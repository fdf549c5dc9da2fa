package mpris_test

import (
	"context"
	"os"
	"testing"
	"time"

	"usher/internal/dbustest"
	"usher/player"
	"usher/player/mpris"
	"usher/player/playertest"
)

// watch reads events up to a status that want accepts.
func watch(t *testing.T, d *mpris.Driver, what string, want func(player.Status) bool) player.Status {
	t.Helper()
	limit := time.After(time.Minute)
	for {
		select {
		case e := <-d.Events():
			t.Logf("%T %+v", e, e)
			if c, ok := e.(player.Changed); ok && want(c.Status) {
				return c.Status
			}
		case <-limit:
			t.Fatalf("no %s within a minute", what)
		}
	}
}

func inPhase(p player.Phase) func(player.Status) bool {
	return func(s player.Status) bool { return s.Session == 1 && s.Phase == p }
}

// evening opens, pauses, seeks, plays and stops.
func evening(t *testing.T, d *mpris.Driver, p *playertest.Player, film string) {
	t.Helper()
	d.Do(player.Command{Session: 1, Op: player.Open, Media: player.Media{URL: film, Volume: -1, Start: 3 * time.Second}})
	got := watch(t, d, "playing", inPhase(player.Playing))
	agree(t, got, p)
	d.Do(player.Command{Session: 1, Op: player.Pause})
	watch(t, d, "paused", inPhase(player.Paused))
	d.Do(player.Command{Session: 1, Op: player.Seek, Position: 8 * time.Second})
	got = watch(t, d, "seek", func(s player.Status) bool { return s.Phase == player.Paused && s.Position > 7*time.Second })
	agree(t, got, p)
	d.Do(player.Command{Session: 1, Op: player.Play})
	watch(t, d, "playing", inPhase(player.Playing))
	d.Do(player.Command{Session: 1, Op: player.Stop})
	watch(t, d, "idle", inPhase(player.Idle))
}

// agree compares what is reported with what is true. A loaded machine may take
// its time between any two lines, and on the bus.
func agree(t *testing.T, got player.Status, p *playertest.Player) {
	t.Helper()
	const little = time.Second
	from := got.PositionAt(time.Now())
	truth := p.State()
	if to := got.PositionAt(time.Now()); truth.Position < from-little || truth.Position > to+little {
		t.Errorf("reported %v to %v, true %v", from, to, truth.Position)
	}
	if (got.Phase == player.Playing) != (truth.Status == "Playing") {
		t.Errorf("reported %v, true %v", got.Phase, truth.Status)
	}
}

func TestSeekIgnoredIsSaid(t *testing.T) {
	t.Parallel()
	d, _, s := fake(t, playertest.Quirks{DeafSetPos: true, DeafSeek: true})
	d.Do(player.Command{Session: 1, Op: player.Open, Media: player.Media{URL: s.Film, Volume: -1}})
	watch(t, d, "playing", inPhase(player.Playing))
	d.Do(player.Command{Session: 1, Op: player.Seek, Position: 9 * time.Second})
	got := watch(t, d, "seek_ignored", func(s player.Status) bool { return s.Reason == player.ReasonSeekIgnored })
	if got.Phase != player.Playing {
		t.Errorf("phase %v, want playing on", got.Phase)
	}
}

// await reads events up to one of type E.
func await[E player.Event](t *testing.T, d *mpris.Driver) E {
	t.Helper()
	limit := time.After(time.Minute)
	for {
		select {
		case e := <-d.Events():
			if got, ok := e.(E); ok {
				return got
			}
		case <-limit:
			var e E
			t.Fatalf("no %T", e)
		}
	}
}

func TestHungPlayerIsGivenUp(t *testing.T) {
	t.Parallel()
	bus := playertest.NewBus()
	t.Cleanup(bus.Close)
	p := playertest.NewPlayer(playertest.Options{Dial: bus.Dial, Logger: logger(t)})
	hung := make(chan struct{}, 1)
	d := mpris.New(mpris.Options{Dial: bus.Dial, Logger: logger(t), Hung: func() {
		select {
		case hung <- struct{}{}:
		default: // again, on a loaded machine
		}
	}})
	running(t, p.Run)
	running(t, d.Run)
	await[player.Ready](t, d)
	d.Do(player.Command{Session: 1, Op: player.Open, Media: player.Media{URL: stream(t) + "/index.m3u8", Volume: -1}})
	watch(t, d, "playing", inPhase(player.Playing))
	p.SetQuirks(playertest.Quirks{Hung: true})
	await[player.Lost](t, d)
	<-hung
	p.SetQuirks(playertest.Quirks{})
	await[player.Ready](t, d)
	// Nobody killed it, so it plays the film still; Ready says that it is idle.
	for limit := time.Now().Add(time.Minute); p.State().Status != "Stopped"; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("it plays on: %+v", p.State())
		}
	}
}

func TestBusRestart(t *testing.T) {
	t.Parallel()
	bus := playertest.NewBus()
	t.Cleanup(bus.Close)
	p := playertest.NewPlayer(playertest.Options{Dial: bus.Dial, Logger: logger(t)})
	d := mpris.New(mpris.Options{Dial: bus.Dial, Logger: logger(t)})
	running(t, func(ctx context.Context) error {
		for ctx.Err() == nil {
			_ = p.Run(ctx)
		}
		return nil
	})
	running(t, d.Run)
	for range 3 {
		await[player.Ready](t, d)
		bus.Cut()
		await[player.Lost](t, d)
	}
}

func TestReplacedOwnerIsANewPlayer(t *testing.T) {
	t.Parallel()
	bus := playertest.NewBus()
	t.Cleanup(bus.Close)
	d := mpris.New(mpris.Options{Dial: bus.Dial, Logger: logger(t)})
	running(t, d.Run)
	for _, identity := range []string{"first", "second"} {
		p := playertest.NewPlayer(playertest.Options{Dial: bus.Dial, Identity: identity, Logger: logger(t)})
		running(t, p.Run)
		if got := await[player.Ready](t, d); got.Info.Identity != identity {
			t.Errorf("driving %q, want %q", got.Info.Identity, identity)
		}
	}
}

func TestForeignProcessIsLeftAlone(t *testing.T) {
	t.Parallel()
	bus := playertest.NewBus()
	t.Cleanup(bus.Close)
	p := playertest.NewPlayer(playertest.Options{Dial: bus.Dial, Logger: logger(t)})
	asked := make(chan struct{}, 64)
	d := mpris.New(mpris.Options{Dial: bus.Dial, Logger: logger(t), Match: mpris.Match{PID: func() int { asked <- struct{}{}; return 1 }}})
	running(t, p.Run)
	running(t, d.Run)
	for range 2 { // refused, and refused when looked at again
		<-asked
	}
	select {
	case e := <-d.Events():
		t.Errorf("got %+v from a player of another process", e)
	default:
	}
	if n := p.Calls("GetAll"); n != 0 {
		t.Errorf("called it %d times", n)
	}
}

// TestFakeOnRealBus runs the simulated player and the driver on dbus-daemon.
func TestFakeOnRealBus(t *testing.T) {
	t.Parallel()
	address := dbustest.Start(t).Address()
	p := playertest.NewPlayer(playertest.Options{Address: address, Logger: logger(t)})
	d := mpris.New(mpris.Options{Bus: address, Match: mpris.Match{Name: playertest.SimulatedName, PID: os.Getpid}, Logger: logger(t)})
	running(t, p.Run)
	running(t, d.Run)
	if got := await[player.Ready](t, d).Info; !got.Simulated || got.Identity != playertest.SimulatedIdentity || got.BusAddress != address {
		t.Errorf("info %+v", got)
	}
	d.Do(player.Command{Session: 1, Op: player.Open, Media: player.Media{URL: stream(t) + "/index.m3u8", Volume: -1}})
	watch(t, d, "playing", inPhase(player.Playing))
	d.Do(player.Command{Session: 1, Op: player.Seek, Position: 6 * time.Second})
	agree(t, watch(t, d, "seek", func(s player.Status) bool { return s.Position > 5*time.Second }), p)
}
