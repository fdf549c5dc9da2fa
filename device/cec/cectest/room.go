package cectest

import (
	"container/heap"
	"math/rand/v2"
	"time"

	"usher/device/cec"
)

// Room is an HDMI wire and what hangs on it.
type Room struct {
	now     time.Time
	busy    time.Time // the wire carries a frame until then
	agenda  agenda
	serial  uint64
	devices []device
	chance  *rand.Rand
	// Heard, when set, is called for each frame at its end.
	Heard func(at time.Time, f cec.Frame)
}

// device is something on the wire.
type device interface {
	// address is where frames reach it, Unregistered for nowhere.
	address() cec.Address
	// hear takes a frame to it, or to everybody.
	hear(m cec.Message, f cec.Frame)
}

// NewRoom is an empty room at a time of day.
func NewRoom(seed uint64, now time.Time) *Room {
	return &Room{now: now, chance: rand.New(rand.NewPCG(seed, 0x5eed))}
}

// Now is the room's clock.
func (r *Room) Now() time.Time { return r.now }

// Chance is the room's source of chances.
func (r *Room) Chance() *rand.Rand { return r.chance }

// After calls f when d is over.
func (r *Room) After(d time.Duration, f func()) { r.at(r.now.Add(d), f) }

func (r *Room) at(when time.Time, f func()) {
	r.serial++
	heap.Push(&r.agenda, entry{when, r.serial, f})
}

// Next is when something happens next; false: nothing will.
func (r *Room) Next() (time.Time, bool) {
	if len(r.agenda) == 0 {
		return time.Time{}, false
	}
	return r.agenda[0].when, true
}

// Advance moves the clock to a time, and does what happens until then.
func (r *Room) Advance(to time.Time) {
	for len(r.agenda) > 0 && !r.agenda[0].when.After(to) {
		e := heap.Pop(&r.agenda).(entry)
		r.now = e.when
		e.do()
	}
	if to.After(r.now) {
		r.now = to
	}
}

// Pass is Advance by a duration.
func (r *Room) Pass(d time.Duration) { r.Advance(r.now.Add(d)) }

// Times on the wire (CEC 5.2): start bit, then ten bits a byte; a sender
// waits seven bits before a new frame.
const (
	bitTime   = 2400 * time.Microsecond
	startTime = 4500 * time.Microsecond
	quietTime = 7 * bitTime
)

// send puts a frame on the wire when it is free; done hears whether somebody
// took it.
func (r *Room) send(from device, f cec.Frame, done func(taken bool)) {
	begin := r.now
	if r.busy.After(begin) {
		begin = r.busy
	}
	end := begin.Add(quietTime + startTime + time.Duration(f.Len())*10*bitTime)
	r.busy = end
	r.at(end, func() {
		taken := r.deliver(from, f)
		if done != nil {
			done(taken)
		}
	})
}

// say is send for those who do not ask what became of it.
func (r *Room) say(from device, to cec.Address, body cec.Body) {
	r.send(from, cec.Message{From: from.address(), To: to, Body: body}.Frame(), nil)
}

func (r *Room) deliver(from device, f cec.Frame) bool {
	if r.Heard != nil {
		r.Heard(r.now, f)
	}
	taken := f.To() == cec.Broadcast
	m, err := cec.Parse(f)
	for _, d := range r.devices {
		if d == from || d.address() == cec.Unregistered && f.To() != cec.Broadcast {
			continue
		}
		if f.To() != cec.Broadcast && d.address() != f.To() {
			continue
		}
		taken = true
		if err == nil && m.Body != nil {
			d.hear(m, f)
		}
	}
	return taken
}

// entry is something that will happen; those of one time in the order made.
type entry struct {
	when   time.Time
	serial uint64
	do     func()
}

type agenda []entry

func (a agenda) Len() int      { return len(a) }
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a agenda) Less(i, j int) bool {
	if a[i].when.Equal(a[j].when) {
		return a[i].serial < a[j].serial
	}
	return a[i].when.Before(a[j].when)
}
func (a *agenda) Push(x any) { *a = append(*a, x.(entry)) }
func (a *agenda) Pop() any {
	old := *a
	last := old[len(old)-1]
	old[len(old)-1] = entry{}
	*a = old[:len(old)-1]
	return last
}
