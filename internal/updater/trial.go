package updater

import (
	"context"
	"fmt"
	"slices"
	"time"

	"usher/firmware"
	"usher/firmware/fleet"
	"usher/internal/box"
)

// Test is one thing that a firmware must be able to do.
type Test struct {
	Name   string // short, for the log
	Reason firmware.Reason
	// Run is nil when it can. It may block until ctx ends, and is called again
	// until it can or the time is up.
	Run func(context.Context) error
}

// mostStarts is how often the daemon may start on a firmware on trial: one that
// crashes more often is given up, though the system below it came up.
const mostStarts = 3

func (t Trial) usual() Trial {
	for _, d := range []struct {
		is    *time.Duration
		usual time.Duration
	}{{&t.Most, 3 * time.Minute}, {&t.Settle, 30 * time.Second}, {&t.Again, 2 * time.Second}} {
		if *d.is == 0 {
			*d.is = d.usual
		}
	}
	return t
}

// begin finds out what runs, and what became of an update.
func (u *Updater) begin(ctx context.Context) {
	u.mem = u.remember()
	list, err := u.opt.Slots.Slots(ctx)
	i := slices.IndexFunc(list, func(s firmware.SlotInfo) bool { return s.Booted })
	if err != nil || i < 0 {
		u.log.Error("Slots not read", "err", err)
		why := reasonOf(err)
		if why == firmware.NoReason {
			why = firmware.Damaged
		}
		u.trouble = new(box.FirmwareProblem(string(why)))
		u.stage(box.FirmwareIdle)
		return
	}
	now := list[i]
	u.trouble = nil
	u.report.Version, u.report.Slot = now.Version, now.Name
	u.snapshot(ctx)
	t := u.mem.Trying
	if t != nil && t.Standby {
		u.opt.Tell(box.StandbyAsked{By: box.ByBoot, Reason: "it was in standby before its update"})
	}
	switch {
	case now.State == firmware.Trying:
		u.prove(ctx)
		return
	case t != nil && t.Version == now.Version: // it was kept, and then the power went
		u.kept(ctx, *t)
	case t != nil:
		u.cameBack(ctx, *t, list)
	}
	u.stage(box.FirmwareIdle)
}

// cameBack notes that the one before runs again.
func (u *Updater) cameBack(ctx context.Context, t trial, list []firmware.SlotInfo) {
	i := slices.IndexFunc(list, func(s firmware.SlotInfo) bool { return !s.Booted && s.Version == t.Version })
	if i >= 0 && (list[i].State == firmware.Written || list[i].State == firmware.Trying && list[i].Primary) {
		// The power went before the switch, or this daemon before the box: nothing
		// was started yet, so nothing failed.
		u.mem.Trying = nil
		u.keep()
		return
	}
	why := firmware.NoStart
	if i >= 0 && list[i].Reason != firmware.NoReason {
		why = list[i].Reason
	}
	u.failed(ctx, t, why)
}

// prove tries what runs.
func (u *Updater) prove(ctx context.Context) {
	if u.mem.Trying == nil || u.mem.Trying.Version != u.report.Version {
		u.mem.Trying = &trial{Version: u.report.Version}
	}
	u.mem.Trying.Starts++
	u.keep()
	u.report.Offer = u.report.Version
	u.stage(box.FirmwareProving)
	if u.mem.Trying.Starts > mostStarts {
		u.giveUp(ctx, firmware.Crashed)
		return
	}
	u.start(ctx, "prove", func(ctx context.Context) func(context.Context) {
		why, err := u.tests(ctx)
		return func(ctx context.Context) { u.proved(ctx, why, err) }
	})
}

// tests runs all tests, waits, and runs them once more. The reason is of the
// first that does not pass in time.
func (u *Updater) tests(ctx context.Context) (firmware.Reason, error) {
	limit, cancel := context.WithTimeout(ctx, u.opt.Trial.Most)
	defer cancel()
	for round := range 2 {
		for _, t := range u.opt.Tests {
			if err := u.pass(limit, t); err != nil {
				return t.Reason, fmt.Errorf("%s: %w", t.Name, err)
			}
		}
		if round == 0 {
			pause(limit, u.opt.Trial.Settle)
		}
	}
	return firmware.NoReason, nil
}

// pass tries one test until it passes or the time is up.
func (u *Updater) pass(ctx context.Context, t Test) error {
	for {
		err := t.Run(ctx)
		if err == nil {
			return nil
		}
		if !pause(ctx, u.opt.Trial.Again) {
			return err
		}
	}
}

// pause says false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// proved keeps what runs, or gives it up.
func (u *Updater) proved(ctx context.Context, why firmware.Reason, err error) {
	if err != nil {
		u.log.Error("The new firmware failed its trial", "reason", string(why), "err", err)
		u.giveUp(ctx, why)
		return
	}
	if err := u.opt.Slots.Good(ctx); err != nil {
		u.fail(err, "keep")
		u.stage(box.FirmwareIdle)
		return
	}
	u.kept(ctx, *u.mem.Trying)
	u.stage(box.FirmwareIdle)
}

// kept notes an update that went well.
func (u *Updater) kept(ctx context.Context, t trial) {
	u.log.Info("The firmware has proved itself", "version", t.Version)
	u.mem.Trying, u.mem.Later = nil, box.Putoff{}
	u.mem.note(Entry{At: time.Now(), From: t.From, Version: t.Version, Kept: true})
	u.keep()
	u.report.Offer = ""
	u.snapshot(ctx)
	u.tellFleet(ctx, fleet.Report{Action: t.Action, Version: t.Version, Stage: fleet.Proved})
}

// giveUp goes back to the firmware before. Where there is none, what runs stays:
// a box that does little is better than one that does nothing.
func (u *Updater) giveUp(ctx context.Context, why firmware.Reason) {
	t := *u.mem.Trying
	if err := u.opt.Slots.Bad(ctx, why); err != nil {
		u.fail(err, "go back")
		u.stage(box.FirmwareIdle)
		return
	}
	u.failed(ctx, t, why)
	u.stage(box.FirmwareSwitching)
	u.restart(ctx)
}

// failed notes a firmware that is not to be tried again.
func (u *Updater) failed(ctx context.Context, t trial, why firmware.Reason) {
	u.log.Warn("Firmware given up", "version", t.Version, "reason", string(why))
	u.mem.Trying = nil
	u.mem.fail(t.Version)
	u.mem.note(Entry{At: time.Now(), From: t.From, Version: t.Version, Reason: why})
	u.keep()
	u.report.Offer = ""
	u.snapshot(ctx)
	u.tellFleet(ctx, fleet.Report{Action: t.Action, Version: t.Version, Stage: fleet.Failed, Reason: why})
}
