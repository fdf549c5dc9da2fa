package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"usher/tools/bench/results"
)

const usherName, kitName = "Usher + mpv", "Usher + mpv, start kit"

// report is the section of the results file.
func (b *bench) report(machine string, took time.Duration) string {
	var s strings.Builder
	short := ""
	if b.o.short {
		short = " (with -short)"
	}
	fmt.Fprintf(&s, "%s; %s; %.0f min in all. `make bench-link` repeats it%s.\n", time.Now().Format(time.DateOnly), machine, took.Minutes(), short)
	s.WriteString("The film has six rungs of a constant rate (0.3, 0.7, 1.2, 2.4, 4.5, 8 Mb/s) and segments of 4 s. Everybody has a link of his own with the same rate or trace: " +
		"all connections share it, each request takes a round trip, each new connection another. No name look-up, no TLS, no slow start of TCP. " +
		"A start is from the order to play, in a player that runs already, to a picture that moves; a stall is a picture that stands for more than half a second.\n\n")
	for _, part := range []struct {
		title string
		rows  func() *results.Table
	}{
		{"Who took part", b.whoTable},
		{fmt.Sprintf("Start: seconds, median (slowest), and the rung of the first picture; round trip %d ms", startRTT.Milliseconds()), b.startTable},
		{"Start: kB of film fetched until then, and requests", b.startCosts},
		{"Traces, " + b.about + ": all of them, " + b.tracesLong() + " each, everybody at the same time", b.traceSums},
		{"Traces: seconds of stalls / mean Mb/s, by trace", b.traceTable},
		{fmt.Sprintf("Outage %v after the first picture, link %.0f Mb/s", b.o.outageAt, outageRate/1e6), b.outageTable},
		{"A dead minute, early and late in the film", b.minuteTable},
		{"Browsing", b.browseTable},
		{"What was expected of Usher", b.verdict},
	} {
		if t := part.rows(); t != nil {
			fmt.Fprintf(&s, "**%s**\n\n%s\n", part.title, t)
		}
	}
	return strings.TrimRight(s.String(), "\n") + "\n"
}

func (b *bench) whoTable() *results.Table {
	t := &results.Table{}
	t.Add("contender", "version", "settings", "state")
	for _, c := range append(b.watchers(), b.taking([]contender{usherWithKit()})...) {
		t.Add(c.name, b.versionOf(c.name), c.what, cmp.Or(b.state(c.name), "measured"))
	}
	return t
}

// state is what went wrong with a contender, or nothing.
func (b *bench) state(contender string) string {
	var bad []string
	note := func(where, err string) {
		if err != "" && len(bad) < 3 {
			bad = append(bad, where+": "+results.Clean(err))
		}
	}
	for _, r := range b.starts {
		if r.contender == contender {
			note(fmt.Sprintf("start at %.0f Mb/s", r.rate/1e6), r.err)
		}
	}
	for _, v := range slices.Concat(b.traces, b.outages, b.minutes) {
		if v.contender == contender {
			note(v.link, v.err)
		}
	}
	if len(bad) == 0 {
		return ""
	}
	return "WENT WRONG: " + strings.Join(bad, "; ")
}

func (b *bench) startTable() *results.Table {
	return b.startCells(func(r *startResult) string {
		return fmt.Sprintf("%.2f (%.2f), %s", results.Median(r.took), results.Quantile(r.took, 1), rungText(r.rung))
	})
}

func (b *bench) startCosts() *results.Table {
	return b.startCells(func(r *startResult) string {
		return fmt.Sprintf("%.0f in %.0f", results.Median(r.bytes), results.Median(r.requests))
	})
}

func (b *bench) startCells(show func(*startResult) string) *results.Table {
	if len(b.starts) == 0 {
		return nil
	}
	t := &results.Table{}
	head := []string{"contender"}
	for _, rate := range startRates() {
		head = append(head, fmt.Sprintf("%.0f Mb/s", rate/1e6))
	}
	t.Add(append(head, fmt.Sprintf("%.0f Mb/s, CMAF", startRates()[0]/1e6))...)
	for _, c := range b.taking(append(contenders(), usherWithKit())) {
		row := []string{c.name}
		cell := func(stream string, rate float64) {
			r := b.startOf(c.name, stream, rate)
			if r == nil || len(r.took) == 0 {
				row = append(row, "-")
				return
			}
			row = append(row, show(r))
		}
		for _, rate := range startRates() {
			cell(tsStream, rate)
		}
		cell(cmafStream, startRates()[0])
		t.Add(row...)
	}
	return t
}

func rungText(rung string) string {
	if rate := rates()[rung]; rate > 0 {
		return fmt.Sprintf("%.1f Mb/s", rate/1e6)
	}
	return "-"
}

func (b *bench) tracesLong() string {
	if len(b.traces) == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f min", b.traces[0].planned.Minutes())
}

// sums are a contender's figures over all traces.
type sums struct {
	starts                    []float64
	stalls, switches, gaveUp  int
	stalled, skipped, watched float64 // s
	bits, seconds             float64
	fetched, wasted           float64
	missing                   int
}

func (b *bench) sumsOf(contender string) sums {
	var s sums
	for _, v := range b.traces {
		if v.contender != contender {
			continue
		}
		if v.err != "" || v.outcome.start == 0 {
			s.missing++
			continue
		}
		o, a := v.outcome, v.account
		s.starts = append(s.starts, o.start.Seconds())
		s.stalls += len(o.stalls)
		s.stalled += o.stalled().Seconds()
		s.skipped += o.skipped.Seconds()
		s.watched += v.planned.Seconds()
		s.switches += a.switches
		s.bits, s.seconds = s.bits+a.bitrate*o.played.Seconds(), s.seconds+o.played.Seconds()
		s.fetched, s.wasted = s.fetched+float64(a.fetched), s.wasted+float64(a.wasted())
		if o.ended {
			s.gaveUp++
		}
	}
	return s
}

// idle is the time without a moving picture: start and stalls.
func (s sums) idle() float64 {
	sum := s.stalled
	for _, f := range s.starts {
		sum += f
	}
	return sum
}

func (b *bench) traceSums() *results.Table {
	if len(b.traces) == 0 {
		return nil
	}
	t := &results.Table{}
	t.Add("contender", "start, s (median)", "stalls", "stalled, s", "without a moving picture", "mean Mb/s shown", "switches", "skipped, s", "fetched in vain", "no picture, or gave up")
	for _, c := range b.watchers() {
		s := b.sumsOf(c.name)
		if s.seconds == 0 {
			t.Add(c.name, "-", "-", "-", "-", "-", "-", "-", "-", fmt.Sprint(s.missing))
			continue
		}
		t.Add(c.name, fmt.Sprintf("%.2f", results.Median(s.starts)), fmt.Sprint(s.stalls), fmt.Sprintf("%.1f", s.stalled), fmt.Sprintf("%.1f %%", 100*s.idle()/s.watched),
			fmt.Sprintf("%.2f", s.bits/s.seconds/1e6), fmt.Sprint(s.switches), fmt.Sprintf("%.1f", s.skipped), fmt.Sprintf("%.1f %%", 100*s.wasted/max(s.fetched, 1)), fmt.Sprint(s.missing+s.gaveUp))
	}
	return t
}

func (b *bench) traceTable() *results.Table {
	return b.byLink("trace", b.traces, func(v viewing) string {
		return fmt.Sprintf("%.1f / %.2f", v.outcome.stalled().Seconds(), v.account.bitrate/1e6)
	})
}

func (b *bench) outageTable() *results.Table {
	return b.byLink("link is dead for", b.outages, outageText)
}

// byLink is a table with a row for each link and a column for each contender.
func (b *bench) byLink(what string, list []viewing, show func(viewing) string) *results.Table {
	if len(list) == 0 {
		return nil
	}
	t := &results.Table{}
	head := []string{what}
	var links []string
	cells := map[[2]string]string{}
	for _, v := range list {
		if _, ok := cells[[2]string{v.link, ""}]; !ok {
			cells[[2]string{v.link, ""}] = v.link
			links = append(links, v.link)
		}
		text := show(v)
		if v.err != "" || v.outcome.start == 0 {
			text = "no picture"
		}
		cells[[2]string{v.link, v.contender}] = text
	}
	for _, c := range b.watchers() {
		head = append(head, c.name)
	}
	t.Add(head...)
	for _, l := range links {
		row := []string{l}
		for _, name := range head[1:] {
			row = append(row, cmp.Or(cells[[2]string{l, name}], "-"))
		}
		t.Add(row...)
	}
	return t
}

// outageText is how somebody came through an outage. What went before it is
// not counted.
func outageText(v viewing) string {
	stalled, skipped := v.duringOutage()
	text := "no stall"
	if stalled > 0 {
		text = fmt.Sprintf("stalled %.1f s", stalled.Seconds())
	}
	if skipped > 0 {
		text += fmt.Sprintf(", skipped %.1f s", skipped.Seconds())
	}
	if v.outcome.ended {
		text += ", gave up"
	}
	return text
}

// duringOutage is what was seen from the beginning of the outage on.
func (v viewing) duringOutage() (stalled, skipped time.Duration) {
	for _, s := range v.outcome.stalls {
		if s.at+s.lasted > v.cut[0] {
			stalled += s.lasted
		}
	}
	return stalled, v.outcome.skipped
}

func (b *bench) browseTable() *results.Table { return b.browse.table() }
