package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"usher/device/cec"
	"usher/device/cec/cectest"
	"usher/device/cec/playback"
	"usher/device/cec/station"
	"usher/device/remote"
	"usher/device/remote/keymap"
	"usher/internal/box"
)

// sofa is a person with the remote of a television that has habits, and what
// the core hears of it: frames on a virtual cable, the station, and its edge.
type sofa struct {
	*testing.T
	tv   *cectest.Television
	bus  *cectest.Bus
	told []string
}

// sit plugs a television with habits into a box whose select button means
// "menu" when it is held and "home" when it is pressed twice.
func sit(t *testing.T, h cectest.Habits) *sofa {
	t.Helper()
	m, err := keymap.Parse([]byte(`{"cec": {"0x00": {"short": "ok", "long": "menu"}, "0x0b": {"short": "info", "double": "home"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	s := &sofa{T: t}
	room := cectest.NewRoom(1, time.Now())
	port := room.NewPort(cec.Claim{Vendor: cec.NoVendor, Version: cec.Version20}, 0x1000)
	s.tv = room.NewTelevision(h, port)
	s.bus = cectest.NewBus(room, port)
	e := &tvEdge{began: time.Now(), tell: func(b box.Event) {
		if k, is := b.(box.KeyPressed); is {
			s.told = append(s.told, fmt.Sprintf("%s %s", k.Key.Key, k.Key.Action))
		}
	}}
	e.keys.Store(m)
	e.station = station.New(station.Settings{Config: playback.Default(), Name: "Usher", Vendor: cec.NoVendor},
		func(cec.Claim) cec.Bus { return s.bus }, slog.New(slog.DiscardHandler))
	e.station.Do(cec.SetPower{Power: cec.PowerOn, Cause: cec.CauseBoot})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	s.wait(time.Second)
	s.bus.Do(s.tv.PressPower)
	s.wait(5 * time.Second)
	s.bus.Do(func() { s.tv.Choose(0x1000) })
	s.wait(5 * time.Second)
	return s
}

func (s *sofa) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// press holds a key for so long, and gives what was told until it is long over.
func (s *sofa) press(code cec.UICode, held time.Duration) (told []string) {
	s.Helper()
	s.told = nil
	s.bus.Do(func() {
		if !s.tv.Press(code, held) {
			s.Error("the television does not show the box")
		}
	})
	s.wait(held + 8*time.Second)
	return s.told
}

// expect compares what was told of a press; more than one repeat of a key is written
// as one.
func (s *sofa) expect(what string, told []string, want ...string) {
	s.Helper()
	if diff := cmp.Diff(want, slices.Compact(slices.Clone(told))); diff != "" {
		s.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// TestThreeWaysOfHolding has a person press keys of televisions of all three
// kinds, of makers that are known to be so and of others. A tap is one press
// from the very first key on, whatever the television sends and leaves out; a key
// that is held repeats, and is long.
func TestThreeWaysOfHolding(t *testing.T) {
	const tap = 120 * time.Millisecond
	for _, tc := range []struct {
		name    string
		vendor  cec.VendorID
		holding cectest.Holding
		repeats int // at least, of a key that is held for two seconds
	}{
		{"repeats and releases", cec.Sony, cectest.Repeats, 30},
		{"releases only, known", cec.Samsung, cectest.PressRelease, 30},
		{"releases only, unknown", cec.Sharp, cectest.PressRelease, 30},
		{"repeats only, known", cec.Philips, cectest.NoRelease, 4},
		{"repeats only, unknown", cec.TCL, cectest.NoRelease, 4},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := sit(t, cectest.Habits{Vendor: tc.vendor, Holding: tc.holding, Boot: time.Second})
				for range 3 {
					s.expect("a tap", s.press(cec.UIRight, tap), "right press", "right release")
					s.expect("a tap of a key that may be long", s.press(cec.UISelect, tap), "ok press", "ok release")
					s.expect("a tap of a key that may be double", s.press(cec.UICode(0x0b), tap), "info press", "info release")
				}
				held := s.press(cec.UIRight, 2*time.Second)
				s.expect("held", held, "right press", "right repeat", "right release")
				if n := len(held) - 2; n < tc.repeats {
					t.Errorf("%d repeats in two seconds, want %d", n, tc.repeats)
				}
				s.expect("long", s.press(cec.UISelect, 1900*time.Millisecond), "menu press", "menu repeat", "menu release")
			})
		})
	}
}

// TestLongIsLongOnTheWire delivers frames late: what counts is when they were
// on the wire.
func TestLongIsLongOnTheWire(t *testing.T) {
	for held, want := range map[time.Duration]remote.Key{100 * time.Millisecond: remote.Info, 700 * time.Millisecond: remote.Menu} {
		synctest.Test(t, func(t *testing.T) {
			var told []remote.Event
			e := &tvEdge{began: time.Now(), tell: func(b box.Event) { told = append(told, b.(box.KeyPressed).Key) }}
			m, err := keymap.Parse([]byte(`{"cec": {"0x35": {"short": "info", "long": "menu"}}}`))
			if err != nil {
				t.Fatal(err)
			}
			e.keys.Store(m)
			down := time.Now()
			time.Sleep(900 * time.Millisecond) // the machine did something else
			reports := make(chan cec.Report, 2)
			reports <- cec.KeyReport{Code: cec.UICode(0x35), Down: true, At: down}
			reports <- cec.KeyReport{Code: cec.UICode(0x35), At: down.Add(held), Held: held}
			close(reports)
			e.follow(reports)
			if diff := cmp.Diff([]remote.Event{{Key: want, Action: remote.Press}, {Key: want, Action: remote.Release}}, told); diff != "" {
				t.Errorf("held for %v (-want +got):\n%s", held, diff)
			}
		})
	}
}
