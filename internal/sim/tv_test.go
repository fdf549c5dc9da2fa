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
		if ok, err := tv.Hold("right"); !ok || err != nil {
			t.Fatalf("right, held: %t, %v", ok, err)
		}
		time.Sleep(1700 * time.Millisecond)
		tv.LetGo()
		tv.LetGo()
		pass()
		if d := heldFor(st.Frames(), cec.UIRight); d < 1600*time.Millisecond || d > 1900*time.Millisecond {
			t.Errorf("right was held for %v", d)
		}
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
		if ok, _ := tv.Press("power"); !ok {
			t.Fatal("power did nothing")
		}
		if pass(); !slices.ContainsFunc(seen, func(r cec.Report) bool { _, woke := r.(cec.WakeAsked); return woke }) {
			t.Error("on again, it does not ask for the box")
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

// heldFor is from the first press of a key to its release, on the wire.
func heldFor(frames []cec.Entry, code cec.UICode) time.Duration {
	var first time.Time
	for _, e := range frames {
		switch {
		case e.Out || e.Note != "" || e.Frame.Poll():
		case e.Frame.Opcode() == cec.OpUserControlPressed && e.Frame.Operands() == string([]byte{byte(code)}) && first.IsZero():
			first = e.At
		case e.Frame.Opcode() == cec.OpUserControlReleased && !first.IsZero():
			return e.At.Sub(first)
		}
	}
	return 0
}
