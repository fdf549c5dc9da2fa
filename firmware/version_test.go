package firmware

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestCompare(t *testing.T) {
	older := []string{"", "1~rc1", "1~rc2", "1", "1.0", "1.9", "1.10", "1.10a", "1.10b", "2026.9", "2026.11", "2026.11.2", "99999999999999999999999"}
	for i, a := range older {
		for k, b := range older {
			got, want := Compare(a, b), i-k
			if got < 0 != (want < 0) || got > 0 != (want > 0) {
				t.Errorf("%q beside %q: %d", a, b, got)
			}
		}
	}
	if Compare("1.01", "1.1") != 0 {
		t.Error("a leading zero makes a difference")
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("1.0", "1.1~rc", "x")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if Compare(a, b) != -Compare(b, a) {
			t.Errorf("%q and %q: not the other way round", a, b)
		}
		if Compare(a, b) < 0 && Compare(b, c) < 0 && Compare(a, c) >= 0 {
			t.Errorf("%q < %q < %q, and yet", a, b, c)
		}
	})
}

func TestSumIsHex(t *testing.T) {
	sum := Sum{1, 2, 0xff}
	data, err := json.Marshal(map[string]Sum{"x": sum})
	if err != nil || !strings.Contains(string(data), `"0102ff00`) {
		t.Fatalf("%s %v", data, err)
	}
	var back map[string]Sum
	if err := json.Unmarshal(data, &back); err != nil || back["x"] != sum {
		t.Fatalf("%v %v", back, err)
	}
	for _, bad := range []string{`"01"`, `"` + strings.Repeat("g", 64) + `"`, `"` + strings.Repeat("0", 66) + `"`, `7`} {
		if json.Unmarshal([]byte(bad), &sum) == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
