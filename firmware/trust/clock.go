package trust

import (
	"sync"
	"time"
)

// Clock is the time by which expiry is judged. A box may start in 1970, without
// a battery, or in 2045, because somebody set it so; neither may end its
// updates, and neither may revive what has expired. The time is the latest of
//
//   - when this program was built: it cannot run before that;
//   - when metadata was last found in order, which is remembered;
//   - the Date of an answer over verified TLS, and what has passed since;
//   - the box's own clock, where that is sane.
//
// The box's clock is sane when it is not before the first two nor more than 15
// years after the build, and when no synchronisation vouches for it, not more
// than a day ahead of the Date. It is safe for concurrent use.
type Clock struct {
	o ClockOptions

	mu    sync.Mutex
	floor time.Time
	date  time.Time     // zero: none was heard
	at    time.Duration // Mono, at date
}

// ClockOptions are what a Clock is made of. All are required but Synced.
type ClockOptions struct {
	Built  time.Time            // of this program
	Wall   func() time.Time     // the box's clock
	Mono   func() time.Duration // since the start of the box, sleep included
	Synced func() bool          // whether something (NTP) vouches for Wall; nil: nothing does
}

// How wrong a clock may be.
const (
	ageOfBoxes = 15 * 365 * 24 * time.Hour
	tolerance  = 24 * time.Hour
)

// NewClock makes a Clock.
func NewClock(o ClockOptions) *Clock { return &Clock{o: o, floor: o.Built} }

// Now is the time. known is false when it is a mere lower bound: the box's
// clock is not sane, and nobody said better.
func (c *Clock) Now() (now time.Time, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now = c.floor
	if !c.date.IsZero() {
		now, known = latest(now, c.heard()), true
	}
	if wall := c.o.Wall(); c.sane(wall) {
		now, known = latest(now, wall), true
	}
	return now.UTC(), known
}

// heard is the Date, brought up to now.
func (c *Clock) heard() time.Time { return c.date.Add(max(c.o.Mono()-c.at, 0)) }

func (c *Clock) sane(wall time.Time) bool {
	if wall.Before(c.floor) || wall.After(c.o.Built.Add(ageOfBoxes)) {
		return false
	}
	vouched := c.o.Synced != nil && c.o.Synced()
	return vouched || c.date.IsZero() || !wall.After(c.heard().Add(tolerance))
}

// Heard takes the Date of an answer whose sender TLS has verified.
func (c *Clock) Heard(date time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if date.After(c.o.Built.Add(ageOfBoxes)) {
		return
	}
	c.date, c.at = date, c.o.Mono()
}

// remember raises the floor to when metadata was found in order.
func (c *Clock) remember(good time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if good.Before(c.o.Built.Add(ageOfBoxes)) {
		c.floor = latest(c.floor, good)
	}
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
