package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"usher/device/logind"
	"usher/firmware"
	"usher/firmware/abslots"
	"usher/firmware/fetch"
	"usher/firmware/fleet"
	"usher/firmware/trust"
	"usher/internal/box"
	"usher/internal/config"
	"usher/internal/durable"
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
	var booted string
	var err error
	switch {
	case c.URL == "" && a.cfg.Demo:
		if c, booted, err = a.demoFirmware(); err != nil {
			a.log.Info("The demo has no firmware", "err", err)
			return nil
		}
	case c.URL == "":
		return nil
	default:
		line, err := os.ReadFile("/proc/cmdline")
		if err != nil {
			return err
		}
		booted = slotOf(string(line))
	}
	if err := a.openUpdater(c, booted); err != nil {
		return &startError{err: fmt.Errorf("open the firmware: %w", err), code: exitUsage, hint: "see the section [firmware] of docs/usher.toml"}
	}
	return nil
}

// slotOf is the slot that the kernel was started from, "a" or "b", by the
// parameter usher.slot.
func slotOf(cmdline string) string {
	for _, word := range strings.Fields(cmdline) {
		if v, ok := strings.CutPrefix(word, "usher.slot="); ok {
			return v
		}
	}
	return ""
}

var errFirmware = errors.New("url, root, board, record and two slots belong together, and the kernel is told usher.slot=a or b")

// openUpdater puts the parts together.
func (a *appliance) openUpdater(c config.Firmware, booted string) error {
	at := slices.Index([]string{"a", "b"}, booted)
	if c.Root == "" || c.Board == "" || c.Record == "" || len(c.Slots) != 2 || at < 0 {
		return errFirmware
	}
	var disks [3]*abslots.File
	for i, path := range append([]string{c.Record}, c.Slots...) {
		d, err := abslots.OpenFile(path)
		if err != nil {
			return err
		}
		a.later(d.Close)
		disks[i] = d
	}
	slots := abslots.New(abslots.Options{
		Record: disks[0], Images: [2]abslots.Disk{disks[1], disks[2]}, Booted: at, Board: c.Board, Logger: a.part("slots"),
	})
	folder := filepath.Join(filepath.Dir(c.Record), "updates")
	if !a.cfg.Demo {
		folder = filepath.Join(a.folders.state, "firmware")
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
	running := disks[1+at]
	o := updater.Options{
		Slots: slots, Fleet: led, Next: led.Box.Next, Gate: gate, Folder: folder, Restart: a.restartBox, Tests: a.trials(),
		Tell: func(e box.Event) { a.daemon.Tell(e) }, Logger: a.part("firmware"), Auto: c.Auto == "yes",
		Old: func() (io.ReaderAt, int64) { return running, running.Size() }, Hours: c.Hours.Holds, Metered: a.uplink.paid.Load,
	}
	if a.cfg.Demo {
		o.Trial = updater.Trial{Most: 12 * time.Second, Settle: 2 * time.Second, Again: time.Second}
	}
	a.firmware.updater = updater.New(o)
	return nil
}

// openFleet opens what says which release the box takes.
func (a *appliance) openFleet(c config.Firmware, folder string, gate *fetch.Gate) (*fleet.Static, error) {
	root, err := a.cfg.ReadFile(c.Root, 1<<20)
	if err != nil {
		return nil, err
	}
	id, err := boxID(filepath.Join(folder, "id"))
	if err != nil {
		return nil, err
	}
	clock := trust.NewClock(trust.ClockOptions{Built: builtAt(debug.ReadBuildInfo()), Wall: time.Now, Mono: sinceBoot(), Synced: clockSynced})
	disk, err := trust.OpenFile(filepath.Join(folder, "trust"))
	if err != nil {
		return nil, err
	}
	a.later(disk.Close)
	keeper, err := trust.New(trust.Options{Root: root, Disk: disk, Clock: clock, Logger: a.part("trust")})
	if err != nil {
		return nil, err
	}
	server, err := fetch.New(fetch.Options{Base: c.URL, Clock: clock, Gate: gate, UserAgent: "usher/" + version})
	if err != nil {
		return nil, err
	}
	a.later(func() error { server.Close(); return nil })
	return &fleet.Static{
		Repository: &fleet.Repository{Keeper: keeper, Server: server}, Box: fleet.Box{ID: id, Board: c.Board, Groups: c.Groups}, Clock: clock,
	}, nil
}

// boxID is a number of the box's own, which is made once and never sent.
func boxID(name string) (string, error) {
	data, err := durable.Read(name, 128)
	if err == nil && len(data) > 0 {
		return string(data), nil
	}
	id := rand.Text()
	return id, durable.Replace(name, []byte(id))
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
