package viewers

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"usher/internal/box"
)

// home is what a service calls the household.
type home struct {
	name  string // "": it does not say
	asked time.Time
}

const (
	homeEvery = time.Hour
	// nameRounds makes it dear for a service to try out names of profiles; a
	// tenth of a second on a small box, once for each profile and service.
	nameRounds = 100_000
	nameBytes  = 24
)

// Derive is the name at a service of a profile of a household: the same on all
// its boxes, whatever the case of its letters and the space around it.
func Derive(household, profile string) (string, error) {
	label := strings.ToLower(strings.TrimSpace(profile))
	key, err := pbkdf2.Key(sha256.New, label, []byte("usher viewer\x00"+household), nameRounds, nameBytes)
	if err != nil {
		return "", fmt.Errorf("make the name of a viewer: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(key), nil
}

// name is what a service calls a profile; random, made when it is first needed,
// unless the household has one.
func (v *Viewers) name(profile, service string) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r, err := v.of(profile)
	if err != nil {
		return "", err
	}
	if r.Names[service] == "" {
		r.Names[service] = rand.Text()
		return r.Names[service], v.keep(profile, r)
	}
	return r.Names[service], nil
}

// shared is the name of a profile that the other boxes of its household have
// for it too. It stays when the profile is renamed: boxes that share go on.
func (v *Viewers) shared(ctx context.Context, profile, service string, all []box.Profile) (string, error) {
	label, alone := labelOf(profile, all)
	if !alone {
		return v.name(profile, service)
	}
	house, err := v.home(ctx, service)
	if err != nil {
		return "", err
	}
	was, err := v.madeFor(profile, service)
	switch {
	case err != nil:
		return "", err
	case house == "", was == house:
		return v.name(profile, service)
	}
	name, err := Derive(house, label)
	if err != nil {
		return "", err
	}
	return name, v.rename(profile, service, house, name)
}

// labelOf is the name of a profile, if no other one of this box has it.
func labelOf(profile string, all []box.Profile) (label string, alone bool) {
	i := slices.IndexFunc(all, func(p box.Profile) bool { return p.ID == profile })
	if i < 0 {
		return "", false
	}
	same := func(p box.Profile) bool {
		return strings.EqualFold(strings.TrimSpace(p.Name), strings.TrimSpace(all[i].Name))
	}
	return all[i].Name, slices.IndexFunc(all, same) == i && !slices.ContainsFunc(all[i+1:], same)
}

// home asks a service for its name of the household, and remembers it for an
// hour.
func (v *Viewers) home(ctx context.Context, service string) (string, error) {
	v.mu.Lock()
	h, now := v.homes[service], v.opt.Now()
	v.mu.Unlock()
	if !h.asked.IsZero() && now.Sub(h.asked) < homeEvery {
		return h.name, nil
	}
	name, err := v.opt.Service.Household(ctx, service)
	if err != nil {
		return "", fmt.Errorf("ask for the household: %w", err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.homes[service] = home{name, now}
	return name, nil
}

// leave forgets the households of services without an account: the next one
// may be another household's.
func (v *Viewers) leave(services []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	maps.DeleteFunc(v.homes, func(service string, _ home) bool { return !slices.Contains(services, service) })
}

// madeFor is the household that a profile's name was made for; "" of a random
// one.
func (v *Viewers) madeFor(profile, service string) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r, err := v.of(profile)
	if err != nil {
		return "", err
	}
	return r.Homes[service], nil
}

// rename gives a profile another name at a service, which is to forget the one
// before.
func (v *Viewers) rename(profile, service, house, name string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	r, err := v.of(profile)
	if err != nil {
		return err
	}
	if old := r.Names[service]; old != "" && old != name {
		all, err := graves(v.opt.Store)
		if err != nil {
			return err
		}
		all = append(all, grave{service, old})
		if err := setGraves(v.opt.Store, all[max(0, len(all)-mostGraves):]); err != nil {
			return err
		}
	}
	next := *r
	next.Names, next.Homes = maps.Clone(r.Names), maps.Clone(r.Homes)
	if next.Homes == nil {
		next.Homes = map[string]string{}
	}
	next.Names[service], next.Homes[service] = name, house
	if err := v.keep(profile, &next); err != nil {
		return err
	}
	v.known[profile] = &next
	return nil
}
