package catalog

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"usher/internal/box"
)

const (
	pollEvery    = 5 * time.Minute
	retryFirst   = time.Second
	retryLongest = time.Minute
)

// keep reads one service's catalogue from the disk, then from the service,
// again and again until ctx ends.
func (c *Client) keep(ctx context.Context, s *site) {
	if v, err := c.load(s.config); err != nil {
		c.options.Logger.Debug("No stored catalogue", "service", s.config.ID, "error", err)
	} else {
		c.tell(s.adopt(v, false))
	}
	retry := retryFirst
	for ctx.Err() == nil {
		wait := jitter(pollEvery)
		if err := c.poll(ctx, s); ctx.Err() != nil {
			return
		} else if err != nil {
			wait, retry = jitter(retry), min(retry*2, retryLongest)
			c.tell(s.fail(s.problem(err)))
		} else {
			retry = retryFirst
		}
		select {
		case <-time.After(wait):
		case <-s.again:
			retry = retryFirst
		case <-ctx.Done():
		}
	}
}

// jitter spreads the boxes of a country that all lost the service at once:
// three quarters of d to all of it.
func jitter(d time.Duration) time.Duration {
	return d - time.Duration(rand.Int64N(int64(d)/4+1))
}

// tell reports a standing that is news.
func (c *Client) tell(s box.Service, news bool) {
	if !news {
		return
	}
	code := ""
	if s.Problem != nil {
		code = s.Problem.Code
	}
	c.options.Logger.Info("Service seen", "service", s.ID, "reachable", s.Reachable, "titles", s.Titles, "problem", code)
	c.options.Seen(s)
}

// poll reads the service document and, if it changed, the catalogue.
func (c *Client) poll(ctx context.Context, s *site) error {
	doc, err := c.document(ctx, s.config)
	if err != nil {
		return err
	}
	old, etag := s.whole(), ""
	stale := s.stale.Swap(false)
	if old != nil && old.doc.Endpoints == doc.Endpoints && !stale { // an ETag of another address means nothing
		etag = old.etag
	}
	a, err := c.with(s).get(ctx, withCountry(doc.catalogue(), c.options.Country), etag, catalogueLimits())
	if err != nil {
		s.stale.CompareAndSwap(false, stale)
		return err
	}
	if a.status == http.StatusNotModified && old != nil {
		fresh := *old
		fresh.doc = doc
		c.tell(s.adopt(&fresh, true))
		return nil
	}
	v, err := decodeView(s.config.ID, doc, a.body)
	if err != nil {
		return err
	}
	v.etag = a.etag
	c.tell(s.adopt(v, true))
	if err := c.save(s.config, v, a.body); err != nil {
		c.options.Logger.Warn("Catalogue not stored; it is lost at the next restart", "service", s.config.ID, "error", err)
	}
	return nil
}

// document reads the service document.
func (c *Client) document(ctx context.Context, cfg Config) (document, error) {
	base, err := parseService(cfg.URL)
	if err != nil {
		return document{}, err
	}
	a, err := c.fetch.get(ctx, base.JoinPath(".well-known", "usher-service"), "", documentLimits())
	if err != nil {
		return document{}, err
	}
	return decodeDocument(a.body, a.from)
}

func withCountry(u *url.URL, country string) *url.URL {
	if country == "" {
		return u
	}
	with := *u
	q := with.Query()
	q.Set("country", country)
	with.RawQuery = q.Encode()
	return &with
}

// problem puts an error into words about this service.
func (s *site) problem(err error) *box.Problem {
	var p *box.Problem
	if errors.As(err, &p) {
		return p
	}
	who := name(s.standing())
	var g *garbageError
	if errors.As(err, &g) {
		return &box.Problem{
			Code: codeGarbage, Text: "The service " + who + " does not answer as a service does: " + g.Error() + ".",
			Hint: "Check its address in the configuration, and whether this network asks for a sign-in page first.",
		}
	}
	var st *statusError
	if errors.As(err, &st) {
		return &box.Problem{
			Code: codeUnreachable, Text: "The service " + who + " is out of order: " + st.Error() + ".",
			Hint: "Wait a little; the box tries again by itself.",
		}
	}
	return &box.Problem{
		Code: codeUnreachable, Text: "The service " + who + " cannot be reached.",
		Hint: "Check the network cable or the Wi-Fi; the box tries again by itself.",
	}
}
