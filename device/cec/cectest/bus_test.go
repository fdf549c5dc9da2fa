package cectest_test

import (
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"usher/device/cec"
	"usher/device/cec/cectest"
	"usher/device/cec/cectest/bustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestBus holds the virtual room to the contract that the real adapter keeps.
func TestBus(t *testing.T) {
	bustest.TestBus(t, func(*testing.T) bustest.Setup {
		room := cectest.NewRoom(1, time.Now())
		port := room.NewPort(cec.Claim{Name: "Usher", Vendor: cec.NoVendor, Version: cec.Version20}, 0x1000)
		tv := room.NewTelevision(cectest.Habits{Vendor: cec.Sony, Mute: true}, port)
		bus := cectest.NewBus(room, port)
		var mu sync.Mutex
		var heard []cec.Frame
		room.Heard = func(_ time.Time, f cec.Frame) {
			mu.Lock()
			defer mu.Unlock()
			heard = append(heard, f)
		}
		return bustest.Setup{
			Bus: bus, Name: "Usher",
			Say: func(f cec.Frame) { bus.Do(func() { tv.Say(f) }) },
			Heard: func() []cec.Frame {
				mu.Lock()
				defer mu.Unlock()
				return append([]cec.Frame(nil), heard...)
			},
			Plug:   func() { bus.Do(port.Plug) },
			Unplug: func() { bus.Do(port.Unplug) },
		}
	})
}

func TestSameSeedSameRoom(t *testing.T) {
	play := func(seed uint64) (frames []cec.Frame) {
		room := cectest.NewRoom(seed, time.Unix(0, 0))
		room.Heard = func(_ time.Time, f cec.Frame) { frames = append(frames, f) }
		port := room.NewPort(cec.Claim{Vendor: cec.LG}, 0x1000)
		tv := room.NewTelevision(cectest.Habits{Boot: time.Second, Storm: 3}, port)
		port.Open(func(cec.BusEvent) {})
		for range 20 {
			tv.PressPower()
			room.Pass(time.Duration(room.Chance().IntN(5000)) * time.Millisecond)
			tv.Choose(0x1000)
			tv.Press(cec.UISelect, time.Second)
		}
		return frames
	}
	a, b := play(7), play(7)
	if len(a) < 20 || len(a) != len(b) {
		t.Fatalf("%d and %d frames", len(a), len(b))
	}
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("frame %d: %v and %v", i, a[i], b[i])
		}
	}
}
