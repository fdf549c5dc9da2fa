//go:build linux

package main

import (
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	for line, want := range map[string]press{
		"59":         {59, usual},
		" 116 2s\n":  {116, 2 * time.Second},
		"65535 0s":   {65535, 0},
		"28 60000ms": {28, time.Minute},
	} {
		if got, err := parse(line); err != nil || got != want {
			t.Errorf("%q is %v, %v; want %v", line, got, err, want)
		}
	}
	for _, line := range []string{"", "F1", "65536", "-1", "59 long", "59 -1s", "59 2m", "59 1s 2s"} {
		if got, err := parse(line); err == nil {
			t.Errorf("%q is %v", line, got)
		}
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"LNT"}, {"LNT", "ok"}} {
		if err := run(args, nil); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}
