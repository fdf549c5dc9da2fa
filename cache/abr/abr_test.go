package abr

import (
	"testing"
	"time"
)

// six is the ladder of the house's measurements.
func six() []Rung {
	return []Rung{
		{Bandwidth: 300_000, Height: 240},
		{Bandwidth: 700_000, Height: 360},
		{Bandwidth: 1_200_000, Height: 480},
		{Bandwidth: 2_500_000, Height: 720},
		{Bandwidth: 4_500_000, Height: 1080},
		{Bandwidth: 8_000_000, Height: 1080},
	}
}

func link(rate int) Estimate {
	return Estimate{Rate: rate, Fast: rate, Spread: 0.2, Latency: 50 * time.Millisecond, Samples: 20}
}

func TestGoldenDecisions(t *testing.T) {
	playing := func(rate int, buffer time.Duration, last int) Situation {
		return Situation{Ladder: six(), Link: link(rate), Segment: 4 * time.Second, Buffer: buffer, Full: 90 * time.Second, Last: last, Since: time.Minute}
	}
	for _, tc := range []struct {
		name string
		s    Situation
		want Choice
	}{
		{"nothing is known: small enough to be there in a second at 2.5 Mb/s", Situation{Ladder: six(), Last: -1}, Choice{Rung: 0, Why: Cold}},
		{"a known fast link begins high", Situation{Ladder: six(), Link: link(50_000_000), Last: -1}, Choice{Rung: 5, Why: Beginning}},
		{"a fast link and a full buffer", playing(50_000_000, time.Minute, 5), Choice{Rung: 5, Why: Top}},
		{"nothing held and a slow link", playing(200_000, 0, 2), Choice{Rung: 0, Why: Emergency}},
	} {
		if got := Next(tc.s); got != tc.want {
			t.Errorf("%s: %+v, want %+v: %s", tc.name, got, tc.want, tc.s.Explain(got))
		}
	}
}
