package daemon

import (
	"context"
	"errors"
	"time"

	"usher/internal/box"
)

// do hands one effect to its edge without waiting for it.
func (d *Daemon) do(f box.Effect) {
	switch f := f.(type) {
	case box.ResolvePlayback:
		d.ask(f.Session, func(ctx context.Context) (box.Event, error) {
			r, err := d.opt.Catalogue.Resolve(ctx, f.TitleID, f.Progress)
			r.Session = f.Session
			return r, err
		})
	case box.OpenOrigin:
		d.ask(f.Session, func(ctx context.Context) (box.Event, error) {
			o, err := d.opt.Origin.Open(ctx, f)
			o.Session = f.Session
			return o, err
		})
	case box.CloseOrigin:
		d.opt.Origin.Close(f.Session)
	case box.CommandPlayer:
		d.opt.Player.Do(f.Command)
	case box.SaveProgress:
		d.saver.save(f)
	case box.UseTracks:
		d.useTracks(f)
	case box.SaveChoice:
		d.saver.choose(f)
	case box.ForgetViewer:
		d.saver.forget(f.Profile)
	case box.SetTimer:
		d.setTimer(f)
	case box.Expect:
		d.opt.Expect(f)
	case box.TellTV, box.InhibitSleep, box.AllowSleep:
		d.doPower(f)
	case box.Beat, box.EndPlayback:
		d.doRights(f)
	case box.BeginPairing, box.CancelPairing, box.Unpair, box.ReadService:
		d.doPairing(f)
	case box.DoFirmware, box.PaceFirmware, box.SwitchFirmware, box.KeepPutoff:
		if d.opt.Firmware != nil {
			d.opt.Firmware(f)
		}
	case box.LookForNetworks, box.JoinNetwork, box.ForgetNetwork, box.CancelNetwork:
		if d.opt.Network != nil {
			d.answer(d.opt.Network(f))
		}
	case box.EmitKey:
		select {
		case d.keys <- f.Key:
		default:
			d.log.Warn("Key dropped, the screen does not read", "key", f.Key.Key)
		}
	}
}

// answer tells what an edge answered at once; nil is nothing. The loop is what
// takes it in, so it does not wait for that.
func (d *Daemon) answer(e box.Event) {
	if e != nil {
		ctx := d.life
		d.work.Go(func() { d.tellUntil(ctx, e) })
	}
}

// ask runs a question beside the loop and tells its answer.
func (d *Daemon) ask(session uint64, question func(context.Context) (box.Event, error)) {
	ctx := d.session
	d.work.Go(func() {
		answer, err := question(ctx)
		if ctx.Err() != nil {
			d.forget(answer, err)
			return
		}
		if err != nil {
			answer = box.Refused{Session: session, Problem: d.problemOf(err)}
		}
		d.tellUntil(ctx, answer)
	})
}

// forget closes an origin that was opened for nobody.
func (d *Daemon) forget(answer box.Event, err error) {
	if o, ok := answer.(box.OriginOpened); ok && err == nil {
		d.opt.Origin.Close(o.Session)
	}
}

// tellUntil is Tell for goroutines that the loop waits for when it ends.
func (d *Daemon) tellUntil(ctx context.Context, e box.Event) {
	select {
	case d.inbox <- letter{at: time.Now(), event: e}:
	case <-ctx.Done():
		d.forget(e, nil)
	}
}

// problemOf puts an error of an edge into words. Of a problem only the code is
// logged: its words may name what a household watches.
func (d *Daemon) problemOf(err error) box.Problem {
	if p, ok := errors.AsType[*box.Problem](err); ok {
		d.log.Info("Title refused", "code", p.Code)
		return *p
	}
	d.log.Error("Title not prepared", "err", err)
	return box.Problem{
		Code: "internal", Text: "Something went wrong while the title was prepared.",
		Hint: "Press OK to try again; the log of usherd says more.",
	}
}

// setTimer starts a timer anew. A fire that crosses a restart is harmless:
// the core checks session and phase.
func (d *Daemon) setTimer(f box.SetTimer) {
	if t := d.timers[f.Timer]; t != nil {
		t.Stop()
	}
	ctx := d.session
	if f.Session == 0 {
		ctx = d.life // of no title: it outlives them
	}
	d.timers[f.Timer] = time.AfterFunc(f.After, func() {
		d.tellUntil(ctx, box.TimerFired{Timer: f.Timer, Session: f.Session})
	})
}
