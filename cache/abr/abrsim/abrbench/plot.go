package main

import (
	"fmt"
	"html"
	"sort"
	"strings"
)

// The plot's size, in its own units.
const (
	panelWidth, panelHeight = 300, 230
	marginLeft, marginTop   = 56, 40
	marginBottom            = 44
	marginRight             = 150 // for the names
	labelHeight             = 18
)

// plot is an SVG with a panel for each set: bitrate to the right, seconds of
// stall and start-up upward, so that the best is at the lower right.
func (b *bench) plot() string {
	var groups []group
	for _, g := range b.groups() {
		if !g.plays[0].doomed() {
			groups = append(groups, g)
		}
	}
	columns := min(len(groups), 2)
	lines := (len(groups) + columns - 1) / columns
	width, height := columns*(panelWidth+marginLeft+marginRight)+20, lines*(panelHeight+marginTop+marginBottom)+30
	var s strings.Builder
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">`+"\n", width, height)
	fmt.Fprintf(&s, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	for i, g := range groups {
		x := (i%columns)*(panelWidth+marginLeft+marginRight) + marginLeft
		y := (i/columns)*(panelHeight+marginTop+marginBottom) + marginTop
		fmt.Fprintf(&s, `<g transform="translate(%d,%d)">`+"\n", x, y)
		g.panel(&s)
		s.WriteString("</g>\n")
	}
	fmt.Fprintf(&s, `<text x="%d" y="%d" fill="#444">Right and low is best. Policies that wait for more than twice as long as Usher and the adaptive ones are left out.</text>`+"\n", marginLeft, height-10)
	s.WriteString("</svg>\n")
	return s.String()
}

// dot is one policy in a panel.
type dot struct {
	name       string
	rate, wait float64
}

// panel draws one set.
func (g group) panel(s *strings.Builder) {
	dots, maxRate, maxWait := g.dots()
	fmt.Fprintf(s, `<text x="0" y="-14" font-size="13" font-weight="bold">%s</text>`+"\n", html.EscapeString(g.name))
	fmt.Fprintf(s, `<path d="M0 0V%d H%d" fill="none" stroke="#888"/>`+"\n", panelHeight, panelWidth)
	for i := range 5 {
		x, y := panelWidth*i/4, panelHeight-panelHeight*i/4
		fmt.Fprintf(s, `<text x="%d" y="%d" text-anchor="middle" fill="#444">%.1f</text>`, x, panelHeight+15, maxRate*float64(i)/4)
		fmt.Fprintf(s, `<text x="-6" y="%d" text-anchor="end" fill="#444">%.1f</text>`+"\n", y+4, maxWait*float64(i)/4)
	}
	fmt.Fprintf(s, `<text x="%d" y="%d" text-anchor="middle" fill="#444">mean Mb/s</text>`, panelWidth/2, panelHeight+30)
	fmt.Fprintf(s, `<text transform="translate(-40,%d) rotate(-90)" text-anchor="middle" fill="#444">waiting in a session, s</text>`+"\n", panelHeight/2)
	for i, d := range dots {
		x, y := d.rate/maxRate*panelWidth, panelHeight-d.wait/maxWait*panelHeight
		fill, size := "#6b7280", 3.5
		if strings.HasPrefix(d.name, usherFirst) {
			fill, size = "#c2410c", 5
		}
		fmt.Fprintf(s, `<circle cx="%.1f" cy="%.1f" r="%.1f" fill="%s"/>`, x, y, size, fill)
		side, labelY := panelWidth+16, 12+i*labelHeight
		fmt.Fprintf(s, `<path d="M%.1f %.1fL%d %d" stroke="%s" stroke-width="0.4" fill="none"/>`, x, y, side-3, labelY-4, fill)
		fmt.Fprintf(s, `<text x="%d" y="%d" fill="%s">%s</text>`+"\n", side, labelY, fill, html.EscapeString(d.name))
	}
}

// dots are the policies that fit, and how far the axes go.
func (g group) dots() (dots []dot, maxRate, maxWait float64) {
	for _, name := range names() {
		if name == usherOnce || name == usherAgain || name == usherBlind || name == usherShort || strings.HasSuffix(name, " s") || name == foresight {
			continue
		}
		x := g.of(name)
		d := dot{name, x.mean(x.rate), x.mean(x.stall + x.start)}
		if strings.HasPrefix(name, "mpv") && d.wait > 2*maxWait {
			continue
		}
		dots = append(dots, d)
		maxRate, maxWait = max(maxRate, d.rate), max(maxWait, d.wait)
	}
	sort.SliceStable(dots, func(i, j int) bool { return dots[i].wait > dots[j].wait }) // as they are drawn
	return dots, maxRate * 1.05, max(maxWait*1.1, 0.5)
}
