package main

import (
	"context"
	"fmt"
	"time"

	"usher/tools/bench/results"
)

// The minutes are places in the film at which the network goes away for one.
func minutes(short bool) []time.Duration {
	if short {
		return []time.Duration{75 * time.Second}
	}
	return []time.Duration{75 * time.Second, 2 * time.Minute, 3 * time.Minute}
}

func minuteRates() []float64 { return []float64{3e6, 6e6} }

// measureMinutes takes the network away from Usher for a minute, early and late
// in the film, on links that fit the lower and the middle of the ladder, all at
// the same time. What a film from the disk stalls meanwhile is the machine's.
func (b *bench) measureMinutes(ctx context.Context) error {
	var tasks []task
	for _, c := range b.watchers() {
		if c.name != usherName && c.name != controlName {
			continue
		}
		for _, rate := range minuteRates() {
			for _, at := range minutes(b.o.short) {
				if c.name == controlName && rate != minuteRates()[0] {
					continue // it has no link
				}
				tr := steady(rate, startRTT)
				tr.name = minuteName(rate, at)
				if c.name == controlName {
					tr.name = minuteName(0, at)
				}
				long := at + time.Minute + outageAfter
				tasks = append(tasks, task{who: c, stream: tsStream, trace: tr, long: long, latest: long + outageLatest, cutAt: at, cutFor: time.Minute})
			}
		}
	}
	b.minutes = b.together(ctx, tasks)
	b.tell(b.minutes)
	return ctx.Err()
}

// minuteName is how a minute is called; no rate is that of the control.
func minuteName(rate float64, at time.Duration) string {
	if rate == 0 {
		return fmt.Sprintf("after %.0f s", at.Seconds())
	}
	return fmt.Sprintf("%g Mb/s, after %.0f s", rate/1e6, at.Seconds())
}

// minuteOf finds how somebody came through a minute.
func (b *bench) minuteOf(who, name string) *viewing {
	for i := range b.minutes {
		if v := &b.minutes[i]; v.contender == who && v.link == name {
			return v
		}
	}
	return nil
}

// minuteTable has a row for each rate, and one for the control.
func (b *bench) minuteTable() *results.Table {
	if len(b.minutes) == 0 {
		return nil
	}
	t := &results.Table{}
	head := []string{"link, and who watches"}
	for _, at := range minutes(b.o.short) {
		head = append(head, fmt.Sprintf("dead from %.0f s on", at.Seconds()))
	}
	t.Add(head...)
	for _, rate := range append(minuteRates(), 0) {
		who, row := usherName, []string{fmt.Sprintf("%g Mb/s, %s", rate/1e6, usherName)}
		if rate == 0 {
			who, row = controlName, []string{"none: a film from the disk"}
		}
		for _, at := range minutes(b.o.short) {
			row = append(row, minuteText(b.minuteOf(who, minuteName(rate, at))))
		}
		t.Add(row...)
	}
	return t
}

func minuteText(v *viewing) string {
	switch {
	case v == nil:
		return "-"
	case v.err != "" || v.outcome.start == 0:
		return "no picture"
	}
	return fmt.Sprintf("%s, %.2f Mb/s", outageText(*v), v.account.bitrate/1e6)
}

// judgeMinutes: no stall and nothing skipped, whenever the minute begins.
func (b *bench) judgeMinutes(check func(what, want, got string, ok bool)) {
	for _, v := range b.minutes {
		if v.contender != usherName {
			continue
		}
		var machine time.Duration
		for _, at := range minutes(b.o.short) {
			if c := b.minuteOf(controlName, minuteName(0, at)); c != nil {
				stalled, _ := c.duringOutage()
				machine = max(machine, stalled)
			}
		}
		check("dead minute, "+v.link, wantedInOutage(machine), minuteText(&v), v.outlasted(machine))
	}
}

// wantedInOutage is what was promised, on a machine that stalls by itself.
func wantedInOutage(machine time.Duration) string {
	if machine == 0 {
		return "no stall, nothing skipped"
	}
	return fmt.Sprintf("no stall, nothing skipped (the machine's own: %.1f s)", machine.Seconds())
}

// outlasted says that an outage was no worse than what the machine does anyway.
func (v viewing) outlasted(machine time.Duration) bool {
	stalled, skipped := v.duringOutage()
	return v.err == "" && v.cut[0] > 0 && stalled <= machine && skipped < time.Second && !v.outcome.ended
}
