package config

import (
	"errors"
	"maps"
	"slices"
)

// Bundle says whose bundles the box takes (docs/installers.md).
type Bundle struct {
	Keys   string // absolute path of a JWK set (RFC 7517); "" takes none
	Serial string // of the box; "" asks the firmware
}

// FromBundle is the layer of what an installer's bundle said: over the file,
// below environment and flags, which somebody set by hand.
const FromBundle SourceKind = "bundle"

// Site is what bundles say. Empty fields leave what is there.
type Site struct {
	Services []SiteService
	Language string // BCP 47
	Metered  string // "auto", "yes", "no"
	Brand    string // what the TV calls the box
}

// SiteService is a service that a bundle brings, or changes the address of.
type SiteService struct{ ID, URL, Issuer string }

// With gives the configuration as bundles change it, and leaves l as it is. Its
// errors are of type *Error, possibly several joined, and nothing is to be
// applied then.
func (l *Loaded) With(s Site) (*Loaded, error) {
	next := *l
	next.Services, next.sources = slices.Clone(l.Services), maps.Clone(l.sources)
	var problems []error
	for _, f := range []struct{ key, value string }{{"language", s.Language}, {"network.metered", s.Metered}, {"tv.name", s.Brand}} {
		if f.value == "" || next.byHand(f.key) {
			continue
		}
		one, _ := find(f.key)
		problems = append(problems, next.apply(one, "bundle", f.key, f.value, Source{Kind: FromBundle}))
	}
	if len(s.Services) > 0 && !next.byHand("service") {
		next.sources["service"] = Source{Kind: FromBundle}
		for _, one := range s.Services {
			problems = append(problems, next.carry(one))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return &next, nil
}

func (l *Loaded) byHand(key string) bool {
	kind := l.Source(key).Kind
	return kind == FromEnv || kind == FromFlag
}

// carry adds a service, or moves the one of that name.
func (l *Loaded) carry(s SiteService) error {
	key := "service " + s.ID
	if s.Issuer != "" {
		if err := issuer(s.Issuer); err != nil {
			return complaint("bundle", key+": issuer", "", err)
		}
	}
	one := Service{ID: s.ID}
	if i := slices.IndexFunc(l.Services, func(o Service) bool { return o.ID == s.ID }); i >= 0 {
		one = l.Services[i]
		l.Services = slices.Delete(l.Services, i, i+1)
	}
	one.URL, one.Account.Issuer = s.URL, s.Issuer
	return l.addService("bundle", key, one)
}
