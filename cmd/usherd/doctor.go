package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"usher/internal/ui"
)

// doctor looks at the box and says what is wrong and what to do about it.
type doctor struct{ a *appliance }

// Check implements the bridge's doctor. It blocks for a few file operations.
func (d doctor) Check(ctx context.Context) []ui.Check {
	checks := []ui.Check{
		d.clock(time.Now()),
		d.folder("state folder", d.a.folders.state),
		d.folder("cache folder", d.a.folders.cache),
		d.cacheDisk(),
		d.player(),
		d.loop(),
	}
	checks = append(checks, d.overlay()...)
	checks = append(checks, d.wifi(ctx)...)
	checks = append(checks, d.services()...)
	checks = append(checks, d.remotes()...)
	checks = append(checks, d.front()...)
	checks = append(checks, d.tv()...)
	for _, p := range d.a.daemon.View().System.Problems {
		checks = append(checks, bad(p.Code, ui.SeverityWarning, p.Text, p.Hint))
	}
	return checks
}

func good(name, text string) ui.Check {
	return ui.Check{Name: name, OK: true, Severity: ui.SeverityOK, Text: text}
}

func bad(name string, s ui.Severity, text, hint string) ui.Check {
	return ui.Check{Name: name, Severity: s, Text: text, Hint: hint}
}

// built is a moment before which no clock can rightly stand.
func built() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

func (doctor) clock(now time.Time) ui.Check {
	if now.Before(built()) {
		return bad("clock", ui.SeverityError, "The clock of the box stands at "+now.Format(time.DateOnly)+".",
			"Connect the box to the network and wait a minute, or run: timedatectl set-ntp true")
	}
	return good("clock", now.Format("2006-01-02 15:04 MST"))
}

// lowSpace is when a folder is nearly full.
const lowSpace = 64 << 20

// folder writes a file and takes it away again, and looks at the space left.
func (doctor) folder(name, dir string) ui.Check {
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return bad(name, ui.SeverityError, fmt.Sprintf("%s cannot be written: %v.", dir, errors.Unwrap(err)), "Check the disk and the owner of the folder.")
	}
	_ = f.Close()
	_ = os.Remove(f.Name())
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return bad(name, ui.SeverityWarning, fmt.Sprintf("The space of %s cannot be found out: %v.", dir, err), "Check the disk.")
	}
	free := st.Bavail * uint64(st.Bsize)
	if free < lowSpace {
		return bad(name, ui.SeverityWarning, fmt.Sprintf("%s has %d MiB left.", dir, free>>20), "Make room on the disk.")
	}
	return good(name, fmt.Sprintf("%s, %d MiB free", dir, free>>20))
}

// cacheDisk says how the store of the cache stands; without its disk films
// still play, from memory.
func (d doctor) cacheDisk() ui.Check {
	s := d.a.cache.Stats()
	if s.Problem != nil {
		return bad("cache", ui.SeverityWarning, s.Problem.Text, s.Problem.Hint)
	}
	return good("cache", fmt.Sprintf("%d MiB in memory, %d MiB on disk, %d MiB written to flash since the start", s.MemoryBytes>>20, s.DiskBytes>>20, s.FlashBytes>>20))
}

func (d doctor) player() ui.Check {
	v := d.a.daemon.View().System
	switch {
	case !v.PlayerReady:
		return bad("player", ui.SeverityError, "No player is there.", "Check player.kind and player.name in the configuration; usherd's log says more.")
	case v.Player.Simulated:
		return bad("player", ui.SeverityWarning, "The player is simulated: films run, but nothing is shown.", "Install a player: apt install mpv mpv-mpris")
	default:
		return good("player", fmt.Sprintf("%s on %s", v.Player.Identity, v.Player.BusName))
	}
}

func (d doctor) loop() ui.Check {
	if err := d.a.health(); err != nil {
		return bad("daemon", ui.SeverityError, "The daemon is stuck: "+err.Error()+".", "Restart it: systemctl restart usherd")
	}
	return good("daemon", "version "+version)
}

// overlay says what whoever made the box signed for it.
func (d doctor) overlay() []ui.Check {
	o := d.a.cfg.Overlay
	if o == nil {
		return nil
	}
	return []ui.Check{good("overlay", fmt.Sprintf("%s, signed by %s", o.Name, o.Signer))}
}

func (d doctor) services() []ui.Check {
	var out []ui.Check
	for _, s := range d.a.catalog.Services() {
		name := "service " + s.ID
		switch {
		case s.Problem != nil:
			out = append(out, bad(name, ui.SeverityError, s.Problem.Text, s.Problem.Hint))
		case !s.Reachable:
			out = append(out, bad(name, ui.SeverityWarning, "The service was not reached yet.", "Wait a moment, then run usher doctor again."))
		default:
			out = append(out, good(name, fmt.Sprintf("%s, %d titles", s.Name, s.Titles)))
		}
	}
	if len(out) == 0 {
		out = append(out, bad("services", ui.SeverityError, "No service is set up.", "Add a [[service]] with id and url to the configuration, or try: usherd -demo"))
	}
	return out
}

// remotes says whether there is a remote, and which could not be read.
func (d doctor) remotes() (checks []ui.Check) {
	if d.a.remote.reader == nil {
		return nil
	}
	reads := 0
	for _, dev := range d.a.remote.reader.Devices() {
		switch {
		case dev.Read:
			reads++
		case dev.Problem != "":
			checks = append(checks, bad("remote", ui.SeverityWarning, fmt.Sprintf("%s is not read: %s.", cmp.Or(dev.Name, dev.Node), dev.Problem), dev.Hint))
		}
	}
	if reads == 0 && len(checks) == 0 {
		return []ui.Check{bad("remote", ui.SeverityWarning, "No remote control is connected, apart from the TV's own.",
			"Pair or plug in a remote; usher remote list shows what the kernel sees.")}
	}
	if reads > 0 {
		checks = append(checks, good("remote", fmt.Sprintf("%d read", reads)))
	}
	return checks
}

// front says which parts of the front panel do not work.
func (d doctor) front() (checks []ui.Check) {
	if d.a.panel == nil && d.a.buttons == nil {
		return nil
	}
	parts := d.a.frontParts()
	for _, p := range parts {
		if p.Problem != "" {
			checks = append(checks, bad("front panel", ui.SeverityWarning, fmt.Sprintf("%s does not work: %s.", p.Spec.Kind, p.Problem), p.Hint))
		}
	}
	if len(checks) == 0 {
		checks = append(checks, good("front panel", fmt.Sprintf("%d parts", len(parts))))
	}
	return checks
}
