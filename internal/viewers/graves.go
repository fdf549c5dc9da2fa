package viewers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// grave is a viewer that a service has to forget: its profile was removed.
type grave struct {
	Service string `json:"service"`
	Name    string `json:"name"` // at the service
}

const (
	gravesKey  = "viewers/gone"
	mostGraves = 100 // the oldest go first
)

func graves(s Store) (all []grave, err error) {
	text, ok, err := s.Setting(gravesKey)
	if err == nil && ok && text != "" {
		err = json.Unmarshal([]byte(text), &all)
	}
	if err != nil {
		return nil, fmt.Errorf("read what services have to forget: %w", err)
	}
	return all, nil
}

func setGraves(s Store, all []grave) error {
	text := []byte(nil)
	var err error
	if len(all) > 0 {
		text, err = json.Marshal(all)
	}
	if err == nil {
		err = s.SetSetting(gravesKey, string(text))
	}
	if err != nil {
		return fmt.Errorf("store what services have to forget: %w", err)
	}
	return nil
}

// Bury wipes what is kept for a profile, and notes which services have to
// forget it: Run tells them. It may be done again after a power cut.
func Bury(s Store, profile string) error {
	text, ok, err := s.Setting(key(profile))
	if err != nil {
		return fmt.Errorf("read what is kept for a viewer: %w", err)
	}
	if !ok || text == "" {
		return nil
	}
	var r record
	_ = json.Unmarshal([]byte(text), &r) // one that cannot be read has no names that could be told
	all, err := graves(s)
	if err != nil {
		all = nil // likewise; a profile goes all the same
	}
	for _, service := range slices.Sorted(maps.Keys(r.Names)) {
		if g := (grave{service, r.Names[service]}); !slices.Contains(all, g) {
			all = append(all, g)
		}
	}
	if err := setGraves(s, all[max(0, len(all)-mostGraves):]); err != nil {
		return err
	}
	if err := s.SetSetting(key(profile), ""); err != nil {
		return fmt.Errorf("wipe what is kept for a viewer: %w", err)
	}
	return nil
}

// bury has removed profiles forgotten by the services that can be told.
func (v *Viewers) bury(ctx context.Context) {
	v.mu.Lock()
	all, err := graves(v.opt.Store)
	v.mu.Unlock()
	paired := v.opt.Services()
	for _, g := range all {
		if !slices.Contains(paired, g.Service) {
			continue
		}
		not := v.opt.Service.Forget(ctx, g.Service, g.Name)
		if not == nil {
			not = v.buried(g)
		}
		err = errors.Join(err, not)
	}
	if err != nil {
		v.opt.Logger.Debug("Viewer not forgotten yet", "err", err)
	}
}

func (v *Viewers) buried(g grave) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	all, err := graves(v.opt.Store)
	if err != nil {
		return err
	}
	return setGraves(v.opt.Store, slices.DeleteFunc(all, func(x grave) bool { return x == g }))
}
