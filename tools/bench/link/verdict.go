package main

import (
	"fmt"
	"strings"
	"time"

	"usher/tools/bench/results"
)

// verdict holds Usher's figures against what was promised.
func (b *bench) verdict() *results.Table {
	t := &results.Table{}
	t.Add("what", "wanted", "measured", "")
	check := func(what, want, got string, ok bool) {
		t.Add(what, want, got, map[bool]string{true: "met", false: "MISSED"}[ok])
	}
	for _, c := range []struct {
		name, what string
		most       float64
	}{{usherName, "cold start at 3 Mb/s", 1.2}, {kitName, "start with start kit at 3 Mb/s", 0.3}} {
		if r := b.startOf(c.name, tsStream, 3e6); r != nil {
			took := results.Median(r.took)
			check(c.what, fmt.Sprintf("≤ %.1f s", c.most), fmt.Sprintf("%.2f s", took), took > 0 && took <= c.most)
		}
	}
	b.judgeTraces(check)
	b.judgeOutages(check)
	b.judgeMinutes(check)
	b.browse.judge(check)
	return t
}

// judgeTraces: nobody stalls less, at an equal or better rate.
func (b *bench) judgeTraces(check func(what, want, got string, ok bool)) {
	u := b.sumsOf(usherName)
	if u.seconds == 0 {
		return
	}
	least, who, best, idle, idler := 0.0, "", 0.0, 0.0, ""
	for _, c := range contenders() {
		s := b.sumsOf(c.name)
		if c.name == usherName || s.seconds == 0 {
			continue
		}
		if share := s.idle() / s.watched; idler == "" || share < idle {
			idle, idler = share, c.name
		}
		if who == "" || s.stalled < least {
			least, who, best = s.stalled, c.name, s.bits/s.seconds/1e6
		}
	}
	machine := b.sumsOf(controlName).stalled
	check("stalls on traces", fmt.Sprintf("≤ the best other (%s: %.1f s), or the machine's own (%.1f s)", who, least, machine), fmt.Sprintf("%.1f s", u.stalled), u.stalled <= max(least, machine))
	check("time without a moving picture on traces", fmt.Sprintf("≤ the best other (%s: %.1f %%)", idler, 100*idle), fmt.Sprintf("%.1f %%", 100*u.idle()/u.watched), u.idle()/u.watched <= idle)
	check("mean rate on traces", fmt.Sprintf("≥ that of the one who stalls least (%.2f Mb/s)", best), fmt.Sprintf("%.2f Mb/s", u.bits/u.seconds/1e6), u.bits/u.seconds/1e6 >= best)
	check("fetched in vain on traces", "< 10 %", fmt.Sprintf("%.1f %%", 100*u.wasted/u.fetched), u.wasted/u.fetched < 0.1)
}

// judgeOutages: no stall and nothing skipped up to a minute.
func (b *bench) judgeOutages(check func(what, want, got string, ok bool)) {
	for _, v := range b.outages {
		if v.contender != usherName || strings.HasPrefix(v.link, "120") {
			continue
		}
		machine := b.machineDuring(v)
		check("outage of "+v.link, wantedInOutage(machine), outageText(v), v.outlasted(machine))
	}
}

// machineDuring is how long a film from the disk stalled during an outage.
func (b *bench) machineDuring(v viewing) time.Duration {
	for _, c := range b.outages {
		if c.contender == controlName && c.link == v.link {
			stalled, _ := c.duringOutage()
			return stalled
		}
	}
	return 0
}
