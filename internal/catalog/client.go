// Package catalog is the client of the service API (docs/openapi.yaml): what
// there is to watch, for one service or several.
//
// It guarantees that the last good catalogue of each service stays, in memory
// and on disk, whatever the service answers later; that every id it hands out
// is qualified by its service ("service:id"); and that every refusal is a
// *box.Problem with a stable code and a next step. Everything a service sends
// is limited in size, depth and time before it is believed.
//
// Catalogue, Title, Search, Resolve, Heartbeat and Art may be called from any
// goroutine and may block on the network until their context ends; Services
// never blocks. What they return is shared and must not be changed. The
// package never logs a URL, a query or a title, and starts no goroutine
// outside Run, which waits for its own.
package catalog

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"usher/internal/box"
	"usher/internal/offer"
)

// Config names one service.
type Config struct {
	ID  string // short and unique, without ':'; qualifies every id of the service
	URL string // http or https; the service document is found under it
}

// Options are what a Client needs. Services is required.
type Options struct {
	Services []Config
	// Client does the requests; its transport decides about TLS and proxies.
	// Its CheckRedirect is replaced. Default: a client of its own.
	Client *http.Client
	// Account sends a request to a service in the name of the box's account
	// there. It may block; no answer and no error mean that there is none. It
	// may be nil. Pictures are read without it.
	Account func(service string, r *http.Request) (*http.Response, error)
	// Permit decides whether a title may be played, before the service is asked
	// and while it is on; a refusal is a *box.Problem. It may ask the service for
	// a moment where a person waits (Ask.Start). Nil: the service alone decides.
	Permit func(context.Context, Ask) (Pass, error)
	// Country is where the box stands, ISO 3166-1 alpha-2; empty means the
	// service's own country.
	Country string
	// Logger takes changes of standing. Default: nothing is logged.
	Logger *slog.Logger
	// CacheDir keeps the last good catalogues over a restart; empty keeps none.
	CacheDir string
	// Viewer says who looks: a number that changes whenever somebody else does,
	// or may see something else, and whether that one may know of a title that
	// is offered in a country (ISO 3166-1 alpha-2; empty: the service does not
	// say). Nothing that may not be known of leaves the package by any method.
	// nil may see everything. Called from any goroutine; must not block.
	Viewer func() (number uint64, sees func(t offer.Title, country string) bool)
	// Seen is told every change of a service's standing, from Run's
	// goroutines, one call at a time for each service. It may be nil.
	Seen func(box.Service)
}

// Client knows the services. Its methods are safe for concurrent use.
type Client struct {
	options Options
	fetch   fetcher
	sites   []*site
	byID    map[string]*site
	art     *pictures
}

// New allocates a client; Run makes it read. A service whose address is
// unusable stands as unreachable, with a problem that says so.
func New(o Options) *Client {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Client == nil {
		o.Client = &http.Client{}
	}
	if o.Account == nil {
		o.Account = func(string, *http.Request) (*http.Response, error) { return nil, nil }
	}
	if o.Seen == nil {
		o.Seen = func(box.Service) {}
	}
	c := &Client{options: o, fetch: newFetcher(o.Client), byID: map[string]*site{}, art: newPictures()}
	for _, s := range o.Services {
		if _, twice := c.byID[s.ID]; twice || s.ID == "" || strings.ContainsRune(s.ID, ':') {
			o.Logger.Error("Service id is empty, used twice or contains ':'; the service is left out", "service", s.ID)
			continue
		}
		st := newSite(s, c.look)
		c.sites = append(c.sites, st)
		c.byID[s.ID] = st
	}
	return c
}

// Run keeps the catalogues current until ctx ends, and returns nil then.
func (c *Client) Run(ctx context.Context) error {
	var all sync.WaitGroup
	for _, s := range c.sites {
		all.Go(func() { c.keep(ctx, s) })
	}
	all.Wait()
	<-ctx.Done() // without services there is nothing to do, which is no failure
	return nil
}

// Services tells how every service stands, in the order of the configuration.
func (c *Client) Services() []box.Service {
	list := make([]box.Service, 0, len(c.sites))
	for _, s := range c.sites {
		list = append(list, s.standing())
	}
	return list
}

// Refresh reads the catalogue of a service again, whatever it said of it
// before: another household may be offered another one. It does not block, and
// does nothing for a service that is not there.
func (c *Client) Refresh(service string) {
	s, ok := c.byID[service]
	if !ok {
		return
	}
	s.stale.Store(true)
	select {
	case s.again <- struct{}{}:
	default: // it will be read again anyway
	}
}

// Catalogue is the last good catalogue of a service; "" means the first one.
// Until the first answer of the service it waits.
func (c *Client) Catalogue(ctx context.Context, service string) (offer.Catalogue, error) {
	s, err := c.site(service)
	if err != nil {
		return offer.Catalogue{}, err
	}
	v, err := s.view(ctx)
	if err != nil {
		return offer.Catalogue{}, err
	}
	return v.catalogue, nil
}

// Title finds a film, a series, an episode or a channel in the catalogues.
func (c *Client) Title(ctx context.Context, id string) (offer.Title, error) {
	_, v, err := c.locate(ctx, id)
	if err != nil {
		return offer.Title{}, err
	}
	e, ok := v.titles[id]
	if !ok {
		return offer.Title{}, unknownTitle()
	}
	return *e.title, nil
}

// locate finds the service of a qualified id, and what it has.
func (c *Client) locate(ctx context.Context, id string) (*site, *view, error) {
	service, _, ok := strings.Cut(id, ":")
	if !ok || service == "" {
		return nil, nil, unknownTitle()
	}
	s, ok := c.byID[service]
	if !ok {
		return nil, nil, unknownTitle()
	}
	v, err := s.view(ctx)
	return s, v, err
}

// Knows says whether the viewer may know of a title and a catalogue has it. It
// does not wait: before the first answer of the service nothing is known.
func (c *Client) Knows(id string) bool {
	service, _, _ := strings.Cut(id, ":")
	s, ok := c.byID[service]
	if !ok {
		return false
	}
	v := s.current()
	if v == nil {
		return false
	}
	_, ok = v.titles[id]
	return ok
}

func (c *Client) site(id string) (*site, error) {
	if id == "" && len(c.sites) > 0 {
		return c.sites[0], nil
	}
	if s, ok := c.byID[id]; ok {
		return s, nil
	}
	return nil, &box.Problem{
		Code: codeNotFound, Text: "This box has no such service.",
		Hint: "List the services with usher services.",
	}
}

func unknownTitle() *box.Problem {
	return &box.Problem{
		Code: codeNotFound, Text: "No service of this box has this title.",
		Hint: "Go back to the catalogue and choose another one.",
	}
}

// qualified joins a service and an id of its own.
func qualified(service, id string) string { return service + ":" + id }

// name is what people read about a service.
func name(s box.Service) string { return fmt.Sprintf("“%s”", cmp.Or(s.Name, s.ID)) }
