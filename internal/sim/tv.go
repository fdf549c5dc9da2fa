package sim

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"usher/device/cec"
	"usher/device/cec/cectest"
)

// The virtual living room of the demo.
const (
	tvSocket = cec.Physical(0x1000)
	tvBoot   = 1200 * time.Millisecond
	tvKey    = 120 * time.Millisecond // a short press
	tvSeed   = 1
)

// TV is a television that exists on no wall: the frames between it and the box
// are those of a real one.
type TV struct {
	room *cectest.Room
	port *cectest.Port
	set  *cectest.Television

	mu  sync.Mutex
	bus *cectest.Bus
}

// NewTV is a television that turns on, and is switched to the box a moment
// later. Nothing moves before a bus that Open gave runs.
func NewTV(now time.Time) *TV {
	t := &TV{room: cectest.NewRoom(tvSeed, now)}
	t.port = t.room.NewPort(cec.Claim{Vendor: cec.NoVendor, Version: cec.Version20, Deck: true}, tvSocket)
	t.set = t.room.NewTelevision(cectest.Habits{Vendor: cec.Sony, Holding: cectest.Repeats, Boot: tvBoot, Lazy: 20 * time.Millisecond}, t.port)
	t.set.PressPower()
	t.room.After(2*tvBoot, func() { t.set.Choose(tvSocket) })
	return t
}

// Open is the bus between the box and it; one runs at a time.
func (t *TV) Open(cec.Claim) cec.Bus {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bus = cectest.NewBus(t.room, t.port)
	return t.bus
}

// Buttons are those of its remote, "input" (the box's) and "tuner" among them.
func (*TV) Buttons() []string {
	return append([]string{"power", "input", "tuner"}, slices.Sorted(func(yield func(string) bool) {
		for name := range tvButtons() {
			if !yield(name) {
				return
			}
		}
	})...)
}

func tvButtons() map[string]cec.UICode {
	return map[string]cec.UICode{
		"ok": cec.UISelect, "up": cec.UIUp, "down": cec.UIDown, "left": cec.UILeft, "right": cec.UIRight, "back": cec.UIExit,
		"home": cec.UIRootMenu, "play": cec.UIPlay, "pause": cec.UIPause, "stop": cec.UIStop, "forward": cec.UIFastForward,
	}
}

// Press presses a button of its remote, for a moment. Keys reach the box while
// it is shown; it says whether this one did, and does not block.
func (t *TV) Press(button string) (reached bool, err error) {
	return t.act(button, func(code cec.UICode) bool { return t.set.Press(code, tvKey) })
}

// Hold presses a button and keeps it down until LetGo, or until another one is
// pressed. Power and the inputs act at once.
func (t *TV) Hold(button string) (reached bool, err error) {
	return t.act(button, t.set.Hold)
}

// LetGo ends Hold.
func (t *TV) LetGo() {
	if bus := t.running(); bus != nil {
		bus.Do(t.set.LetGo)
	}
}

func (t *TV) act(button string, key func(cec.UICode) bool) (reached bool, err error) {
	code, is := tvButtons()[button]
	if !is && !slices.Contains(t.Buttons(), button) {
		return false, fmt.Errorf("press %q on the television: no such button", button)
	}
	bus := t.running()
	if bus == nil {
		return false, nil
	}
	bus.Do(func() {
		reached = true
		switch button {
		case "power":
			t.power()
		case "input":
			t.set.Choose(tvSocket)
		case "tuner":
			t.set.Choose(cec.Root)
		default:
			reached = key(code)
		}
	})
	return reached, nil
}

// power is its power key. A set that was on the box when it went off shows the
// box again, and says so.
func (t *TV) power() {
	t.set.PressPower()
	t.room.After(2*tvBoot, func() {
		if t.set.ShowsBox() {
			t.set.Choose(tvSocket)
		}
	})
}

// running is the bus that Open gave last; nil: none.
func (t *TV) running() *cectest.Bus {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bus
}
