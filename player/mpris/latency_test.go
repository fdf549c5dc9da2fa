package mpris_test

import (
	"os"
	"slices"
	"testing"
	"time"

	"usher/internal/dbustest"
	"usher/player"
	"usher/player/mpris"
	"usher/player/playertest"
)

// TestCommandReachesThePlayerAtOnce measures from Do to the arrival of the
// D-Bus call in the player, over dbus-daemon. The budget of the design is 5 ms
// at p99 on a quiet machine: the log says what it was on this one.
func TestCommandReachesThePlayerAtOnce(t *testing.T) {
	address := dbustest.Start(t).Address()
	p := playertest.NewPlayer(playertest.Options{Address: address, Logger: logger(t)})
	d := mpris.New(mpris.Options{Bus: address, Match: mpris.Match{PID: os.Getpid}, Logger: logger(t)})
	running(t, p.Run)
	running(t, d.Run)
	d.Do(player.Command{Session: 1, Op: player.Open, Media: player.Media{URL: stream(t) + "/index.m3u8", Volume: -1}})
	watch(t, d, "playing", inPhase(player.Playing))
	var took []time.Duration
	for i := range 200 {
		op, member, want := player.Pause, "Pause", player.Paused
		if i%2 == 1 {
			op, member, want = player.Play, "Play", player.Playing
		}
		before := p.Calls(member)
		begun := time.Now()
		d.Do(player.Command{Session: 1, Op: op})
		for p.Calls(member) == before {
			if time.Since(begun) > time.Minute {
				t.Fatalf("%s is never called", member)
			}
			time.Sleep(20 * time.Microsecond)
		}
		took = append(took, time.Since(begun))
		watch(t, d, want.String(), inPhase(want))
	}
	slices.Sort(took)
	t.Logf("Do to D-Bus call: p50 %v, p99 %v, max %v", took[len(took)/2], took[len(took)*99/100], took[len(took)-1])
}

// TestMPVRoundTrips prints what the README and the budgets quote.
func TestMPVRoundTrips(t *testing.T) {
	d, l := mpv(t, true)
	await[player.Ready](t, d)
	begun := time.Now()
	d.Do(player.Command{Session: 1, Op: player.Open, Media: player.Media{URL: origin(t) + "/index.m3u8", Volume: -1}})
	watch(t, d, "playing", inPhase(player.Playing))
	t.Logf("open to playing: %v", time.Since(begun))
	var pauses, seeks []time.Duration
	for i := range 20 {
		begun = time.Now()
		d.Do(player.Command{Session: 1, Op: player.Pause})
		watch(t, d, "paused", inPhase(player.Paused))
		pauses = append(pauses, time.Since(begun))
		to := time.Duration(i%2+1) * 4 * time.Second
		begun = time.Now()
		d.Do(player.Command{Session: 1, Op: player.Seek, Position: to})
		watch(t, d, "seek", func(s player.Status) bool { return (s.Position - to).Abs() < 500*time.Millisecond })
		seeks = append(seeks, time.Since(begun))
		d.Do(player.Command{Session: 1, Op: player.Play})
		watch(t, d, "playing", inPhase(player.Playing))
	}
	slices.Sort(pauses)
	slices.Sort(seeks)
	t.Logf("pause: median %v, max %v", pauses[10], pauses[19])
	t.Logf("seek: median %v, max %v", seeks[10], seeks[19])
	begun = time.Now()
	l.Kill()
	await[player.Lost](t, d)
	t.Logf("kill to lost: %v", time.Since(begun))
	await[player.Ready](t, d)
	t.Logf("kill to ready: %v", time.Since(begun))
}
