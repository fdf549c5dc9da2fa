// Command cache plays every kind of stream of the reference service through
// the cache with the native players of Debian, twice, and prints what happened
// as a matrix: whether they reached the end without an error, and what was
// fetched from the service each time, counted at its door.
//
// It starts the service and the daemon itself, on free ports of loopback and
// in a folder that it removes. Each player has, for each
// stream, a door of its own to the service, so that none finds what another one
// fetched. Players that are not
// installed are named and left out; make e2e-cache installs them.
//
// Exit codes: 0 every player that took part did all of it, 1 not.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"usher/tools/bench/results"
)

type options struct {
	boxoffice, usherd, usher string
	streams                  string
	out                      string
	only                     string
	live                     time.Duration
	jobs                     int
}

func main() {
	var o options
	flag.StringVar(&o.boxoffice, "boxoffice", "../bin/boxoffice", "the reference service")
	flag.StringVar(&o.usherd, "usherd", "../bin/usherd", "the daemon")
	flag.StringVar(&o.usher, "usher", "../bin/usher", "its command line")
	flag.StringVar(&o.streams, "streams", "", "folder with the streams, as make-streams.sh -short makes them")
	flag.StringVar(&o.out, "out", "", "write the section \"What was played\" of this Markdown file")
	flag.StringVar(&o.only, "only", "", "only these players, separated by commas")
	flag.DurationVar(&o.live, "live", 30*time.Second, "how long live streams are played")
	flag.IntVar(&o.jobs, "jobs", 4, "how many players play at a time; 1 for a slow machine")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "e2e-cache:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	s, err := openStage(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	var list []*player
	for _, p := range players() {
		switch missing := p.missing(); {
		case o.only != "" && !strings.Contains(","+o.only+",", ","+p.name+","):
		case missing != "":
			fmt.Fprintf(os.Stderr, "SKIP: %s is not installed; make e2e-cache installs it\n", missing)
		default:
			list = append(list, p)
		}
	}
	s.playAll(ctx, list, o)
	if ctx.Err() != nil {
		return ctx.Err() // half a matrix says nothing
	}
	text := report(list, o.live)
	fmt.Println(text)
	err = faults(list)
	if o.out != "" {
		err = errors.Join(err, results.WriteSection(o.out, "What was played", text))
	}
	return err
}

// playAll plays every stream with every player, a few at a time, stream by
// stream: they play in real time.
func (s *stage) playAll(ctx context.Context, list []*player, o options) {
	var wg sync.WaitGroup
	room := make(chan struct{}, max(o.jobs, 1))
	for _, p := range list {
		p.results = make([]result, len(streams()))
	}
	for i, st := range streams() {
		for _, p := range list {
			room <- struct{}{}
			wg.Go(func() {
				defer func() { <-room }()
				r := result{stream: st, left: p.cannot[st.what]}
				if r.left == "" {
					r = s.play(ctx, p, st, o.live)
				}
				fmt.Fprintf(os.Stderr, "%-9s %-34s %s\n", p.name, st.what, r)
				p.results[i] = r
			})
		}
	}
	wg.Wait()
}

// play plays one stream.
func (s *stage) play(ctx context.Context, p *player, st stream, live time.Duration) result {
	r := result{stream: st}
	d, err := s.openDoor()
	if err != nil {
		r.fault = err.Error()
		return r
	}
	defer d.close()
	link, err := s.link(ctx, d.url(st.path))
	if err != nil {
		r.fault = err.Error()
		return r
	}
	for round := range 2 {
		d.forget()
		warnings, err := p.play(ctx, s.home(), link, st, live)
		if err != nil {
			r.fault = err.Error()
			return r
		}
		r.warnings = append(r.warnings, warnings...)
		seen := d.seen()
		if round == 0 {
			r.first = seen
			r.fault = st.complete(seen)
		} else {
			r.second = seen
			r.fault = again(r.first, seen)
		}
		if st.live || r.fault != "" {
			return r
		}
	}
	return r
}
