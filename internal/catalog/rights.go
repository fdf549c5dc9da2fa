package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"usher/internal/offer"
)

// Ask is the question whether a title may be played.
type Ask struct {
	Service   string
	Title     offer.Title // a film, an episode or a channel, with its qualified id
	Series    string      // qualified id of its series
	Country   string      // where the box stands, ISO 3166-1 alpha-2; "": nobody says
	Reachable bool        // the service answered last
	Start     bool        // a person wants it now; else it may be wanted soon, or is on
}

// Pass lets a title be played.
type Pass struct {
	Account bool // with the household's account, and no longer than that
	// Began is told that the service granted the playback, with the lease it
	// sent along ("": none), before anybody sees a picture. An error ends the
	// matter. It may be nil.
	Began func(lease string) error
}

// permit is the one place where a right to play is decided on the box; the
// service decides besides. Who keeps an open house asks for none.
func (c *Client) permit(ctx context.Context, s *site, v *view, e entry, start bool) (Pass, error) {
	if c.options.Permit == nil || v.doc.OpenHouse {
		return Pass{}, nil
	}
	ask := Ask{
		Service: s.config.ID, Title: *e.title, Country: cmp.Or(c.options.Country, v.doc.Country), Reachable: s.standing().Reachable, Start: start,
	}
	if e.series != nil {
		ask.Series = e.series.ID
	}
	return c.options.Permit(ctx, ask)
}

// granted uses a pass for a playback that the service granted.
func (p Pass) granted(play offer.Playback, lease string) (offer.Playback, error) {
	play.Account = p.Account
	if p.Began == nil {
		return play, nil
	}
	return play, p.Began(lease)
}

// ErrNoLeases means that a service signs none.
var ErrNoLeases = errors.New("the service signs no leases")

// Entitlements asks a service for the leases of this box, as it sent them:
// those that changed after since, or all for 0. With wait, a minute at most, the
// service may hold its answer for so long, until there is news. It blocks until
// ctx ends at the latest.
func (c *Client) Entitlements(ctx context.Context, service string, since uint64, wait time.Duration) ([]byte, error) {
	s, err := c.site(service)
	if err != nil {
		return nil, err
	}
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	if v.doc.Endpoints.Entitlements == "" {
		return nil, ErrNoLeases
	}
	u, limit := v.doc.at(v.doc.Endpoints.Entitlements), answerLimits()
	q := u.Query()
	if since > 0 || wait > 0 {
		q.Set("since", strconv.FormatUint(since, 10))
	}
	if wait > 0 {
		q.Set("wait", strconv.FormatInt(int64(wait/time.Second), 10))
		limit.time += wait
	}
	u.RawQuery = q.Encode()
	a, err := c.with(s).get(ctx, u, "", limit)
	if err != nil {
		return nil, fmt.Errorf("ask for leases: %w", err)
	}
	return a.body, nil
}

// End tells the service that a playback is over, so that another box may begin
// one. playbackID is the Playback.ID that Resolve gave.
func (c *Client) End(ctx context.Context, playbackID string) error {
	service, id, _ := strings.Cut(playbackID, ":")
	s, ok := c.byID[service]
	if !ok || !validID(id) {
		return unknownTitle()
	}
	v, err := s.view(ctx)
	if err != nil {
		return err
	}
	a, err := c.with(s).do(ctx, http.MethodDelete, v.doc.playing(id), "", nil, answerLimits())
	if err != nil && a.status >= http.StatusMultipleChoices {
		return s.answerProblem(ctx, err)
	}
	return nil
}

// Decide is [Options.Permit] for a title that is on, so that a right that ended
// ends it. A title that is not in the catalogue any more may go on: whether it
// may be begun is another matter.
func (c *Client) Decide(ctx context.Context, titleID string) error {
	s, v, err := c.locate(ctx, titleID)
	if err != nil {
		return err
	}
	e, ok := v.titles[titleID]
	if !ok {
		return nil
	}
	_, err = c.permit(ctx, s, v, e, false)
	return err
}
