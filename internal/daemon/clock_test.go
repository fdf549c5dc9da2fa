package daemon

import (
	"testing"
	"time"

	"usher/device/cec"
	"usher/internal/box"
	"usher/player"
)

// TestClockRunsOnOneLine: between any two of its times the wall clock moved as
// the monotonic one did, to the nanosecond.
func TestClockRunsOnOneLine(t *testing.T) {
	c := newClock()
	first := c.now()
	for range 1000 {
		next := c.now()
		if c.steps != 0 {
			t.Skipf("SKIP: the machine's clock was set %d times meanwhile", c.steps)
		}
		if wall, run := next.Round(0).Sub(first.Round(0)), next.Sub(first); wall != run {
			t.Fatalf("the wall clock moved by %v, the other by %v", wall, run)
		}
	}
}

// TestClockFollowsWhenItIsSet has somebody set the clock by an hour.
func TestClockFollowsWhenItIsSet(t *testing.T) {
	c := newClock()
	before := c.anchor
	c.apart = func(time.Time, time.Time) time.Duration { return -time.Hour }
	if now := c.now(); c.steps != 1 || c.anchor != now || c.anchor == before {
		t.Errorf("%d steps, on the line of %v", c.steps, c.anchor)
	}
	c.apart = func(time.Time, time.Time) time.Duration { return stepLeast }
	if c.now(); c.steps != 1 {
		t.Error("a little counts as a step")
	}
}

func TestTimesOfEdgesAreSettled(t *testing.T) {
	c := newClock()
	at := time.Now()
	e, ok := c.settle(box.PlayerChanged{Event: player.Changed{Status: player.Status{At: at, Rate: 1}}}).(box.PlayerChanged)
	if !ok {
		t.Fatal("another event")
	}
	changed, ok := e.Event.(player.Changed)
	if !ok || changed.Status.Rate != 1 || changed.Status.At.Round(0) != c.anchor.Round(0).Add(at.Sub(c.anchor)) {
		t.Errorf("settled to %+v", e)
	}
	key, ok := c.settle(box.TVReported{Report: cec.KeyReport{At: at}}).(box.TVReported)
	if !ok || key.Report.(cec.KeyReport).At.Round(0) != c.anchor.Round(0).Add(at.Sub(c.anchor)) {
		t.Errorf("settled to %+v", key)
	}
	date := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	opened, ok := c.settle(box.OriginOpened{Window: box.LiveWindow{At: date}, URL: "x"}).(box.OriginOpened)
	if !ok || opened.Window.At != date || opened.URL != "x" {
		t.Errorf("a date became %+v", opened)
	}
	if e := c.settle(box.PauseRequested{}); e != (box.PauseRequested{}) {
		t.Errorf("%+v", e)
	}
	if e := c.settle(box.PlayerChanged{}); e != (box.PlayerChanged{}) {
		t.Errorf("%+v", e)
	}
}
