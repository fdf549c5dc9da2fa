//go:build linux

package slotd

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"usher/firmware"
	"usher/firmware/image"
	"usher/firmware/trust"
)

// Place is where signed metadata and descriptions come from: the daemon has a
// web server, the helper has the daemon. fetch.Server is one.
type Place interface {
	trust.Place
	// Description gives the description of a release: exactly the bytes that f
	// says. It may block until ctx ends.
	Description(ctx context.Context, name string, f image.File) ([]byte, error)
}

// Judge says which releases may be written.
type Judge interface {
	// Release gives the release of a version whose image has a digest, as it is
	// signed. What it needs for that comes from a Place that it does not believe.
	Release(ctx context.Context, version string, img firmware.Sum, from Place) (firmware.Release, error)
}

// Signed judges by the signed list of releases.
type Signed struct {
	Keeper *trust.Keeper // with a memory of the helper's own
	Board  string        // what the box is
}

var errUnlisted = errors.New("not in the newest signed list for this box")

// Release implements Judge. Its errors are [*firmware.Error]s, or those of the
// Place.
func (s Signed) Release(ctx context.Context, version string, img firmware.Sum, from Place) (firmware.Release, error) {
	list, err := s.Keeper.Refresh(ctx, from)
	if err != nil {
		return firmware.Release{}, err
	}
	i := slices.IndexFunc(list, func(e trust.Entry) bool {
		return e.Release.Version == version && slices.Contains(e.Release.Boards, s.Board)
	})
	if i < 0 {
		return firmware.Release{}, untrusted(fmt.Errorf("%q: %w", version, errUnlisted))
	}
	e := list[i]
	data, err := from.Description(ctx, e.Name, image.File{Sum: e.Sum, Length: e.Length})
	if err != nil {
		return firmware.Release{}, err
	}
	if firmware.Sum(sha256.Sum256(data)) != e.Sum {
		return firmware.Release{}, untrusted(fmt.Errorf("description of %q: not what was signed", version))
	}
	_, r, err := image.DecodeDescription(data, e.Release)
	if err != nil {
		return firmware.Release{}, untrusted(err)
	}
	if r.Image() != img {
		return firmware.Release{}, untrusted(fmt.Errorf("%q: another image was signed", version))
	}
	return r, nil
}

func untrusted(err error) error { return &firmware.Error{Reason: firmware.Untrusted, Err: err} }
