package viewers

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"usher/internal/box"
)

// report sends what is due, and has deleted what was withdrawn.
func (v *Viewers) report(ctx context.Context, view box.View) {
	v.mu.Lock()
	for _, p := range view.Household.Profiles { // also of who did not watch since the start
		if _, err := v.of(p.ID); err != nil {
			v.opt.Logger.Warn("Viewer not read", "err", err)
		}
	}
	profiles := slices.Sorted(maps.Keys(v.known))
	v.mu.Unlock()
	for _, profile := range profiles {
		if err := errors.Join(v.withdraw(ctx, profile), v.send(ctx, profile)); err != nil {
			v.opt.Logger.Debug("Insights not sent", "err", err)
		}
	}
}

func (v *Viewers) withdraw(ctx context.Context, profile string) (err error) {
	v.mu.Lock()
	r := v.known[profile]
	if r == nil { // removed meanwhile
		r = &record{}
	}
	tell, names := slices.Clone(r.Tell), maps.Clone(r.Names)
	v.mu.Unlock()
	for _, service := range tell {
		not := v.opt.Service.Withdraw(ctx, service, names[service])
		if not == nil {
			not = v.done(profile, func(r *record) {
				r.Tell = slices.DeleteFunc(slices.Clone(r.Tell), func(s string) bool { return s == service })
			})
		}
		err = errors.Join(err, not) // one that is away does not hold up the others
	}
	return err
}

// send makes batches of sums that are a day old, stores them, and sends them:
// the same batch again after a power cut, which counts once.
func (v *Viewers) send(ctx context.Context, profile string) error {
	batches, consent, err := v.due(profile)
	if err != nil {
		return err
	}
	for service, b := range batches {
		name, err := v.name(profile, service)
		if err == nil {
			err = v.opt.Service.Report(ctx, service, name, b.ID, consent, b.Sums)
		}
		if err != nil {
			return err
		}
		if err := v.done(profile, func(r *record) {
			if r.Batches[service].ID == b.ID {
				r.Batches = maps.Clone(r.Batches)
				delete(r.Batches, service)
			}
		}); err != nil {
			return err
		}
	}
	return nil
}

// done notes that something was told, of a profile that is still there.
func (v *Viewers) done(profile string, change func(*record)) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	r := v.known[profile]
	if r == nil {
		return nil
	}
	change(r)
	return v.keep(profile, r)
}

func (v *Viewers) due(profile string) (map[string]batch, Consent, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r := v.known[profile]
	if r == nil || r.Consent.Given.IsZero() {
		return nil, Consent{}, nil
	}
	if len(r.Batches) == 0 && !r.Since.IsZero() && v.opt.Now().Sub(r.Since) >= reportEvery {
		next := *r
		next.Batches, next.Sums, next.Since = map[string]batch{}, nil, time.Time{}
		for _, service := range v.opt.Services() {
			b := batch{ID: rand.Text(), Sums: map[string]Sum{}}
			for id, s := range r.Sums {
				if strings.HasPrefix(id, service+":") {
					b.Sums[id] = s
				}
			}
			if len(b.Sums) > 0 {
				next.Batches[service] = b
			}
		}
		if err := v.keep(profile, &next); err != nil {
			return nil, Consent{}, err
		}
		v.known[profile] = &next
		r = &next
	}
	return maps.Clone(r.Batches), r.Consent, nil
}
