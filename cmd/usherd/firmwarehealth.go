package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"usher/firmware"
	"usher/firmware/slotd"
	"usher/internal/config"
	"usher/internal/ui/endpoint"
	"usher/systemd"
)

// How the firmware that runs stands, for the boot.
var (
	errUnproved = errors.New("the firmware that runs has not proved itself")
	errUnknown  = errors.New("the helper of the slots does not say how they stand")
	errSilent   = errors.New("usherd does not answer")
)

// probation waits for the proof of the firmware that runs.
type probation struct {
	slots func(context.Context) ([]firmware.SlotInfo, error)
	// asks has the daemon say something; nil: it did.
	asks func(context.Context) error
	// more tells systemd that waiting has its reasons: it gives up one that does
	// not say so for a minute.
	more func()
	// wait is for how long, silence how long the daemon may say nothing meanwhile,
	// and every the time between two questions.
	wait, silence, every time.Duration
	// trial is the word of the boot loader, where the helper does not say.
	trial bool
}

// proved waits until the firmware that runs has proved itself, and says how it
// stands. One that is not on trial needs no proof, nor does one that has nothing
// to go back to: starting anew would change nothing. A daemon that says nothing
// need not be waited for: the trial is its work.
func (p probation) proved(ctx context.Context) (firmware.SlotInfo, error) {
	end := time.NewTimer(p.wait)
	defer end.Stop()
	heard := time.Now()
	for {
		p.more()
		list, err := p.state(ctx)
		now, on := onTrial(list)
		switch {
		case err == nil && !on:
			return now, nil
		case err == nil && now.State == firmware.Bad:
			return now, fmt.Errorf("%w: %s", errUnproved, now.Reason)
		}
		silent := p.hear(ctx, &heard)
		if silent != nil && (err == nil || p.trial) {
			return now, fmt.Errorf("%w in %v: %w", errUnproved, p.silence, silent)
		}
		select {
		case <-ctx.Done():
			return now, ctx.Err()
		case <-time.After(p.every):
			continue
		case <-end.C:
		}
		switch {
		case err == nil:
			return now, fmt.Errorf("%w in %v", errUnproved, p.wait)
		case p.trial:
			return now, errors.Join(errUnproved, err)
		}
		return now, errors.Join(errUnknown, err)
	}
}

// state asks the helper, which may hang as everything else may.
func (p probation) state(ctx context.Context) ([]firmware.SlotInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, healthHelper)
	defer cancel()
	return p.slots(ctx)
}

// hear asks the daemon, and notes when it answered. The error says that it was
// silent for too long.
func (p probation) hear(ctx context.Context, heard *time.Time) error {
	left, cancel := context.WithTimeout(ctx, min(healthAnswer, p.wait))
	defer cancel()
	err := p.asks(left)
	if err == nil {
		*heard = time.Now()
		return nil
	}
	if time.Since(*heard) < p.silence {
		return nil
	}
	return errors.Join(errSilent, err)
}

// onTrial gives the slot that runs, and whether another one would be started
// in its place if it does not prove itself.
func onTrial(list []firmware.SlotInfo) (now firmware.SlotInfo, on bool) {
	back := false
	for _, x := range list {
		if x.Booted {
			now = x
			continue
		}
		back = back || x.State == firmware.Good || x.State == firmware.Trying
	}
	return now, back && (now.State == firmware.Trying || now.State == firmware.Bad)
}

const (
	// healthEvery is how often helper and daemon are asked.
	healthEvery = 2 * time.Second
	// healthSilence is six times what the slowest machine that was measured took
	// from the start of the daemon to its first answer: an emulated one.
	healthSilence = time.Minute
	// healthHelper and healthAnswer are how long one question to them takes at
	// most, and healthMore is longer than both.
	healthHelper = 30 * time.Second
	healthAnswer = 10 * time.Second
	healthMore   = time.Minute
)

// firmwareHealth is what the boot waits for: exit code 7 is that the firmware
// that runs is on trial and did not prove itself. Everything else is no reason
// to start the box anew.
func firmwareHealth(ctx context.Context, cfg *config.Loaded, stdout io.Writer, log *slog.Logger) error {
	p := probation{asks: asker(healthSocket(cfg)), wait: *cfg.FirmwareHealth, silence: healthSilence, every: healthEvery}
	hint, err := p.ask(cfg, log)
	if err != nil {
		return err
	}
	if p.slots == nil {
		fmt.Fprintln(stdout, "This box keeps no firmware of its own, or has it written without the helper.")
		return nil
	}
	manager, err := systemd.NewNotifier(os.LookupEnv, os.Getpid())
	if err != nil {
		return err
	}
	p.more = func() { tellManager(manager.Extend(healthMore), log) }
	slot, err := p.proved(ctx)
	switch {
	case errors.Is(err, errUnproved):
		return err
	case err != nil:
		log.Warn("It is not known how the firmware stands", "err", err, "hint", hint)
		return nil
	}
	fmt.Fprintf(stdout, "%s in slot %s has proved itself.\n", slot.Version, slot.Name)
	return nil
}

// ask sets who says how the slots stand: the helper, or RAUC, which is asked
// without changing anything, since usherd does that at the same time. Nobody
// does where this box keeps no firmware. The hint is for when there is no answer.
func (p *probation) ask(cfg *config.Loaded, log *slog.Logger) (hint string, err error) {
	c := cfg.Firmware
	switch {
	case c.URL == "":
		return "", nil
	case c.Kind == "rauc":
		slots, err := raucSlots(c, filepath.Join(cfg.StateDir, "firmware"), log)
		if err != nil {
			return "", err
		}
		p.slots = slots.Peek
		return "systemctl status rauc.service", nil
	case c.Helper == "":
		return "", nil
	}
	now, err := bootedNow()
	if err != nil {
		log.Warn("The boot loader does not say what runs", "err", err)
	}
	p.slots, p.trial = slotd.NewClient(c.Helper, nil).Slots, now.trial
	return "systemctl status usher-slots.socket", nil
}

// tellManager notes that systemd was not reached: it is why the wait may end early.
func tellManager(err error, log *slog.Logger) {
	if err != nil {
		log.Warn("The service manager was not told", "err", err)
	}
}

// healthSocket is where the daemon answers the command line.
func healthSocket(cfg *config.Loaded) string {
	if cfg.Socket != "" {
		return cfg.Socket
	}
	return endpoint.DefaultSocket(false)
}

// asker asks the daemon how it is. Any answer is one, also that it is not well:
// that is for the trial to judge.
func asker(socket string) func(context.Context) error {
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://usher/healthz", http.NoBody)
		if err != nil {
			return err
		}
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		return res.Body.Close()
	}
}
