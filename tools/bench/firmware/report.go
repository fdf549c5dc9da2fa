package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"usher/tools/bench/results"
)

// report is the section of the results file.
func (b *bench) report(machine string, rounds int, took time.Duration) string {
	var s strings.Builder
	i := b.stage.images
	fmt.Fprintf(&s, "%s; %s; %d rounds in which the contenders took turns; %.0f s in all. `make bench-firmware` repeats it.\n", time.Now().Format(time.DateOnly), machine, rounds, took.Seconds())
	fmt.Fprintf(&s, "An ext4 image of %d MiB with %d files of this machine (%.0f MB) goes into a loop device that holds random bytes; the page cache is empty before each install. ", imageSize>>20, i.files, float64(i.bytes)/1e6)
	s.WriteString("Usher's time ends when the slot was read again from the disk; the others do not read it. RAUC's and SWUpdate's files are on the disk of the box already; Usher's come over HTTP.\n\n")
	for _, part := range []struct {
		title string
		rows  func() *results.Table
	}{
		{"Who took part", b.whoTable},
		{"Installing 256 MiB", b.installTable},
		{fmt.Sprintf("Fetched for an image of which %.1f MB of blocks are new", float64(i.changed)/1e6), b.deltaTable},
		{"What was expected of Usher", b.verdict},
	} {
		fmt.Fprintf(&s, "**%s**\n\n%s\n", part.title, part.rows())
	}
	return strings.TrimRight(s.String(), "\n") + "\n"
}

func (b *bench) whoTable() *results.Table {
	t := &results.Table{}
	t.Add("contender", "version", "settings", "state")
	for _, c := range b.list {
		state := "measured"
		if err := b.wrong[c.name()]; err != nil {
			state = "went wrong: " + results.Clean(err.Error())
		}
		t.Add(c.name(), cmp.Or(c.version(), "-"), c.what(), state)
	}
	return t
}

// of are figures of a contender.
func (b *bench) of(name string, f func(figure) float64) []float64 {
	var list []float64
	for _, x := range b.found[name] {
		list = append(list, f(x))
	}
	return list
}

func (b *bench) seconds(name string) float64 {
	return results.Median(b.of(name, func(f figure) float64 { return f.seconds }))
}

func (b *bench) extra(name string) float64 {
	return results.Quantile(b.of(name, func(f figure) float64 { return float64(f.extra) / 1e6 }), 1)
}

func (b *bench) installTable() *results.Table {
	t := &results.Table{}
	t.Add("contender", "seconds: median", "fastest", "slowest", "MiB/s", "times RAUC", "memory at most, MB", "of it for the install, MB")
	for _, c := range b.list {
		sec := b.of(c.name(), func(f figure) float64 { return f.seconds })
		if len(sec) == 0 {
			t.Add(c.name(), "-", "-", "-", "-", "-", "-", "-")
			continue
		}
		mid := results.Median(sec)
		t.Add(c.name(), results.Number(mid, 2), results.Number(results.Quantile(sec, 0), 2), results.Number(results.Quantile(sec, 1), 2),
			results.Number(imageSize/mid/(1<<20), 0), results.Number(b.seconds("RAUC")/mid, 2),
			results.Number(results.Quantile(b.of(c.name(), func(f figure) float64 { return float64(f.peak) / 1e6 }), 1), 1), results.Number(b.extra(c.name()), 1))
	}
	return t
}

func (b *bench) fetched() float64 {
	return results.Quantile(b.of("Usher, from what runs", func(f figure) float64 { return float64(f.fetched) / 1e6 }), 1)
}

func (b *bench) deltaTable() *results.Table {
	t := &results.Table{}
	t.Add("way", "MB")
	t.Add("Usher: list, description, index and blocks, compressed", results.Number(b.fetched(), 2))
	t.Add("casync 2: new chunks, compressed, and index", results.Number(float64(b.chunks+b.index)/1e6, 2))
	t.Add("the new blocks of 4 KiB, raw, without any index (RAUC's adaptive mode fetches these)", results.Number(float64(b.stage.images.changed)/1e6, 2))
	t.Add("Usher, with nothing on the box", results.Number(results.Quantile(b.of("Usher, all of it", func(f figure) float64 { return float64(f.fetched) / 1e6 }), 1), 2))
	return t
}

// verdict holds Usher's figures against what was promised.
func (b *bench) verdict() *results.Table {
	t := &results.Table{}
	t.Add("what", "wanted", "measured", "")
	check := func(what, wanted, measured string, known, met bool) {
		word := map[bool]string{true: "met", false: "MISSED"}[met]
		if !known {
			measured, word = "not measured", "open"
		}
		t.Add(what, wanted, measured, word)
	}
	rauc := b.seconds("RAUC")
	for _, name := range []string{"Usher, from what runs", "Usher, all of it"} {
		own := b.seconds(name)
		check(name+": throughput beside RAUC's", "> 3 times", results.Number(rauc/max(own, 0.001), 2)+" times", own > 0 && rauc > 0, rauc > 3*own)
		check(name+": memory for the install", "< 16 MB", results.Number(b.extra(name), 1)+" MB", own > 0, b.extra(name) < 16)
	}
	got, ideal := b.fetched(), float64(b.stage.images.changed)/1e6
	check("fetched for a small change", "no more than the new blocks and the index", results.Number(got, 2)+" MB", got > 0, got <= ideal+1)
	return t
}
