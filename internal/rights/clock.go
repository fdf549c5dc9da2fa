package rights

import "time"

// Clock makes one time out of the clocks of a box, which often boots in 1970
// and may be set by anybody. It is a value that the caller stores; the zero
// Clock has seen nothing.
type Clock struct {
	// Floor is the latest time that is known to have passed: of the build, or
	// said by a service over verified TLS. It never decreases, and a wall clock
	// never raises it, because a clock set to 2045 for a minute would end every
	// right for good.
	Floor time.Time
	// Said is what a service said the time was (its Date header), and At the
	// monotonic time of this box then, counted from its start. Both are zero
	// until one was asked since the start.
	Said time.Time
	At   time.Duration
}

// Heard takes in what a service said the time is, over verified TLS. Services
// disagree by seconds: a time before the floor is taken for the floor.
func (c Clock) Heard(said time.Time, mono time.Duration) Clock {
	if said.Before(c.Floor) {
		said = c.Floor
	}
	return Clock{Floor: said, Said: said, At: mono}
}

// Now is the time to judge by, and whether a service vouches for it. mono is
// the monotonic time of the box since its start, including sleep
// (CLOCK_BOOTTIME), wall what its clock shows.
//
// With a service's word it is that plus what passed since. Without one it is
// the wall clock, but not before the floor.
func (c Clock) Now(mono time.Duration, wall time.Time) (now time.Time, trusted bool) {
	if !c.Said.IsZero() {
		return c.Said.Add(max(mono-c.At, 0)), true
	}
	if wall.Before(c.Floor) {
		return c.Floor, false
	}
	return wall, false
}

// Tick is c with the floor at the present time, as far as it is trusted. Store
// it from time to time: a box that is cut off and set back then loses no more
// than that.
func (c Clock) Tick(mono time.Duration) Clock {
	if now, trusted := c.Now(mono, time.Time{}); trusted && now.After(c.Floor) {
		c.Floor = now
	}
	return c
}
