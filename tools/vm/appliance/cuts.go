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
	wait  func(l *lab, g *guest) error
	again bool // the update is made once more afterwards: that takes minutes
}

// points are spread over an update: what arrives, what is written and read
// back, the switch, and the first start.
func (l *lab) points() []point {
	var list []point
	for _, percent := range []int64{3, 20, 40, 60, 80, 97} {
		list = append(list, point{what: fmt.Sprintf("at %d %% of what is fetched", percent), wait: func(l *lab, g *guest) error {
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
		list = append(list, point{what: fmt.Sprintf("at %d %% from the last byte to the reset", percent), wait: func(l *lab, g *guest) error {
			if err := lastByte(l, g); err != nil {
				return err
			}
			time.Sleep(time.Until(l.web.ended().Add(l.tail.Write * percent / 100)))
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
		point{what: "as it is written, or switched to", wait: switched},
		point{what: "as the system goes down", wait: func(_ *lab, g *guest) error { return g.says("watchdog did not stop", 1) }},
		point{what: "at the reset", wait: reset(0)},
		point{what: "1.5 s after the reset", wait: reset(1500 * time.Millisecond)},
		point{what: "as the slot is mounted", wait: started(0)},
		point{what: "3 s into the first start", wait: started(3 * time.Second)},
		point{what: "8 s into the first start", wait: started(8 * time.Second)},
		point{what: "in the trial", wait: proving},
		point{what: "as it is kept", wait: kept},
	)
	for i := 1; i < len(list); i += 3 {
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

// cut takes the power away at a point of an update, and looks at what starts.
func (l *lab) cut(ctx context.Context, b *box, p point) (string, error) {
	if err := l.recall(); err != nil {
		return "", err
	}
	l.web.offer(l.at("repos", good, "public"))
	g, err := l.start(ctx, b.dir, b.disk, "ready")
	if err != nil {
		return "", err
	}
	if _, err = g.sh("usher firmware install"); err == nil {
		err = p.wait(l, g)
	}
	g.cut()
	if err != nil {
		return "", fmt.Errorf("before the cut: %w", err)
	}
	if err := l.untouched(ctx, b.disk); err != nil {
		return "", err
	}
	return l.comesBack(ctx, b, p)
}

// comesBack starts a box whose power went. It runs one of the two versions, with
// nothing under way, and the slot that ran before is the same to the bit.
func (l *lab) comesBack(ctx context.Context, b *box, p point) (string, error) {
	g, err := l.start(ctx, b.dir, b.disk, "")
	if err != nil {
		return "", err
	}
	defer func() { g.cut() }()
	began := time.Now()
	slot, err := g.up()
	if err != nil {
		return "", err
	}
	up := time.Since(began)
	s, err := g.until(func(s state) bool { return s.Firmware.Stage == "idle" && !s.trying() })
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("%s: up after %.0f s, runs %s from slot %s, a %s, b %s", p.what, up.Seconds(), s.Firmware.Version, slot, s.slot("a"), s.slot("b"))
	want := map[string]string{"a": first, "b": good}[slot]
	if s.Firmware.Version != want || s.Firmware.Slot != slot || s.slot(slot) != "good" {
		return "", errors.New(text)
	}
	if slot == "b" || !p.again {
		g.cut()
		return text, l.untouched(ctx, b.disk)
	}
	l.web.offer(l.at("repos", good, "public"))
	if _, err := g.install(); err != nil {
		return "", fmt.Errorf("%s; the next update: %w", text, err)
	}
	again := l.web.served.Load()
	if _, err := g.runs(good, "b"); err != nil {
		return "", fmt.Errorf("%s; the next update: %w", text, err)
	}
	return fmt.Sprintf("%s; the next update took %s and was kept", text, megabytes(again)), nil
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
