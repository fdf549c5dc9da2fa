package player

import (
	"testing"
	"time"
)

func TestPositionAt(t *testing.T) {
	at := time.Date(2026, 11, 21, 20, 15, 0, 0, time.UTC)
	for _, tc := range []struct {
		name  string
		s     Status
		after time.Duration
		want  time.Duration
	}{
		{"advances while playing", Status{Phase: Playing, Rate: 1, Position: time.Minute, At: at}, 3 * time.Second, 63 * time.Second},
		{"with the rate", Status{Phase: Playing, Rate: 1.5, Position: time.Minute, At: at}, 2 * time.Second, 63 * time.Second},
		{"stands while paused", Status{Phase: Paused, Rate: 1, Position: time.Minute, At: at}, time.Hour, time.Minute},
		{"stands while buffering", Status{Phase: Buffering, Rate: 1, Position: time.Minute, At: at}, time.Hour, time.Minute},
		{"ends at the end", Status{Phase: Playing, Rate: 1, Position: time.Minute, At: at, Duration: 62 * time.Second}, time.Hour, 62 * time.Second},
		{"never before the beginning", Status{Phase: Playing, Rate: 1, Position: time.Second, At: at}, -time.Minute, 0},
		{"never read", Status{Phase: Playing, Rate: 1, Position: time.Second}, time.Minute, time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.s.PositionAt(at.Add(tc.after)); got != tc.want {
				t.Fatalf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestPhaseNames(t *testing.T) {
	seen := map[string]bool{}
	for p := Idle; p <= Failed; p++ {
		if p.String() == "unknown" || seen[p.String()] {
			t.Errorf("phase %d is called %q", p, p)
		}
		seen[p.String()] = true
	}
	if Phase(200).String() != "unknown" {
		t.Error("a phase that does not exist has a name")
	}
}

func TestPreferredCaptions(t *testing.T) {
	m := Media{Captions: []Captions{{Language: "en"}, {Language: "zh-Hans"}, {Language: "de"}}}
	for _, test := range []struct {
		want  []string
		index int
	}{{nil, -1}, {[]string{"th"}, -1}, {[]string{"th", "de"}, 2}, {[]string{"zh-CN"}, 1}, {[]string{"EN"}, 0}} {
		m.Subtitle = test.want
		if got := m.Preferred(); got != test.index {
			t.Errorf("%v: %d, want %d", test.want, got, test.index)
		}
	}
}
