// Command cache compares Usher's segment cache with other caches: nginx
// (proxy_cache with lock, and slice), Varnish, Traffic Server and Squid from
// Debian, and the npm package @warren-bank/hls-proxy, in one run on one
// machine. Every peer is a process of its own on loopback with a configuration
// and a folder of its own, in front of an origin inside this process; the
// origin counts what it is asked for and can be as slow as a home's link.
//
// It blocks for about four minutes, ends every process it started, and never
// leaves a peer out silently: one that does not start is a row that says so.
// Nothing here is linked into the product.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"usher/tools/bench/results"
)

// options are the flags.
type options struct {
	usherd, usher string
	npm           string
	out           string
	dir           string
	only          string
	rounds        int
	keep          bool
}

func main() {
	var o options
	flag.StringVar(&o.usherd, "usherd", "bin/usherd", "the daemon")
	flag.StringVar(&o.usher, "usher", "bin/usher", "its command line")
	flag.StringVar(&o.npm, "npm", "build/bench-npm", "folder with the npm packages")
	flag.StringVar(&o.out, "out", "", "write the section \"cache\" of this Markdown file")
	flag.StringVar(&o.dir, "dir", "/var/tmp", "folder for the caches: on a real disk, and open to the users that the peers run as")
	flag.StringVar(&o.only, "only", "", "only peers whose names contain one of these words, separated by commas")
	flag.IntVar(&o.rounds, "rounds", 4, "interleaved rounds; the median counts")
	flag.BoolVar(&o.keep, "keep", false, "keep the folder, with the peers' logs")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench-cache:", err)
		os.Exit(1)
	}
}

// run is the whole bench.
func run(ctx context.Context, o options) (err error) {
	began := time.Now()
	dir, err := folder(o.dir)
	if err != nil {
		return err
	}
	if !o.keep {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	b := &bench{dir: dir, rounds: o.rounds, results: map[string]*result{}}
	defer b.stop()
	if err := b.start(ctx, peers(o), o.only); err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"hits", b.hits},
		{"filling", b.filling},
		{"ranges on a filling object", b.ranges},
		{"readers that leave", b.leavers},
		{"kill -9", b.crashes},
	} {
		fmt.Fprintf(os.Stderr, "%4.0f s  %s\n", time.Since(began).Seconds(), part.name)
		if err := part.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	text := b.report(results.Machine(), time.Since(began))
	fmt.Println(text)
	if o.out == "" {
		return nil
	}
	return results.WriteSection(o.out, "cache", text)
}

// folder makes the folder of the run. It must be readable by the users that
// some peers change to.
func folder(name string) (string, error) {
	if err := os.MkdirAll(name, 0o755); err != nil {
		return "", fmt.Errorf("make a folder: %w", err)
	}
	dir, err := os.MkdirTemp(name, "bench-cache-*")
	if err != nil {
		return "", fmt.Errorf("make a folder: %w", err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", fmt.Errorf("make a folder: %w", err)
	}
	return filepath.Abs(dir)
}

// wanted says whether a peer was asked for.
func wanted(name, only string) bool {
	if only == "" {
		return true
	}
	for word := range strings.SplitSeq(only, ",") {
		if strings.Contains(strings.ToLower(name), strings.ToLower(word)) {
			return true
		}
	}
	return false
}
