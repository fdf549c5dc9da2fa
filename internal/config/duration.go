package config

import (
	"errors"
	"strings"
	"time"
)

// Duration is a time span, written "90s", "2m" or "1h30m".
type Duration time.Duration

// String is the form without zero parts: "2m" rather than "2m0s".
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText is String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a span of 0 or more; a unit is required.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil || v < 0 {
		return errors.New(`a time span such as "90s" or "2m"`)
	}
	*d = Duration(v)
	return nil
}
