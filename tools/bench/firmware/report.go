package main

import (
	"cmp"
	"fmt"
	"strings"
	"syscall"
	"time"

	"usher/tools/bench/results"
)

// report is the section of the results file. The media differ in nothing but
// their speed.
func report(list []*bench, machine string, rounds int, took time.Duration) string {
	var s strings.Builder
	first := list[0]
	i := first.stage.images
	fmt.Fprintf(&s, "%s; %s; %d rounds on each medium, in which the contenders took turns; %.0f s in all. `make bench-firmware` repeats it.\n", time.Now().Format(time.DateOnly), machine, rounds, took.Seconds())
	if ahead() {
		s.WriteString("Bench and contenders ran ahead of everything else on the machine (SCHED_RR); what waits for the disk waits behind the others all the same. ")
	}
	fmt.Fprintf(&s, "An ext4 image of %d MiB with %d files of this machine (%.0f MB) goes into a loop device that holds random bytes; the page cache is empty before each install. ", imageSize>>20, i.files, float64(i.bytes)/1e6)
	s.WriteString("Usher's time ends when what was written was read again from the medium; the others do not read it: `flushed` is where they end. All verify, and flush before they say that it is done. RAUC's and SWUpdate's files are on the medium already; Usher's come over HTTP. ")
	s.WriteString("RAUC and SWUpdate write all of it whatever is in the slot, so they are measured once. `of the disk` is how near a contender comes to the disk alone in the same run: where RAUC is above a third of it, nobody who writes all of it through the page cache can be three times as fast; Usher goes past it. ")
	s.WriteString("`processor` is the time of the contender's programs on all processors, user and system; `processors` how many it had of them on average; `whole machine` adds the kernel's own threads (loop devices, writing back), the web server, and whatever else ran. `web server` is what of that served Usher, on the same processors; for a box it is another machine.")
	if first.stage.direct {
		s.WriteString(" The loop devices go past the page cache of their files (losetup --direct-io), as a partition does.")
	} else {
		s.WriteString(" The loop devices keep their files in the page cache, also for those who go past their own: what is read again comes from there. With -direct-io they do not.")
	}
	for _, b := range list {
		if sec := b.of(theDisk, func(f figure) float64 { return f.seconds }); len(sec) > 0 {
			fmt.Fprintf(&s, " The disk alone took from %.2f to %.2f s %s.", results.Quantile(sec, 0), results.Quantile(sec, 1), b.stage.word)
		}
	}
	s.WriteString(" Where these are far apart other work disturbed the run, and the medians say little.\n\n")
	type part struct {
		title string
		rows  func() *results.Table
	}
	parts := []part{{"Who took part", first.whoTable}}
	for _, b := range list {
		parts = append(parts, part{"Installing 256 MiB, everything " + b.stage.word, b.installTable},
			part{"What passes over the disk, and three times RAUC's throughput, everything " + b.stage.word, b.boundTable})
	}
	parts = append(parts, part{fmt.Sprintf("Fetched for an image of which %.1f MB of blocks are new", float64(i.changed)/1e6), first.deltaTable},
		part{"The same with desync 1.0.4, not in this run", desyncTable},
		part{"What was expected of Usher", func() *results.Table { return verdict(list) }})
	for _, p := range parts {
		fmt.Fprintf(&s, "**%s**\n\n%s\n", p.title, p.rows())
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
		state := "measured"
		if err := b.wrong[c.name()]; err != nil {
			state = "went wrong: " + results.Clean(err.Error())
		}
		t.Add(c.name(), cmp.Or(b.versions[c.name()], "-"), c.what(), state)
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
	t.Add("contender", "seconds: median", "fastest", "slowest", "flushed", "MiB/s", "times RAUC", "flushed, times RAUC", "of the disk", "processor, s", "processors", "whole machine, s", "web server, s", "memory at most, MB", "of it for the install, MB")
	for _, c := range b.list {
		sec := b.of(c.name(), func(f figure) float64 { return f.seconds })
		if len(sec) == 0 {
			t.Add(c.name(), "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-")
			continue
		}
		mid, flushed := results.Median(sec), results.Median(b.of(c.name(), func(f figure) float64 { return cmp.Or(f.flushed, f.seconds) }))
		cpu, all := results.Median(b.of(c.name(), func(f figure) float64 { return f.cpu })), results.Median(b.of(c.name(), func(f figure) float64 { return f.all }))
		t.Add(c.name(), results.Number(mid, 2), results.Number(results.Quantile(sec, 0), 2), results.Number(results.Quantile(sec, 1), 2), results.Number(flushed, 2),
			results.Number(imageSize/mid/(1<<20), 0), results.Number(b.seconds("RAUC")/mid, 2), results.Number(b.seconds("RAUC")/flushed, 2), results.Number(100*b.seconds(theDisk)/mid, 0)+" %",
			known(cpu), known(cpu/mid), known(all), known(results.Median(b.of(c.name(), func(f figure) float64 { return f.server }))), results.Number(results.Quantile(b.of(c.name(), func(f figure) float64 { return float64(f.peak) / 1e6 }), 1), 1), results.Number(b.extra(c.name()), 1))
	}
	return t
}

// known is a figure of which 0 is that there is none.
func known(f float64) string {
	if f == 0 {
		return "-"
	}
	return results.Number(f, 2)
}

// boundTable is how fast an install can be at all: what has to pass over the disk
// at the rates that the disk has alone, reading and writing one after the other,
// past the page cache or through it, whichever is faster.
func (b *bench) boundTable() *results.Table {
	t := &results.Table{}
	t.Add("contender", "read, MiB", "written, MiB", "the disk alone takes, s", "measured, s", "a third of RAUC's, s", "")
	third, writing := b.seconds("RAUC")/3, b.seconds(theDisk)
	if direct := b.seconds(theDirect); direct > 0 && (writing == 0 || direct < writing) {
		writing = direct
	}
	for _, name := range []string{fromOld, usual, again, whole} {
		read := results.Median(b.of(name, func(f figure) float64 { return float64(f.read) }))
		written := results.Median(b.of(name, func(f figure) float64 { return float64(f.written) }))
		least, own := (read*b.seconds(theReading)+written*writing)/imageSize, b.seconds(name)
		word := "within the disk's reach"
		switch {
		case own == 0 || third == 0 || least == 0:
			word = "open"
		case own < third:
			word = "reached"
		case least > third:
			word = "out of the disk's reach"
		}
		t.Add(name, results.Number(read/(1<<20), 0), results.Number(written/(1<<20), 0), known(least), known(own), known(third), word)
	}
	return t
}

func (b *bench) fetched() float64 {
	return results.Quantile(b.of(fromOld, func(f figure) float64 { return float64(f.fetched) / 1e6 }), 1)
}

func (b *bench) deltaTable() *results.Table {
	t := &results.Table{}
	t.Add("way", "MB")
	t.Add("Usher: list, description, index and blocks, compressed", results.Number(b.fetched(), 2))
	t.Add("casync 2: new chunks of about 64 KiB, compressed, and index", results.Number(float64(b.chunks+b.index)/1e6, 2))
	t.Add("the new blocks of 4 KiB, raw, without any index (RAUC's adaptive mode fetches these)", results.Number(float64(b.stage.images.changed)/1e6, 2))
	for _, c := range []struct{ name, words string }{
		{usual, "Usher, with the release before in the slot"}, {again, "Usher, with the same release in the slot"}, {whole, "Usher, with nothing on the box"},
	} {
		t.Add(c.words, results.Number(results.Quantile(b.of(c.name, func(f figure) float64 { return float64(f.fetched) / 1e6 }), 1), 2))
	}
	return t
}

// desyncTable is what the survey before the first line of Usher measured: an image
// of the same kind and size (256 MiB of ext4, 204 MiB of files, 46 of 368 changed),
// Debian 12 on two cores of an AMD EPYC. It is not built here: with the clouds that
// it can speak to it is 38 MB of program from more than 70 modules.
func desyncTable() *results.Table {
	t := &results.Table{}
	t.Add("what", "desync 1.0.4, chunks of 64 KiB", "blocks of 4 KiB as RAUC's adaptive mode has them", "casync 2")
	t.Add("new data, MB", "5.7, and an index of 0.13", "6.2, and an index of 2.0", "6.0")
	t.Add("put together from what is there and HTTP, s", "0.55 to 0.68", "-", "2.03")
	t.Add("all of it over HTTP, s", "2.8, in 2,996 requests", "-", "-")
	t.Add("memory at most, MB", "40", "-", "6.5")
	return t
}

// verdict holds Usher's figures against what was promised.
func verdict(list []*bench) *results.Table {
	t := &results.Table{}
	t.Add("what", "wanted", "measured", "")
	check := func(what, wanted, measured string, known, met bool) {
		word := map[bool]string{true: "met", false: "MISSED"}[met]
		if !known {
			measured, word = "not measured", "open"
		}
		t.Add(what, wanted, measured, word)
	}
	for _, b := range list {
		rauc := b.seconds("RAUC")
		for _, name := range []string{fromOld, usual, again, whole} {
			own, extra := b.seconds(name), b.extra(name)
			check(name+", "+b.stage.word+": throughput beside RAUC's", "> 3 times", results.Number(rauc/max(own, 0.001), 2)+" times", own > 0 && rauc > 0, rauc > 3*own)
			check(name+", "+b.stage.word+": memory for the install", "< 16 MB", results.Number(extra, 1)+" MB", own > 0, extra < 16)
		}
	}
	got, ideal := list[0].fetched(), float64(list[0].stage.images.changed)/1e6
	check("fetched for a small change", "no more than the new blocks and the index", results.Number(got, 2)+" MB", got > 0, got <= ideal+1)
	return t
}
