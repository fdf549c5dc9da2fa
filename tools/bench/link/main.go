// Command link measures watching a film over a home's link, with real players:
// mpv, VLC, GStreamer, hls.js in Chromium, mpv behind nginx, and Usher with
// mpv. Each contender has a link of its own inside this process, so that
// figures repeat anywhere: all its connections share one rate, which may follow
// a recorded trace, every round trip takes its time, and the link can go dead.
//
// It blocks for most of an hour (-short: a quarter of one), ends every process it
// started, and never leaves a contender out silently: one that does not start
// is a row that says so. Nothing here is linked into the product.
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
	usherd, boxoffice string
	npm               string
	title             string
	traces            string
	out, plots        string
	only, parts       string
	rounds, most      int // runs of a start; traces
	long              time.Duration
	outages           durations
	outageAt          time.Duration
	short, keep       bool
	film              time.Duration
}

const (
	tsStream   = "ladder"
	cmafStream = "tongues"
	soundRung  = "sound"
)

func main() {
	var o options
	flag.StringVar(&o.usherd, "usherd", "bin/usherd", "the daemon")
	flag.StringVar(&o.boxoffice, "boxoffice", "bin/boxoffice", "the service")
	flag.StringVar(&o.npm, "npm", "build/bench-npm", "folder with the npm package hls.js")
	flag.StringVar(&o.title, "title", defaultTitle(), "folder of the film, made by make-title.sh")
	flag.StringVar(&o.traces, "traces", os.Getenv("USHER_TRACES"), "folder with recorded traces; empty: made-up ones")
	flag.StringVar(&o.out, "out", "", "write the section \"link\" of this Markdown file")
	flag.StringVar(&o.plots, "plots", "", "write link-*.svg into this folder")
	flag.StringVar(&o.only, "only", "", "only contenders whose names contain one of these words, separated by commas")
	flag.StringVar(&o.parts, "parts", "start,traces,outage,minute,browse", "what to measure")
	flag.IntVar(&o.rounds, "rounds", 5, "runs of a start; the median counts")
	flag.IntVar(&o.most, "most", 6, "traces")
	flag.DurationVar(&o.long, "long", 3*time.Minute, "of each trace")
	o.outages = durations{15 * time.Second, 30 * time.Second, 60 * time.Second, 120 * time.Second}
	flag.Var(&o.outages, "outages", "how long the link is dead, separated by commas; a minute is also tried with resets")
	flag.DurationVar(&o.outageAt, "outage-at", 2*time.Minute, "from the first picture to the outage")
	flag.BoolVar(&o.short, "short", false, "a quarter of an hour: one rate, two runs of a start, two traces of 90 s, an outage of 60 s, a dead minute 75 s into the film, six starts in browsing")
	flag.BoolVar(&o.keep, "keep", false, "keep the folder, with everybody's logs")
	flag.Parse()
	o.film = 10 * time.Minute
	if o.short {
		o.rounds, o.most, o.long, o.outages = 2, 2, 90*time.Second, durations{60 * time.Second}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, &o); err != nil {
		fmt.Fprintln(os.Stderr, "bench-link:", err)
		os.Exit(1)
	}
}

// durations are a flag with several.
type durations []time.Duration

// String is the flag's value.
func (d *durations) String() string {
	var list []string
	for _, one := range *d {
		list = append(list, one.String())
	}
	return strings.Join(list, ",")
}

// Set reads durations such as "15s,2m".
func (d *durations) Set(text string) error {
	*d = nil
	for word := range strings.SplitSeq(text, ",") {
		one, err := time.ParseDuration(word)
		if err != nil {
			return fmt.Errorf("read %q: %w", word, err)
		}
		*d = append(*d, one)
	}
	return nil
}

func defaultTitle() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return filepath.Join(cache, "usher", "bench-link", "title")
}

// run is the whole bench.
func run(ctx context.Context, o *options) (err error) {
	began := time.Now()
	if _, err := os.Stat(filepath.Join(o.title, "VERSION")); err != nil {
		return fmt.Errorf("the film is missing: %w\nhint: tools/bench/link/make-title.sh %s", err, o.title)
	}
	dir, err := os.MkdirTemp("", "bl-*") // short: sockets are in it
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	if o.keep {
		fmt.Fprintln(os.Stderr, "        logs are in", dir)
	} else {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	if err := os.Chmod(dir, 0o755); err != nil { // VLC is another user
		return fmt.Errorf("make a folder: %w", err)
	}
	b := &bench{o: o, dir: dir, broken: map[string]string{}}
	service, base, err := startService(ctx, o, dir)
	if err != nil {
		return err
	}
	defer service.close()
	b.service = base
	if err := b.all(ctx, began); err != nil {
		return err
	}
	fmt.Println(b.report(results.Machine(), time.Since(began)))
	return nil
}

// publish writes what was measured so far, so that a run that is ended early
// has not been for nothing.
func (b *bench) publish(began time.Time) error {
	if b.o.plots != "" {
		if err := b.writePlots(b.o.plots); err != nil {
			return err
		}
	}
	if b.o.out == "" {
		return nil
	}
	return results.WriteSection(b.o.out, "link", b.report(results.Machine(), time.Since(began)))
}

// all measures the parts that were asked for.
func (b *bench) all(ctx context.Context, began time.Time) error {
	for _, part := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"start", b.measureStarts},
		{"traces", b.measureTraces},
		{"outage", b.measureOutages},
		{"minute", b.measureMinutes},
		{"browse", b.measureBrowsing},
	} {
		if !wanted(part.name, b.o.parts) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%4.0f s  %s\n", time.Since(began).Seconds(), part.name)
		if err := part.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		if err := b.publish(began); err != nil {
			return err
		}
	}
	return nil
}

// wanted says whether a name contains one of the words; no words want all.
func wanted(name, words string) bool {
	if words == "" {
		return true
	}
	for word := range strings.SplitSeq(words, ",") {
		if strings.Contains(strings.ToLower(name), strings.ToLower(word)) {
			return true
		}
	}
	return false
}
