package config

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Window is a part of each day by the box's clock, written "02:00-05:00"; it
// may reach over midnight. Empty is none.
type Window struct{ From, Until time.Duration } // since midnight, whole minutes

// String is the form with two digits each; "" for none.
func (w Window) String() string {
	if w.From == w.Until {
		return ""
	}
	return clockTime(w.From) + "-" + clockTime(w.Until)
}

func clockTime(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}

// MarshalText is String.
func (w Window) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText reads two times of day that differ, or nothing.
func (w *Window) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*w = Window{}
		return nil
	}
	from, until, ok := strings.Cut(string(text), "-")
	a, err1 := time.Parse("15:04", from)
	b, err2 := time.Parse("15:04", until)
	if !ok || err1 != nil || err2 != nil || a.Equal(b) {
		return errors.New(`a part of the day such as "02:00-05:00", or empty for none`)
	}
	midnight := time.Date(a.Year(), a.Month(), a.Day(), 0, 0, 0, 0, time.UTC)
	*w = Window{a.Sub(midnight), b.Sub(midnight)}
	return nil
}

// Holds says whether a time of day is in the window.
func (w Window) Holds(t time.Time) bool {
	at := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
	if w.From <= w.Until {
		return w.From <= at && at < w.Until
	}
	return at >= w.From || at < w.Until
}
