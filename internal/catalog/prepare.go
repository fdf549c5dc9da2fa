package catalog

import (
	"context"
	"errors"

	"usher/internal/box"
)

// ErrNoPrepare says that a service cannot be asked about a title without
// beginning a playback, so nothing of it is fetched before.
var ErrNoPrepare = errors.New("the service cannot be asked before a playback begins")

// Prepare asks the service where the title would be played from, for who
// fetches its beginning: Resolve without a playback. Playback.ID is empty, no
// right is used up and no stream counts. The service refuses what it would refuse
// to Resolve. The error is a *box.Problem, ErrNoPrepare, or that of ctx.
func (c *Client) Prepare(ctx context.Context, titleID string, progress map[string]box.Progress) (box.Resolved, error) {
	s, v, err := c.locate(ctx, titleID)
	if err != nil {
		return box.Resolved{}, err
	}
	if v.doc.Endpoints.Prepare == "" {
		return box.Resolved{}, ErrNoPrepare
	}
	e, ok := v.titles[titleID]
	if !ok {
		return box.Resolved{}, unknownTitle()
	}
	if e, err = v.playable(e, progress); err != nil {
		return box.Resolved{}, err
	}
	if _, err := c.permit(ctx, s, v, e, false); err != nil {
		return box.Resolved{}, err
	}
	raw, err := c.askPlayback(ctx, s, v.doc.at(v.doc.Endpoints.Prepare), e.title.ID)
	if err != nil {
		return box.Resolved{}, s.answerProblem(ctx, err)
	}
	play, err := decodePlayback(s.config.ID, v.doc, raw)
	if err != nil {
		return box.Resolved{}, s.answerProblem(ctx, err)
	}
	if seen, ok := v.titles[play.TitleID]; ok {
		e = seen
	} else if s.hides(v, play.TitleID) {
		return box.Resolved{}, unknownTitle()
	}
	play.ID, play.TitleID = "", e.title.ID
	return box.Resolved{Title: *e.title, Series: e.series, Playback: play}, nil
}
