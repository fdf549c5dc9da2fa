package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// contender installs the second image into slot b.
type contender interface {
	name() string
	what() string
	version() string
	open() error
	install() (figure, error)
}

// figure is one install.
type figure struct {
	seconds     float64
	flushed     float64 // until all was on the medium; 0: that is the end
	cpu         float64 // seconds of processor time, of the programs of the contender
	all         float64 // the same of the whole machine meanwhile: kernel, web server and whatever else runs
	server      float64 // of it the web server of the bench, which is another machine for a box
	peak, extra int64   // memory at most, and what of it the install took, bytes
	fetched     int64   // over the network, bytes; 0: none
	// read and written are bytes of both slots that had to pass over the disk; 0:
	// that was not counted.
	read, written int64
}

// bench is all that was found.
type bench struct {
	stage *stage
	list  []contender
	found map[string][]figure
	wrong map[string]error
	// versions are asked for while there is a stage to run programs on.
	versions map[string]string
	casync
}

// casync is what it would fetch.
type casync struct{ chunks, index int64 }

func (b *bench) measure(rounds int) error {
	b.found, b.wrong, b.versions = map[string][]figure{}, map[string]error{}, map[string]string{}
	for _, c := range b.list {
		b.versions[c.name()] = c.version()
		if err := c.open(); err != nil {
			b.wrong[c.name()] = err
		}
	}
	for round := range rounds {
		for _, c := range b.list {
			if b.wrong[c.name()] != nil {
				continue
			}
			before := b.stage.junk
			if c, ok := c.(interface{ before() string }); ok {
				before = c.before()
			}
			if err := b.stage.fill(b.stage.b, before); err != nil {
				return err
			}
			if err := forget(); err != nil {
				return err
			}
			f, err := c.install()
			if b.stage.ctx.Err() != nil {
				return b.stage.ctx.Err()
			}
			if err != nil {
				b.wrong[c.name()] = err
				continue
			}
			fmt.Fprintf(os.Stderr, "%s, round %d of %d: %s: %.2f s, %.2f s of processor, %.1f MB more memory\n", b.stage.word, round+1, rounds, c.name(), f.seconds, f.cpu, float64(f.extra)/1e6)
			b.found[c.name()] = append(b.found[c.name()], f)
		}
	}
	return b.cut()
}

// cut has casync cut both images, and counts what the second adds.
func (b *bench) cut() error {
	s := b.stage
	out, err := s.output("sh", "-euc", `casync make --store=one.castr 1.caibx 1.img >/dev/null
casync make --store=two.castr 2.caibx 2.img >/dev/null
cd two.castr; find . -name '*.cacnk' | while read -r f; do [ -e "../one.castr/$f" ] || stat -c %s "$f"; done | awk '{n += $1} END {print n + 0}'
stat -c %s ../2.caibx`)
	if err != nil {
		b.wrong["casync"] = err
		return nil
	}
	words := strings.Fields(out)
	if len(words) != 2 {
		return fmt.Errorf("casync: no sense in %q", out)
	}
	b.chunks, err = strconv.ParseInt(words[0], 10, 64)
	if err == nil {
		b.index, err = strconv.ParseInt(words[1], 10, 64)
	}
	return err
}
