package leases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"sync"
	"time"

	"usher/internal/durable"
	"usher/internal/rights"
)

// How often leases are asked for.
const (
	fetchEvery = 12 * time.Hour // all of them; in between news is waited for
	retryFirst = 5 * time.Second
	retryLast  = 15 * time.Minute
	maxAnswer  = 1000 // leases of one answer
)

// Service is one service whose leases are kept.
type Service struct {
	ID     string
	Issuer string // who signs: "iss" of its leases
}

// Options are what a Keeper needs; all but Changed and Logger are required.
type Options struct {
	Services []Service
	Dir      string
	// Entitlements asks a service for leases (GET /v1/entitlements): those that
	// changed after since, or all for 0. With wait the service may hold the
	// answer for so long, until there is news.
	Entitlements func(ctx context.Context, service string, since uint64, wait time.Duration) ([]byte, error)
	// Keys asks for the keys that they are signed with, a JWK set.
	Keys func(ctx context.Context, service string) ([]byte, error)
	// Thumbprint is that of the box's key at a service; an error where the box
	// is not paired.
	Thumbprint func(service string) (string, error)
	// Now is the time at a service.
	Now func(service string) time.Time
	// Changed is told after other rights are held than before. It must not block.
	Changed func(service string)
	// Revoked is told of what a service took back since it was asked last: the
	// ids of titles at the service, or "*" of a plan. It must not block.
	Revoked func(service string, contents []string)
	Logger  *slog.Logger
}

// Keeper keeps leases. Its methods are safe for concurrent use.
type Keeper struct {
	o     Options
	order []string
	shelf map[string]*shelf
}

// shelf is what is kept of one service.
type shelf struct {
	service Service
	again   chan struct{} // has a token when leases should be asked for

	mu  sync.Mutex
	all record
}

// New allocates.
func New(o Options) *Keeper {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Changed == nil {
		o.Changed = func(string) {}
	}
	if o.Revoked == nil {
		o.Revoked = func(string, []string) {}
	}
	k := &Keeper{o: o, shelf: map[string]*shelf{}}
	for _, s := range o.Services {
		k.order = append(k.order, s.ID)
		k.shelf[s.ID] = &shelf{service: s, again: make(chan struct{}, 1), all: newRecord("")}
	}
	return k
}

// Open reads what is stored. What cannot be read is asked for again; its error
// is told, and the rest is usable.
func (k *Keeper) Open() error {
	if err := os.MkdirAll(k.o.Dir, 0o700); err != nil {
		return fmt.Errorf("open leases: %w", err)
	}
	err := durable.Sweep(k.o.Dir)
	for _, id := range k.order {
		r, found, e := readRecord(k.file(id))
		if err = errors.Join(err, e); found {
			k.shelf[id].all = r
		}
	}
	return err
}

// Run keeps the leases current until ctx ends, and returns nil then.
func (k *Keeper) Run(ctx context.Context) error {
	var all sync.WaitGroup
	for _, id := range k.order {
		all.Go(func() { k.keep(ctx, k.shelf[id]) })
	}
	all.Wait()
	<-ctx.Done()
	return nil
}

// Refresh has a service asked for its leases soon. It does not block.
func (k *Keeper) Refresh(service string) {
	s, ok := k.shelf[service]
	if !ok {
		return
	}
	select {
	case s.again <- struct{}{}:
	default: // it will be asked anyway
	}
}

func (k *Keeper) keep(ctx context.Context, s *shelf) {
	retry := retryFirst
	for {
		wait := fetchEvery
		switch err := k.fetch(ctx, s); {
		case ctx.Err() != nil:
			return
		case errors.Is(err, errUnpaired):
			retry = retryFirst
		case err != nil:
			k.o.Logger.Debug("Leases cannot be asked for", "service", s.service.ID, "err", err)
			wait, retry = retry, min(retry*2, retryLast)
		default:
			retry = retryFirst
			k.follow(ctx, s)
			continue
		}
		s.pause(ctx, wait)
	}
}

// pause waits until leases should be asked for again, for d at most. It says
// whether d passed.
func (s *shelf) pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-s.again:
	case <-timer.C:
		return true
	}
	return false
}

// errUnpaired means that there is no key to which a lease could be bound.
var errUnpaired = errors.New("not paired")

// Knows says whether a service has an account here, and so leases.
func (k *Keeper) Knows(service string) bool { return k.shelf[service] != nil }

// Fetch asks a service for its leases now; it blocks until ctx ends at the
// latest.
func (k *Keeper) Fetch(ctx context.Context, service string) error {
	s, ok := k.shelf[service]
	if !ok {
		return errUnpaired
	}
	return k.fetch(ctx, s)
}

// fetch asks for all leases: what is not among them any more has ended.
func (k *Keeper) fetch(ctx context.Context, s *shelf) error {
	id := s.service.ID
	jkt, err := k.o.Thumbprint(id)
	if err != nil {
		return errors.Join(errUnpaired, k.Wipe(id))
	}
	raw, err := k.o.Entitlements(ctx, id, 0, 0)
	if err != nil {
		return err
	}
	keys, err := k.o.Keys(ctx, id)
	if err != nil {
		return err
	}
	return k.fetched(s, jkt, keys, raw)
}

// answer is what a service says about leases.
type answer struct {
	Seq    uint64   `json:"seq"`
	Leases []string `json:"leases"`
}

func parseAnswer(raw []byte) (a answer, err error) {
	if err := json.Unmarshal(raw, &a); err != nil || len(a.Leases) > maxAnswer {
		return a, errors.New("the service's answer about leases makes no sense")
	}
	return a, nil
}

// fetched takes in an answer in full.
func (k *Keeper) fetched(s *shelf, jkt string, keys, raw []byte) error {
	a, err := parseAnswer(raw)
	if err != nil {
		return err
	}
	return k.believe(s, jkt, keys, a, func(r *record) {
		r.Leases = map[string]held{} // what is not among them has ended
		r.Owed = rights.Owed{}       // the service has the bill now
	})
}

// believe takes in the leases of an answer that the service's keys signed for
// this box's key, into what prepare leaves of the record.
func (k *Keeper) believe(s *shelf, jkt string, keys []byte, a answer, prepare func(*record)) error {
	parsed, err := rights.ParseKeys(keys)
	if err != nil {
		return err
	}
	var revoked []string
	err = k.change(s, func(r record) (record, error) {
		if now, err := k.o.Thumbprint(s.service.ID); err != nil || now != jkt {
			return r, errUnpaired // while the service was asked
		}
		if r.JKT != jkt {
			r = newRecord(jkt)
		}
		was := maps.Clone(r.Seen)
		prepare(&r)
		r.Keys, r.Seq, r.Contact = keys, a.Seq, k.o.Now(s.service.ID)
		var all []rights.Lease
		for _, compact := range a.Leases {
			l, err := rights.ParseLease(compact, parsed, s.who(jkt))
			if err != nil {
				k.o.Logger.Warn("Lease is not believed", "service", s.service.ID, "err", err)
				continue
			}
			if c := l.Grant.Content; l.Grant.Revoked && l.Seq > was[c] {
				revoked = append(revoked, c)
			}
			r.take(compact, l)
			all = append(all, l)
		}
		r.trim(all)
		return r, nil
	})
	if err == nil && len(revoked) > 0 {
		k.o.Revoked(s.service.ID, revoked)
	}
	return err
}

// who is for whom leases must be made out: a box is known by its key.
func (s *shelf) who(jkt string) rights.Box {
	return rights.Box{ID: jkt, JKT: jkt, Issuer: s.service.Issuer}
}

// change stores what f makes of a record, and then believes it.
func (k *Keeper) change(s *shelf, f func(record) (record, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next, err := f(s.all.clone())
	if err != nil {
		return err
	}
	if err := writeRecord(k.file(s.service.ID), next); err != nil {
		return err
	}
	s.all = next
	k.o.Changed(s.service.ID)
	return nil
}

// Wipe forgets everything about a service for good, because its account is gone.
func (k *Keeper) Wipe(service string) error {
	s, ok := k.shelf[service]
	if !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all.JKT == "" && len(s.all.Leases) == 0 {
		return nil
	}
	if err := durable.Remove(k.file(service)); err != nil {
		return fmt.Errorf("wipe leases: %w", err)
	}
	s.all = newRecord("")
	k.o.Changed(service)
	return nil
}
