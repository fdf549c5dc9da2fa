package serve

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestASilenceGoesOnBetweenTries: an outage in which requests are given up and
// made again is one outage.
func TestASilenceGoesOnBetweenTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l linkMeter
		want := func(what string, d time.Duration) {
			t.Helper()
			if got := l.silence(); got != d {
				t.Errorf("%s: silent for %v, want %v", what, got, d)
			}
		}
		want("nothing was asked for", 0)
		f := l.begin()
		time.Sleep(10 * time.Second)
		want("no answer", 10*time.Second)
		f.end()
		time.Sleep(5 * time.Second)
		want("before the next try", 15*time.Second)
		f = l.begin()
		time.Sleep(time.Second)
		want("the next try", 16*time.Second)
		f.bytes(1)
		want("a byte", 0)
		f.end()
		time.Sleep(time.Minute)
		want("nothing is asked for", 0)
		f = l.begin()
		time.Sleep(4 * time.Second)
		f.end()
		time.Sleep(again + time.Second)
		want("nobody tried for long", 0)
		l.begin()
		want("a new beginning", 0)
	})
}
