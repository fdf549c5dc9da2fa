package sim

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"usher/internal/box"
	"usher/internal/network"
)

// TestTheRadioHasOneOfEachKind: everything that a household may meet with a
// network can be tried in the demo.
func TestTheRadioHasOneOfEachKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRadio(false)
		if l := r.Line(); l.Link != box.LinkNone {
			t.Errorf("%+v", l)
		}
		for _, c := range []struct {
			join  network.Join
			code  string
			reach box.NetReach
		}{
			{network.Join{Name: "Nowhere"}, "wifi_unseen", ""},
			{network.Join{Name: "Cellar", Passphrase: RadioPassword}, "wifi_unseen", ""},
			{network.Join{Name: "Office", Passphrase: RadioPassword}, "wifi_enterprise", ""},
			{network.Join{Name: "Old Router", Passphrase: RadioPassword}, "wifi_weak", ""},
			{network.Join{Name: "Sea View"}, "wifi_needed", ""},
			{network.Join{Name: "Sea View", Passphrase: "short"}, "wifi_improper", ""},
			{network.Join{Name: "Sea View", Passphrase: "wrong horse"}, "wifi_passphrase", ""},
			{network.Join{Name: "Library", Passphrase: RadioPassword}, "wifi_address", ""},
			{network.Join{Name: "Sea View", Passphrase: RadioPassword}, "", box.ReachInternet},
			{network.Join{Name: "Hotel Meridian"}, "", box.ReachPortal},
			{network.Join{Name: "Noodle Bar", Passphrase: RadioPassword}, "", box.ReachNothing},
			{network.Join{Name: "Cellar", Passphrase: RadioPassword, Hidden: true}, "", box.ReachInternet},
			{network.Join{Name: "K\ufffdche"}, "wifi_unseen", ""},
			{network.Join{Name: "K\xfcche"}, "wifi_needed", ""},
			{network.Join{Name: "K\xf6che"}, "", box.ReachInternet},
			{network.Join{Name: "Sea View"}, "", box.ReachInternet}, // known now
		} {
			err := r.Join(t.Context(), c.join)
			p, _ := errors.AsType[*box.Problem](err)
			switch {
			case c.code == "" && (err != nil || r.Reach(t.Context()) != c.reach || r.Line().Address == ""):
				t.Errorf("%s: %v, reaches %q", c.join.Name, err, r.Reach(t.Context()))
			case c.code != "" && (p == nil || p.Code != c.code):
				t.Errorf("%s: %v, want %s", c.join.Name, err, c.code)
			}
		}
		list, err := r.List(t.Context())
		if err != nil || list[0].Name != "Sea View" || !list[0].Connected || !list[0].Known {
			t.Errorf("%+v, %v", list, err)
		}
		if err := r.Forget(t.Context(), "Sea View"); err != nil || r.Line().Link != box.LinkNone || r.Forget(t.Context(), "Sea View") == nil {
			t.Errorf("forgotten: %v, %+v", err, r.Line())
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.Join(ctx, network.Join{Name: "Hotel Meridian"}); err == nil || r.Line().Link != box.LinkNone {
			t.Errorf("taken back: %v", err)
		}
	})
	if s, err := NewRadio(true).Status(t.Context()); err != nil || s.State != "connected" || s.Signal == 0 {
		t.Errorf("at home: %+v, %v", s, err)
	}
}
