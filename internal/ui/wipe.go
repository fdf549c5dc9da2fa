package ui

import (
	"context"

	"usher/internal/box"
)

// Wiper hands a box over: it takes everything of its household off it.
type Wiper interface {
	// Wipe orders it; the daemon starts anew then. It blocks for the disk, and for
	// seconds to tell the services.
	Wipe(ctx context.Context, factory bool) error
	// Remains says what is on the box. It blocks for the disk.
	Remains(ctx context.Context) (Remains, error)
}

// Remains is what is on a box, for whoever wants proof that nothing is.
type Remains struct {
	Accounts  int           `json:"accounts"`  // that the box is connected with
	Untold    int           `json:"untold"`    // services that do not know yet that it is not any more
	Profiles  int           `json:"profiles"`  // one is there always
	Begun     int           `json:"begun"`     // titles that were begun
	Watchlist int           `json:"watchlist"` // titles on it
	Files     []RemainsFile `json:"files"`     // in the folders of state and cache
}

// RemainsFile is a file of the box.
type RemainsFile struct {
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
}

// wipeMethods are those of handing over.
func (b *Bridge) wipeMethods() map[string]spec {
	return map[string]spec{
		"box.wipe":    takes(b.wipe).within(b.limits.check),
		"box.remains": takes(b.remains).within(b.limits.check),
	}
}

type wipeParams struct {
	Factory bool `json:"factory"`
}

func (b *Bridge) wipe(ctx context.Context, _ *session, p wipeParams) (any, error) {
	if b.wiper == nil {
		return nil, refusal(noWiper())
	}
	if err := b.wiper.Wipe(ctx, p.Factory); err != nil {
		return nil, err
	}
	return accepted{true}, nil
}

func (b *Bridge) remains(ctx context.Context, _ *session, _ none) (any, error) {
	if b.wiper == nil {
		return nil, refusal(noWiper())
	}
	return b.wiper.Remains(ctx)
}

func noWiper() *box.Problem {
	return &box.Problem{Code: "no_wipe", Text: "This daemon cannot be wiped from here.", Hint: "Stop it and remove its state folder."}
}
