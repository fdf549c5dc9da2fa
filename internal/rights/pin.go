package rights

import "time"

// Tries counts wrong PINs. It is stored before the answer is given, so that
// switching the box off does not give more of them.
type Tries struct {
	Wrong int       `json:"wrong"`          // since the last right one
	Until time.Time `json:"until,omitzero"` // locked until then, by Clock.Now
}

// freeTries is how many wrong PINs cost nothing but the try.
const freeTries = 3

// Locked says how long to wait before the next try.
func (t Tries) Locked(now time.Time) (wait time.Duration, locked bool) {
	if now.Before(t.Until) {
		return t.Until.Sub(now), true
	}
	return 0, false
}

// Failed counts a wrong PIN: after three of them 30 s, then twice as long each
// time, a day at most. Four digits take years that way.
func (t Tries) Failed(now time.Time) Tries {
	t.Wrong++
	if t.Wrong < freeTries {
		return t
	}
	wait := 24 * time.Hour
	if n := t.Wrong - freeTries; n < 12 {
		wait = min(wait, 30*time.Second<<n)
	}
	t.Until = now.Add(wait)
	return t
}

// Right forgets the wrong ones.
func (Tries) Right() Tries { return Tries{} }
