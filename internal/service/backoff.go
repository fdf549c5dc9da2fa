package service

import (
	"math/rand/v2"
	"time"
)

// Backoff is how long to wait before a service is started again. The zero
// value waits 100 ms, 200 ms, 400 ms … up to 30 s, less a random part.
type Backoff struct {
	First  time.Duration // wait after the first fall; 0 is 100 ms
	Max    time.Duration // longest wait; 0 is 30 s
	Steady time.Duration // a service that ran this long starts again at First; 0 is 60 s
	// Jitter gives a number in [0, 1); the wait is between half of the full
	// value (0) and all of it (1), so that parts that fell together do not
	// come back together. Nil is a random number.
	Jitter func() float64
}

// Wait is the pause before the next start after fails falls in a row (1 for
// the first). It lies in [full/2, full], where full is First doubled fails-1
// times and at most Max.
func (b Backoff) Wait(fails int) time.Duration {
	full, limit := orDefault(b.First, 100*time.Millisecond), orDefault(b.Max, 30*time.Second)
	for ; fails > 1 && full < limit; fails-- {
		full *= 2
	}
	full = min(full, limit)
	jitter := b.Jitter
	if jitter == nil {
		jitter = rand.Float64
	}
	return full/2 + time.Duration(float64(full-full/2)*jitter())
}

func (b Backoff) steady() time.Duration { return orDefault(b.Steady, time.Minute) }

func orDefault(d, def time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return def
}
