//go:build linux

package panel

import (
	"time"

	"usher/device"
)

// phase is a stretch of a pattern.
type phase struct {
	level float64 // 0 dark, 1 full
	lasts time.Duration
}

// pattern is what a light does, over and over. dims says that the light has
// more levels than on and off.
func pattern(l device.Light, dims bool) []phase {
	const ms = time.Millisecond
	switch l {
	case device.Lit:
		return []phase{{1, 0}}
	case device.Resting:
		if dims {
			return []phase{{0.1, 0}}
		}
		return []phase{{1, 50 * ms}, {0, 4950 * ms}}
	case device.Pairing:
		return []phase{{1, 150 * ms}, {0, 150 * ms}, {1, 150 * ms}, {0, 750 * ms}}
	case device.Updating:
		return []phase{{1, 1000 * ms}, {0, 1000 * ms}}
	case device.Fault:
		return []phase{{1, 125 * ms}, {0, 125 * ms}}
	}
	return []phase{{0, 0}}
}

// at is the level of a pattern so long after it began, and how long it stays
// that; 0 is for good.
func at(p []phase, since time.Duration) (level float64, stays time.Duration) {
	var whole time.Duration
	for _, x := range p {
		whole += x.lasts
	}
	if whole == 0 {
		return p[0].level, 0
	}
	since %= whole
	for _, x := range p {
		if since < x.lasts {
			return x.level, x.lasts - since
		}
		since -= x.lasts
	}
	return p[0].level, p[0].lasts // not reached: since is less than the whole
}
