package main

import (
	"testing"

	"usher/device/uplink"
)

// TestMeteredAsChosen: what somebody says counts more than what NetworkManager
// guesses.
func TestMeteredAsChosen(t *testing.T) {
	var told bool
	m := metering{tell: func(paid bool) { told = paid }}
	for _, tc := range []struct {
		choice string
		answer uplink.Answer
		want   bool
	}{
		{"auto", uplink.Unknown, false},
		{"auto", uplink.Paid, true},
		{"auto", uplink.Free, false},
		{"no", uplink.Paid, false},
		{"yes", uplink.Free, true},
	} {
		m.choose(tc.choice)
		m.hear(tc.answer)
		if m.paid.Load() != tc.want || told != tc.want {
			t.Errorf("%s, NetworkManager says %v: %v, told %v", tc.choice, tc.answer, m.paid.Load(), told)
		}
	}
}
