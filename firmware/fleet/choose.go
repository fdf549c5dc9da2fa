package fleet

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"usher/firmware"
	"usher/firmware/trust"
)

// Box is what a choice depends on.
type Box struct {
	ID     string // its own for good, such as of device.Identity; it is hashed, and never sent
	Board  string
	Groups []string // that it was put into, such as "lab"
}

// Present is what the box runs, and what it went through.
type Present struct {
	Version string
	Floor   uint64          // firmware.Slots.Floor
	Failed  map[string]bool // versions that failed here once
	Trying  string          // Offer.Action of what is written and has not proved itself
}

// Why says why a release is not for this box, or not now.
type Why string

// The answers.
const (
	Fits     Why = ""
	Older    Why = "not_newer"    // the box runs it, or a newer one
	Board    Why = "wrong_board"  // made for another box
	BelowIt  Why = "downgrade"    // below the floor
	Tried    Why = "tried_before" // failed here once
	TooSoon  Why = "too_soon"     // its time has not come
	NotChose Why = "not_chosen"   // neither among the share of boxes nor in a group
)

// Skipped is a release that was passed over.
type Skipped struct {
	Version string `json:"version"`
	Why     Why    `json:"why"`
}

// choose gives the newest release of a list, newest first, that a box should
// take by itself.
func choose(list []trust.Entry, b Box, p Present, now time.Time) (e trust.Entry, ok bool, skipped []Skipped) {
	for _, e := range list {
		why := may(e.Release, b, p)
		switch {
		case why != Fits:
		case firmware.Compare(e.Release.Version, p.Version) <= 0:
			why = Older
		case now.Before(e.Release.From):
			why = TooSoon
		case !chosen(e.Release, b):
			why = NotChose
		default:
			return e, true, skipped
		}
		if why != Board {
			skipped = append(skipped, Skipped{e.Release.Version, why})
		}
	}
	return trust.Entry{}, false, skipped
}

// may is what holds for every box and every way to choose.
func may(r firmware.Release, b Box, p Present) Why {
	switch {
	case !slices.Contains(r.Boards, b.Board):
		return Board
	case r.Counter < p.Floor:
		return BelowIt
	case p.Failed[r.Version]:
		return Tried
	}
	return Fits
}

// chosen says whether a box is in a group of a release, or in its share of all
// boxes. A box that is in a share is in each larger one, too; another release
// begins with other boxes.
func chosen(r firmware.Release, b Box) bool {
	for _, g := range r.Groups {
		if slices.Contains(b.Groups, g) {
			return true
		}
	}
	return share(b.ID, r.Version) < r.Percent
}

// share is the place of a box among all, 0 to 99.
func share(id, version string) int {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d:%s%s", len(id), id, version))
	return int(binary.BigEndian.Uint64(sum[:]) % 100)
}

// The times between two looks.
const (
	Every     = 6 * time.Hour
	soonAgain = 5 * time.Minute
)

// Next is how long to wait until the next look: six hours, less after a few
// failures in a row, and spread by box, so that a fleet whose power came back
// does not ask all at once.
func (b Box) Next(failures int) time.Duration {
	d := Every
	if failures > 0 && failures < 8 {
		d = min(soonAgain<<(failures-1), Every)
	}
	spread := time.Duration(share(b.ID, fmt.Sprint("look ", failures))) * d / 400 // up to a quarter
	return d - spread
}
