package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// slept is how long the machine has slept (suspend to RAM or to disk) since it
// was switched on: CLOCK_BOOTTIME counts sleep and CLOCK_MONOTONIC does not
// (clock_gettime(2)). A kernel that does not tell never sleeps.
func slept() time.Duration {
	awake, ok1 := clock(unix.CLOCK_MONOTONIC)
	all, ok2 := clock(unix.CLOCK_BOOTTIME)
	if !ok1 || !ok2 {
		return 0
	}
	return max(all-awake, 0)
}

func clock(id int32) (time.Duration, bool) {
	var t unix.Timespec
	err := unix.ClockGettime(id, &t)
	return time.Duration(t.Nano()), err == nil
}
