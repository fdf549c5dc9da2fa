//go:build linux

package launch

import "time"

// Steady is how long a process has to run to count as well again.
const steady = 20 * time.Second

// backoff says how long to wait before a start: not at all for the first
// restart of a process that ran well, then longer and longer.
type backoff struct{ quick int }

// ended notes how long the process ran and gives the wait before the next
// start: 0, 250 ms, 500 ms, 1 s, and so on to 30 s.
func (b *backoff) ended(ran time.Duration) time.Duration {
	if ran >= steady {
		b.quick = 0
	}
	b.quick++
	if b.quick == 1 {
		return 0
	}
	return min(250*time.Millisecond<<min(b.quick-2, 8), 30*time.Second)
}
