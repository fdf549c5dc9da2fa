package sim

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"usher/device/cec"
	"usher/device/cec/playback"
	"usher/device/cec/station"
)

func TestTelevisionOfTheDemo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tv := NewTV(time.Now())
		st := station.New(station.Settings{Config: playback.Default(), Name: "Usher", Vendor: cec.NoVendor}, tv.Open, quiet())
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		var seen []cec.Report
		heard := make(chan struct{})
		go func() {
			defer close(heard)
			for r := range st.Reports() {
				seen = append(seen, r)
			}
		}()
		go func() { ended <- st.Run(ctx) }()
		st.Do(cec.SetPower{Power: cec.PowerOn, Cause: cec.CauseBoot})
		pass := func() { time.Sleep(5 * time.Second); synctest.Wait() }
		if pass(); !st.View().Active {
			t.Fatalf("the box is not shown: %+v", st.View())
		}
		if ok, err := tv.Press("pause"); !ok || err != nil {
			t.Fatalf("pause: %t, %v", ok, err)
		}
		pass()
		if ok, _ := tv.Press("power"); !ok {
			t.Fatal("power did nothing")
		}
		pass()
		if v := st.View(); v.Active || v.Power.Awake() {
			t.Errorf("after its power key: %+v", v)
		}
		if ok, _ := tv.Press("ok"); ok {
			t.Error("a television in standby passed a key on")
		}
		if _, err := tv.Press("eject"); err == nil {
			t.Error("a button that it has not was pressed")
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		<-heard
		asked := func(r cec.Report) bool { _, ok := r.(cec.StandbyAsked); return ok }
		if !slices.ContainsFunc(seen, asked) || !slices.ContainsFunc(seen, func(r cec.Report) bool { k, ok := r.(cec.KeyReport); return ok && k.Code == cec.UIPause }) {
			t.Errorf("reports %+v", seen)
		}
	})
}
