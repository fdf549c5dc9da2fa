//go:build linux

package rauc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// point is a moment of an update at which the power goes.
type point struct {
	what string
	hold string             // the call of the boot loader or the handler that waits; "" is none
	at   func(*whole) error // waits for the moment; nil: for that call
}

// points are spread over fetching, writing, switching and the first start. total
// is how many bytes an update takes.
func points(total int64) []point {
	var list []point
	for _, percent := range []int64{3, 35, 65, 97} {
		list = append(list, point{fmt.Sprintf("at %d %% of what is fetched", percent), "", func(w *whole) error { return w.fetches(total * percent / 100) }})
	}
	list = append(list, point{"RAUC has taken the slot from the boot loader", emptied, nil})
	for _, percent := range []int64{2, 30, 60, 85} {
		list = append(list, point{fmt.Sprintf("at %d %% of what RAUC writes", percent), emptied, func(w *whole) error { return w.writes(percent) }})
	}
	return append(list,
		point{"all is written, and the boot loader is about to be told by RAUC", "set-primary-B-1", nil},
		point{"RAUC has told the boot loader", "after-set-primary-B-1", nil},
		point{"RAUC is in its last handler", "post-install-1", nil},
		point{"Usher has taken that back", "after-set-primary-A-1", nil},
		point{"as Usher activates", "set-primary-B-2", nil},
		point{"Usher has activated", "after-set-primary-B-2", nil},
		point{"as the system goes down", "", (*whole).goes},
		point{"the boot loader has counted the first start", "", func(w *whole) error { return w.anew("", func() {}) }},
		point{"in the trial", "", func(w *whole) error { return w.anew("", w.proving) }},
		point{"as it is marked good", "", func(w *whole) error { return w.anew("set-state-B-good-1", w.up) }},
		point{"it has been marked good", "", func(w *whole) error { return w.anew("after-set-state-B-good-1", w.up) }},
	)
}

// emptied is the call with which RAUC takes the slot from the boot loader.
const emptied = "after-set-state-B-bad-1"

func (w *whole) hold(call string) { must(w.t, os.WriteFile(w.at("hold-"+call), nil, 0o600)) }

// held waits until a call is held.
func (w *whole) held(call string) {
	w.t.Helper()
	w.until(call, func() bool { _, err := os.Stat(w.at("held-" + call)); return err == nil })
}

// anew waits until the system goes down, has the boot loader start it, and goes
// on to a moment after that.
func (w *whole) anew(call string, then func()) error {
	if err := w.goes(); err != nil {
		return err
	}
	w.reboot()
	w.load()
	if call == "" {
		then()
		return nil
	}
	w.hold(call)
	then()
	w.held(call)
	return nil
}

func (w *whole) proving() {
	w.up()
	w.until("the trial", func() bool { s, _ := w.says(); return s.Firmware.Stage == "proving" })
}

// fetches waits until so much was fetched; no more comes then.
func (w *whole) fetches(n int64) error {
	select {
	case <-w.office.hold(n):
		time.Sleep(300 * time.Millisecond) // and has arrived, and been written
		return nil
	case <-time.After(3 * time.Minute):
		return errors.New("so much is never fetched")
	}
}

// errLate: the machine is so busy that the bench came too late.
var errLate = errors.New("RAUC had written all of it when it was stopped")

// patiently does something to a box, and to another one as long as the bench
// comes too late.
func (h *house) patiently(t *testing.T, do func(*whole) error) (w *whole, err error) {
	for range 5 {
		w = h.whole(t)
		if err = do(w); !errors.Is(err, errLate) {
			break
		}
		w.kill()
	}
	return w, err
}

// writes lets RAUC run for a moment at a time until it has written so
// much of the image.
func (w *whole) writes(percent int64) error {
	w.held(emptied)
	info, err := os.Stat(w.house.image(newer))
	if err != nil {
		return err
	}
	before, err := wrote(w.rauc.pid)
	if err != nil {
		return err
	}
	_ = syscall.Kill(w.rauc.pid, syscall.SIGSTOP)                // it is looked at below
	w.sh("chrt -a -i -p 0 $PID", fmt.Sprint("PID=", w.rauc.pid)) // so that a busy machine does not let it run for longer than this asks
	must(w.t, os.Remove(w.at("hold-"+emptied)))
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		_ = syscall.Kill(w.rauc.pid, syscall.SIGCONT)
		time.Sleep(300 * time.Microsecond)
		_ = syscall.Kill(w.rauc.pid, syscall.SIGSTOP)
		n, err := wrote(w.rauc.pid)
		if err != nil {
			return err
		}
		if done := (n - before) * 100 / info.Size(); done >= 100 {
			return errLate
		} else if done >= percent {
			return nil
		}
	}
	return errors.New("RAUC never writes so much")
}

// wrote is how many bytes a process has written (proc(5), /proc/PID/io).
func wrote(pid int) (n int64, err error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
	if err == nil {
		_, err = fmt.Sscanf(string(data[max(0, bytes.Index(data, []byte("wchar"))):]), "wchar: %d", &n)
	}
	return n, err
}

// goes waits until the system starts anew.
func (w *whole) goes() error {
	w.until("the system goes down", w.goesDown)
	return nil
}

// install asks for the newest firmware, as a person does.
func (w *whole) install(version string) {
	w.t.Helper()
	w.office.offer(w.house.public(version))
	w.until("an update is asked for", func() bool { return w.usher("install").Run() == nil })
}

// settles waits until nothing is under way, over as many starts as that takes.
func (w *whole) settles() (s state) {
	w.t.Helper()
	w.until("nothing is under way", func() (done bool) {
		if w.goesDown() {
			w.reboot()
			w.load()
			w.up()
			return false
		}
		var err error
		if s, err = w.says(); err == nil && len(s.Slots) == 0 { // RAUC was away when it was asked for them
			_ = w.usher("check").Run()
			return false
		}
		return err == nil && s.Firmware.Stage == "idle" && s.Firmware.Version != "" && !s.trying()
	})
	return s
}

// runs examines that the box runs a version, whole, by its own word, by RAUC's,
// and by the bytes of its slot.
func (w *whole) runs(s state) error {
	slot, name := strings.ToLower(w.slot), "rootfs."+map[string]string{"A": "0", "B": "1"}[w.slot]
	booted, primary, err := w.status()
	switch {
	case err != nil:
		return err
	case s.Firmware.Slot != name || s.of(name) != "good" || booted != w.slot || primary != name:
		return fmt.Errorf("slot %s was started, RAUC says %s and next %s, the box %+v", w.slot, booted, primary, s)
	}
	return w.house.holds(filepath.Join(w.files, slot), s.Firmware.Version)
}

// updates has the box updated to a version that it keeps.
func (w *whole) updates(version string) error {
	w.install(version)
	slot := map[string]string{"A": "B", "B": "A"}[w.slot]
	if err := w.goes(); err != nil {
		return err
	}
	w.reboot()
	w.load()
	w.up()
	s := w.settles()
	if err := w.runs(s); err != nil {
		return err
	}
	if n := len(s.History); w.slot != slot || s.Firmware.Version != version || n == 0 || !s.History[n-1].Kept {
		return fmt.Errorf("%s is not kept: %+v", version, s)
	}
	return nil
}

// cutResult is what became of a box whose power went.
type cutResult struct {
	what          string
	settled       time.Duration // from the power to nothing under way, a trial included
	version, slot string        // what runs, from where
	b             string        // how slot B stands
	next          string        // the update after it, which was kept
}

// reaches begins an update, and waits until it is at a point.
func (w *whole) reaches(p point) error {
	w.load()
	w.up()
	w.settles()
	if p.hold != "" {
		w.hold(p.hold)
	}
	w.install(newer)
	if p.at == nil {
		w.held(p.hold)
		return nil
	}
	return p.at(w)
}

// cutAt is an update whose power goes at a point, and what comes after.
func (w *whole) cutAt(p point) (cutResult, error) {
	if err := w.reaches(p); err != nil {
		return cutResult{}, fmt.Errorf("before the cut: %w", err)
	}
	w.power()
	began := time.Now()
	w.load()
	w.up()
	return w.goesOn(p, began)
}

// killAt is an update in which one program is killed at a point, and started
// again as systemd does.
func (w *whole) killAt(p point, who string) error {
	if err := w.reaches(p); err != nil {
		return fmt.Errorf("before that: %w", err)
	}
	killed := map[string]*process{"usherd": w.usherd, "RAUC": w.rauc}[who]
	killed.signal(syscall.SIGKILL)
	<-killed.over
	w.sh("rm -f hold-*")
	if who == "RAUC" {
		w.startRAUC()
		w.until("RAUC is there", w.hasRAUC) // as from the bus of a box, which starts it when it is asked for
		w.office.release()
	} else {
		w.office.release()
		w.rauc.signal(syscall.SIGCONT)
		w.usherd = w.daemon("")
	}
	_, err := w.goesOn(p, time.Now())
	return err
}

// goesOn examines what became of a box, and that it takes the next update.
func (w *whole) goesOn(p point, began time.Time) (r cutResult, err error) {
	s := w.settles()
	r = cutResult{p.what, time.Since(began), s.Firmware.Version, w.slot, s.of("rootfs.1"), map[string]string{"A": newer, "B": last}[w.slot]}
	if err := w.runs(s); err != nil {
		return r, err
	}
	if want := map[string]string{"A": first, "B": newer}[w.slot]; r.version != want {
		return r, fmt.Errorf("it says that it runs %s, not %s", r.version, want)
	}
	if err := w.house.holds(filepath.Join(w.files, "a"), first); err != nil {
		return r, err
	}
	if err := w.updates(r.next); err != nil {
		return r, fmt.Errorf("the next update: %w", err)
	}
	return r, nil
}

// comesBack is an update to a release that does not work: the box goes back by
// itself, says why, and does not try it again.
func (w *whole) comesBack(f fault) error {
	w.load()
	w.up()
	w.settles()
	w.install(f.version)
	w.until("the system goes down", w.goesDown)
	w.reboot()
	before := w.starts
	w.load()
	w.up()
	s := w.settles()
	if err := w.runs(s); err != nil {
		return err
	}
	n := len(s.History)
	switch starts := w.starts - before - 1; {
	case s.Firmware.Version != first:
		return fmt.Errorf("it runs %s", s.Firmware.Version)
	case n == 0 || s.History[n-1].Kept || s.History[n-1].Version != f.version || s.History[n-1].Reason != string(f.reason):
		return fmt.Errorf("the history says %+v", s.History)
	case starts != f.starts:
		return fmt.Errorf("it was started %d times, not %d", starts, f.starts)
	}
	w.install(f.version)
	w.until("it is skipped", func() bool {
		s, err := w.says()
		return err == nil && s.Firmware.Stage == "idle" && len(s.Skipped) > 0 && s.Skipped[0].Version == f.version
	})
	return w.updates(f.next)
}

// TestDebiansRAUCWholeBox: updates of a whole box through Debian's RAUC. One
// succeeds; those that do not work go back by themselves; and wherever the power
// goes, the box starts a version that it can name, whole, with a slot that RAUC
// would start, and takes the next update.
func TestDebiansRAUCWholeBox(t *testing.T) {
	h := newHouse(t)
	w := h.whole(t)
	w.load()
	w.up()
	w.settles()
	must(t, w.updates(newer))
	total := w.office.fetched()
	t.Logf("an update takes %.1f MB", float64(total)/1e6)

	list := points(total)
	results := make([]cutResult, len(list))
	t.Run("all", func(t *testing.T) {
		for _, f := range h.broken {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				w := h.whole(t)
				if err := w.comesBack(f); err != nil {
					t.Errorf("%v\n%s", err, w.log())
				}
			})
		}
		for i, p := range list {
			t.Run(fmt.Sprint("cut ", i+1), func(t *testing.T) {
				t.Parallel()
				var r cutResult
				w, err := h.patiently(t, func(w *whole) (err error) { r, err = w.cutAt(p); return err })
				if err != nil {
					t.Errorf("%s: %+v: %v\n%s", p.what, r, err, w.log())
				}
				results[i] = r
			})
		}
	})
	t.Run("killed", func(t *testing.T) {
		for i, p := range list[2:14] {
			for _, who := range []string{"usherd", "RAUC"} {
				if who == "usherd" && p.hold == "set-primary-B-2" {
					continue // it waits for the next start then
				}
				t.Run(fmt.Sprint(who, " ", i+3), func(t *testing.T) {
					t.Parallel()
					if w, err := h.patiently(t, func(w *whole) error { return w.killAt(p, who) }); err != nil {
						t.Errorf("%s: %v\n%s", p.what, err, w.log())
					}
				})
			}
		}
	})
	for i, r := range results {
		if r.what == "" {
			continue // it was not asked for
		}
		t.Logf("| %d | %s | %.0f s | %s | %s | `%s` | %s |", i+1, r.what, r.settled.Seconds(), r.version, r.slot, r.b, r.next)
	}
}
