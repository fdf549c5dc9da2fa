package abr

import (
	"testing"
	"time"
)

// TestLowsAreTheWorstStretches: ten minutes of 4 Mb/s with five bad seconds.
func TestLowsAreTheWorstStretches(t *testing.T) {
	var w lows
	for i := range 600 {
		bits := 4e6
		if i >= 595 {
			bits = 0.4e6
		}
		w.add(bits, 1, 4e6)
	}
	got := w.figures()
	for i, want := range []int{400_000, 400_000, (5*400_000 + 3*4_000_000) / 8, (5*400_000 + 11*4_000_000) / 16} {
		if !near10(got[i], want) {
			t.Errorf("%d s: %d bit/s, want about %d", 2<<i, got[i], want)
		}
	}
	for range 3000 { // most of an hour later
		w.add(4e6, 1, 4e6)
	}
	if got := w.figures(); got[0] < 3_900_000 {
		t.Errorf("never forgotten: %v", got)
	}
}

// TestLowsOfPartsOfSeconds: what comes in any pieces gives the same figures.
func TestLowsOfPartsOfSeconds(t *testing.T) {
	var w lows
	for range 700 {
		w.add(0.7*3e6, 0.7, 3e6)
	}
	for i, got := range w.figures() {
		if !near10(got, 3_000_000) {
			t.Errorf("%d s: %d bit/s", 2<<i, got)
		}
	}
	var young lows
	young.add(9e6, 3, 3e6)
	if got := young.figures(); !near10(got[0], 3_000_000) || got[1] != 0 {
		t.Errorf("after three seconds: %v", got)
	}
}

// TestOutagesAreLowsAndNoRates: 22 s of a minute's silence are among the lows,
// 4 s of it in the rate.
func TestOutagesAreLowsAndNoRates(t *testing.T) {
	m, now := &Meter{}, time.Unix(1_800_000_000, 0)
	now = run(m, now, 4_000_000, 2*time.Minute)
	f := m.Begin(now)
	f.Bytes(now.Add(50*time.Millisecond), 1000)
	now = now.Add(time.Minute)
	f.Bytes(now, 1000)
	f.End(now)
	now = run(m, now, 4_000_000, 10*time.Second)
	e := m.Estimate(now)
	if e.Low[3] > 200_000 || e.Low[4] > 2_000_000 || e.Long < 3_000_000 || e.Heard < 2*time.Minute {
		t.Errorf("%+v", e)
	}
}

// TestOneLinkIsNotAnother: with the same mean and the same held, less is taken
// of a link that had bad minutes.
func TestOneLinkIsNotAnother(t *testing.T) {
	steady := playing(8_000_000, 22*time.Second, 3)
	steady.Full = 40 * time.Second
	rough := steady
	for i := range rough.Link.Low {
		rough.Link.Low[i] = 500_000
	}
	if a, b := Next(steady), Next(rough); a.Rung <= b.Rung {
		t.Errorf("steady: %d, rough: %d", a.Rung, b.Rung)
	}
}

// TestAMinuteIsKept: with half a window no rung is begun that takes more than
// three fifths of the link, because an outage is not announced; with a full one,
// and near the end, it is.
func TestAMinuteIsKept(t *testing.T) {
	s := playing(3_900_000, 30*time.Second, 2)
	if got := Next(s); got.Rung != 2 {
		t.Errorf("takes %+v with 30 s held", got)
	}
	s = playing(5_500_000, 50*time.Second, 2)
	if got := Next(s); got.Rung > 3 {
		t.Errorf("takes %+v with 50 s held", got)
	}
	s.Buffer, s.Last = 88*time.Second, 4
	if got := Next(s); got.Rung != 5 {
		t.Errorf("takes %+v with a full window", got)
	}
	s.Buffer, s.Left = 50*time.Second, 20*time.Second
	if got := Next(s); got.Rung != 5 {
		t.Errorf("takes %+v with 20 s to come", got)
	}
}

// TestMemoryIsNoReasonForLess: what does not fit into the box's memory is not
// waited for, so a fast link has its best picture there too.
func TestMemoryIsNoReasonForLess(t *testing.T) {
	s := playing(12_000_000, 18*time.Second, 4)
	if got := Next(s); got.Rung == 5 {
		t.Errorf("with room for 90 s, and 18 s held: %+v", got)
	}
	s.Room = 20 << 20 // 21 s
	if got := Next(s); got.Rung != 5 {
		t.Errorf("with room for 21 s, and 18 s held: %+v", got)
	}
}
