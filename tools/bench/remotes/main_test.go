package main

import (
	"strings"
	"testing"
	"time"
)

const guest = `VM kernel 6.12
    latency_test.go:58: key (evdev) to the call on D-Bus: p50 773.89µs, p95 910.942µs, p99 1.101132ms, most 2.850036ms of 200
    latency_test.go:58: key (CEC) to the call on D-Bus: p50 776.876µs, p95 909.356µs, p99 5.1s, most 4.440133ms of 200
VM ok idle it takes 25 MB of memory, less than 30
VM ok with a film on it takes 31 MB of memory, less than 36
VM note: frames in an hour at rest: 0
`

const test = `    power_test.go:44: wake to moving picture: mpv had moved 40 ms of film when it was looked at, 93ms after the command began
    power_test.go:44: wake to moving picture: mpv had moved 50 ms of film when it was looked at, 1.102s after the command began
`

func TestRead(t *testing.T) {
	f, err := read(guest, test)
	if err != nil {
		t.Fatal(err)
	}
	if f.idle != 25 || f.film != 31 || f.frames != 0 || f.keys["evdev"].p99 != 1101132*time.Nanosecond || len(f.wakes) != 2 || f.wakes[1] != 1102 {
		t.Errorf("read %+v", f)
	}
	text := f.report(time.Minute)
	if n := strings.Count(text, "| missed |"); n != 2 {
		t.Errorf("%d budgets missed, want those of CEC and of waking:\n%s", n, text)
	}
}

func TestWhatIsMissingIsAnError(t *testing.T) {
	for _, without := range []string{"evdev", "(CEC)", "idle it", "film on it", "an hour"} {
		if _, err := read(strings.ReplaceAll(guest, without, "x"), test); err == nil {
			t.Errorf("without %q: no error", without)
		}
	}
	if _, err := read(guest, ""); err == nil {
		t.Error("without a wake: no error")
	}
}
