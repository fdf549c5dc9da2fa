// Command api compares local APIs of players: the bridge of Usher, Kodi's
// JSON-RPC over WebSocket, and mpv's IPC. The same things are done with each,
// one contender at a time on a machine left alone otherwise: a client sets the
// volume, and it is measured when 1, 10 and 100 clients have heard of it; a
// value is asked for; a client connects and learns how things stand; and the
// memory that a hundred clients cost.
//
// Figures depend on the machine; compare within a run. What is not installed
// is said and left out (tools/bench/api/install.sh installs it).
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"time"

	"usher/tools/bench/results"
)

func main() {
	usherd := flag.String("usherd", "../bin/usherd", "the daemon")
	out := flag.String("out", "", "results file whose section is replaced; empty: print only")
	rounds := flag.Int("rounds", 2, "rounds, in which the contenders take turns")
	only := flag.String("only", "", "name of the one contender to measure; empty: all")
	samples := flag.Int("samples", 60, "samples of each figure in a round")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *usherd, *out, *only, *rounds, *samples); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, usherd, out, only string, rounds, samples int) error {
	began := time.Now()
	b := &bench{samples: samples, list: []contender{&usherBox{program: usherd}, &mpvPlayer{}, &kodiBox{}}, found: map[string]*found{}}
	b.list = slices.DeleteFunc(b.list, func(c contender) bool { return only != "" && c.name() != only })
	for round := range rounds {
		for _, c := range b.list {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", round+1, rounds, c.name())
			b.measure(ctx, c)
		}
	}
	text := b.report(results.Machine(), rounds, time.Since(began))
	fmt.Println(text)
	if out == "" {
		return nil
	}
	return results.WriteSection(out, "Local API: Usher beside Kodi and mpv", text)
}
