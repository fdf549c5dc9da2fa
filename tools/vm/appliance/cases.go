package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// box is one disk, and where its cases leave what was said.
type box struct {
	lab       *lab
	dir, disk string
}

// is has the box begin as a machine was saved.
func (b *box) is(ctx context.Context, saved string) error {
	return steps(ctx, step{"", []string{"cp", "--reflink=auto", b.lab.at(saved), b.disk}})
}

// test is one case. run gives what is worth telling of it.
type test struct {
	kind, name string
	run        func(ctx context.Context, b *box) (string, error)
}

func (l *lab) cases() []test {
	list := []test{{"start", "", l.cold}, {"brand", "", l.brand}, {"update", "", l.update}}
	for _, b := range l.broken() {
		list = append(list, test{"broken", b.name, func(ctx context.Context, x *box) (string, error) { return l.fails(ctx, x, b) }})
	}
	for i, p := range l.points() {
		list = append(list, test{"cuts", fmt.Sprint(i + 1), func(ctx context.Context, x *box) (string, error) { return l.cut(ctx, x, p, i+1) }})
	}
	return append(list, l.withRAUC()...)
}

// try runs a case on a disk of its own, and prints a line.
func (l *lab) try(ctx context.Context, c test) bool {
	name := strings.TrimSuffix(c.kind+"-"+c.name, "-")
	b := &box{lab: l, dir: l.at("runs", name)}
	b.disk = filepath.Join(b.dir, "disk.qcow2")
	began := time.Now()
	text, err := "", errors.Join(os.RemoveAll(b.dir), os.MkdirAll(b.dir, 0o755))
	if err == nil && c.kind != "cuts" && c.kind != "rauc" { // which begin where they like
		err = b.is(ctx, "ready.qcow2")
	}
	if err == nil {
		text, err = c.run(ctx, b)
	}
	_ = os.Remove(b.disk) // it is large; the logs stay
	if err != nil {
		fmt.Printf("FAIL  %-14s %v\n      logs: %s\n", name, err, b.dir)
		return false
	}
	fmt.Printf("ok    %-14s %s (%.0f s)\n", name, text, time.Since(began).Seconds())
	return true
}

// firstStart is the first start of a box that left the factory. What is saved
// there every other case begins with.
func (l *lab) firstStart(ctx context.Context) error {
	say("the first start")
	disk := l.at("first.qcow2")
	if _, err := command(ctx, "", "qemu-img", "create", "-q", "-f", "qcow2", "-b", l.at("disk.raw"), "-F", "raw", disk); err != nil {
		return err
	}
	l.web.offer(l.at("repos", first, "public")) // nothing new
	l.web.server.SetKeepAlivesEnabled(false)    // what is saved has no connection that will be dead
	defer l.web.server.SetKeepAlivesEnabled(true)
	dir := l.at("runs", "first")
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	g, err := l.start(ctx, dir, disk, "")
	if err != nil {
		return err
	}
	defer g.cut()
	if _, err := g.runs(first, l.kit.slots[0]); err != nil {
		return err
	}
	if _, err := g.sh("sync"); err != nil {
		return err
	}
	if err := g.asked.save("ready"); err != nil {
		return fmt.Errorf("save the machine: %w", err)
	}
	g.cut()
	return os.Rename(disk, l.at("ready.qcow2"))
}

// runs waits until a box runs a version from a slot, with its daemon in order
// and nothing under way.
func (g *guest) runs(version, slot string) (state, error) {
	if got, err := g.up(); err != nil || got != slot {
		return state{}, errors.Join(fmt.Errorf("it starts from slot %q, not %s", got, slot), err)
	}
	s, err := g.until(func(s state) bool { return s.Firmware.Stage == "idle" && !s.trying() })
	if err == nil && (s.Firmware.Version != version || s.Firmware.Slot != slot) {
		err = fmt.Errorf("it runs %s from slot %s, not %s from %s", s.Firmware.Version, s.Firmware.Slot, version, slot)
	}
	if err != nil {
		return s, err
	}
	out, err := g.sh("systemctl is-active usherd; systemctl is-system-running --wait; systemctl --failed --no-legend --plain")
	if err != nil || !strings.HasPrefix(out, "active\nrunning\n") {
		return s, errors.Join(fmt.Errorf("the system says %q", out), err)
	}
	return s, nil
}

// cold is a start with nothing under way, by the clock.
func (l *lab) cold(ctx context.Context, b *box) (string, error) {
	g, err := l.start(ctx, b.dir, b.disk, "")
	if err != nil {
		return "", err
	}
	defer g.cut()
	if _, err := g.runs(first, l.kit.slots[0]); err != nil {
		return "", err
	}
	out, err := g.sh(`systemctl show -P ActiveEnterTimestampMonotonic usherd; systemctl show -P ExecMainStartTimestampMonotonic usherd; systemctl show -P MemoryCurrent usherd; systemctl show -P User -P Type -P WatchdogUSec usherd | tr '\n' ' '`)
	if err != nil {
		return "", err
	}
	var done, began, memory int64
	var rest string
	if _, err := fmt.Sscan(out, &done, &began, &memory, &rest); err != nil {
		return "", fmt.Errorf("%q: %w", out, err)
	}
	return fmt.Sprintf("%s from slot a: usherd is ready %.1f s after the kernel began and %.1f s after itself; with mpv it takes %s",
		first, float64(done)/1e6, float64(done-began)/1e6, megabytes(memory)), nil
}

// tail is how long an update takes after its last byte came.
type tail struct{ Write, Start time.Duration }

// update is one that succeeds.
func (l *lab) update(ctx context.Context, b *box) (string, error) {
	l.web.offer(l.at("repos", good, "public"))
	g, err := l.start(ctx, b.dir, b.disk, "ready")
	if err != nil {
		return "", err
	}
	defer g.cut()
	began := time.Now()
	anew, err := g.install()
	if err != nil {
		return "", err
	}
	l.total, l.tail.Write = l.web.served.Load(), anew.Sub(l.web.ended())
	if err := g.says(l.kit.tried, 1); err != nil {
		return "", err
	}
	s, err := g.runs(good, l.kit.slots[1])
	if err != nil {
		return "", err
	}
	l.tail.Start = time.Since(anew)
	if err := l.remember(); err != nil {
		return "", err
	}
	if n := len(s.History); n != 1 || !s.History[0].Kept || s.History[0].From != first || s.slot(l.kit.slots[1]) != "good" || s.slot(l.kit.slots[0]) != "good" {
		return "", fmt.Errorf("it is not told as kept: %+v", s)
	}
	g.cut()
	return fmt.Sprintf("%s to %s: %s fetched for %d MiB, %s in %.0f s, started anew and kept after %.0f s",
		first, good, megabytes(l.total), slotLen, l.kit.written, anew.Sub(began).Seconds(), l.tail.Start.Seconds()), l.untouched(ctx, b.disk)
}

// fault is a release that does not work.
type fault struct {
	name, version string
	reason        string // that the box must give
	script        string // what is done to the system, in its folder
	starts        int    // how often it may be started at most
}

// hangs is a program that does nothing when it is the daemon, and its work when
// it is anything else.
const hangs = `mv usr/bin/usherd usr/lib/usher/usherd; cat >usr/bin/usherd <<'END'
#!/bin/sh
case "$*" in *-firmware-health* | *-slots-helper* | *-clear-cec*) exec /usr/lib/usher/usherd "$@" ;; esac
exec sleep 100000
END
chmod +x usr/bin/usherd`

func (l *lab) broken() []fault {
	return []fault{
		{"crashes", "2026.12.1", "no_start", `printf '#!/bin/sh\necho this daemon is broken >&2\nexit 1\n' >usr/bin/usherd`, 3},
		{"never-ready", "2026.12.2", "no_start", `printf '#!/bin/sh\nexec sleep 100000\n' >usr/bin/usherd`, 3},
		{"hangs", "2026.12.7", "no_start", hangs, 3},
		{"no-player", "2026.12.3", "no_player", `rm usr/bin/mpv`, 1},
		{"no-tv", "2026.12.6", "no_tv", `find usr/lib/modules -name 'vivid.ko*' -delete`, 1},
		{"panics", "2026.12.4", "no_start", `rm usr/sbin/init; printf '#!/bin/sh\nexit 1\n' >usr/sbin/init; chmod +x usr/sbin/init`, 3},
		{"no-system", "2026.12.5", "no_start", `rm usr/sbin/init`, 0},
	}
}

// brokenImage makes the image of a fault.
func (l *lab) brokenImage(ctx context.Context, f fault) error {
	dir := l.at("tree-broken")
	if err := steps(ctx, step{"", []string{"rm", "-rf", dir}}, step{"", []string{"cp", "-a", l.root, dir}}, step{dir, []string{"sh", "-c", f.script}}); err != nil {
		return err
	}
	return l.image(ctx, dir, f.version)
}

// fails is an update that comes back by itself, says why, and is not tried again.
func (l *lab) fails(ctx context.Context, b *box, f fault) (string, error) {
	l.web.offer(l.at("repos", f.version, "public"))
	g, err := l.start(ctx, b.dir, b.disk, "ready")
	if err != nil {
		return "", err
	}
	defer g.cut()
	anew, err := g.install()
	if err != nil {
		return "", err
	}
	for slot := ""; slot != l.kit.slots[0]; {
		if slot, err = g.up(); err != nil {
			return "", err
		}
	}
	took := time.Since(anew)
	starts := g.console.count(l.kit.tried)
	s, err := g.until(func(s state) bool { return s.Firmware.Stage == "idle" && !s.trying() })
	if err != nil {
		return "", err
	}
	n := len(s.History)
	switch {
	case starts > f.starts:
		return "", fmt.Errorf("it was started %d times", starts)
	case s.Firmware.Version != first || s.Firmware.Slot != l.kit.slots[0]:
		return "", fmt.Errorf("it runs %s from slot %s", s.Firmware.Version, s.Firmware.Slot)
	case n == 0 || s.History[n-1].Kept || s.History[n-1].Version != f.version || s.History[n-1].Reason != f.reason:
		return "", fmt.Errorf("the history says %+v, not that %s went back for %s", s.History, f.version, f.reason)
	}
	if err := l.refused(g, f); err != nil {
		return "", err
	}
	g.cut()
	return fmt.Sprintf("back on %s %.0f s after the restart, in %d starts; %s went back: %s, and is not tried again",
		first, took.Seconds(), starts, f.version, s.History[n-1].Reason), l.untouched(ctx, b.disk)
}

// refused asks for the release again: it must not come.
func (l *lab) refused(g *guest, f fault) error {
	before := l.web.served.Load()
	if _, err := g.sh("usher firmware install"); err != nil {
		return err
	}
	s, err := g.until(func(s state) bool { return s.Firmware.Stage == "idle" && len(s.Skipped) > 0 })
	if err != nil {
		return err
	}
	if s.Skipped[0].Version != f.version || s.Firmware.Offer != "" || l.web.served.Load()-before > 1<<20 {
		return fmt.Errorf("%s is tried again: %+v, %s came", f.version, s, megabytes(l.web.served.Load()-before))
	}
	return nil
}
