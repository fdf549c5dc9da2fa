// Package bundle is what an installer brings to a box on a USB stick: services,
// a few settings, and tickets that connect it without a code, in one signed
// file (a JWS in compact form, RFC 7515).
//
// It guarantees that nothing of a file is used before its signature was verified
// with a key that the configuration names; that a bundle is for this box by its
// serial number, within its time, and newer than every one that its signer had
// applied here; that it says nothing beyond a short list; and that what was
// applied, its number and its tickets are on the disk together or not at all.
//
// [Parse], [Bundle.Check] and [Sign] are pure but for randomness; a [Store] blocks
// for the disk. The package starts nothing, logs nothing, and knows neither the
// services nor the rest of the box.
package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"usher/internal/rights"
)

// Type is the "typ" of a bundle, so that nothing else that its key signs can be
// taken for one (RFC 8725 section 3.11).
const Type = "usher-bundle+jwt"

// The limits of a bundle.
const (
	MaxBytes   = 48 << 10 // of the file; what the local API takes in one message is 64 KiB
	MaxBoxes   = 400
	MaxLife    = 31 * 24 * time.Hour
	maxService = 16
	maxText    = 256
	skew       = 5 * time.Minute // clocks of the signer and the box may differ by
)

// The errors of bundles; each comes with more words.
var (
	ErrDamaged = errors.New("not a bundle")
	ErrForeign = errors.New("the bundle is for other boxes")
	ErrEarly   = errors.New("the bundle is not valid yet")
	ErrExpired = errors.New("the bundle has ended")
	ErrOld     = errors.New("the bundle is not newer than the last one of its signer")
)

// Bundle is what a file says.
type Bundle struct {
	Signer    string                       `json:"-"`   // key id that verified it
	ID        string                       `json:"jti"` // names it in logs
	Boxes     []string                     `json:"aud"` // serial numbers
	NotBefore int64                        `json:"nbf"` // Unix seconds
	Expires   int64                        `json:"exp"` // Unix seconds
	Sequence  uint64                       `json:"seq"` // grows with every bundle of a signer, from 1
	Services  []Service                    `json:"services,omitempty"`
	Settings  Settings                     `json:"settings,omitzero"`
	Tickets   map[string]map[string]string `json:"tickets,omitempty"` // by serial number, by service id
}

// Service is a service that the box is to carry.
type Service struct {
	ID     string `json:"id"`
	URL    string `json:"url"`
	Issuer string `json:"issuer,omitempty"`
}

// Settings are what a bundle may set; empty ones leave the box as it is.
type Settings struct {
	Language string `json:"language,omitempty"`
	Metered  string `json:"network.metered,omitempty"`
	Brand    string `json:"brand,omitempty"`
}

// Parse verifies a bundle and reads it. Its errors are ErrDamaged and those of
// [rights.Verify]. Whether it may be applied is for [Bundle.Check] to say.
func Parse(compact string, keys rights.Keys) (Bundle, error) {
	payload, signer, err := rights.Verify(compact, Type, MaxBytes, keys)
	if err != nil {
		return Bundle{}, err
	}
	b, err := decode(payload)
	b.Signer = signer
	return b, err
}

// decode reads one JSON object that says nothing beyond the list.
func decode(payload []byte) (b Bundle, err error) {
	d := json.NewDecoder(bytes.NewReader(payload))
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil {
		return Bundle{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Bundle{}, fmt.Errorf("%w: something follows it", ErrDamaged)
	}
	if err := b.sound(); err != nil {
		return Bundle{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return b, nil
}

// sound says whether the parts fit together, whoever reads it and when.
func (b Bundle) sound() error {
	life := time.Duration(b.Expires-b.NotBefore) * time.Second
	switch {
	case !word(b.ID):
		return errors.New("jti is missing or too long")
	case len(b.Boxes) == 0 || len(b.Boxes) > MaxBoxes:
		return fmt.Errorf("aud has to name 1 to %d serial numbers", MaxBoxes)
	case slices.ContainsFunc(b.Boxes, func(s string) bool { return !word(s) }):
		return errors.New("aud has a serial number that is none")
	case b.Sequence == 0:
		return errors.New("seq begins with 1")
	case b.NotBefore <= 0 || b.Expires <= b.NotBefore || b.Expires > 1<<40 || life > MaxLife:
		return fmt.Errorf("nbf and exp have to be at most %d days apart", int(MaxLife.Hours()/24))
	case len(b.Services) > maxService:
		return fmt.Errorf("more than %d services", maxService)
	}
	return b.soundTickets()
}

func (b Bundle) soundTickets() error {
	for serial, of := range b.Tickets {
		if !slices.Contains(b.Boxes, serial) {
			return errors.New("there are tickets for a box that is not in aud")
		}
		for service, ticket := range of {
			if !word(service) || !word(ticket) {
				return errors.New("a ticket is empty, too long or not ASCII")
			}
		}
	}
	return nil
}

// word allows printable ASCII without spaces.
func word(s string) bool {
	return s != "" && len(s) <= maxText && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// Check says whether a bundle may be applied to the box of a serial number, at
// a time, after what was applied before.
func (b Bundle) Check(serial string, now time.Time, before Site) error {
	last := before.Signers[b.Signer]
	switch at := now.Unix(); {
	case serial == "" || !slices.Contains(b.Boxes, serial):
		return fmt.Errorf("%w, and not for serial number %.80q", ErrForeign, serial)
	case at < b.NotBefore-int64(skew.Seconds()):
		return fmt.Errorf("%w: it begins at %s", ErrEarly, stamp(b.NotBefore))
	case at >= b.Expires+int64(skew.Seconds()):
		return fmt.Errorf("%w: at %s", ErrExpired, stamp(b.Expires))
	case b.Sequence <= last.Sequence:
		return fmt.Errorf("%w: its number is %d, and %d was applied", ErrOld, b.Sequence, last.Sequence)
	}
	return nil
}

func stamp(at int64) string { return time.Unix(at, 0).UTC().Format(time.RFC3339) }
