package config

import (
	"errors"
	"strconv"
)

// Rate is a number of bits per second, written "3.5mbit", "800kbit" or plain
// "800000".
type Rate int64

func rateUnits() []unit {
	return []unit{{"gbit", 1e9}, {"mbit", 1e6}, {"kbit", 1e3}, {"bit", 1}}
}

// String is the shortest exact form with at most one decimal place:
// "3.5mbit", "1234bit".
func (r Rate) String() string {
	for _, u := range rateUnits()[:3] {
		if tenth := int64(u.factor) / 10; int64(r) >= int64(u.factor) && int64(r)%tenth == 0 {
			return strconv.FormatFloat(float64(r)/u.factor, 'f', -1, 64) + u.name
		}
	}
	return strconv.FormatInt(int64(r), 10) + "bit"
}

// MarshalText is String.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a rate of 0 to 2^50 bit/s.
func (r *Rate) UnmarshalText(text []byte) error {
	n, err := parseUnit(string(text), rateUnits())
	if err != nil {
		return errors.New(`a rate in bits per second such as "3.5mbit" or "800kbit"`)
	}
	*r = Rate(n)
	return nil
}
