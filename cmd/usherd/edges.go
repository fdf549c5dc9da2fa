package main

import (
	"net/netip"
	"net/url"
	"strings"

	"usher/internal/account"
	"usher/internal/catalog"
	"usher/internal/config"
	"usher/internal/service"
	"usher/internal/sim"
)

// edges is what differs between a box and a demo on a laptop, apart from the
// player, which is looked for in both.
type edges struct {
	services []catalog.Config
	accounts []account.Service
	private  bool // services may be on private addresses
	running  []service.Service
}

// demoService is the id of the demo's own service.
const demoService = "demo"

func (a *appliance) openEdges() error {
	if a.cfg.Demo && a.cfg.Source("service").Kind == config.FromDefault {
		return a.openDemo()
	}
	for _, s := range a.cfg.Services {
		a.edges.services = append(a.edges.services, catalog.Config{ID: s.ID, URL: s.URL})
		a.edges.private = a.edges.private || isPrivate(s.URL)
	}
	a.edges.accounts = accountsOf(a.cfg)
	return nil
}

// isPrivate says whether a service is in the house. Only then may its films be.
func isPrivate(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	host := u.Hostname()
	if host == "localhost" || strings.HasSuffix(host, ".local") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast())
}

// openDemo brings a service of its own.
func (a *appliance) openDemo() error {
	s, err := sim.OpenService(a.part("service"), !a.cfg.Paid)
	if err != nil {
		return err
	}
	a.later(closed(s))
	if !s.StreamsReady() {
		a.log.Warn("The demo has no films yet", "hint", "make streams makes them")
	}
	a.edges = edges{
		services: []catalog.Config{{ID: demoService, URL: s.URL()}},
		accounts: []account.Service{{
			ID: demoService, Issuer: s.URL(), ClientID: defaultClient, Scope: defaultScope,
			Origins: []string{s.URL()}, BoxName: boxName(a.cfg.TV.Name),
		}},
		private: true,
		running: []service.Service{{Name: "service", Run: s.Run, Restart: service.Never}},
	}
	return nil
}
