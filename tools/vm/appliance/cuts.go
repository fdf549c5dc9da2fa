package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// point is a moment at which the power goes.
type point struct {
	what  string
	saved string // the machine that it begins with
	wait  func(l *lab, g *guest) error
	again bool // another update is made afterwards: that takes minutes
}

// The machines that are saved, so that a cut pays only for what comes after it:
// about to begin, all fetched, and going down to start anew.
const (
	ready   = "ready"
	fetched = "fetched"
	down    = "down"
)

// points are spread over an update: what arrives, what is written and read
// back, the switch, and the first start.
func (l *lab) points() []point {
	var list []point
	for _, percent := range []int64{3, 20, 40, 60, 80, 97} {
		list = append(list, point{what: fmt.Sprintf("at %d %% of what is fetched", percent), saved: ready, wait: func(l *lab, g *guest) error {
			select {
			case <-l.web.when(l.total * percent / 100):
				return nil
			case <-g.over:
				return errOver
			case <-time.After(patience):
				return errors.New("so much is never fetched")
			}
		}})
	}
	for _, percent := range []time.Duration{10, 30, 50, 70, 90} {
		list = append(list, point{what: fmt.Sprintf("at %d %% from the last byte to the reset", percent), saved: fetched, wait: func(l *lab, _ *guest) error {
			time.Sleep(l.tail.Write * percent / 100)
			return nil
		}})
	}
	reset := func(more time.Duration) func(*lab, *guest) error {
		return func(_ *lab, g *guest) error {
			_, err := g.reset()
			time.Sleep(more)
			return err
		}
	}
	started := func(more time.Duration) func(*lab, *guest) error {
		return func(_ *lab, g *guest) error {
			err := g.says("usher-boot: slot b", 1)
			time.Sleep(more)
			return err
		}
	}
	list = append(list,
		point{what: "as it is written, or switched to", saved: fetched, wait: switched},
		point{what: "as the system goes down", saved: down, wait: func(*lab, *guest) error { return nil }},
		point{what: "at the reset", saved: down, wait: reset(0)},
		point{what: "1.5 s after the reset", saved: down, wait: reset(1500 * time.Millisecond)},
		point{what: "as the slot is mounted", saved: down, wait: started(0)},
		point{what: "3 s into the first start", saved: down, wait: started(3 * time.Second)},
		point{what: "8 s into the first start", saved: down, wait: started(8 * time.Second)},
		point{what: "in the trial", saved: down, wait: proving},
		point{what: "as it is kept", saved: down, wait: kept},
	)
	for i := 1; i < len(list); i += 4 {
		list[i].again = true
	}
	return list
}

// lastByte waits until all but a thousandth was served of what an update takes.
func lastByte(l *lab, g *guest) error {
	select {
	case <-l.web.when(l.total * 999 / 1000):
		return nil
	case <-g.over:
		return errOver
	case <-time.After(patience):
		return errors.New("the last byte is never fetched")
	}
}

func switched(_ *lab, g *guest) error {
	_, err := g.until(func(s state) bool { return s.slot("b") == "written" || s.slot("b") == "trying" })
	return err
}

func proving(_ *lab, g *guest) error {
	if _, err := g.up(); err != nil {
		return err
	}
	_, err := g.until(func(s state) bool { return s.Firmware.Stage == "proving" })
	return err
}

func kept(_ *lab, g *guest) error {
	if _, err := g.up(); err != nil {
		return err
	}
	_, err := g.until(func(s state) bool { return s.Firmware.Slot == "b" && s.slot("b") == "good" })
	return err
}

// late saves the machine twice more in the course of an update: when all has
// been fetched, and when the system goes down.
func (l *lab) late(ctx context.Context) error {
	if _, err := os.Stat(l.at("late.qcow2")); err == nil {
		return nil
	}
	say("an update, saved on its way")
	b := &box{lab: l, dir: l.at("runs", "late"), disk: l.at("late.part")}
	if err := errors.Join(os.RemoveAll(b.dir), b.is(ctx, "ready.qcow2")); err != nil {
		return err
	}
	l.web.offer(l.at("repos", good, "public"))
	l.web.server.SetKeepAlivesEnabled(false) // what is saved has no connection that will be dead
	defer l.web.server.SetKeepAlivesEnabled(true)
	g, err := l.start(ctx, b.dir, b.disk, ready)
	if err != nil {
		return err
	}
	defer g.cut()
	if _, err := g.sh("usher firmware install"); err != nil {
		return err
	}
	if err := lastByte(l, g); err != nil {
		return err
	}
	time.Sleep(time.Second) // and it has arrived
	if err := g.asked.save(fetched); err != nil {
		return err
	}
	began := time.Now()
	if err := g.says("watchdog did not stop", 1); err != nil {
		return err
	}
	l.tail.Write = time.Since(began)
	if err := errors.Join(g.asked.save(down), l.remember()); err != nil {
		return err
	}
	g.cut()
	return os.Rename(b.disk, l.at("late.qcow2"))
}

// cut takes the power away at a point of an update, and looks at what starts.
func (l *lab) cut(ctx context.Context, b *box, p point, number int) (string, error) {
	if err := l.recall(); err != nil {
		return "", err
	}
	disk := "ready.qcow2"
	if p.saved != ready {
		disk = "late.qcow2"
		if err := l.late(ctx); err != nil {
			return "", fmt.Errorf("save the machine: %w", err)
		}
	}
	if err := b.is(ctx, disk); err != nil {
		return "", err
	}
	l.web.offer(l.at("repos", good, "public"))
	g, err := l.start(ctx, b.dir, b.disk, p.saved)
	if err != nil {
		return "", err
	}
	if p.saved == ready {
		_, err = g.sh("usher firmware install")
	}
	if err == nil {
		err = p.wait(l, g)
	}
	g.cut()
	if err != nil {
		return "", fmt.Errorf("before the cut: %w", err)
	}
	if err := l.untouched(ctx, b.disk); err != nil {
		return "", err
	}
	r, err := l.comesBack(ctx, b, p)
	r.Number, r.What = number, p.what
	if err != nil {
		return "", fmt.Errorf("%s: %w", r, err)
	}
	return r.String(), r.write(b.dir)
}

// comesBack starts a box whose power went. It runs one of the two versions, with
// nothing under way, and the slot that ran before is the same to the bit.
func (l *lab) comesBack(ctx context.Context, b *box, p point) (result, error) {
	g, err := l.start(ctx, b.dir, b.disk, "")
	if err != nil {
		return result{}, err
	}
	defer g.cut()
	began := time.Now()
	slot, err := g.up()
	if err != nil {
		return result{}, err
	}
	r := result{Up: time.Since(began), Slot: slot}
	s, err := g.until(func(s state) bool { return s.Firmware.Stage == "idle" && !s.trying() })
	a, b2 := l.kit.slots[0], l.kit.slots[1]
	r.Version, r.A, r.B, r.Settled = s.Firmware.Version, s.slot(a), s.slot(b2), time.Since(began)
	if err != nil {
		return r, err
	}
	if want := map[string]string{a: first, b2: good}[slot]; r.Version != want || s.Firmware.Slot != slot || s.slot(slot) != "good" {
		return r, fmt.Errorf("it does not run %s", want)
	}
	if !p.again {
		g.cut()
		return r, l.untouched(ctx, b.disk)
	}
	return l.another(g, r)
}

// another makes the update again that was cut off, or the next one after it.
func (l *lab) another(g *guest, r result) (result, error) {
	a, b := l.kit.slots[0], l.kit.slots[1]
	r.Next = map[string]string{a: good, b: next}[r.Slot]
	l.web.offer(l.at("repos", r.Next, "public"))
	_, err := g.install()
	r.Fetched = l.web.served.Load()
	if err == nil {
		_, err = g.runs(r.Next, map[string]string{a: b, b: a}[r.Slot])
	}
	if err != nil {
		return r, fmt.Errorf("the next update: %w", err)
	}
	return r, nil
}

// figures are what a good update took: cuts go by it.
type figures struct {
	Total int64
	Tail  tail
}

func (l *lab) remember() error {
	data, err := json.Marshal(figures{l.total, l.tail})
	if err != nil {
		return err
	}
	return os.WriteFile(l.at("figures.json"), data, 0o644)
}

func (l *lab) recall() error {
	if l.total > 0 {
		return nil
	}
	data, err := os.ReadFile(l.at("figures.json"))
	if err != nil {
		return fmt.Errorf("run the case update first: %w", err)
	}
	var f figures
	err = json.Unmarshal(data, &f)
	l.total, l.tail = f.Total, f.Tail
	return err
}
