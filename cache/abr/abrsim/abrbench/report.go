package main

import (
	"fmt"
	"strings"

	"usher/cache/abr/abrsim"
)

// sum is the mean of a policy over the cases of a set.
type sum struct {
	n                               int
	qoe, stall, stalls, start, rate float64
	switches, wasted, fetched       float64
	worst                           float64 // QoE against the optimum's bound
	mostWaste                       float64 // share of the session that throws most away
	gaveUp                          int
}

func (s *sum) add(r abrsim.Result, best float64) {
	s.n++
	s.worst = min(s.worst, r.QoE-best)
	s.qoe += r.QoE
	s.stall += r.Stall
	s.stalls += float64(r.Stalls)
	s.start += r.Startup
	s.rate += r.Bitrate / 1e6
	s.switches += float64(r.Switches)
	s.wasted += r.Wasted
	s.fetched += r.Fetched
	s.mostWaste = max(s.mostWaste, r.Wasted/max(r.Fetched, 1))
	if !r.Ended {
		s.gaveUp++
	}
}

func (s *sum) mean(x float64) float64 { return x / float64(max(s.n, 1)) }

// group is the cases of a set that could, or could not, be played through.
type group struct {
	name  string
	plays []*play
}

func (b *bench) groups() []group {
	var out []group
	for _, set := range b.sets {
		good, bad := group{name: set}, group{name: set + ", links on which even the lowest rung must stall"}
		for _, p := range b.cases {
			if p.set == set && p.doomed() {
				bad.plays = append(bad.plays, p)
			} else if p.set == set {
				good.plays = append(good.plays, p)
			}
		}
		for _, g := range []group{good, bad} {
			if len(g.plays) > 0 {
				out = append(out, g)
			}
		}
	}
	return out
}

func (g group) optimum() (low, high float64) {
	for _, p := range g.plays {
		low += p.best.Low
		high += p.best.High
	}
	n := float64(len(g.plays))
	return low / n, high / n
}

func (g group) of(policy string) *sum {
	var s sum
	for _, p := range g.plays {
		s.add(p.results[policy], p.best.High)
	}
	return &s
}

func (b *bench) markdown() string {
	var s strings.Builder
	who := "recorded and generated links"
	if !b.folder {
		who = "NO RECORDED TRACES TOOK PART, links are generated"
	}
	fmt.Fprintf(&s, "Simulated sessions of ten minutes, %s, begun at the beginning, after a third or after two thirds of each. Window: %d s, or as said (\"hls.js, 30 s\" has its player's own). Titles: ", who, abrsim.DefaultWindow)
	for i, t := range b.titles {
		if i > 0 {
			s.WriteString(" and ")
		}
		fmt.Fprintf(&s, "%s (%d rungs, segments of %g s)", t.Name, len(t.Ladder), t.Segment)
	}
	fmt.Fprintf(&s, ".\n%d sessions; %.0f would take a minute of one processor.\n", b.sessions, float64(b.sessions)/max(b.playing.Minutes(), 1e-9))
	fmt.Fprintf(&s, "QoE is Yin et al., SIGCOMM 2015, eq. 5: (Σ R − Σ |R' − R| − μ · (stall + start-up)) / K, R in Mb/s, μ the top rung's rate. The optimum knows the link beforehand;\nits two figures are a session that was found and a bound that none can pass (grid of %g s). \"Of optimum\" is against the bound; \"worst\" is the session that loses most QoE to it. Generated links: kinds and seeds are those of `abrsim.Synthetic`.\nThrown away: fetches that were given up, and segments that were fetched again in a better rendition before the player asked for them. Everybody watches to the end.\n\n", abrsim.Resolution)
	for _, g := range b.groups() {
		low, high := g.optimum()
		fmt.Fprintf(&s, "**%s** (%d sessions each; optimum %.3f to %.3f)\n\n%s\n", g.name, len(g.plays), low, high, g.table(high))
	}
	s.WriteString("**What was expected**\n\n" + b.verdict())
	return s.String()
}

func (g group) table(best float64) string {
	rows := [][]string{{"policy", "QoE", "of optimum", "worst", "stall, s", "stalls", "start-up, s", "Mb/s", "switches", "thrown away, %", "in the worst session"}}
	for _, name := range names() {
		x := g.of(name)
		if x.gaveUp > 0 {
			name += fmt.Sprintf(" (%d gave up)", x.gaveUp)
		}
		rows = append(rows, []string{
			name, fmt.Sprintf("%.3f", x.mean(x.qoe)), share(x.mean(x.qoe), best), fmt.Sprintf("%+.2f", x.worst), fmt.Sprintf("%.2f", x.mean(x.stall)), fmt.Sprintf("%.2f", x.mean(x.stalls)),
			fmt.Sprintf("%.2f", x.mean(x.start)), fmt.Sprintf("%.2f", x.mean(x.rate)), fmt.Sprintf("%.1f", x.mean(x.switches)), fmt.Sprintf("%.2f", 100*x.wasted/max(x.fetched, 1)),
			fmt.Sprintf("%.1f", 100*x.mostWaste),
		})
	}
	return align(rows)
}

// align is a Markdown table.
func align(rows [][]string) string {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, c := range row {
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	var s strings.Builder
	for n, row := range rows {
		for i, c := range row {
			fmt.Fprintf(&s, "| %s%s ", c, strings.Repeat(" ", width[i]-len([]rune(c))))
		}
		s.WriteString("|\n")
		for i := range row {
			if n == 0 {
				s.WriteString("|" + strings.Repeat("-", width[i]+2))
			}
		}
		if n == 0 {
			s.WriteString("|\n")
		}
	}
	return s.String()
}

// verdict says of each expectation whether it was met, and where it was not.
// The others play with the window that suits them better: ours or their own.
func (b *bench) verdict() string {
	rows := [][]string{{"links", "QoE within 10 % of the optimum", "lost to the optimum, Mb/s", "best of all policies for each session, in hindsight", "nobody with as high a bitrate stalls less", "best QoE of all policies", "thrown away < 10 % (worst session)"}}
	for _, g := range b.groups() {
		_, high := g.optimum()
		ours := g.of(usherFirst)
		near := "-"
		if high > 0 {
			near = yes(ours.mean(ours.qoe) >= 0.9*high, fmt.Sprintf("%.1f %%", 100*ours.mean(ours.qoe)/high))
		}
		dominates, above := g.rivals(ours)
		waste := 100 * ours.wasted / max(ours.fetched, 1)
		rows = append(rows, []string{
			g.name, near, fmt.Sprintf("%.2f", high-ours.mean(ours.qoe)), share(g.hindsight(), high),
			yes(len(dominates) == 0, strings.Join(dominates, "; ")), yes(len(above) == 0, strings.Join(above, "; ")), yes(waste < 10 && ours.mostWaste < 0.1, fmt.Sprintf("%.2f %% (%.1f %%)", waste, 100*ours.mostWaste)),
		})
	}
	return align(rows)
}

// share is a QoE against the optimum's.
func share(qoe, best float64) string {
	if best <= 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*qoe/best)
}

// hindsight is the QoE of whoever knew before each session which of all the
// policies, ours among them, would do best in it.
func (g group) hindsight() (sum float64) {
	for _, p := range g.plays {
		best := p.results[usherFirst].QoE
		for _, r := range abrsim.Rivals() {
			best = max(best, p.results[r.Name].QoE)
			if r.Window > 0 {
				best = max(best, p.results[stock(r)].QoE)
			}
		}
		sum += best
	}
	return sum / float64(len(g.plays))
}

// rivals lists who stalls less at as high a bitrate as ours, and who has the
// better QoE. Differences below a twentieth of a second and a hundredth of a
// Mb/s do not count.
func (g group) rivals(ours *sum) (dominate, above []string) {
	for _, r := range abrsim.Rivals() {
		names := []string{r.Name}
		if r.Window > 0 {
			names = append(names, stock(r))
		}
		for _, name := range names {
			x := g.of(name)
			if x.mean(x.stall) < ours.mean(ours.stall)-0.05 && x.mean(x.rate) >= ours.mean(ours.rate)-0.01 {
				dominate = append(dominate, fmt.Sprintf("%s %.2f s less at %.2f Mb/s more", name, ours.mean(ours.stall)-x.mean(x.stall), x.mean(x.rate)-ours.mean(ours.rate)))
			}
			if x.mean(x.qoe) > ours.mean(ours.qoe)+0.005 {
				above = append(above, fmt.Sprintf("%s %.3f", name, x.mean(x.qoe)))
			}
		}
	}
	return dominate, above
}

func yes(ok bool, more string) string {
	word := "no"
	if ok {
		word = "yes"
	}
	if more != "" {
		word += ": " + more
	}
	return word
}
