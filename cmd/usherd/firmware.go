package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"usher/device/logind"
	"usher/firmware"
	"usher/firmware/fetch"
	"usher/firmware/slotd"
	"usher/internal/box"
	"usher/internal/config"
	"usher/internal/service"
	"usher/internal/ui"
	"usher/internal/updater"
)

// firmwareEdge keeps the firmware of the box up to date; its updater is nil on
// a box that has none of its own.
type firmwareEdge struct {
	updater *updater.Updater
	folder  string            // for what is remembered
	more    []service.Service // of a demo: where its firmware comes from
	fault   firmware.Reason   // of a demo: what its firmware cannot do
}

// openFirmware opens slots, trust and the way to the repository.
func (a *appliance) openFirmware() error {
	c := a.cfg.Firmware
	var slot string
	var err error
	switch {
	case c.URL == "" && a.cfg.Demo:
		if c, slot, err = a.demoFirmware(); err != nil {
			a.log.Info("The demo has no firmware", "err", err)
			return nil
		}
	case c.URL == "":
		return nil
	case c.Helper == "" && c.Kind != "rauc":
		now, err := bootedNow()
		if err != nil {
			return err
		}
		slot = now.slot
	}
	if err := a.openUpdater(c, slot); err != nil {
		return &startError{err: fmt.Errorf("open the firmware: %w", err), code: exitUsage, hint: "see the section [firmware] of docs/usher.toml"}
	}
	return nil
}

var errFirmware = errors.New("url, root and board belong together")

// openUpdater puts the parts together. slot is the one that runs, where this
// process opens slots itself.
func (a *appliance) openUpdater(c config.Firmware, slot string) error {
	if c.Root == "" || c.Board == "" {
		return errFirmware
	}
	folder := filepath.Join(a.folders.state, "firmware")
	if a.cfg.Firmware.URL == "" { // the demo's own, which outlives its state
		folder = filepath.Join(filepath.Dir(c.Record), "updates")
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	a.firmware.folder = folder
	gate := new(fetch.Gate)
	led, err := a.openFleet(c, folder, gate)
	if err != nil {
		return err
	}
	slots, old, err := a.slots(c, slot, folder, led.server)
	if err != nil {
		return err
	}
	o := updater.Options{
		Slots: slots, Fleet: led.client, Next: led.next, Gate: gate, Folder: folder, Restart: a.restartBox, Tests: a.trials(),
		Tell: func(e box.Event) { a.daemon.Tell(e) }, Logger: a.part("firmware"), Auto: c.Auto == "yes",
		Old: old, Hours: c.Hours.Holds, Metered: a.uplink.paid.Load,
	}
	if a.cfg.Demo {
		o.Trial = updater.Trial{Most: 12 * time.Second, Settle: 2 * time.Second, Again: time.Second}
	}
	a.firmware.updater = updater.New(o)
	return nil
}

// slots are RAUC's, the helper's, or this process's own. What runs is nil where
// nothing of it is found in a release: a bundle shares no blocks with it.
func (a *appliance) slots(c config.Firmware, slot, folder string, from slotd.Place) (s firmware.Slots, runs func() (io.ReaderAt, int64), err error) {
	if c.Kind == "rauc" {
		s, err = raucSlots(c, folder, a.part("slots"))
		return s, nil, err
	}
	if c.Helper != "" {
		helped := &helped{client: slotd.NewClient(c.Helper, from), log: a.part("slots")}
		a.later(helped.close)
		return helped.client, helped.old, nil
	}
	own, err := openSlots(c, slot, a.part("slots"))
	if err != nil {
		return nil, nil, err
	}
	a.later(own.close)
	return own.Slots, func() (io.ReaderAt, int64) { return own.running, own.running.Size() }, nil
}

// forDaemon takes the effects of updates.
func (e *firmwareEdge) forDaemon() func(box.Effect) {
	if e.updater == nil {
		return nil
	}
	return e.updater.Do
}

// forBridge is how slots and updates stand.
func (e *firmwareEdge) forBridge() func() ui.FirmwareStatus {
	if e.updater == nil {
		return nil
	}
	return func() ui.FirmwareStatus {
		s := e.updater.Status()
		return ui.FirmwareStatus{Slots: s.Slots, Floor: s.Floor, History: listed(s.History), Skipped: listed(s.Skipped)}
	}
}

// listed is [] in JSON where there is none, not null.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (e *firmwareEdge) services() []service.Service {
	if e.updater == nil {
		return nil
	}
	return append([]service.Service{{Name: "firmware", Run: e.updater.Run, Restart: service.OnError}}, e.more...)
}

// restartBox starts the box anew: a demo only itself.
func (a *appliance) restartBox(ctx context.Context) error {
	if err := a.noteTV(); err != nil {
		a.log.Warn("It is not remembered whether a television is there", "err", err)
	}
	if a.cfg.Demo {
		a.again(errAgain)
		return nil
	}
	return logind.Reboot(ctx, "")
}
