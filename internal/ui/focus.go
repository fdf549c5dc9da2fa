package ui

import (
	"cmp"
	"context"

	"usher/internal/box"
)

type focusParams struct {
	TitleID string `json:"titleId"`
	Place   string `json:"place"`
	Secret  bool   `json:"secret"`
}

// focus passes on what the screen points at. The names of places are those of
// the core's signs; the document lets no other through.
func (b *Bridge) focus(_ context.Context, _ *session, p focusParams) (any, error) {
	if p.TitleID == "" {
		return b.submit(box.Focused{Secret: p.Secret})
	}
	return b.submit(box.Focused{TitleID: p.TitleID, Sign: box.Sign(cmp.Or(p.Place, string(box.SignTile)))})
}
