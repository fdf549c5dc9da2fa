package serve

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestBusyServicesAreForgotten: a playlist may name thousands of services that
// all say they are asked too much. None of them is remembered once its pause is
// over.
func TestBusyServicesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(2)
		ask := func(host string, tired bool) {
			turn := &turn{rank: func() rank { return rankDemand }}
			if err := b.take(t.Context(), host, turn); err != nil {
				t.Fatal(err)
			}
			if tired {
				b.strain(host, &Trouble{Code: HTTPStatus, Status: 429})
			}
			b.give(host, turn)
		}
		for i := range 100 {
			ask(fmt.Sprint("h", i), true)
		}
		if n := len(b.lanes); n != 100 {
			t.Errorf("%d services are remembered while they rest", n)
		}
		time.Sleep(tooMany + time.Second)
		ask("another", false)
		if n := len(b.lanes); n != 0 {
			t.Errorf("%d services are remembered", n)
		}
	})
}
