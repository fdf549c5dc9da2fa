package office

import (
	"fmt"
	"log/slog"
	"time"

	"usher/cmd/boxoffice/household"
	"usher/cmd/boxoffice/lease"
	"usher/cmd/boxoffice/shelf"
	"usher/cmd/boxoffice/till"
)

// Seed is a household to put on a shelf.
type Seed struct {
	Name, Password string
	Country        string // ISO 3166-1 alpha-2
	Plan           string // id; "" is none
}

// Put makes the household. A name that is there is an error, and changes
// nothing.
func (s Seed) Put(kept *shelf.Shelf, now time.Time) error {
	if _, ok := till.PlanOf(s.Plan); !ok && s.Plan != "" {
		return fmt.Errorf("plan %q: there are month and year", s.Plan)
	}
	if !isCountry(s.Country) {
		return fmt.Errorf("country %q: not two letters of ISO 3166-1", s.Country)
	}
	lib, err := loadLibrary(catalogueFiles)
	if err != nil {
		return fmt.Errorf("load embedded catalogue: %w", err)
	}
	signer, err := lease.Open(kept)
	if err != nil {
		return err
	}
	h, err := household.New(kept).Add(s.Name, s.Password, s.Country, now)
	if err != nil {
		return err
	}
	t := till.New(till.Options{Shelf: kept, Signer: signer, Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler)})
	if err := t.Open(h.ID, lib.currency(s.Country)); err != nil || s.Plan == "" {
		return err
	}
	return t.Grant(h.ID, s.Plan)
}
