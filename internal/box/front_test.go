package box

import (
	"testing"
	"time"

	"usher/device"
)

func TestFront(t *testing.T) {
	s := New("test", false)
	if f := Front(s); f.Light != device.Lit || !f.Clock || f.Text != "" || f.Level != frontBright {
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
	if f := Front(s); f.Light != device.Fault || f.Text != "Err" {
		t.Errorf("a box that cannot play looks like %+v", f)
	}
	s = withAccounts()
	s, _ = Next(s, start(), PairingChanged{Account: waiting(ByCLI)})
	if f := Front(s); f.Light != device.Pairing || f.Text != "PAIr" {
		t.Errorf("with a code for the phone: %+v", f)
	}
	s.Power.State = PowerStandby
	if f := Front(s); f.Light != device.Pairing || f.Level != frontDim {
		t.Errorf("with a code, in standby: %+v", f)
	}
	s, _ = Next(s, start(), InhibitorTaken{ID: InhibitUpdate, Reason: "an update is being written", For: time.Minute})
	if f := Front(s); f.Light != device.Updating || f.Text != "UPd" {
		t.Errorf("while an update is written: %+v", f)
	}
	s, _ = Next(s, start(), InhibitorReleased{ID: InhibitUpdate})
	if f := Front(s); f.Light != device.Pairing {
		t.Errorf("after it: %+v", f)
	}
}
