package mpris

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"usher/player"
)

func TestStyleInMpvsWords(t *testing.T) {
	usual := player.SubtitleStyle{Scale: 1, Color: 0xffffff, Opacity: 1, SDR: 1, HDR: 0.5}
	value := func(s player.SubtitleStyle, hdr bool) map[string]any {
		out := map[string]any{}
		for _, o := range styled(s, hdr) {
			out[o.name] = o.value
		}
		return out
	}
	if diff := cmp.Diff(map[string]any{
		"sub-scale": 1.0, "sub-font": "sans-serif", "sub-color": "#FFFFFFFF", "sub-border-color": "#FF000000",
		"sub-border-size": 3.0, "sub-shadow-offset": 0.0, "sub-shadow-color": "#CC000000", "sub-back-color": "#00000000",
	}, value(usual, false)); diff != "" {
		t.Errorf("the usual style (-want +got):\n%s", diff)
	}
	if got := value(usual, true)["sub-color"]; got != "#FF808080" {
		t.Errorf("over HDR the letters are %v, want half as bright", got)
	}
	for e, want := range map[player.Edge][2]float64{player.Shadow: {0, 3}, player.Raised: {0.6, 1.8}, player.Depressed: {0.6, -1.8}, player.NoEdge: {0, 0}} {
		s := usual
		s.Edge, s.Opacity = e, 0.5
		got := value(s, false)
		if got["sub-border-size"] != want[0] || got["sub-shadow-offset"] != want[1] || got["sub-color"] != "#80FFFFFF" {
			t.Errorf("edge %d: %v", e, got)
		}
	}
	boxed := usual
	boxed.Density, boxed.Plate, boxed.Edge, boxed.Scale, boxed.Font = 0.75, 0x0000ff, player.Shadow, 9, "serif"
	got := value(boxed, false)
	if got["sub-back-color"] != "#BF0000FF" || got["sub-shadow-offset"] != boxRoom || got["sub-border-size"] != 0.0 || got["sub-scale"] != 2.0 {
		t.Errorf("with a box behind the letters: %v", got)
	}
}
