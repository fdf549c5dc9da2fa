package rights

import (
	"fmt"
	"io"
	"time"
)

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

// PIN is what a person typed. It shows nowhere: every way to print, log or
// encode it gives a word in its place. [PIN.Reveal] is for what hashes it.
type PIN string

// hiddenPIN stands in for a PIN.
const hiddenPIN = "[PIN]"

// String implements fmt.Stringer.
func (PIN) String() string { return hiddenPIN }

// GoString implements fmt.GoStringer.
func (PIN) GoString() string { return hiddenPIN }

// Format implements fmt.Formatter: no verb shows it.
func (PIN) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hiddenPIN) }

// MarshalText implements encoding.TextMarshaler, which encoding/json and
// log/slog ask.
func (PIN) MarshalText() ([]byte, error) { return []byte(hiddenPIN), nil }

// Reveal gives the digits.
func (p PIN) Reveal() string { return string(p) }

// The lengths a PIN may have.
const (
	ShortestPIN = 4
	LongestPIN  = 8
)

// Proper says whether it is one that may be set: digits only.
func (p PIN) Proper() bool {
	for _, c := range []byte(p) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(p) >= ShortestPIN && len(p) <= LongestPIN
}
