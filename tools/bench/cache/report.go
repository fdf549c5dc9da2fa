package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"usher/tools/bench/results"
)

// report is the section of the results file.
func (b *bench) report(machine string, took time.Duration) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s; %s; %d interleaved rounds, medians; %.0f s in all. `make bench-cache` repeats it.\n", time.Now().Format(time.DateOnly), machine, b.rounds, took.Seconds())
	s.WriteString("All are processes of their own on loopback, behind the same kind of origin, in the same run; other work on the machine disturbs all alike.\n\n")
	for _, part := range []struct {
		title string
		rows  func() *results.Table
	}{
		{"Who took part", b.whoTable},
		{"Hits: MB/s (bench and cache share the cores)", func() *results.Table {
			return b.cells(func(r *result, c cell) string { return results.Number(results.Median(r.rate[c]), 0) })
		}},
		{"Hits: ms to the first byte / to the last / 99th percentile", func() *results.Table {
			return b.cells(func(r *result, c cell) string {
				return results.Number(results.Median(r.first[c]), 2) + " / " + results.Number(results.Median(r.whole[c]), 1) + " / " + results.Number(results.Median(r.tail[c]), 1)
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

func (b *bench) whoTable() *results.Table {
	t := &results.Table{}
	t.Add("cache", "version", "settings", "state")
	for _, p := range b.peers {
		r := b.results[p.name]
		state := "measured"
		if p.broken != nil {
			state = "NOT MEASURED: " + results.Clean(p.broken.Error())
		} else if len(r.problems) > 0 {
			state = "went wrong: " + results.Clean(strings.Join(r.problems, "; "))
		}
		if r.again > 0 {
			state += fmt.Sprintf("; %d fetches in the time of hits", r.again)
		}
		t.Add(p.name, cmp.Or(r.version, "-"), p.what, state)
	}
	return t
}

func (b *bench) cells(show func(*result, cell) string) *results.Table {
	t := &results.Table{}
	head := []string{"cache"}
	for _, size := range sizes() {
		for _, n := range crowds() {
			head = append(head, fmt.Sprintf("%s ×%d", sizeName(size), n))
		}
	}
	t.Add(head...)
	for _, p := range b.running() {
		row := []string{p.name}
		for _, size := range sizes() {
			for _, n := range crowds() {
				row = append(row, show(b.results[p.name], cell{size, n}))
			}
		}
		t.Add(row...)
	}
	return t
}

func sizeName(n int) string {
	if n < 1_000_000 {
		return fmt.Sprintf("%d KB", n/1000)
	}
	return fmt.Sprintf("%d MB", n/1_000_000)
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

func (b *bench) cpuTable() *results.Table {
	t := &results.Table{}
	t.Add("cache", "200 KB", "2 MB", "10 MB", "all")
	for _, p := range b.running() {
		row := []string{p.name}
		for _, size := range append(sizes(), 0) {
			text := results.Number(b.results[p.name].cpuOf(size), 3)
			if n := b.results["nginx lock"]; n != nil && n.cpuOf(size) > 0 {
				text += fmt.Sprintf(" (%.2f)", b.results[p.name].cpuOf(size)/n.cpuOf(size))
			}
			row = append(row, text)
		}
		t.Add(row...)
	}
	return t
}

func (b *bench) fillTable() *results.Table {
	t := &results.Table{}
	t.Add("cache", "fetches", "bytes fetched", "follower's first byte, ms", "the last of them", "follower done, ms", "range's first byte, ms", "bytes fetched with the range")
	for _, p := range b.running() {
		r := b.results[p.name]
		t.Add(p.name, results.Number(results.Median(r.fetches), 2), times(results.Median(r.upstream)), results.Number(results.Median(r.follower), 1), results.Number(results.Median(r.worst), 1),
			results.Number(results.Median(r.followerDone), 0), cmp.Or(r.rangeNote, results.Number(results.Median(r.rangeFirst), 1)), times(results.Median(r.rangeUpstream)))
	}
	return t
}

func times(f float64) string {
	if f == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f ×", f)
}

func (b *bench) lifeTable() *results.Table {
	t := &results.Table{}
	t.Add("cache", "sole reader leaves after 0.4 s", "leader leaves after 0.4 s", "hit after kill -9", "memory (PSS), MiB", "written per byte of a stream read once")
	for _, p := range b.running() {
		r := b.results[p.name]
		crash := cmp.Or(r.crash, "-")
		if r.kept != "" {
			crash = fmt.Sprintf("streamed: %s; prefetched and pinned: %s", crash, r.kept)
		}
		t.Add(p.name, cmp.Or(r.sole, "-"), cmp.Or(r.leader, "-"), crash, fmt.Sprintf("%.0f", float64(r.memory)/(1<<20)), wearText(r))
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
