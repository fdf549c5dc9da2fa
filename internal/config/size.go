package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes, written "64MiB", "2GB" or plain "4096".
type Size int64

type unit struct {
	name   string
	factor float64
}

// sizeUnits are the units that Size reads, largest first so that String finds
// the shortest exact form. SI units are decimal, IEC units binary.
func sizeUnits() []unit {
	return []unit{
		{"TiB", 1 << 40},
		{"TB", 1e12},
		{"GiB", 1 << 30},
		{"GB", 1e9},
		{"MiB", 1 << 20},
		{"MB", 1e6},
		{"KiB", 1 << 10},
		{"kB", 1e3},
		{"B", 1},
	}
}

// String is the shortest exact form: "64MiB", "1500B".
func (s Size) String() string { return formatUnit(int64(s), sizeUnits()) }

// MarshalText is String.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a size of 0 to 1 PiB.
func (s *Size) UnmarshalText(text []byte) error {
	n, err := parseUnit(string(text), sizeUnits())
	if err != nil {
		return errors.New(`a size such as "64MiB", "2GiB" or "500MB"`)
	}
	*s = Size(n)
	return nil
}

var errUnit = errors.New("not a number with a unit")

// largest is 1 PiB: beyond what a box has, and exact in a float64.
const largest = 1 << 50

// parseUnit reads a decimal number with one of the units (or none: factor 1).
// The result is rounded to the base unit and lies in 0 to largest.
func parseUnit(s string, units []unit) (int64, error) {
	factor := 1.0
	for _, u := range units {
		if len(s) > len(u.name) && strings.EqualFold(s[len(s)-len(u.name):], u.name) {
			s, factor = strings.TrimRight(s[:len(s)-len(u.name)], " "), u.factor
			break
		}
	}
	if strings.Trim(s, "0123456789.") != "" { // no sign, no exponent, no "inf"
		return 0, errUnit
	}
	f, err := strconv.ParseFloat(s, 64)
	v := math.Round(f * factor)
	if err != nil || v > largest {
		return 0, errUnit
	}
	return int64(v), nil
}

// formatUnit is n in the largest unit of which it is a whole multiple.
func formatUnit(n int64, units []unit) string {
	for _, u := range units {
		f := int64(u.factor)
		if n != 0 && n%f == 0 {
			return strconv.FormatInt(n/f, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10) + units[len(units)-1].name
}
