package daemon

import (
	"testing"
	"testing/synctest"

	"usher/internal/box"
)

// TestARefusingEdgeIsHeard: an order that the network's edge does not take is
// answered to the core, which would wait for ever otherwise.
func TestARefusingEdgeIsHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := &box.Problem{Code: "wifi_busy", Text: "x", Hint: "y"}
		d, stop := running(t, newEdges(), func(o *Options) {
			o.Start.Network.Radio.State = "disconnected"
			o.Network = func(f box.Effect) box.Event {
				switch f := f.(type) {
				case box.JoinNetwork:
					return box.NetworkAnswered{Session: f.Session, Problem: busy}
				case box.LookForNetworks:
					return box.NetworkLooked{Session: f.Session, Problem: busy}
				}
				return nil
			}
		})
		defer stop()
		submit(t, d, box.NetworkLookAsked{})
		if v := d.View().Network; v.Looking || v.Problem != busy {
			t.Errorf("a look: %+v", v)
		}
		submit(t, d, box.NetworkJoinAsked{Name: "Kitchen"})
		if a := d.View().Network.Attempt; a == nil || a.Phase != box.AttemptFailed || a.Problem != busy {
			t.Errorf("an attempt: %+v", a)
		}
		submit(t, d, box.NetworkCancelled{})
		if v := d.View().Network; v.Attempt != nil {
			t.Errorf("cancelled: %+v", v)
		}
	})
}
