package firmware

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Sum is a SHA-256. In JSON it is 64 hexadecimal digits.
type Sum [sha256.Size]byte

// String is 64 lower-case hexadecimal digits.
func (s Sum) String() string { return hex.EncodeToString(s[:]) }

// MarshalText implements encoding.TextMarshaler.
func (s Sum) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, s[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler. It takes 64 hexadecimal
// digits and nothing else.
func (s *Sum) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(s)) {
		return fmt.Errorf("a SHA-256 of %d digits", len(text))
	}
	if _, err := hex.Decode(s[:], text); err != nil {
		return fmt.Errorf("a SHA-256: %w", err)
	}
	return nil
}
