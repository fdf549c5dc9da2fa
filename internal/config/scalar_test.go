package config

import (
	"encoding"
	"fmt"
	"testing"
	"time"
)

func TestScalars(t *testing.T) {
	type scalar interface {
		fmt.Stringer
		encoding.TextUnmarshaler
		encoding.TextMarshaler
	}
	for _, tc := range []struct {
		to   scalar
		in   string
		want string // "" when it must be refused
		n    int64
	}{
		{new(Size), "64MiB", "64MiB", 64 << 20},
		{new(Size), "0.5 GiB", "512MiB", 512 << 20},
		{new(Size), "2gb", "2GB", 2e9},
		{new(Size), "1500", "1500B", 1500},
		{new(Size), "0", "0B", 0},
		{new(Size), "1024TiB", "1024TiB", 1 << 50},
		{new(Size), "1025TiB", "", 0},
		{new(Size), "-1B", "", 0},
		{new(Size), "1e3", "", 0},
		{new(Size), "MiB", "", 0},
		{new(Size), "", "", 0},
		{new(Size), "inf", "", 0},
		{new(Size), "1.2.3B", "", 0},
		{new(Rate), "3.5mbit", "3.5mbit", 3_500_000},
		{new(Rate), "800kbit", "800kbit", 800_000},
		{new(Rate), "1GBIT", "1gbit", 1e9},
		{new(Rate), "1234567", "1234567bit", 1_234_567},
		{new(Rate), "5bit", "5bit", 5},
		{new(Rate), "3mb", "", 0},
		{new(Rate), "-3mbit", "", 0},
		{new(Duration), "90s", "1m30s", int64(90 * time.Second)},
		{new(Duration), "120s", "2m", int64(2 * time.Minute)},
		{new(Duration), "1h", "1h", int64(time.Hour)},
		{new(Duration), "1h10m", "1h10m", int64(70 * time.Minute)},
		{new(Duration), "0s", "0s", 0},
		{new(Duration), "90", "", 0},
		{new(Duration), "-1s", "", 0},
	} {
		err := tc.to.UnmarshalText([]byte(tc.in))
		if tc.want == "" {
			if err == nil {
				t.Errorf("%T %q: accepted as %v", tc.to, tc.in, tc.to)
			}
			continue
		}
		text, _ := tc.to.MarshalText()
		if err != nil || string(text) != tc.want || value(tc.to) != tc.n {
			t.Errorf("%T %q = %s (%d), %v; want %s (%d)", tc.to, tc.in, text, value(tc.to), err, tc.want, tc.n)
		}
	}
}

func value(v any) int64 {
	switch v := v.(type) {
	case *Size:
		return int64(*v)
	case *Rate:
		return int64(*v)
	case *Duration:
		return int64(*v)
	}
	return -1
}
