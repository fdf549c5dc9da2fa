package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"usher/internal/box"
)

// Position is where a viewer stopped, as a service keeps it.
type Position struct {
	TitleID    string    `json:"titleId"` // at the service
	PositionMS int64     `json:"positionMs"`
	Seen       bool      `json:"seen,omitempty"`
	At         time.Time `json:"at"`
}

// Wish is a title on, or off, the watchlist of a viewer.
type Wish struct {
	TitleID string    `json:"titleId"` // at the service
	Off     bool      `json:"off,omitempty"`
	At      time.Time `json:"at"`
}

// Sum is what one viewer watched of one title.
type Sum struct {
	TitleID   string `json:"titleId"` // at the service
	Starts    int    `json:"starts"`
	Ends      int    `json:"ends"`
	WatchedMS int64  `json:"watchedMs"`
}

// Consent is what a viewer agreed to, and when.
type Consent struct {
	Given   time.Time `json:"given"`
	Version string    `json:"version"` // of the text
}

func noViewers() *box.Problem {
	return &box.Problem{Code: codeNotFound, Text: "The service keeps nothing for viewers.", Hint: "Nothing needs to be done."}
}

// Lists is what follows a viewer from box to box.
type Lists struct {
	Positions []Position `json:"positions"`
	Watchlist []Wish     `json:"watchlist"`
}

// MergeLists tells a service what this box has of a viewer, and learns what
// came of it with what other boxes told. The viewer is a pseudonym.
func (c *Client) MergeLists(ctx context.Context, service, viewer string, own Lists) (all Lists, err error) {
	body, err := json.Marshal(own)
	if err != nil {
		return all, fmt.Errorf("encode lists: %w", err)
	}
	a, err := c.viewers(ctx, http.MethodPut, service, body, viewer)
	if err == nil {
		err = decode(a.body, &all)
	}
	return all, err
}

// Report sends a batch of insights, once however often it is sent.
func (c *Client) Report(ctx context.Context, service, viewer, batch string, agreed Consent, sums []Sum) error {
	body, err := json.Marshal(map[string]any{"id": batch, "consent": agreed, "titles": sums})
	if err != nil {
		return fmt.Errorf("encode insights: %w", err)
	}
	_, err = c.viewers(ctx, http.MethodPost, service, body, viewer, "events")
	return err
}

// Withdraw has a service delete the insights of a viewer.
func (c *Client) Withdraw(ctx context.Context, service, viewer string) error {
	_, err := c.viewers(ctx, http.MethodDelete, service, nil, viewer, "events")
	return err
}

// ForgetViewer has a service delete everything about a viewer.
func (c *Client) ForgetViewer(ctx context.Context, service, viewer string) error {
	_, err := c.viewers(ctx, http.MethodDelete, service, nil, viewer)
	return err
}

func (c *Client) viewers(ctx context.Context, method, service string, body []byte, path ...string) (answer, error) {
	s, err := c.site(service)
	if err != nil {
		return answer{}, err
	}
	v, err := s.view(ctx)
	if err != nil {
		return answer{}, err
	}
	if v.doc.Endpoints.Viewers == "" {
		return answer{}, noViewers()
	}
	a, err := c.with(s).do(ctx, method, appendPath(v.doc.at(v.doc.Endpoints.Viewers), path...), "", body, answerLimits())
	if err != nil {
		return a, s.answerProblem(ctx, err)
	}
	return a, nil
}
