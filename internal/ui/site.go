package ui

import (
	"context"
	"errors"

	"usher/internal/box"
)

// Site is what an installer's bundles set on the box. An error may be a
// *box.Problem, whose text then reaches the client.
type Site interface {
	// Apply verifies a bundle and puts what it says on the disk; the daemon starts
	// anew then. It blocks for the disk.
	Apply(ctx context.Context, bundle string) error
	// Show says what was applied, without secrets. It blocks for the disk.
	Show(ctx context.Context) (SiteView, error)
}

// SiteView is what bundles set, and what the next one has to say.
type SiteView struct {
	Serial   string        `json:"serial"`  // "" where the box knows none
	Signers  []SiteSigner  `json:"signers"` // whose bundles the box takes
	Services []SiteService `json:"services"`
	Language string        `json:"language,omitempty"`
	Metered  string        `json:"metered"`
	Brand    string        `json:"brand"`
	Waiting  []string      `json:"waiting"` // services whose ticket is to be used yet
	Refused  []SiteRefusal `json:"refused"` // and those that did not take it
}

// SiteSigner is a key, and the last bundle of it.
type SiteSigner struct {
	Key       string `json:"key"`
	Sequence  uint64 `json:"sequence"` // 0: none was applied
	Bundle    string `json:"bundle,omitempty"`
	AppliedMS int64  `json:"appliedMs,omitempty"` // Unix milliseconds
}

// SiteService is a service that the box carries.
type SiteService struct {
	ID     string `json:"id"`
	URL    string `json:"url"`
	Issuer string `json:"issuer,omitempty"`
}

// SiteRefusal is a ticket that a service did not take.
type SiteRefusal struct {
	Service string `json:"service"`
	Code    string `json:"code"` // of RFC 6749 section 5.2
}

// siteMethods are those of bundles.
func (b *Bridge) siteMethods() map[string]spec {
	return map[string]spec{
		"box.apply": takes(b.apply).within(b.limits.check),
		"box.site":  takes(b.showSite).within(b.limits.check),
	}
}

type applyParams struct {
	Bundle string `json:"bundle"`
}

func (b *Bridge) apply(ctx context.Context, _ *session, p applyParams) (any, error) {
	if b.site == nil {
		return nil, refusal(noSite())
	}
	err := b.site.Apply(ctx, p.Bundle)
	if problem, ok := errors.AsType[*box.Problem](err); ok {
		return nil, refusal(problem)
	}
	if err != nil {
		return nil, err
	}
	return accepted{true}, nil
}

func (b *Bridge) showSite(ctx context.Context, _ *session, _ none) (any, error) {
	if b.site == nil {
		return nil, refusal(noSite())
	}
	return b.site.Show(ctx)
}

func noSite() *box.Problem {
	return &box.Problem{Code: "bundle_off", Text: "This daemon takes no bundles.", Hint: "Name the keys of those whose bundles it is to take: bundle.keys in usher.toml"}
}
