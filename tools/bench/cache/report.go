package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// table is a Markdown table whose columns are aligned.
type table struct{ rows [][]string }

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) String() string {
	widths := map[int]int{}
	for _, row := range t.rows {
		for i, c := range row {
			widths[i] = max(widths[i], len([]rune(c)))
		}
	}
	var s strings.Builder
	for n, row := range t.rows {
		for i := range row {
			fmt.Fprintf(&s, "| %s%s ", row[i], strings.Repeat(" ", widths[i]-len([]rune(row[i]))))
		}
		s.WriteString("|\n")
		if n == 0 {
			for i := range row {
				fmt.Fprintf(&s, "|%s", strings.Repeat("-", widths[i]+2))
			}
			s.WriteString("|\n")
		}
	}
	return s.String()
}

// report is the section of the results file.
func (b *bench) report(machine string, took time.Duration) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s; %s; %d interleaved rounds, medians; %.0f s in all. `make bench-cache` repeats it.\n", time.Now().Format(time.DateOnly), machine, b.rounds, took.Seconds())
	s.WriteString("All are processes of their own on loopback, behind the same kind of origin, in the same run; other work on the machine disturbs all alike.\n\n")
	for _, part := range []struct {
		title string
		rows  func() *table
	}{
		{"Who took part", b.whoTable},
		{"Hits: MB/s (bench and cache share the cores)", func() *table { return b.cells(func(r *result, c cell) string { return number(median(r.rate[c]), 0) }) }},
		{"Hits: ms to the first byte / to the last / 99th percentile", func() *table {
			return b.cells(func(r *result, c cell) string {
				return number(median(r.first[c]), 2) + " / " + number(median(r.whole[c]), 1) + " / " + number(median(r.tail[c]), 1)
			})
		}},
		{"Hits: CPU ms per MB served (ratio to nginx)", b.cpuTable},
		{fmt.Sprintf("Filling: one 4 MiB object at 2 MiB/s, %d readers join after 0.3 s; then a range at 3 MB instead", followers), b.fillTable},
		{"Readers that leave, crashes, memory, wear", b.lifeTable},
		{"What was expected of Usher", b.verdict},
	} {
		fmt.Fprintf(&s, "**%s**\n\n%s\n", part.title, part.rows())
	}
	return strings.TrimRight(s.String(), "\n") + "\n"
}

func (b *bench) whoTable() *table {
	t := &table{}
	t.add("cache", "version", "settings", "state")
	for _, p := range b.peers {
		r := b.results[p.name]
		state := "measured"
		if p.broken != nil {
			state = "NOT MEASURED: " + clean(p.broken.Error())
		} else if len(r.problems) > 0 {
			state = "went wrong: " + clean(strings.Join(r.problems, "; "))
		}
		if r.again > 0 {
			state += fmt.Sprintf("; %d fetches in the time of hits", r.again)
		}
		t.add(p.name, cmp.Or(r.version, "-"), p.what, state)
	}
	return t
}

// clean keeps a message within a cell of a table, and folders out of it.
func clean(s string) string {
	words := strings.Fields(strings.ReplaceAll(s, "|", "/"))
	for i, w := range words {
		if strings.Count(w, "/") > 2 && !strings.Contains(w, "://") {
			words[i] = "…/" + filepath.Base(w)
		}
	}
	s = strings.Join(words, " ")
	if runes := []rune(s); len(runes) > 240 {
		s = string(runes[:240]) + "…"
	}
	return s
}

func (b *bench) cells(show func(*result, cell) string) *table {
	t := &table{}
	head := []string{"cache"}
	for _, size := range sizes() {
		for _, n := range crowds() {
			head = append(head, fmt.Sprintf("%s ×%d", sizeName(size), n))
		}
	}
	t.add(head...)
	for _, p := range b.running() {
		row := []string{p.name}
		for _, size := range sizes() {
			for _, n := range crowds() {
				row = append(row, show(b.results[p.name], cell{size, n}))
			}
		}
		t.add(row...)
	}
	return t
}

func sizeName(n int) string {
	if n < 1_000_000 {
		return fmt.Sprintf("%d KB", n/1000)
	}
	return fmt.Sprintf("%d MB", n/1_000_000)
}

// number writes a figure, or a dash for one that was not measured.
func number(f float64, digits int) string {
	if f == 0 {
		return "-"
	}
	return fmt.Sprintf("%.*f", digits, f)
}

// cpuOf is ms of CPU per MB at a size; size 0 is all sizes.
func (r *result) cpuOf(size int) float64 {
	var sum [2]float64
	for s, v := range r.cpu {
		if size == 0 || s == size {
			sum[0], sum[1] = sum[0]+v[0], sum[1]+v[1]
		}
	}
	if sum[1] == 0 {
		return 0
	}
	return sum[0] / sum[1]
}

func (b *bench) cpuTable() *table {
	t := &table{}
	t.add("cache", "200 KB", "2 MB", "10 MB", "all")
	for _, p := range b.running() {
		row := []string{p.name}
		for _, size := range append(sizes(), 0) {
			text := number(b.results[p.name].cpuOf(size), 3)
			if n := b.results["nginx lock"]; n != nil && n.cpuOf(size) > 0 {
				text += fmt.Sprintf(" (%.2f)", b.results[p.name].cpuOf(size)/n.cpuOf(size))
			}
			row = append(row, text)
		}
		t.add(row...)
	}
	return t
}

func (b *bench) fillTable() *table {
	t := &table{}
	t.add("cache", "fetches", "bytes fetched", "follower's first byte, ms", "the last of them", "follower done, ms", "range's first byte, ms", "bytes fetched with the range")
	for _, p := range b.running() {
		r := b.results[p.name]
		t.add(p.name, number(median(r.fetches), 2), times(median(r.upstream)), number(median(r.follower), 1), number(median(r.worst), 1),
			number(median(r.followerDone), 0), cmp.Or(r.rangeNote, number(median(r.rangeFirst), 1)), times(median(r.rangeUpstream)))
	}
	return t
}

func times(f float64) string {
	if f == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f ×", f)
}

func (b *bench) lifeTable() *table {
	t := &table{}
	t.add("cache", "sole reader leaves after 0.4 s", "leader leaves after 0.4 s", "hit after kill -9", "memory (PSS), MiB", "written per byte of a stream read once")
	for _, p := range b.running() {
		r := b.results[p.name]
		crash := cmp.Or(r.crash, "-")
		if r.kept != "" {
			crash = fmt.Sprintf("streamed: %s; prefetched and pinned: %s", crash, r.kept)
		}
		t.add(p.name, cmp.Or(r.sole, "-"), cmp.Or(r.leader, "-"), crash, fmt.Sprintf("%.0f", float64(r.memory)/(1<<20)), wearText(r))
	}
	return t
}

func (r *result) wearRatio() float64 {
	if r.wearStream == 0 {
		return 0
	}
	return float64(r.wear) / float64(r.wearStream)
}

func wearText(r *result) string {
	if r.wearStream == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f %%", 100*r.wearRatio())
}

// writeSection replaces the section of a Markdown file that a heading begins,
// or adds it. The file is either as before or all new.
func writeSection(file, heading, text string) error {
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("write results: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	temp := file + ".new"
	if err := os.WriteFile(temp, []byte(replaceSection(string(old), heading, text)), 0o644); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	if err := os.Rename(temp, file); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	return nil
}

// replaceSection is writeSection's text: a section ends at the next "## ".
func replaceSection(old, heading, text string) string {
	if old == "" {
		old = "# Results of the benches\n"
	}
	title := "## " + heading + "\n"
	before, after, found := strings.Cut("\n"+old, "\n"+title)
	if !found {
		return strings.TrimRight(old, "\n") + "\n\n" + title + "\n" + text
	}
	rest := ""
	if i := strings.Index("\n"+after, "\n## "); i >= 0 {
		rest = "\n" + after[i:]
	}
	return strings.TrimPrefix(before, "\n") + "\n" + title + "\n" + text + rest
}
