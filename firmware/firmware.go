// Package firmware is the vocabulary of updates: what a release is, what the
// slots of a box are, and what may be asked of them.
//
// It verifies nothing and starts nothing: whoever makes a [Release] has checked
// that it may be trusted, and [Slots] write no chunk of a [Source] that does not
// fit it. The
// backends are below it: the A/B slots of its own in firmware/abslots, RAUC's in
// firmware/rauc.
package firmware

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"
)

// Release is a firmware as its signed description has it.
type Release struct {
	Version string   `json:"version"` // for people: "2026.11.2"
	Boards  []string `json:"boards"`  // what it runs on, such as "acme-stick-3"
	// Counter rises with every release that must not be undone, because it
	// closes a hole or changes data. A box never goes below the highest one that
	// has proved itself on it.
	Counter uint64            `json:"counter"`
	Size    int64             `json:"size"`      // of the image, bytes
	Chunk   int               `json:"chunkSize"` // hashed, fetched and written at a time, bytes: a power of two from MinChunk to MaxChunk
	Chunks  []Sum             `json:"chunks"`    // of each Chunk bytes; the last may be shorter
	Notes   map[string]string `json:"notes,omitempty"`
	// Percent of boxes that may take it, 0 to 100, by a hash of box and release.
	Percent int `json:"percent"`
	// Groups of boxes that may take it, whatever Percent says; none is no group.
	Groups []string `json:"groups,omitempty"`
	// From is when boxes may begin to take it; zero is at once.
	From time.Time `json:"from,omitzero"`
	// Urgent is when it is installed also where somebody keeps putting it off;
	// zero is never.
	Urgent time.Time `json:"urgent,omitzero"`
}

// The sizes of a release.
const (
	MinChunk  = 512
	MaxChunk  = 4 << 20
	MaxChunks = 64 << 10
	MaxBoards = 64
	MaxGroups = 64
	MaxText   = 4 << 10 // bytes of notes in one language
	// MaxVersion is the longest version, bytes.
	MaxVersion = 64
)

// ErrRelease says that a release contradicts itself.
var ErrRelease = errors.New("not a release")

// Check refuses a release that no slot could be asked to take.
func (r Release) Check() error {
	if err := r.CheckTerms(); err != nil {
		return err
	}
	if r.Chunk < MinChunk || r.Chunk > MaxChunk || r.Chunk&(r.Chunk-1) != 0 {
		return fmt.Errorf("%w: chunks of %d bytes", ErrRelease, r.Chunk)
	}
	if r.Size <= 0 || r.Size > MaxChunks*MaxChunk {
		return fmt.Errorf("%w: of %d bytes", ErrRelease, r.Size)
	}
	chunks := (r.Size + int64(r.Chunk) - 1) / int64(r.Chunk)
	if chunks > MaxChunks || int64(len(r.Chunks)) != chunks {
		return fmt.Errorf("%w: %d chunks for %d bytes", ErrRelease, len(r.Chunks), r.Size)
	}
	for _, text := range r.Notes {
		if len(text) > MaxText {
			return fmt.Errorf("%w: notes of %d bytes", ErrRelease, len(text))
		}
	}
	return nil
}

// CheckTerms is Check without the image: whether the rest makes sense.
func (r Release) CheckTerms() error {
	switch {
	case r.Version == "" || len(r.Version) > MaxVersion:
		return fmt.Errorf("%w: a version of %d bytes", ErrRelease, len(r.Version))
	case len(r.Boards) == 0 || len(r.Boards) > MaxBoards:
		return fmt.Errorf("%w: for %d boards", ErrRelease, len(r.Boards))
	case len(r.Groups) > MaxGroups:
		return fmt.Errorf("%w: for %d groups", ErrRelease, len(r.Groups))
	case r.Percent < 0 || r.Percent > 100:
		return fmt.Errorf("%w: for %d percent", ErrRelease, r.Percent)
	}
	return nil
}

// Length is that of chunk i, bytes.
func (r Release) Length(i int) int {
	return int(min(int64(r.Chunk), r.Size-r.At(i)))
}

// At is where chunk i begins.
func (r Release) At(i int) int64 { return int64(i) * int64(r.Chunk) }

// Image is the digest of the whole: that of the digests of its chunks.
func (r Release) Image() Sum {
	h := sha256.New()
	for _, c := range r.Chunks {
		h.Write(c[:])
	}
	return Sum(h.Sum(nil))
}

// Source hands out the chunks of one release. It may block until ctx ends. Nobody
// has to believe it: whoever takes a chunk adds it up before anything else is
// done with it, and asks for one that is wrong once more.
type Source interface {
	// Chunk fills into, which has the length of chunk i. Asked for the same chunk
	// again, it takes more care.
	Chunk(ctx context.Context, i int, into []byte) error
}

// State is how a slot stands.
type State uint8

// The states of a slot.
//
//	Empty ──Write──▶ Written ──Activate──▶ Trying ──Good──▶ Good
//	  ▲                                      │               │
//	  └──────Write──── Bad ◀─────attempts────┘◀─────Bad──────┘
const (
	Empty   State = iota // nothing whole is in it
	Written              // whole and checked, never started
	Trying               // started, and not yet proved good
	Good
	Bad // started and found wanting; SlotInfo.Reason says why
)

var stateNames = [...]string{"empty", "written", "trying", "good", "bad"}

// String is the word used in JSON and logs.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "unknown"
}

// Reason is a stable machine word for why a slot went bad, or an update was
// not made.
type Reason string

// The reasons.
const (
	NoReason    Reason = ""
	NoStart     Reason = "no_start"     // it did not come up in the attempts it had
	NoPlayer    Reason = "no_player"    // the player does not start
	NoBridge    Reason = "no_bridge"    // the screen is not served
	NoTV        Reason = "no_tv"        // the CEC adapter that was there is gone
	NoFilm      Reason = "no_film"      // a film does not run through the cache
	Crashed     Reason = "crashed"      // the daemon or the player crashed
	ByHand      Reason = "by_hand"      // somebody asked for the one before
	Interrupted Reason = "interrupted"  // writing it was cut off
	Damaged     Reason = "damaged"      // what is in the slot is not what was written
	NoSpace     Reason = "no_space"     // the slot is smaller than the image
	ReadOnly    Reason = "read_only"    // the slot cannot be written
	WrongBoard  Reason = "wrong_board"  // made for another box
	Downgrade   Reason = "downgrade"    // below the floor
	Untrusted   Reason = "untrusted"    // signatures, dates or digests do not fit
	Unreachable Reason = "unreachable"  // no network, or the place answers nonsense
	OverBudget  Reason = "data_budget"  // more data than may be used
	TriedBefore Reason = "tried_before" // this release failed here once
	Unproved    Reason = "unproved"     // what runs is on trial: the other slot is all there is to go back to
	Busy        Reason = "slots_busy"   // another program changes the slots
	NoInstaller Reason = "no_installer" // the system's program that writes the slots does not answer
	Failed      Reason = "failed"       // it answers, and its reason is none of these
)

// SlotInfo is how one slot stands.
type SlotInfo struct {
	Name     string `json:"name"` // "a" or "b"; of other backends theirs
	State    State  `json:"-"`
	Version  string `json:"version,omitempty"`
	Counter  uint64 `json:"counter"`
	Attempts int    `json:"attempts"` // left, while Trying
	Reason   Reason `json:"reason,omitempty"`
	Booted   bool   `json:"booted"`  // this system runs from it
	Primary  bool   `json:"primary"` // the next one will
}

// Progress is how far writing has come, bytes.
type Progress struct {
	Done, Total int64
	Kept        int64 // of Done: already there, so neither fetched nor written
}

// Can is what a backend is able to do.
type Can struct {
	Cancel   bool // Write ends soon after its context does
	Resume   bool // Write goes on where it was cut off
	Delta    bool // what is already in a slot is not fetched
	Throttle bool // Write goes no faster than its Source
}

// Slots are the places for firmware on a box. One of them runs; the other may
// be written. Calls are not made at the same time. Each leaves a box that
// starts, whenever the power goes.
type Slots interface {
	// Slots reads how they stand.
	Slots(ctx context.Context) ([]SlotInfo, error)
	// Write puts a release into the slot that does not run. It blocks for
	// minutes; progress may be nil and must not block. The error is an [*Error],
	// or that of ctx; the slot is then Empty, and the other as it was.
	Write(ctx context.Context, r Release, from Source, progress func(Progress)) error
	// Activate has the Written slot tried at the next start.
	Activate(ctx context.Context) error
	// Good says that the slot that runs has proved itself: it is kept, and the
	// floor rises to its counter.
	Good(ctx context.Context) error
	// Bad gives the slot that runs up: the next start is from the other.
	Bad(ctx context.Context, why Reason) error
	// Floor is the lowest counter that may be written.
	Floor(ctx context.Context) (uint64, error)
	Can() Can
}

// Error is why an update did not go on.
type Error struct {
	Reason Reason
	Err    error
}

// Error is the reason and the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return string(e.Reason)
	}
	return string(e.Reason) + ": " + e.Err.Error()
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }
