package main

import (
	"testing"
	"time"
)

func TestSleptStandsStillWhileTheMachineIsAwake(t *testing.T) {
	before := least()
	time.Sleep(50 * time.Millisecond)
	if d := (least() - before).Abs(); d > 20*time.Millisecond {
		t.Errorf("slept for %v in a test", d)
	}
}

// least is slept without what the machine did between its two clocks.
func least() time.Duration {
	d := slept()
	for range 1000 {
		d = min(d, slept())
	}
	return d
}
