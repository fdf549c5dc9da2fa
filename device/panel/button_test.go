//go:build linux

package panel

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"

	"usher/device/remote"
)

// contacts are pins with buttons on them.
type contacts struct {
	t      *testing.T
	pins   map[string]*gpiotest.Pin
	mu     sync.Mutex
	events []remote.Event
}

// unpulled is a pin whose driver cannot pull it, such as one of sysfs.
type unpulled struct{ *gpiotest.Pin }

func (u unpulled) In(pull gpio.Pull, edge gpio.Edge) error {
	if pull != gpio.PullNoChange {
		return errors.New("not supported")
	}
	return u.Pin.In(pull, edge)
}

func (c *contacts) find(name string) (gpio.PinIO, error) {
	switch name {
	case "missing":
		return nil, errors.New(`there is no GPIO pin "missing"`)
	case "guarded":
		return nil, fs.ErrPermission
	case "edgeless":
		return &gpiotest.Pin{N: name}, nil // no edges: In refuses them
	}
	p := &gpiotest.Pin{N: name, EdgesChan: make(chan gpio.Level, 8)}
	c.pins[name] = p
	if name == "unpulled" {
		p.L = gpio.High
		return unpulled{p}, nil
	}
	return p, nil
}

// front runs buttons for as long as the test lasts.
func front(t *testing.T, specs ...ButtonSpec) *contacts {
	t.Helper()
	c := &contacts{t: t, pins: map[string]*gpiotest.Pin{}}
	b := OpenButtons(specs, ButtonOptions{system: &system{pin: c.find}, Logger: slog.New(slog.DiscardHandler), Emit: func(e remote.Event) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.events = append(c.events, e)
	}})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	synctest.Wait()
	return c
}

// becomes changes the level of a pin.
func (c *contacts) becomes(name string, l gpio.Level) {
	c.pins[name].EdgesChan <- l
	synctest.Wait()
}

func (c *contacts) told(want ...remote.Event) {
	c.t.Helper()
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	if diff := cmp.Diff(want, c.events); diff != "" {
		c.t.Errorf("told (-want +got):\n%s", diff)
	}
	c.events = nil
}

func press(k remote.Key) remote.Event   { return remote.Event{Key: k, Action: remote.Press} }
func again(k remote.Key) remote.Event   { return remote.Event{Key: k, Action: remote.Repeat} }
func release(k remote.Key) remote.Event { return remote.Event{Key: k, Action: remote.Release} }

func TestButtonIsAKey(t *testing.T) {
	for _, tc := range []struct {
		spec ButtonSpec
		down gpio.Level
	}{
		{ButtonSpec{Pin: "a", Key: remote.Power}, gpio.Low},
		{ButtonSpec{Pin: "a", Key: remote.Power, High: true}, gpio.High},
		{ButtonSpec{Pin: "unpulled", Key: remote.Power}, gpio.Low},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := front(t, tc.spec)
			began := time.Now()
			c.becomes(tc.spec.Pin, tc.down)
			c.told(press(remote.Power))
			if d := time.Since(began); d != 0 {
				t.Errorf("told after %v, not at the first edge", d)
			}
			time.Sleep(100 * time.Millisecond)
			c.becomes(tc.spec.Pin, !tc.down)
			c.told(release(remote.Power))
		})
	}
}

func TestContactsChatter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := front(t, ButtonSpec{Pin: "a", Key: remote.OK})
		for _, l := range []gpio.Level{gpio.Low, gpio.High, gpio.Low, gpio.High, gpio.Low} {
			c.becomes("a", l)
			time.Sleep(2 * time.Millisecond)
		}
		time.Sleep(100 * time.Millisecond)
		c.told(press(remote.OK))
		for _, l := range []gpio.Level{gpio.High, gpio.Low, gpio.High} {
			c.becomes("a", l)
			time.Sleep(2 * time.Millisecond)
		}
		time.Sleep(100 * time.Millisecond)
		c.told(release(remote.OK))
	})
}

func TestButtonIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := front(t, ButtonSpec{Pin: "a", Key: remote.VolUp}, ButtonSpec{Pin: "b", Key: remote.OK, Long: remote.Menu})
		c.becomes("a", gpio.Low)
		time.Sleep(remote.RepeatAfter + remote.RepeatEvery + time.Millisecond)
		c.becomes("a", gpio.High)
		c.told(press(remote.VolUp), again(remote.VolUp), again(remote.VolUp), release(remote.VolUp))

		c.becomes("b", gpio.Low)
		time.Sleep(remote.LongAfter + time.Millisecond)
		c.told(press(remote.Menu))
		c.becomes("b", gpio.High)
		c.told(release(remote.Menu))

		c.becomes("b", gpio.Low)
		time.Sleep(100 * time.Millisecond)
		c.becomes("b", gpio.High)
		c.told(press(remote.OK), release(remote.OK))
	})
}

// A button that is down from the start is stuck: it is not a press. When the
// daemon ends, what is held is let go.
func TestButtonStuckAndEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &contacts{t: t, pins: map[string]*gpiotest.Pin{}}
		b := OpenButtons([]ButtonSpec{{Pin: "unpulled", Key: remote.Power}, {Pin: "b", Key: remote.OK}}, ButtonOptions{
			system: &system{pin: c.find}, Logger: slog.New(slog.DiscardHandler), Emit: func(e remote.Event) { c.events = append(c.events, e) },
		})
		c.pins["unpulled"].L = gpio.Low
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.Run(ctx) }()
		time.Sleep(5 * time.Second)
		c.told()
		c.becomes("b", gpio.Low)
		c.told(press(remote.OK))
		began := time.Now()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if d := time.Since(began); d > edgePatience {
			t.Errorf("ended after %v", d)
		}
		c.told(release(remote.OK))
	})
}

func TestButtonsThatCannotBeUsed(t *testing.T) {
	c := &contacts{t: t, pins: map[string]*gpiotest.Pin{}}
	b := OpenButtons([]ButtonSpec{
		{Pin: "a", Key: remote.OK},
		{Pin: "missing", Key: remote.Power},
		{Pin: "guarded", Key: remote.Power},
		{Pin: "edgeless", Key: remote.Power},
		{Pin: "a", Key: remote.Up},
		{Pin: "b", Key: "pwoer"},
		{Pin: "b", Key: remote.OK, Long: "mneu"},
	}, ButtonOptions{system: &system{pin: c.find}, Logger: slog.New(slog.DiscardHandler)})
	want := []string{"", "no GPIO pin", "permission", "edgeless", "another button", `no key "pwoer"`, `no key "mneu"`}
	for i, p := range b.Parts() {
		if !strings.Contains(p.Problem, want[i]) || (p.Problem == "") != (want[i] == "") || (p.Hint == "") != (want[i] == "") {
			t.Errorf("part %d: %+v, want %q", i, p, want[i])
		}
	}
	if n := len(b.Parts()); n != len(want) {
		t.Errorf("%d parts", n)
	}
	if h := b.Parts()[2].Hint; !strings.Contains(h, "group gpio") {
		t.Errorf("without permission: %q", h)
	}
}
