// Package conntest is the conformance suite of player.Conn: what every driver
// does with every player, fake or real. It is for tests only; it blocks as long
// as its tests take, about ten seconds, and leaves nothing behind.
package conntest

import (
	"testing"
	"time"

	"usher/player"
)

// Setup is a driver that runs, and what there is to play. The maker cleans up
// with t.Cleanup.
type Setup struct {
	Conn    player.Conn
	Film    string        // address of an HLS title that the player can decode
	Other   string        // another address of the same title
	Missing string        // an address that is answered with 404
	Length  time.Duration // of the title, at least 10 s
	Endless bool          // the player does not say how long the title is
	Mute    bool          // the player has no sound output here, and takes no volume without
	Kill    func()        // ends the player as a crash would; nil: not tested
}

// TestConn runs the suite; makeConn is called once for each test.
func TestConn(t *testing.T, makeConn func(*testing.T) Setup) {
	tests := []struct {
		name string
		run  func(*bench)
	}{
		{"PlaysFromTheStart", playsFromTheStart},
		{"StartsWhereAsked", startsWhereAsked},
		{"OpensHeld", opensHeld},
		{"PausesAndContinues", pausesAndContinues},
		{"SeeksWhilePlaying", seeksWhilePlaying},
		{"SeekBurstEndsAtTheLast", seekBurst},
		{"SeekBeyondTheEndStaysInside", seekBeyond},
		{"SetsVolume", setsVolume},
		{"SetsRate", setsRate},
		{"EndsAtTheEnd", endsAtTheEnd},
		{"FailsWithReason", failsWithReason},
		{"DropsOlderSessions", dropsOlder},
		{"ReplacesTitle", replacesTitle},
		{"PlaysTheSameAgain", playsTheSameAgain},
		{"StopGoesIdle", stopGoesIdle},
		{"LosesAndFindsThePlayer", losesAndFinds},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := &bench{T: t, Setup: makeConn(t)}
			test.run(b)
		})
	}
}

// patience is how long anything may take on a machine that has much else to do.
const patience = time.Minute

// near is how exactly a seek lands.
const near = 500 * time.Millisecond

// bench is one test.
type bench struct {
	*testing.T
	Setup
	info player.Info
	last player.Status
}

// until reads events up to one that want accepts.
func (b *bench) until(what string, want func(player.Event) bool) {
	b.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		select {
		case e, ok := <-b.Conn.Events():
			if !ok {
				b.Fatalf("events ended while waiting for %s", what)
			}
			b.note(e)
			if want(e) {
				return
			}
		case <-limit.C:
			b.Fatalf("no %s within %v; last status %+v", what, patience, b.last)
		}
	}
}

func (b *bench) note(e player.Event) {
	switch e := e.(type) {
	case player.Ready:
		b.info, b.last = e.Info, player.Status{}
	case player.Changed:
		if e.Status.Session < b.last.Session {
			b.Errorf("session went back from %d to %d", b.last.Session, e.Status.Session)
		}
		b.last = e.Status
		b.Logf("session %d %v %v of %v, reason %q", e.Status.Session, e.Status.Phase, e.Status.Position, e.Status.Duration, e.Status.Reason)
	}
}

// status waits for a status that want accepts; it may be there already.
func (b *bench) status(what string, want func(player.Status) bool) {
	b.Helper()
	if want(b.last) {
		return
	}
	b.until(what, func(e player.Event) bool {
		c, ok := e.(player.Changed)
		return ok && want(c.Status)
	})
}

// phase waits for a phase of a session.
func (b *bench) phase(session uint64, p player.Phase) {
	b.Helper()
	b.status(p.String(), func(s player.Status) bool { return s.Session == session && s.Phase == p })
}

func (b *bench) ready() {
	b.Helper()
	b.until("ready", func(e player.Event) bool { _, ok := e.(player.Ready); return ok })
}

func (b *bench) do(session uint64, op player.Op) {
	b.Conn.Do(player.Command{Session: session, Op: op})
}

func (b *bench) seek(to time.Duration) {
	b.Conn.Do(player.Command{Session: 1, Op: player.Seek, Position: to})
}

// open opens the film as session 1 and waits until it plays.
func (b *bench) open(m player.Media) {
	b.Helper()
	if m.URL == "" {
		m.URL = b.Film
	}
	m.Volume = -1
	b.Conn.Do(player.Command{Session: 1, Op: player.Open, Media: m})
	if m.Paused {
		b.phase(1, player.Paused)
		return
	}
	b.phase(1, player.Playing)
}

// at waits for a position near want, in a phase. A picture that moves may have
// come further by the time it is seen: as far as time went on, and no more.
func (b *bench) at(want time.Duration, p player.Phase) {
	b.Helper()
	asked := time.Now()
	b.status("position "+want.String(), func(s player.Status) bool {
		late := time.Duration(0)
		if p == player.Playing {
			late = time.Since(asked)
		}
		return s.Phase == p && s.Position >= want-near && s.Position <= want+near+late
	})
}
