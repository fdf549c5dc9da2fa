// Package bustest is the conformance suite of cec.Bus: what every bus does,
// virtual or real. It is for tests only; it blocks as long as its tests take,
// some seconds, and leaves nothing behind.
package bustest

import (
	"context"
	"slices"
	"testing"
	"time"

	"usher/device/cec"
)

// Setup is a bus that does not run yet, and a television at the other end,
// switched on. The maker cleans up with t.Cleanup.
type Setup struct {
	Bus    cec.Bus
	Name   string             // the OSD name of the bus
	Say    func(cec.Frame)    // the television puts a frame on the wire
	Heard  func() []cec.Frame // what came to the television so far, oldest first
	Plug   func()             // the cable, in from the beginning; nil: not tested
	Unplug func()
}

// TestBus runs the suite; makeBus is called once for each test.
func TestBus(t *testing.T, makeBus func(*testing.T) Setup) {
	tests := []struct {
		name string
		run  func(*bench)
	}{
		{"ClaimsAnAddress", claims},
		{"SendsInOrder", sendsInOrder},
		{"TellsThatNobodyIsThere", nobodyThere},
		{"AccountsForEveryFrame", accounts},
		{"DeliversWithTheTimeOfTheWire", delivers},
		{"LeavesOutWhatIsMalformed", leavesOut},
		{"AnswersWhatTheKernelAnswers", kernelAnswers},
		{"FollowsTheCable", followsTheCable},
		{"EndsWithItsContext", ends},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := start(t, makeBus(t))
			test.run(b)
		})
	}
}

// patience is how long anything may take.
const patience = time.Minute

// bench is one test.
type bench struct {
	*testing.T
	Setup
	stop    context.CancelFunc
	done    chan error
	claimed cec.Claimed
}

// start runs the bus until it has an address.
func start(t *testing.T, s Setup) *bench {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	b := &bench{T: t, Setup: s, stop: stop, done: make(chan error, 1)}
	go func() { b.done <- s.Bus.Run(ctx) }()
	t.Cleanup(b.end)
	b.until("Attached", func(e cec.BusEvent) bool { _, ok := e.(cec.Attached); return ok })
	b.place(true)
	return b
}

// end stops the bus, reading what is left.
func (b *bench) end() {
	b.stop()
	for range b.Bus.Events() {
	}
	if err := <-b.done; err != nil {
		b.Errorf("Run ended with %v", err)
	}
	b.done <- nil // for whoever ends it again
}

// until reads events up to one that want accepts.
func (b *bench) until(what string, want func(cec.BusEvent) bool) cec.BusEvent {
	b.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		select {
		case e, ok := <-b.Bus.Events():
			if !ok {
				b.Fatalf("events ended while waiting for %s", what)
			}
			if want(e) {
				return e
			}
		case <-limit.C:
			b.Fatalf("no %s within %v", what, patience)
		}
	}
}

// place waits for an address, or for none.
func (b *bench) place(there bool) {
	b.Helper()
	b.until("Claimed", func(e cec.BusEvent) bool {
		c, ok := e.(cec.Claimed)
		if ok {
			b.claimed = c
		}
		return ok && there == (c.Logical != cec.Unregistered && c.Physical.Known())
	})
}

func (b *bench) frame(to cec.Address, body cec.Body) cec.Frame {
	return cec.Message{From: b.claimed.Logical, To: to, Body: body}.Frame()
}

// says is a frame of the television to us.
func (b *bench) says(body cec.Body) cec.Frame {
	return cec.Message{From: cec.TV, To: b.claimed.Logical, Body: body}.Frame()
}

func (b *bench) sent(id uint64) cec.Result {
	b.Helper()
	e := b.until("Sent", func(e cec.BusEvent) bool { s, ok := e.(cec.Sent); return ok && s.ID == id })
	return e.(cec.Sent).Result
}

// heard waits until the television heard f.
func (b *bench) heard(f cec.Frame) {
	b.Helper()
	for end := time.Now().Add(patience); !slices.Contains(b.Heard(), f); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			b.Fatalf("the television did not hear %v, but %v", f, b.Heard())
		}
	}
}

func claims(b *bench) {
	if l := b.claimed.Logical; l != cec.Playback1 && l != cec.Playback2 && l != cec.Playback3 {
		b.Errorf("claimed %v, which is no playback device", l)
	}
	if b.claimed.Physical == cec.Root {
		b.Errorf("claimed the television's physical address")
	}
}

func sendsInOrder(b *bench) {
	for id := range uint64(8) {
		b.Bus.Transmit(cec.Outgoing{ID: id + 1, Frame: b.frame(cec.TV, cec.UserControlPressed{Code: cec.UICode(id)})})
	}
	for id := range uint64(8) {
		e := b.until("Sent", func(e cec.BusEvent) bool { _, ok := e.(cec.Sent); return ok })
		if s := e.(cec.Sent); s.ID != id+1 || s.Result != cec.ResultOK {
			b.Errorf("Sent %d: %v, want %d", s.ID, s.Result, id+1)
		}
	}
	for id := range uint64(8) {
		b.heard(b.frame(cec.TV, cec.UserControlPressed{Code: cec.UICode(id)}))
	}
}

func nobodyThere(b *bench) {
	b.Bus.Transmit(cec.Outgoing{ID: 7, Frame: b.frame(cec.AudioSystem, cec.Bare(cec.OpGiveAudioStatus))})
	if got := b.sent(7); got != cec.ResultNack {
		b.Errorf("a frame to nobody: %v", got)
	}
}

func accounts(b *bench) {
	const n = 60
	for id := range uint64(n) {
		b.Bus.Transmit(cec.Outgoing{ID: id + 1, Frame: b.frame(cec.TV, cec.Bare(cec.OpUserControlReleased))})
	}
	seen := map[uint64]cec.Result{}
	b.until("account of every frame", func(e cec.BusEvent) bool {
		if s, ok := e.(cec.Sent); ok {
			if was, twice := seen[s.ID]; twice {
				b.Errorf("frame %d accounted for twice: %v, %v", s.ID, was, s.Result)
			}
			seen[s.ID] = s.Result
		}
		return len(seen) == n
	})
	if seen[1] != cec.ResultOK {
		b.Errorf("the first of many: %v", seen[1])
	}
}

func delivers(b *bench) {
	want := b.says(cec.UserControlPressed{Code: cec.UIPlay})
	before := time.Now()
	b.Say(want)
	e := b.until("Received", func(e cec.BusEvent) bool { r, ok := e.(cec.Received); return ok && r.Frame == want })
	at := e.(cec.Received).At
	if at.Before(before.Add(-50*time.Millisecond)) || at.After(time.Now().Add(50*time.Millisecond)) {
		b.Errorf("received at %v, said after %v", at, before)
	}
}

func leavesOut(b *bench) {
	bad, _ := cec.NewFrame([]byte{0x0f, byte(cec.OpGiveDevicePowerStatus)})
	good := b.says(cec.Bare(cec.OpGiveDevicePowerStatus))
	b.Say(bad)
	b.Say(good)
	b.until("Received", func(e cec.BusEvent) bool {
		r, ok := e.(cec.Received)
		if ok && r.Frame == bad {
			b.Error("a directed message to everybody was handed on")
		}
		return ok && r.Frame == good
	})
}

func kernelAnswers(b *bench) {
	b.Say(b.says(cec.Bare(cec.OpGiveOSDName)))
	b.heard(b.frame(cec.TV, cec.SetOSDName{Name: b.Name}))
}

func followsTheCable(b *bench) {
	if b.Unplug == nil {
		b.Skip("SKIP: this bus has no cable to pull")
	}
	b.Unplug()
	b.place(false)
	for b.claimed.Physical.Known() {
		b.place(false)
	}
	b.Bus.Transmit(cec.Outgoing{ID: 1, Frame: cec.Message{From: cec.Playback1, To: cec.TV, Body: cec.Bare(cec.OpGiveDevicePowerStatus)}.Frame()})
	if got := b.sent(1); got == cec.ResultOK {
		b.Error("a frame went out without an address")
	}
	b.Plug()
	b.place(true)
}

func ends(b *bench) {
	b.stop()
	limit := time.After(patience)
	for open := true; open; {
		select {
		case _, open = <-b.Bus.Events():
		case <-limit:
			b.Fatal("events are open long after the end")
		}
	}
	b.Bus.Transmit(cec.Outgoing{ID: 1, Frame: b.frame(cec.TV, cec.Bare(cec.OpImageViewOn))}) // must not block
}
