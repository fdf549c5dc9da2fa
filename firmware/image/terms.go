package image

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"usher/firmware"
)

// MaxTerms is the longest that terms may be, bytes.
const MaxTerms = 16 << 10

// terms are what the signed list of releases says about each of them: enough
// to choose one. What they mean is said at firmware.Release.
type terms struct {
	Format  int       `json:"format"`
	Version string    `json:"version"`
	Boards  []string  `json:"boards"`
	Counter uint64    `json:"counter"`
	Percent *int      `json:"percent"`
	Groups  []string  `json:"groups,omitempty"`
	From    time.Time `json:"from,omitzero"`
	Urgent  time.Time `json:"urgent,omitzero"`
}

// format is of terms and descriptions. A box takes no other: it could not know
// what it leaves out.
const format = 1

// EncodeTerms writes what the list says of a release.
func EncodeTerms(r firmware.Release) ([]byte, error) {
	data, err := json.Marshal(terms{
		Format: format, Version: r.Version, Boards: r.Boards, Counter: r.Counter, Percent: &r.Percent, Groups: r.Groups, From: r.From, Urgent: r.Urgent,
	})
	if err != nil {
		return nil, fmt.Errorf("encode terms: %w", err)
	}
	if _, err := DecodeTerms(data); err != nil {
		return nil, err
	}
	return data, nil
}

// DecodeTerms reads what the list says of a release: a release without its
// image.
func DecodeTerms(data []byte) (firmware.Release, error) {
	if len(data) > MaxTerms {
		return firmware.Release{}, fmt.Errorf("%w: terms of %d bytes", firmware.ErrRelease, len(data))
	}
	var t terms
	if err := decode(data, &t); err != nil {
		return firmware.Release{}, err
	}
	switch {
	case t.Format != format:
		return firmware.Release{}, fmt.Errorf("%w: terms of format %d", firmware.ErrRelease, t.Format)
	case t.Percent == nil:
		return firmware.Release{}, fmt.Errorf("%w: terms without a percentage", firmware.ErrRelease)
	}
	r := firmware.Release{
		Version: t.Version, Boards: t.Boards, Counter: t.Counter, Percent: *t.Percent, Groups: t.Groups, From: t.From, Urgent: t.Urgent,
	}
	return r, r.CheckTerms()
}

// decode reads one JSON value. Fields of which it does not know are no error:
// they are for newer boxes; a new format is what older ones must not take.
func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%w: %w", firmware.ErrRelease, err)
	}
	if d.More() {
		return fmt.Errorf("%w: more than one value", firmware.ErrRelease)
	}
	return nil
}
