package pairing

import (
	"fmt"
	"io"
)

// hidden is what a Secret shows of itself.
const hidden = "[secret]"

// Secret is a token or a device code. It does not print, whatever the verb,
// and encodes as text and JSON without its value.
type Secret string

// Reveal is the value, for the one place that sends or seals it.
func (s Secret) Reveal() string { return string(s) }

// String never gives the value.
func (Secret) String() string { return hidden }

// Format never gives the value, not for %x or %#v either.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText never gives the value.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
