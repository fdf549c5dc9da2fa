package firmware

import (
	"context"
	"crypto/sha256"
	"fmt"
)

// Take gets chunk i of a release into b, which has its length, and adds it up. What
// is wrong is asked for once more.
func Take(ctx context.Context, from Source, r Release, i int, b []byte) error {
	for range 2 {
		if err := from.Chunk(ctx, i, b); err != nil {
			return err
		}
		if sha256.Sum256(b) == r.Chunks[i] {
			return nil
		}
	}
	return &Error{Reason: Untrusted, Err: fmt.Errorf("chunk %d is not what was signed", i)}
}

// Hints say how the chunks of a release begin, so that most of a slot that holds
// something else need not be read. Nobody has to believe them: a wrong one costs
// a chunk that is fetched and written although it is there.
type Hints struct {
	Length int    // of a beginning, bytes; that of a shorter chunk is all of it
	Sums   []Hint // of the beginning of each chunk; none is no hints
}

// Hint is the beginning of a SHA-256.
type Hint [8]byte

// Hinter is a Source that has hints.
type Hinter interface {
	// Hints may block until ctx ends; what cannot be had is none.
	Hints(ctx context.Context) Hints
}

// Fit says whether hints can be those of a release.
func (h Hints) Fit(r Release) bool {
	return h.Length > 0 && h.Length <= r.Chunk && len(h.Sums) == len(r.Chunks)
}

// Early is a Source that has chunks at hand.
type Early interface {
	// Early fills into with chunk i, if that takes no more than reading it here. Of
	// the others it says which had better be asked for later, when all have been
	// asked for once. What it gives is a guess: asked for the same chunk once more,
	// it was a wrong one, and there is none.
	Early(ctx context.Context, i int, into []byte) (filled, later bool)
}
