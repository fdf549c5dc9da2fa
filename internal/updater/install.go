package updater

import (
	"context"
	"errors"
	"io"
	"time"

	"usher/firmware"
	"usher/firmware/fleet"
	"usher/internal/box"
)

// check looks for a release, once it is known what runs.
func (u *Updater) check(ctx context.Context) {
	if u.report.Slot == "" {
		if u.begin(ctx); u.report.Slot == "" || u.report.Stage != box.FirmwareIdle {
			return
		}
	}
	u.stage(box.FirmwareChecking)
	p := u.present(ctx)
	u.start(ctx, "check", func(ctx context.Context) func(context.Context) {
		u.opt.Gate.Open(0) // a list is short: it may be read beside a film
		o, skipped, err := u.opt.Fleet.Check(ctx, p)
		return func(ctx context.Context) { u.checked(ctx, o, skipped, err) }
	})
}

// present is what the box runs and went through.
func (u *Updater) present(ctx context.Context) fleet.Present {
	p := fleet.Present{Version: u.report.Version, Failed: map[string]bool{}}
	for _, v := range u.mem.Failed {
		p.Failed[v] = true
	}
	if u.mem.Trying != nil {
		p.Trying = u.mem.Trying.Action
	}
	floor, err := u.opt.Slots.Floor(ctx)
	if err != nil {
		u.log.Error("Floor not read", "err", err)
	}
	p.Floor = floor
	return p
}

// checked takes what a look found.
func (u *Updater) checked(ctx context.Context, o *fleet.Offer, skipped []fleet.Skipped, err error) {
	u.setPace(ctx, u.pace)
	if err != nil {
		u.failures++
		u.fail(err, "look for releases")
		u.stage(box.FirmwareIdle)
		return
	}
	u.failures, u.trouble, u.report.Checked = 0, nil, time.Now()
	u.mem.Skipped = skipped
	u.keep()
	u.snapshot(ctx)
	if u.offer = o; o == nil {
		u.wanted = false
		u.report.Offer, u.report.Notes, u.report.Total, u.report.Done = "", nil, 0, 0
		u.stage(box.FirmwareIdle)
		return
	}
	r := o.Release
	u.report.Offer, u.report.Notes, u.report.Total, u.report.Done = r.Version, r.Notes, r.Size, 0
	u.report.Urgent, u.report.Hold = r.Urgent, o.Hold
	u.stage(box.FirmwareOffered)
	if u.opt.Auto || u.wanted {
		u.write(ctx)
	}
}

// lookAgain is the look that comes by itself. Where a server leads the fleet it
// may say meanwhile that what is written may be started, or take it back.
func (u *Updater) lookAgain(ctx context.Context) {
	switch {
	case u.report.Stage == box.FirmwareIdle:
		u.check(ctx)
	case u.report.Stage == box.FirmwareWritten && u.offer != nil && u.offer.Action != "":
		p := u.present(ctx)
		u.start(ctx, "check", func(ctx context.Context) func(context.Context) {
			u.opt.Gate.Open(0)
			o, skipped, err := u.opt.Fleet.Check(ctx, p)
			return func(ctx context.Context) { u.heard(ctx, o, skipped, err) }
		})
	}
}

// heard takes what the server says about what is written.
func (u *Updater) heard(ctx context.Context, o *fleet.Offer, skipped []fleet.Skipped, err error) {
	switch {
	case u.report.Stage != box.FirmwareWritten: // the box starts anew already
		return
	case err != nil:
		u.log.Info("The server of the fleet is not reached", "err", err)
		u.setPace(ctx, u.pace)
	case o != nil && o.Action == u.offer.Action:
		u.offer, u.report.Hold, u.report.Urgent = o, o.Hold, o.Release.Urgent
		u.setPace(ctx, u.pace)
		u.tell()
	default:
		u.checked(ctx, o, skipped, nil)
	}
}

// fail keeps an error in words.
func (u *Updater) fail(err error, step string) {
	reason := reasonOf(err)
	u.log.Warn("Firmware step not done", "step", step, "reason", string(reason), "err", err)
	u.trouble = new(box.FirmwareProblem(string(reason)))
}

func reasonOf(err error) firmware.Reason {
	if e, ok := errors.AsType[*firmware.Error](err); ok {
		return e.Reason
	}
	return firmware.NoReason
}

// write brings the offer into the slot that does not run, or waits until it may.
func (u *Updater) write(ctx context.Context) {
	if u.report.Stage != box.FirmwareWriting {
		u.written.Store(0)
		u.stage(box.FirmwareWriting)
		u.tellFleet(ctx, fleet.Report{Action: u.offer.Action, Version: u.offer.Release.Version, Stage: fleet.Fetching})
	}
	if u.pace == box.PaceNone {
		return // setPace comes back
	}
	o, running := u.offer, u.report.Version
	u.start(ctx, "write", func(ctx context.Context) func(context.Context) {
		err := u.writeNow(ctx, o, running)
		cause := context.Cause(ctx)
		return func(ctx context.Context) { u.wrote(ctx, err, errors.Is(cause, errPaused)) }
	})
}

// writeNow writes an offer. What the running version has is not fetched.
func (u *Updater) writeNow(ctx context.Context, o *fleet.Offer, running string) error {
	var old io.ReaderAt
	var size int64
	if u.opt.Old != nil {
		old, size = u.opt.Old()
	}
	d, err := o.Open(ctx, old, size)
	if err != nil {
		return err
	}
	defer d.Close()
	if old != nil {
		u.recallBlocks(d, running)
	}
	if err := u.opt.Slots.Write(ctx, o.Release, d, func(p firmware.Progress) { u.written.Store(p.Done) }); err != nil {
		return err
	}
	if old != nil {
		u.keepBlocks(d, o.Release.Version, running)
	}
	return nil
}

// wrote takes what became of writing.
func (u *Updater) wrote(ctx context.Context, err error, paused bool) {
	switch {
	case err == nil:
		u.report.Done, u.trouble = u.report.Total, nil
		u.snapshot(ctx)
		u.stage(box.FirmwareWritten)
	case paused:
		u.setPace(ctx, u.pace) // it may have changed again meanwhile
	default:
		u.failures++
		u.fail(err, "write")
		u.tellFleet(ctx, fleet.Report{Action: u.offer.Action, Version: u.offer.Release.Version, Stage: fleet.Failed, Reason: reasonOf(err)})
		u.wanted = false
		u.snapshot(ctx)
		u.stage(box.FirmwareIdle)
	}
}

// change has the written slot tried: the box starts anew.
func (u *Updater) change(ctx context.Context, standby bool) {
	if u.report.Stage != box.FirmwareWritten || u.offer == nil {
		return
	}
	u.report.Stage = box.FirmwareSwitching
	u.mem.Trying = &trial{Version: u.offer.Release.Version, From: u.report.Version, Action: u.offer.Action, Standby: standby}
	if !u.keep() { // what it will not remember it does not begin
		u.mem.Trying = nil
		u.trouble = new(box.FirmwareProblem(string(firmware.ReadOnly)))
		u.stage(box.FirmwareIdle)
		return
	}
	if err := u.opt.Slots.Activate(ctx); err != nil {
		u.mem.Trying = nil
		u.keep()
		u.fail(err, "activate")
		u.stage(box.FirmwareIdle)
		return
	}
	u.tellFleet(ctx, fleet.Report{Action: u.offer.Action, Version: u.offer.Release.Version, Stage: fleet.Installed})
	u.log.Info("The box starts anew with its new firmware", "version", u.offer.Release.Version)
	u.restart(ctx)
}

// restart starts the box anew. Where that does not go, the next start does.
func (u *Updater) restart(ctx context.Context) {
	u.snapshot(ctx)
	if err := u.opt.Restart(ctx); err != nil {
		u.log.Error("The box does not start anew by itself", "err", err)
		u.trouble = &box.Problem{
			Code: "firmware_restart", Text: "The box could not start anew by itself.",
			Hint: "Switch it off and on: it then runs its new firmware.",
		}
		u.tell()
	}
}

// back gives up what runs, because a person asked.
func (u *Updater) back(ctx context.Context) {
	from := u.report.Version
	if err := u.opt.Slots.Bad(ctx, firmware.ByHand); err != nil {
		u.log.Warn("No firmware to go back to", "err", err)
		u.trouble = &box.Problem{
			Code: "firmware_no_way_back", Text: "There is no firmware to go back to.",
			Hint: "The other slot holds none that ran here: usher firmware status",
		}
		u.tell()
		return
	}
	u.failed(ctx, trial{Version: from}, firmware.ByHand)
	u.stage(box.FirmwareSwitching)
	u.restart(ctx)
}

// tellFleet tells whoever leads the fleet. That decides nothing, and holds
// nothing up for long.
func (u *Updater) tellFleet(ctx context.Context, r fleet.Report) {
	r.At = time.Now()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := u.opt.Fleet.Report(ctx, r); err != nil {
		u.log.Info("The server of the fleet was not told", "err", err)
	}
}
