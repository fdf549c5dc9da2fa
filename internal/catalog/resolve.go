package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"usher/internal/box"
	"usher/internal/offer"
)

// Resolve asks the service for the playback of a title. A series means its
// next unfinished episode by progress (keyed by qualified id). Playback.ID
// comes back qualified, for Heartbeat; Playback.URL absolute.
func (c *Client) Resolve(ctx context.Context, titleID string, progress map[string]box.Progress) (box.Resolved, error) {
	s, v, err := c.locate(ctx, titleID)
	if err != nil {
		return box.Resolved{}, err
	}
	e, ok := v.titles[titleID]
	if !ok {
		return box.Resolved{}, c.whyNot(ctx, s, v, titleID)
	}
	if e, err = v.playable(e, progress); err != nil {
		return box.Resolved{}, err
	}
	pass, err := c.permit(ctx, s, v, e, true)
	if err != nil {
		return box.Resolved{}, err
	}
	play, err := c.play(ctx, s, v, e.title.ID, pass)
	if err != nil {
		return box.Resolved{}, s.answerProblem(ctx, err)
	}
	if seen, ok := v.titles[play.TitleID]; ok {
		e = seen // the service may give another cut or episode; what is seen counts
	} else if s.hides(v, play.TitleID) {
		return box.Resolved{}, unknownTitle()
	}
	play.TitleID = e.title.ID
	r := box.Resolved{Title: *e.title, Playback: play}
	if e.series != nil {
		r.Series = e.series
		r.Next = following(*e.series, e.title.ID)
	}
	return r, nil
}

// whyNot asks the service about a title that is not in the catalogue: it may
// name the country, or the catalogue may be a moment old.
func (c *Client) whyNot(ctx context.Context, s *site, v *view, titleID string) error {
	_, id, _ := strings.Cut(titleID, ":")
	if !validID(id) || s.hides(v, titleID) {
		return unknownTitle()
	}
	_, err := c.with(s).get(ctx, withCountry(v.doc.title(id), c.options.Country), "", answerLimits())
	if err == nil {
		return unknownTitle() // there, but not in the catalogue: not meant to be played here
	}
	return s.answerProblem(ctx, err)
}

// playable is the entry itself, or the next unfinished episode of a series.
func (v *view) playable(e entry, progress map[string]box.Progress) (entry, error) {
	if e.title.Kind != offer.Series {
		return e, nil
	}
	ep := nextUnfinished(*e.title, progress)
	if ep == nil {
		return entry{}, noEpisodes()
	}
	return v.titles[ep.ID], nil
}

// play does POST /v1/playback.
func (c *Client) play(ctx context.Context, s *site, v *view, titleID string, pass Pass) (offer.Playback, error) {
	a, err := c.askPlayback(ctx, s, v.doc.playback(), titleID)
	if err != nil {
		return offer.Playback{}, err
	}
	p, err := decodePlayback(s.config.ID, v.doc, a)
	if err == nil && p.ID == "" {
		return p, garbage("its playback has no id")
	}
	if err != nil {
		return p, err
	}
	var with struct {
		Lease string `json:"lease"`
	}
	if err := decode(a, &with); err != nil {
		return p, err
	}
	return pass.granted(p, with.Lease)
}

// askPlayback sends a playback request to one of the addresses that take it.
func (c *Client) askPlayback(ctx context.Context, s *site, to *url.URL, titleID string) ([]byte, error) {
	_, id, _ := strings.Cut(titleID, ":")
	ask := struct {
		TitleID string `json:"titleId"`
		Country string `json:"country,omitempty"`
	}{id, c.options.Country}
	body, err := json.Marshal(ask)
	if err != nil {
		return nil, fmt.Errorf("encode playback request: %w", err)
	}
	a, err := c.with(s).post(ctx, to, body, answerLimits())
	return a.body, err
}

// decodePlayback reads a playback, or what would be one, which has no id.
func decodePlayback(service string, doc document, raw []byte) (offer.Playback, error) {
	var p offer.Playback
	if err := decode(raw, &p); err != nil {
		return p, err
	}
	if p.ID != "" && !validID(p.ID) || !validID(p.TitleID) {
		return p, garbage("its playback has no id")
	}
	u, err := doc.resolve(p.URL)
	if err != nil {
		return p, err
	}
	if p.Thumbnails != "" {
		t, err := doc.resolve(p.Thumbnails)
		if err != nil {
			return p, err
		}
		p.Thumbnails = t.String()
	}
	if p.ID != "" {
		p.ID = qualified(service, p.ID)
	}
	p.TitleID, p.URL = qualified(service, p.TitleID), u.String()
	return p, nil
}

// Heartbeat tells the service that a playback goes on. playbackID is the
// Playback.ID that Resolve gave, ms the position, phase the box's phase.
func (c *Client) Heartbeat(ctx context.Context, playbackID string, ms int64, phase string) error {
	service, id, _ := strings.Cut(playbackID, ":")
	s, ok := c.byID[service]
	if !ok || !validID(id) {
		return unknownTitle()
	}
	v, err := s.view(ctx)
	if err != nil {
		return err
	}
	body, err := json.Marshal(struct {
		PositionMS int64  `json:"positionMs"`
		Phase      string `json:"phase"`
	}{ms, phase})
	if err != nil {
		return fmt.Errorf("encode heartbeat: %w", err)
	}
	a, err := c.with(s).post(ctx, v.doc.heartbeat(id), body, answerLimits())
	if err != nil && a.status != http.StatusOK { // a service may say OK with any body
		return s.answerProblem(ctx, err)
	}
	return nil
}

// answerProblem puts an error into words, except that the caller gave up.
func (s *site) answerProblem(ctx context.Context, err error) error {
	if ctx.Err() != nil && !errors.As(err, new(*box.Problem)) {
		return fmt.Errorf("ask service %q: %w", s.config.ID, context.Cause(ctx))
	}
	return s.problem(err)
}

func noEpisodes() *box.Problem {
	return &box.Problem{
		Code: codeNotFound, Text: "This series has no episode to watch yet.",
		Hint: "Come back when the first one is there, or choose another title.",
	}
}

// episodes lists a series in order.
func episodes(series offer.Title) []*offer.Title {
	var all []*offer.Title
	for s := range series.Seasons {
		for e := range series.Seasons[s].Episodes {
			all = append(all, &series.Seasons[s].Episodes[e])
		}
	}
	return all
}

// nextUnfinished goes on from the episode that was watched last: that one if
// it is unfinished, else the next unfinished one, from the beginning again
// after the last; the first where all are finished; nil for no episodes.
func nextUnfinished(series offer.Title, progress map[string]box.Progress) *offer.Title {
	all := episodes(series)
	if len(all) == 0 {
		return nil
	}
	last, newest := 0, int64(-1)
	for i, ep := range all {
		if p, ok := progress[ep.ID]; ok && p.UpdatedMS > newest {
			last, newest = i, p.UpdatedMS
		}
	}
	for i := range all {
		if ep := all[(last+i)%len(all)]; !progress[ep.ID].Finished {
			return ep
		}
	}
	return all[0]
}

// following is the episode after this one, across seasons; nil after the last.
func following(series offer.Title, id string) *offer.Title {
	all := episodes(series)
	for i, ep := range all[:max(len(all)-1, 0)] {
		if ep.ID == id {
			return all[i+1]
		}
	}
	return nil
}
