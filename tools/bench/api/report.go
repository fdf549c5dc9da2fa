package main

import (
	"cmp"
	"fmt"
	"strings"
	"syscall"
	"time"

	"usher/tools/bench/results"
)

// report is the section of the results file.
func (b *bench) report(machine string, rounds int, took time.Duration) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s; %s; %d rounds in which the contenders took turns, %d samples of each figure in a round; %.0f s in all. `make bench-bridge` repeats it.\n", time.Now().Format(time.DateOnly), machine, rounds, b.samples, took.Seconds())
	if ahead() {
		s.WriteString("Bench and contenders ran ahead of everything else on the machine (SCHED_RR), so that its other work is not measured. ")
	}
	s.WriteString("A client sets the volume; the time is until each of the others had the message in hand, bench and contender on the same cores. ")
	s.WriteString("Connecting ends when the client knows how things stand, whatever it takes there.\n\n")
	for _, part := range []struct {
		title string
		rows  func() *results.Table
	}{
		{"Who took part", b.whoTable},
		{"Event to clients, ms: median / 99th percentile", b.eventTable},
		{"Calls, connecting and memory", b.callTable},
		{"What was expected of Usher", b.verdict},
	} {
		fmt.Fprintf(&s, "**%s**\n\n%s\n", part.title, part.rows())
	}
	return strings.TrimRight(s.String(), "\n") + "\n"
}

// ahead says whether this process, and with it those it starts, runs in a
// class before that of others: sched_getscheduler(2).
func ahead() bool {
	class, _, errno := syscall.Syscall(syscall.SYS_SCHED_GETSCHEDULER, 0, 0, 0)
	return errno == 0 && class != 0 // 0 is SCHED_OTHER
}

func (b *bench) whoTable() *results.Table {
	t := &results.Table{}
	t.Add("contender", "version", "settings", "state")
	for _, c := range b.list {
		f, state := b.found[c.name()], "measured"
		if f.err != nil {
			state = "went wrong: " + results.Clean(f.err.Error())
		}
		t.Add(c.name(), cmp.Or(f.version, "-"), c.what(), state)
	}
	return t
}

func both(list []float64) string {
	if len(list) == 0 {
		return "-"
	}
	return results.Number(results.Median(list), 2) + " / " + results.Number(results.Quantile(list, 0.99), 2)
}

func (b *bench) eventTable() *results.Table {
	t := &results.Table{}
	head := []string{"contender"}
	for _, n := range crowds() {
		head = append(head, fmt.Sprintf("%d clients", n))
	}
	t.Add(append(head, "the last of 100")...)
	for _, c := range b.list {
		f, row := b.found[c.name()], []string{c.name()}
		for _, n := range crowds() {
			row = append(row, both(f.event[n]))
		}
		t.Add(append(row, both(f.last[100]))...)
	}
	return t
}

func (b *bench) callTable() *results.Table {
	t := &results.Table{}
	t.Add("contender", "call and answer, ms", "connect until consistent, ms", "memory of a client, KiB", "memory without, MiB")
	for _, c := range b.list {
		f := b.found[c.name()]
		one := func(list []float64, digits int) string {
			if len(list) == 0 {
				return "-"
			}
			return results.Number(results.Median(list), digits)
		}
		t.Add(c.name(), both(f.call), both(f.connect), one(f.memory, 0), one(f.rss, 1))
	}
	return t
}

// verdict holds Usher's figures against what was promised.
func (b *bench) verdict() *results.Table {
	t := &results.Table{}
	t.Add("what", "wanted", "measured", "")
	f := b.found["Usher"]
	if f == nil {
		f = new(found)
	}
	check := func(what string, list []float64, most float64) {
		if len(list) == 0 {
			t.Add(what, fmt.Sprintf("< %.0f ms", most), "not measured", "open")
			return
		}
		p99 := results.Quantile(list, 0.99)
		t.Add(what, fmt.Sprintf("< %.0f ms", most), results.Number(p99, 2)+" ms", map[bool]string{true: "met", false: "MISSED"}[p99 < most])
	}
	check("event to 100 clients, p99", f.event[100], 3)
	check("connect until consistent, p99", f.connect, 50)
	return t
}
