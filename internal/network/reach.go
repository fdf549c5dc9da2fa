package network

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"usher/internal/box"
)

// Prober finds out how far a line gets, by asking the box's own services and
// nobody else: no third party learns that the box is there.
type Prober struct {
	Services  []string          // their URLs
	Transport http.RoundTripper // nil: the usual
}

// Reach asks until a service answers, or ctx ends. A service that answers as
// itself (over HTTPS, with its certificate) is the internet. Where none does, a
// network that answers for one over plain HTTP (RFC 6585 section 6, or by
// leading somewhere else) is a portal.
func (p Prober) Reach(ctx context.Context) box.NetReach {
	if len(p.Services) == 0 {
		return box.ReachUnknown
	}
	reach := box.ReachNothing
	for _, raw := range p.Services {
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" {
			continue
		}
		if u.Scheme == "https" && p.answers(ctx, u) {
			return box.ReachInternet
		}
		switch p.plain(ctx, u) {
		case box.ReachPortal:
			reach = box.ReachPortal
		case box.ReachInternet:
			if u.Scheme == "http" { // a service in the house, or a test
				return box.ReachInternet
			}
		}
		if ctx.Err() != nil {
			break
		}
	}
	return reach
}

// answers says whether the service itself answers, whatever it says.
func (p Prober) answers(ctx context.Context, u *url.URL) bool {
	res, err := p.ask(ctx, u.String())
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return true
}

// plain is who answers over plain HTTP for a service.
func (p Prober) plain(ctx context.Context, u *url.URL) box.NetReach {
	to := url.URL{Scheme: "http", Host: u.Host, Path: "/"}
	if u.Scheme == "https" {
		to.Host = u.Hostname() // on port 80, where portals wait
	}
	res, err := p.ask(ctx, to.String())
	if err != nil {
		return box.ReachNothing
	}
	_ = res.Body.Close()
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	switch {
	case res.StatusCode == http.StatusNetworkAuthenticationRequired, elsewhere(u, res):
		return box.ReachPortal
	case u.Scheme == "https" && res.StatusCode == http.StatusOK && kind == "text/html":
		return box.ReachPortal // its certificate was not the service's, or nothing was there
	}
	return box.ReachInternet
}

// elsewhere says whether an answer leads to the machines of somebody else.
func elsewhere(u *url.URL, res *http.Response) bool {
	if res.StatusCode < 300 || res.StatusCode >= 400 {
		return false
	}
	to, err := u.Parse(res.Header.Get("Location"))
	return err == nil && site(to.Hostname()) != site(u.Hostname())
}

// site is the last two labels of a name: films.example leads to www.films.example.
func site(host string) string {
	labels := strings.Split(strings.ToLower(host), ".")
	return strings.Join(labels[max(len(labels)-2, 0):], ".")
}

// ask sends one request that follows nothing, remembers nothing, and says
// nothing about the box.
func (p Prober) ask(ctx context.Context, to string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, to, http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Close = true
	transport := p.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	return transport.RoundTrip(req)
}
