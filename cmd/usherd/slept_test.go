package main

import (
	"testing"
	"time"
)

func TestSleptStandsStillWhileTheMachineIsAwake(t *testing.T) {
	before := slept()
	time.Sleep(50 * time.Millisecond)
	if d := (slept() - before).Abs(); d > 20*time.Millisecond {
		t.Errorf("slept for %v in a test", d)
	}
}
