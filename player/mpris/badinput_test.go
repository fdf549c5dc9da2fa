package mpris_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"usher/internal/dbustest"
	"usher/player"
	"usher/player/mpris"
	"usher/player/playertest"
)

// What a bad player, a bad bus or a bad stream does to the driver, on a real
// D-Bus daemon. Each case ends in a known state, with a reason, within the time
// that watch and await allow. Real mpv: trouble_test.go; a player that stops to
// answer: TestMPVThatHangsIsReplaced and TestHungPlayerIsGivenUp.

// bad is a driver and a player with quirks on a real bus. The player is
// brought back whenever it ends.
func bad(t *testing.T, q playertest.Quirks) (*mpris.Driver, *playertest.Player) {
	t.Helper()
	address := dbustest.Start(t).Address()
	p := playertest.NewPlayer(playertest.Options{Address: address, Quirks: q, Logger: logger(t)})
	d := mpris.New(mpris.Options{Bus: address, Match: mpris.Match{Name: playertest.SimulatedName}, OpenTimeout: 5 * time.Second, Logger: logger(t)})
	running(t, func(ctx context.Context) error { return again(ctx, p) })
	running(t, d.Run)
	await[player.Ready](t, d)
	return d, p
}

// again runs p until ctx ends.
func again(ctx context.Context, p *playertest.Player) error {
	for ctx.Err() == nil {
		_ = p.Run(ctx) // it ends with every death of the player, and of the bus
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return nil
}

// title serves n segments of so many seconds; those from lost on are not there.
func title(t *testing.T, n, seconds, lost int) string {
	t.Helper()
	var list strings.Builder
	fmt.Fprintf(&list, "#EXTM3U\n#EXT-X-TARGETDURATION:%d\n", seconds)
	for i := range n {
		fmt.Fprintf(&list, "#EXTINF:%d,\n%d.ts\n", seconds, i)
	}
	list.WriteString("#EXT-X-ENDLIST\n")
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var i int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d.ts", &i); err == nil && i >= lost {
			http.NotFound(w, r)
			return
		}
		_, _ = fmt.Fprint(w, list.String())
	}))
	t.Cleanup(s.Close)
	return s.URL + "/index.m3u8"
}

func open(d *mpris.Driver, session uint64, url string) {
	d.Do(player.Command{Session: session, Op: player.Open, Media: player.Media{URL: url, Volume: -1}})
}

// TestBadPlayersPlayAnEvening: what they say is wrong; what is said of them is
// right.
func TestBadPlayersPlayAnEvening(t *testing.T) {
	for name, q := range map[string]playertest.Quirks{
		"wrong types":         {Narrow: true, TextTrack: true},
		"signals by the hour": {Storm: true, SeekedStorm: true, Echo: true},
		"position jumps back": {JumpsBack: true},
		"length 0":            {NoLength: true},
		"absurd length":       {MadLength: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, p := bad(t, q)
			evening(t, d, p, title(t, 6, 2, 6))
		})
	}
}

// TestNonsenseIsNoFilm: nothing the player says can be understood, so the title
// is given up in time, and the next one is tried.
func TestNonsenseIsNoFilm(t *testing.T) {
	t.Parallel()
	d, p := bad(t, playertest.Quirks{Nonsense: true})
	film := title(t, 6, 2, 6)
	open(d, 1, film)
	if got := watch(t, d, "failure", inPhase(player.Failed)); got.Reason != player.ReasonOpenTimeout {
		t.Errorf("reason %q", got.Reason)
	}
	p.SetQuirks(playertest.Quirks{})
	open(d, 2, film)
	watch(t, d, "the next title", func(s player.Status) bool { return s.Session == 2 && s.Phase == player.Playing })
}

// TestSignalsDoNotDrownCommands: twenty thousand signals are read, but not each
// is followed by a question, and a pause is not held up by them.
func TestSignalsDoNotDrownCommands(t *testing.T) {
	t.Parallel()
	d, p := bad(t, playertest.Quirks{})
	open(d, 1, title(t, 6, 2, 6))
	watch(t, d, "playing", inPhase(player.Playing))
	before, flooded := p.Calls("GetAll"), make(chan struct{})
	go func() { defer close(flooded); p.Flood(20_000) }()
	d.Do(player.Command{Session: 1, Op: player.Pause})
	watch(t, d, "pause", inPhase(player.Paused))
	<-flooded
	if n := p.Calls("GetAll") - before; n > 1000 {
		t.Errorf("%d questions after 20,000 signals", n)
	}
	d.Do(player.Command{Session: 1, Op: player.Seek, Position: 6 * time.Second})
	got := watch(t, d, "seek", func(s player.Status) bool { return s.Phase == player.Paused && s.Position > 5*time.Second })
	agree(t, got, p)
}

func TestDeathInTheMiddleOfOpenUri(t *testing.T) {
	t.Parallel()
	d, p := bad(t, playertest.Quirks{DiesOnOpen: true})
	film := title(t, 6, 2, 6)
	open(d, 1, film)
	await[player.Lost](t, d)
	p.SetQuirks(playertest.Quirks{})
	await[player.Ready](t, d)
	open(d, 2, film)
	watch(t, d, "playing", func(s player.Status) bool { return s.Session == 2 && s.Phase == player.Playing })
}

// TestTwoPlayersClaimTheName: the one that has it is driven; the other one when
// the first is gone.
func TestTwoPlayersClaimTheName(t *testing.T) {
	t.Parallel()
	address := dbustest.Start(t).Address()
	named := func(identity string) *playertest.Player {
		return playertest.NewPlayer(playertest.Options{Address: address, Identity: identity, Logger: logger(t)})
	}
	first, second := named("first"), named("second")
	d := mpris.New(mpris.Options{Bus: address, Match: mpris.Match{Name: playertest.SimulatedName}, Logger: logger(t)})
	life, die := context.WithCancel(t.Context())
	running(t, func(context.Context) error { return first.Run(life) })
	running(t, d.Run)
	await[player.Ready](t, d)
	open(d, 1, title(t, 6, 2, 6))
	watch(t, d, "playing", inPhase(player.Playing))
	vain, giveUp := context.WithTimeout(t.Context(), time.Second)
	defer giveUp()
	_ = second.Run(vain)
	if first.State().Status != "Playing" || second.Calls("GetAll")+second.Calls("OpenUri") != 0 {
		t.Errorf("the first is %v, the second was called %d times", first.State().Status, second.Calls("GetAll"))
	}
	die()
	await[player.Lost](t, d)
	running(t, func(ctx context.Context) error { return again(ctx, second) })
	if got := await[player.Ready](t, d); got.Info.Identity != "second" {
		t.Errorf("driving %q", got.Info.Identity)
	}
}

// TestBusGoesAway: the daemon is killed in mid-film and comes back.
func TestBusGoesAway(t *testing.T) {
	t.Parallel()
	bus := dbustest.Start(t)
	address := bus.Address()
	p := playertest.NewPlayer(playertest.Options{Address: address, Logger: logger(t)})
	d := mpris.New(mpris.Options{Bus: address, Match: mpris.Match{Name: playertest.SimulatedName}, Logger: logger(t)})
	running(t, func(ctx context.Context) error { return again(ctx, p) })
	running(t, d.Run)
	await[player.Ready](t, d)
	film := title(t, 6, 2, 6)
	open(d, 1, film)
	watch(t, d, "playing", inPhase(player.Playing))
	bus.Stop()
	await[player.Lost](t, d)
	open(d, 2, film) // to nobody: must not block
	if err := bus.Restart(); err != nil {
		t.Fatal(err)
	}
	await[player.Ready](t, d)
	open(d, 3, film)
	watch(t, d, "playing", func(s player.Status) bool { return s.Session == 3 && s.Phase == player.Playing })
}

func TestTwelveHours(t *testing.T) {
	t.Parallel()
	d, p := bad(t, playertest.Quirks{})
	open(d, 1, title(t, 720, 60, 720))
	got := watch(t, d, "playing", inPhase(player.Playing))
	if got.Duration != 12*time.Hour {
		got = watch(t, d, "the length", func(s player.Status) bool { return s.Duration == 12*time.Hour })
	}
	late := 12*time.Hour - 2*time.Minute
	d.Do(player.Command{Session: 1, Op: player.Seek, Position: late})
	got = watch(t, d, "seek", func(s player.Status) bool { return s.Position >= late })
	agree(t, got, p)
}

func TestStreamBreaksOffInTheMiddle(t *testing.T) {
	t.Parallel()
	d, _ := bad(t, playertest.Quirks{})
	open(d, 1, title(t, 30, 4, 4))
	watch(t, d, "playing", inPhase(player.Playing))
	if got := watch(t, d, "failure", inPhase(player.Failed)); got.Reason != player.ReasonStream || got.Position > 16*time.Second {
		t.Errorf("%q at %v", got.Reason, got.Position)
	}
}
