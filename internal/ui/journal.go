package ui

import (
	"context"

	"usher/internal/box"
)

type journalParams struct {
	Last int `json:"last"` // 0: all
}

// journal answers journal.read.
func (b *Bridge) journal(_ context.Context, _ *session, p journalParams) (any, error) {
	if b.recorder == nil {
		return nil, refusal(&box.Problem{Code: "journal_off", Text: "The daemon keeps no journal.", Hint: "Use a newer usherd."})
	}
	text, err := b.recorder(p.Last)
	if err != nil {
		return nil, err
	}
	return map[string]string{"text": text}, nil
}
