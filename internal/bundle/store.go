package bundle

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"usher/internal/durable"
)

// File is the name of what was applied, in the state folder.
const File = "site.json"

const maxSite = 256 << 10 // bytes

// Mark is the last bundle of a signer.
type Mark struct {
	Sequence uint64    `json:"seq"`
	ID       string    `json:"jti"`
	Applied  time.Time `json:"applied"`
}

// Site is what all bundles together said, and how far their tickets are.
type Site struct {
	Signers  map[string]Mark   `json:"signers,omitempty"` // by key id
	Services []Service         `json:"services,omitempty"`
	Settings Settings          `json:"settings,omitzero"`
	Tickets  map[string]string `json:"tickets,omitempty"` // to be used yet, by service id
	Refused  map[string]string `json:"refused,omitempty"` // tickets that the service did not take: its error code, by service id
}

// With is the site once a bundle that passed [Bundle.Check] is applied: what it
// says takes the place of what was said, service by service and setting by
// setting, and the rest stays.
func (s Site) With(b Bundle, serial string, now time.Time) Site {
	s = s.clone()
	s.Signers[b.Signer] = Mark{Sequence: b.Sequence, ID: b.ID, Applied: now.UTC().Truncate(time.Second)}
	for _, one := range b.Services {
		s.Services = slices.DeleteFunc(s.Services, func(o Service) bool { return o.ID == one.ID })
		s.Services = append(s.Services, one)
	}
	for _, f := range []struct {
		to *string
		is string
	}{{&s.Settings.Language, b.Settings.Language}, {&s.Settings.Metered, b.Settings.Metered}, {&s.Settings.Brand, b.Settings.Brand}} {
		if f.is != "" {
			*f.to = f.is
		}
	}
	for service, ticket := range b.Tickets[serial] {
		s.Tickets[service] = ticket
		delete(s.Refused, service)
	}
	return s
}

func (s Site) clone() Site {
	s.Services = slices.Clone(s.Services)
	s.Signers, s.Tickets, s.Refused = own(s.Signers), own(s.Tickets), own(s.Refused)
	return s
}

func own[V any](m map[string]V) map[string]V {
	out := map[string]V{}
	maps.Copy(out, m)
	return out
}

// Store keeps the site of a box. Its methods are safe for concurrent use.
type Store struct {
	path string
	mu   sync.Mutex
}

// NewStore is the store in a state folder. It reads nothing yet.
func NewStore(state string) *Store { return &Store{path: filepath.Join(state, File)} }

// Read gives what was applied; the zero Site where nothing was.
func (s *Store) Read() (Site, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.read()
}

func (s *Store) read() (site Site, err error) {
	raw, err := durable.Read(s.path, maxSite)
	if errors.Is(err, fs.ErrNotExist) {
		return Site{}, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &site)
	}
	if err != nil {
		// Without the numbers of the signers an old bundle would pass as new.
		return Site{}, fmt.Errorf("read what bundles set: %w", err)
	}
	return site, nil
}

// Change has f make the next site from the one there is, and puts it on the disk
// whole before it returns. An error of f changes nothing.
func (s *Store) Change(f func(Site) (Site, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, err := s.read()
	if err != nil {
		return err
	}
	next, err := f(before.clone())
	if err != nil {
		return err
	}
	raw, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("encode what bundles set: %w", err)
	}
	if err := durable.Replace(s.path, raw); err != nil {
		return fmt.Errorf("store what bundles set: %w", err)
	}
	return nil
}

// Settle notes that the ticket for a service is used up: taken, or refused with
// the service's error code.
func (s *Store) Settle(service, ticket, refused string) error {
	return s.Change(func(site Site) (Site, error) {
		if site.Tickets[service] != ticket {
			return site, nil // a newer bundle brought another one
		}
		delete(site.Tickets, service)
		if refused != "" {
			site.Refused[service] = refused
		}
		return site, nil
	})
}
