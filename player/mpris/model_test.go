package mpris

import (
	"testing"
	"time"
)

// base is some moment.
func base() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func TestModelFollowsRate(t *testing.T) {
	for _, rate := range []float64{0.5, 1, 1.25, 2} {
		m := model{}
		m.anchor(10*time.Second, base())
		m.roll(true, rate, base())
		want := 10*time.Second + time.Duration(4*rate*float64(time.Second))
		if got := m.now(base().Add(4 * time.Second)); got != want {
			t.Errorf("rate %v: %v, want %v", rate, got, want)
		}
		m.roll(false, rate, base().Add(4*time.Second))
		if got := m.now(base().Add(time.Hour)); got != want {
			t.Errorf("rate %v: %v an hour into the pause, want %v", rate, got, want)
		}
	}
}

func TestModelTellsJumps(t *testing.T) {
	tests := []struct {
		name string
		off  time.Duration
		step time.Duration
		want bool
	}{
		{"drift", 100 * time.Millisecond, 0, false},
		{"at the border", jump, 0, false},
		{"forward", jump + time.Millisecond, 0, true},
		{"back", -jump - time.Millisecond, 0, true},
		{"within a coarse step", 900 * time.Millisecond, time.Second, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := model{}
			m.anchor(time.Minute, base())
			m.roll(true, 1, base())
			now := base().Add(time.Second)
			if m.observe(time.Minute+time.Second+test.off, now, test.step) {
				t.Error("one reading was believed")
			}
			now = now.Add(certain)
			if got := m.observe(time.Minute+time.Second+certain+test.off, now, test.step); got != test.want {
				t.Errorf("jumped %v, want %v", got, test.want)
			}
		})
	}
}

func TestModelDoubtsASingleZero(t *testing.T) {
	m := model{}
	m.anchor(time.Minute, base())
	m.roll(true, 1, base())
	m.observe(0, base().Add(time.Second), 0)
	if got := m.now(base().Add(time.Second)); got != time.Minute+time.Second {
		t.Errorf("believed one 0: at %v", got)
	}
	m.observe(0, base().Add(1250*time.Millisecond), 0)
	if got := m.now(base().Add(1250 * time.Millisecond)); got != 0 {
		t.Errorf("did not believe the second 0: at %v", got)
	}
}

// TestModelDoubtsAFlash: mpv says another place for a moment.
func TestModelDoubtsAFlash(t *testing.T) {
	m := model{}
	m.anchor(time.Minute, base())
	m.roll(true, 1, base())
	m.observe(time.Hour, base().Add(time.Second), 0)
	m.observe(time.Hour, base().Add(1050*time.Millisecond), 0)
	if m.observe(time.Minute+1250*time.Millisecond, base().Add(1250*time.Millisecond), 0); m.doubt {
		t.Error("still in doubt")
	}
	if got := m.now(base().Add(2 * time.Second)); got != time.Minute+2*time.Second {
		t.Errorf("at %v after a flash, want where it was going", got)
	}
}

func TestModelSeesAStall(t *testing.T) {
	m := model{}
	m.anchor(time.Minute, base())
	m.roll(true, 1, base())
	for i := range 4 {
		now := base().Add(time.Duration(i) * 250 * time.Millisecond)
		m.observe(time.Minute, now, 0)
		if m.stalled(now, 0) {
			t.Fatalf("stalled after %v", now.Sub(base()))
		}
	}
	if now := base().Add(time.Second); !m.stalled(now, 0) {
		t.Error("not stalled after 1 s without movement")
	}
	m.observe(time.Minute+time.Millisecond, base().Add(time.Second), 0)
	if m.stalled(base().Add(time.Second), 0) {
		t.Error("still stalled after it moved")
	}
}

// TestModelFindsBackFromAFalsePlace: every fourth reading is two seconds too
// early, the model was anchored at one of those, and readings come fast.
func TestModelFindsBackFromAFalsePlace(t *testing.T) {
	m := model{rate: 1}
	m.anchor(8*time.Second, base())
	m.roll(true, 1, base())
	at := base()
	for i := range 40 {
		at = at.Add(60 * time.Millisecond)
		truth := 10*time.Second + at.Sub(base())
		if i%4 == 3 {
			m.observe(truth-2*time.Second, at, 0)
		} else {
			m.observe(truth, at, 0)
		}
	}
	if off := m.now(at) - 10*time.Second - at.Sub(base()); off.Abs() > spurious {
		t.Errorf("off by %v", off)
	}
}
