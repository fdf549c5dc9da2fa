package box

import (
	"testing"

	"usher/device"
)

func TestFront(t *testing.T) {
	s := New("test", false)
	if f := Front(s); f.Light != device.Lit || !f.Clock || f.Level != frontBright {
		t.Errorf("at rest: %+v", f)
	}
	s.Phase = Playing
	if f := Front(s); f.Level != frontDim {
		t.Errorf("beside a film: %+v", f)
	}
	s.Health = []Problem{{Code: "cache_disk"}}
	if f := Front(s); f.Light != device.Lit {
		t.Errorf("a slow disk looks like %+v", f)
	}
	s.Health = []Problem{{Code: "cache_disk"}, {Code: "player"}}
	if f := Front(s); f.Light != device.Fault {
		t.Errorf("a box that cannot play looks like %+v", f)
	}
}
