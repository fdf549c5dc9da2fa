package main

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"

	"usher/tools/bench/results"
)

// bar is one line of a plot.
type bar struct {
	name   string
	parts  []float64 // from left to right, one colour each
	text   string    // behind it
	strong bool      // Usher's own
}

const (
	plotWidth = 820
	plotLeft  = 180 // of the bars
	plotBar   = 18
	plotStep  = 28
)

// barPlot draws bars against a common scale. It needs no font and no colour
// of its own surroundings, so that it can be read on white and on black.
func barPlot(title, note string, colours []string, bars []bar) string {
	most := 0.0
	for _, b := range bars {
		most = max(most, sumOf(b.parts))
	}
	height := 58 + plotStep*len(bars) + 14
	var s strings.Builder
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" font-family="sans-serif" font-size="13" fill="#888">`+"\n", plotWidth, height)
	fmt.Fprintf(&s, `<title>%s</title>`+"\n", html.EscapeString(title))
	fmt.Fprintf(&s, `<text x="0" y="18" font-size="15" font-weight="bold">%s</text>`+"\n", html.EscapeString(title))
	fmt.Fprintf(&s, `<text x="0" y="38">%s</text>`+"\n", html.EscapeString(note))
	for i, b := range bars {
		y := 58 + plotStep*i
		weight := map[bool]string{true: ` font-weight="bold"`}[b.strong]
		fmt.Fprintf(&s, `<text x="0" y="%d"%s>%s</text>`+"\n", y+14, weight, html.EscapeString(b.name))
		x := float64(plotLeft)
		for n, v := range b.parts {
			wide := v / max(most, 1e-9) * (plotWidth - plotLeft - 230)
			fmt.Fprintf(&s, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", x, y, max(wide, 1), plotBar, colours[n])
			x += wide
		}
		fmt.Fprintf(&s, `<text x="%.1f" y="%d"%s>%s</text>`+"\n", x+8, y+14, weight, html.EscapeString(b.text))
	}
	s.WriteString("</svg>\n")
	return s.String()
}

func sumOf(list []float64) (sum float64) {
	for _, v := range list {
		sum += v
	}
	return sum
}

// writePlots writes what was measured as pictures.
func (b *bench) writePlots(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write plots: %w", err)
	}
	for name, text := range map[string]string{"link-start.svg": b.startPlot(), "link-traces.svg": b.tracePlot(), "link-outage.svg": b.outagePlot()} {
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("write plots: %w", err)
		}
	}
	return nil
}

func (b *bench) startPlot() string {
	var bars []bar
	for _, c := range append(contenders(), usherWithKit()) {
		if r := b.startOf(c.name, tsStream, startRates()[0]); r != nil && len(r.took) > 0 {
			took := results.Median(r.took)
			bars = append(bars, bar{c.name, []float64{took}, fmt.Sprintf("%.2f s at %s", took, rungText(r.rung)), strings.HasPrefix(c.name, "Usher")})
		}
	}
	if len(bars) == 0 {
		return ""
	}
	return barPlot("From OK to a moving picture", "3 Mb/s, 50 ms round trip, six rungs; seconds, and the rung that is shown first", []string{"#3b82c4"}, bars)
}

func (b *bench) tracePlot() string {
	var bars []bar
	for _, c := range contenders() {
		if s := b.sumsOf(c.name); s.seconds > 0 {
			started := s.idle() - s.stalled
			bars = append(bars, bar{c.name, []float64{started, s.stalled}, fmt.Sprintf("%.0f s + %.0f s, at %.1f Mb/s", started, s.stalled, s.bits/s.seconds/1e6), c.name == usherName})
		}
	}
	if len(bars) == 0 {
		return ""
	}
	note := fmt.Sprintf("all traces, %.0f min of film each: starting (blue) and stalls (red), and the mean rate that was shown", b.traces[0].planned.Minutes())
	return barPlot("Waiting on mobile and home links", note, []string{"#3b82c4", "#c4453b"}, bars)
}

func (b *bench) outagePlot() string {
	var bars []bar
	for _, c := range contenders() {
		for _, v := range b.outages {
			if v.contender != c.name || v.link != "60 s" || v.err != "" || v.outcome.start == 0 {
				continue
			}
			stalled, skipped := v.duringOutage()
			bars = append(bars, bar{c.name, []float64{stalled.Seconds(), skipped.Seconds()}, outageText(v), c.name == usherName})
		}
	}
	if len(bars) == 0 {
		return ""
	}
	return barPlot("A minute without network", fmt.Sprintf("%v after the first picture, 6 Mb/s before and after: seconds of stalls (red) and of film that was skipped (grey)", b.o.outageAt), []string{"#c4453b", "#999999"}, bars)
}
