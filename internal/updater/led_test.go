package updater

import (
	"context"
	"testing"
	"time"

	"usher/firmware/fleet"
	"usher/internal/box"
)

// server leads a fleet: it holds what it offers, and may take it back.
type server struct {
	fleet.Client
	hold, gone bool
}

func (s *server) Check(ctx context.Context, p fleet.Present) (*fleet.Offer, []fleet.Skipped, error) {
	o, skipped, err := s.Client.Check(ctx, p)
	if o == nil || s.gone {
		return nil, skipped, err
	}
	o.Action, o.Hold = "1", s.hold
	return o, skipped, err
}

// TestTheServerIsHeardWhileItWaits: what is written and held may be started
// later, or is taken back.
func TestTheServerIsHeardWhileItWaits(t *testing.T) {
	for name, c := range map[string]struct {
		gone bool
		want func(box.FirmwareReport) bool
	}{
		"started":    {false, func(r box.FirmwareReport) bool { return r.Stage == box.FirmwareWritten && !r.Hold }},
		"taken back": {true, func(r box.FirmwareReport) bool { return r.Stage == box.FirmwareIdle && r.Offer == "" }},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.issue("2", 2)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			u := h.updater(ctx, cancel)
			s := &server{Client: u.opt.Fleet, hold: true}
			u.opt.Fleet = s
			held, came := false, false
			u.opt.Tell = func(e box.Event) {
				r, ok := e.(box.FirmwareReported)
				switch {
				case !ok:
				case !held && r.Report.Stage == box.FirmwareWritten && r.Report.Hold:
					held, s.hold, s.gone = true, false, c.gone
					u.Do(box.DoFirmware{Act: box.FirmwareCheck})
				case held && c.want(r.Report):
					came = true
					cancel()
				}
			}
			u.Do(box.PaceFirmware{Pace: box.PaceFull})
			u.Do(box.DoFirmware{Act: box.FirmwareInstall})
			h.must(u.Run(ctx))
			if !came {
				t.Errorf("held: %v, and then nothing", held)
			}
		})
	}
}
