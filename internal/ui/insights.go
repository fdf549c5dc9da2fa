package ui

import "context"

// Insights is what who watches agreed to tell the services.
type Insights interface {
	Get() (InsightsView, error)
	// Set agrees, or withdraws: then what was kept is deleted.
	Set(on bool) error
}

// InsightsView is what would be sent, and whether it will be.
type InsightsView struct {
	On      bool            `json:"on"`
	Version string          `json:"version"`           // of the text that is agreed to
	GivenMS int64           `json:"givenMs,omitempty"` // Unix time in ms
	NextMS  int64           `json:"nextMs,omitempty"`  // when it is sent
	Titles  []InsightsTitle `json:"titles"`
}

// InsightsTitle is the sum of one title.
type InsightsTitle struct {
	TitleID   string `json:"titleId"`
	Starts    int    `json:"starts"`
	Ends      int    `json:"ends"`
	WatchedMS int64  `json:"watchedMs"`
}

func (b *Bridge) insightsGet(context.Context, *session, none) (any, error) {
	if b.insights == nil {
		return InsightsView{Titles: []InsightsTitle{}}, nil
	}
	v, err := b.insights.Get()
	left := []InsightsTitle{}
	for _, t := range v.Titles {
		if b.catalogue.Knows(t.TitleID) {
			left = append(left, t)
		}
	}
	v.Titles = left
	return v, err
}

type insightsParams struct {
	On bool `json:"on"`
}

func (b *Bridge) insightsSet(_ context.Context, _ *session, p insightsParams) (any, error) {
	if b.insights == nil {
		return nil, newFault(codeUnavailable, "profiles_off", "This daemon keeps no profiles.", "Start it with a state folder.")
	}
	return b.refused(b.insights.Set(p.On))
}
