package playback

import (
	"testing"
	"time"

	"usher/device/cec"
)

// BenchmarkKey is a press and its release, from frames to reports.
func BenchmarkKey(b *testing.B) {
	now := time.Unix(0, 0)
	s := New(Default())
	for _, in := range []any{cec.SetPower{}, cec.Attached{}, cec.Claimed{Physical: 0x1000, Logical: cec.Playback1}} {
		s, _ = Next(s, now, in)
	}
	press := cec.Message{From: cec.TV, To: cec.Playback1, Body: cec.UserControlPressed{Code: cec.UIPause}}.Frame()
	release := cec.Message{From: cec.TV, To: cec.Playback1, Body: cec.Bare(cec.OpUserControlReleased)}.Frame()
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Second)
		var down, up Step
		s, down = Next(s, now, cec.Received{At: now, Frame: press})
		s, up = Next(s, now, cec.Received{At: now, Frame: release})
		if len(down.Reports) != 1 || len(up.Reports) != 1 {
			b.Fatalf("reports %v, %v", down.Reports, up.Reports)
		}
	}
}
