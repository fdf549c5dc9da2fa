package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"usher/tools/bench/results"
)

// The budgets of the page.
const (
	firstBudget = 60 << 10 // bytes, compressed
	allBudget   = 120 << 10
	focusBudget = 16 // ms, p95
	slowBudget  = 50 // ms, p95, slowed down six times
)

func report(f files, costs []cost, found []speed, m memory, took time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s; %s; took %s. The page of a real `usherd -demo` in headless Chromium at 1920 × 1080, without a graphics card; "+
		"\"×6\" is the processor slowed down six times (DevTools). Remake it with `make bench-ui`.\n\n",
		time.Now().UTC().Format("2006-01-02"), results.Machine(), "Chromium", took.Round(time.Second))
	var t results.Table
	t.Add("bytes, gzip", "found", "budget", "")
	t.Add("first screen: page, script, style", kilo(f.first), kilo(firstBudget), verdict(f.first <= firstBudget))
	t.Add("of it script", kilo(f.script), "", "")
	t.Add("all: with every language", kilo(f.all), kilo(allBudget), verdict(f.all <= allBudget))
	b.WriteString(t.String() + "\n")

	t = results.Table{}
	t.Add("processor time of a move and all that follows, ms", "script", "style", "layout", "all of the page's thread")
	for _, c := range costs {
		t.Add(c.name, fmt.Sprintf("%.1f", c.script), fmt.Sprintf("%.1f", c.style), fmt.Sprintf("%.1f", c.layout), fmt.Sprintf("%.1f", c.all))
	}
	b.WriteString(t.String() + "\n")

	quiet := !busy()
	if !quiet {
		b.WriteString("Other things ran on the machine at the same time: the times below say little. Make it quiet and measure again.\n\n")
	}
	t = results.Table{}
	t.Add("ms", "×1", "×6", "budget", "")
	ms := func(list []float64, q float64) string { return fmt.Sprintf("%.1f", results.Quantile(list, q)) }
	row := func(name string, of func(speed) []float64, q float64, budget string, ok bool) {
		says := verdict(ok)
		if budget == "" || !quiet {
			says = ""
		}
		t.Add(name, ms(of(found[0]), q), ms(of(found[1]), q), budget, says)
	}
	focus := func(s speed) []float64 { return s.focus }
	painted := func(s speed) []float64 { return s.painted }
	row("shape of the first screen painted, median", func(s speed) []float64 { return s.bare }, 0.5, "", true)
	row("first contentful paint, median", func(s speed) []float64 { return s.paint }, 0.5, "", true)
	row("first rail there, median", func(s speed) []float64 { return s.content }, 0.5, "", true)
	row("key to focus moved, p50", focus, 0.5, "", true)
	row("key to focus moved, p95", focus, 0.95, fmt.Sprintf("< %d, ×6 < %d", focusBudget, slowBudget),
		results.Quantile(found[0].focus, 0.95) < focusBudget && results.Quantile(found[1].focus, 0.95) < slowBudget)
	row("of it until the page heard of the key, p95", func(s speed) []float64 { return s.waited }, 0.95, "", true)
	row("key to painted, p95", painted, 0.95, "", true)
	t.Add("frames over 34 ms while a key is held", frames(found[0]), frames(found[1]), "", "")
	t.Add("keys measured", fmt.Sprint(len(found[0].focus)), fmt.Sprint(len(found[1].focus)), "", "")
	b.WriteString(t.String() + "\n")

	fmt.Fprintf(&b, "Memory of the page's script, after the collector: %.1f MB when it was opened, %.1f MB after %d keys at random (%d elements, %d errors).\n",
		m.before, m.after, m.keys, m.elements, m.faults)
	return b.String()
}

// busy says that more wanted to run in the last five minutes than there are
// cores, with one more for the browser itself.
func busy() bool {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return false
	}
	var one, five float64
	if _, err := fmt.Sscan(string(text), &one, &five); err != nil {
		return false
	}
	return five > float64(runtime.NumCPU()+1)
}

func frames(s speed) string { return fmt.Sprintf("%d of %d", s.dropped, s.frames) }

func kilo(n int) string { return fmt.Sprintf("%.1f kB", float64(n)/1024) }

func verdict(ok bool) string {
	if ok {
		return "kept"
	}
	return "missed"
}
