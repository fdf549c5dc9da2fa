//go:build linux

// Command installbench installs a release as usherd does, from a web server
// into the slot that does not run, and prints how long that took and what
// memory it needed, as one line of JSON. tools/bench/firmware runs it.
//
// With -format it makes the boot record of a new box instead. It overwrites
// the slot that it is given, and nothing else.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"usher/firmware/abslots"
	"usher/firmware/fetch"
	"usher/firmware/fleet"
	"usher/firmware/trust"
)

// setup is what the command is told.
type setup struct {
	url, root, folder, record, a, b, index, profile string
	format, old                                     bool
}

// found is what it prints.
type found struct {
	CPU     float64 `json:"cpu"`     // of it with a processor, seconds
	Seconds float64 `json:"seconds"` // from the first question to a slot that is whole and read back
	Flushed float64 `json:"flushed"` // of it until all was flushed, where others say that they are done
	Fetched int64   `json:"fetched"` // bytes of bodies
	Read    int64   `json:"read"`    // bytes of both slots
	Written int64   `json:"written"` // bytes of the slot
	Base    int64   `json:"base"`    // memory before (VmHWM), bytes
	Peak    int64   `json:"peak"`    // memory at most (VmHWM), bytes
}

func main() {
	var s setup
	flag.StringVar(&s.url, "url", "", "the repository")
	flag.StringVar(&s.root, "root", "", "its root metadata")
	flag.StringVar(&s.folder, "folder", "", "for what is remembered")
	flag.StringVar(&s.record, "record", "", "boot record")
	flag.StringVar(&s.a, "a", "", "slot that runs")
	flag.StringVar(&s.b, "b", "", "slot that is written")
	flag.BoolVar(&s.format, "format", false, "make the boot record, with version 1 in slot a")
	flag.BoolVar(&s.old, "old", false, "look for blocks in slot a")
	flag.StringVar(&s.index, "index", "", "file for what is remembered of slot a; where it is not there, it is made of what was written")
	flag.StringVar(&s.profile, "profile", "", "file for a profile of the processor's time")
	flag.Parse()
	if err := run(context.Background(), s); err != nil {
		fmt.Fprintln(os.Stderr, "installbench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s setup) (err error) {
	record, err := abslots.OpenFile(s.record)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, record.Close()) }()
	if s.format {
		return abslots.Format(record, "1", 1)
	}
	var images [2]abslots.Disk
	running, err := abslots.OpenRunning(s.a)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, running.Close()) }()
	target, err := abslots.OpenFile(s.b)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	here, slot := &counted{File: running}, &timed{counted: counted{File: target}}
	images[0], images[1] = here, slot
	var old io.ReaderAt
	if s.old {
		old = here
	}
	budget := new(fetch.Budget)
	led, done, err := s.fleet(budget)
	if err != nil {
		return err
	}
	defer done()
	slots := abslots.New(abslots.Options{Record: record, Images: images, Board: "bench", Logger: slog.New(slog.DiscardHandler)})
	stop, err := s.watch()
	if err != nil {
		return err
	}
	f, err := s.measure(ctx, led, slots, old, slot)
	if err = errors.Join(err, stop()); err != nil {
		return err
	}
	f.Fetched, f.Read, f.Written = budget.Spent(), here.read.Load()+slot.read.Load(), slot.written.Load()
	return json.NewEncoder(os.Stdout).Encode(f)
}

// watch begins a profile, if one is wanted.
func (s setup) watch() (stop func() error, err error) {
	if s.profile == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(s.profile)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error { pprof.StopCPUProfile(); return f.Close() }, nil
}

// fleet is the way to the releases.
func (s setup) fleet(budget *fetch.Budget) (led *fleet.Static, done func(), err error) {
	root, err := os.ReadFile(s.root)
	if err != nil {
		return nil, nil, err
	}
	begun := time.Now()
	clock := trust.NewClock(trust.ClockOptions{Built: begun.AddDate(0, 0, -1), Wall: time.Now, Mono: func() time.Duration { return time.Since(begun) }})
	disk, err := trust.OpenFile(filepath.Join(s.folder, "trust"))
	if err != nil {
		return nil, nil, err
	}
	done = func() { _ = disk.Close() } // it was flushed
	keeper, err := trust.New(trust.Options{Root: root, Disk: disk, Clock: clock, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		done()
		return nil, nil, err
	}
	server, err := fetch.New(fetch.Options{Base: s.url, Clock: clock, Budget: budget})
	if err != nil {
		done()
		return nil, nil, err
	}
	return &fleet.Static{Repository: &fleet.Repository{Keeper: keeper, Server: server}, Box: fleet.Box{ID: "bench", Board: "bench"}, Clock: clock}, done, nil
}

var errNoRelease = errors.New("the repository has no release for this box")

// counted is a slot that counts bytes.
type counted struct {
	*abslots.File
	read, written atomic.Int64
}

func (c *counted) ReadAt(b []byte, at int64) (int, error) {
	n, err := c.File.ReadAt(b, at)
	c.read.Add(int64(n))
	return n, err
}

func (c *counted) ReadAgain(b []byte, at int64) (int, error) {
	n, err := c.File.ReadAgain(b, at)
	c.read.Add(int64(n))
	return n, err
}

func (c *counted) WriteAt(b []byte, at int64) (int, error) {
	n, err := c.File.WriteAt(b, at)
	c.written.Add(int64(n))
	return n, err
}

// timed knows when it was flushed last after something was written.
type timed struct {
	counted
	flushed time.Time
}

func (t *timed) Sync() error {
	if t.written.Load() > 0 {
		defer func() { t.flushed = time.Now() }()
	}
	return t.File.Sync()
}

// measure installs what is offered.
func (s setup) measure(ctx context.Context, led *fleet.Static, slots *abslots.Slots, old io.ReaderAt, slot *timed) (f found, err error) {
	if f.Base, err = peak(); err != nil {
		return f, err
	}
	begun, used := time.Now(), processor()
	o, _, err := led.Check(ctx, fleet.Present{Version: "1", Floor: 1})
	if err != nil {
		return f, err
	}
	if o == nil {
		return f, errNoRelease
	}
	d, err := o.Open(ctx, old, slot.Size())
	if err != nil {
		return f, err
	}
	defer d.Close()
	remember, err := s.recall(d)
	if err != nil {
		return f, err
	}
	if err := slots.Write(ctx, o.Release, d, nil); err != nil {
		return f, err
	}
	if err := remember(); err != nil {
		return f, err
	}
	f.Seconds, f.CPU = time.Since(begun).Seconds(), processor()-used
	if f.Flushed = f.Seconds; !slot.flushed.IsZero() {
		f.Flushed = slot.flushed.Sub(begun).Seconds()
	}
	f.Peak, err = peak()
	return f, err
}

// recall says what is remembered of the slot that runs, or has it remembered
// afterwards.
func (s setup) recall(d *fleet.Download) (after func() error, err error) {
	none := func() error { return nil }
	if s.index == "" {
		return none, nil
	}
	index, err := os.ReadFile(s.index)
	if errors.Is(err, fs.ErrNotExist) {
		return func() error { return os.WriteFile(s.index, d.Index(), 0o600) }, nil
	}
	if err != nil {
		return nil, err
	}
	return none, d.Remember(index)
}

// peak is the most memory that this process had so far, bytes.
func peak() (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("no VmHWM in /proc/self/status")
}

// processor is the time that this process had of it, seconds.
func processor() float64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}
