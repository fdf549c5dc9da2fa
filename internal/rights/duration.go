package rights

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Span is a duration in the notation of ISO 8601: days, hours, minutes and
// seconds, such as "P30D" or "PT48H". Years, months and weeks are refused: a
// right must not depend on the calendar. At most 100 years.
type Span time.Duration

var errSpan = errors.New("a duration is written as P30D, PT48H or P1DT12H30M, at most 100 years")

const maxSpan = 36525 * 24 * time.Hour

// ParseSpan reads a duration.
func ParseSpan(s string) (Span, error) {
	rest, ok := strings.CutPrefix(s, "P")
	day, clock, timed := strings.Cut(rest, "T")
	if !ok || rest == "" || timed && clock == "" {
		return 0, fmt.Errorf("%.20q: %w", s, errSpan)
	}
	d, err1 := units(day, "D", []time.Duration{24 * time.Hour})
	t, err2 := units(clock, "HMS", []time.Duration{time.Hour, time.Minute, time.Second})
	if err1 != nil || err2 != nil || d+t > maxSpan {
		return 0, fmt.Errorf("%.20q: %w", s, errSpan)
	}
	return Span(d + t), nil
}

// units adds up "12H30M": each letter once, in the order of names.
func units(s, names string, worth []time.Duration) (sum time.Duration, err error) {
	for s != "" {
		i := strings.IndexAny(s, names)
		if i < 1 {
			return 0, errSpan
		}
		n, err := strconv.ParseUint(s[:i], 10, 32)
		k := strings.IndexByte(names, s[i])
		if err != nil || time.Duration(n) > maxSpan/worth[k] {
			return 0, errSpan
		}
		sum += time.Duration(n) * worth[k]
		s, names, worth = s[i+1:], names[k+1:], worth[k+1:]
	}
	return sum, nil
}

// String is the shortest notation.
func (s Span) String() string {
	d := time.Duration(s)
	if d <= 0 {
		return "PT0S"
	}
	var b strings.Builder
	b.WriteByte('P')
	if n := d / (24 * time.Hour); n > 0 {
		fmt.Fprintf(&b, "%dD", n)
	}
	if d %= 24 * time.Hour; d > 0 {
		b.WriteByte('T')
	}
	for _, u := range []struct {
		name string
		d    time.Duration
	}{{"H", time.Hour}, {"M", time.Minute}, {"S", time.Second}} {
		if n := d / u.d; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, u.name)
		}
		d %= u.d
	}
	return b.String()
}

// MarshalJSON writes the notation.
func (s Span) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// UnmarshalJSON reads the notation.
func (s *Span) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return fmt.Errorf("duration: %w", errSpan)
	}
	v, err := ParseSpan(text)
	*s = v
	return err
}
