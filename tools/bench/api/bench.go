package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"usher/tools/bench/results"
)

// pace is between two calls of one client: Usher's bridge lets ten a second
// through, and all contenders are asked as often.
const pace = 110 * time.Millisecond

// patience is how long anything may take before it counts as failed.
const patience = 5 * time.Second

// contender is a program with a local API.
type contender interface {
	name() string
	what() string // how it was set up, for the report
	// start starts it and waits until its API answers.
	start(ctx context.Context) error
	pid() int
	version() string
	stop()
	// dial opens a client that hears of the volume, and knows how things stand
	// when dial returns.
	dial() (client, error)
}

// client is one connection. It is used by one goroutine.
type client interface {
	set(percent int) error   // sets the volume, without waiting
	ask() error              // reads the volume, and waits for it
	heard(percent int) error // waits until the client is told of the volume
	arrived() time.Time      // when what heard waited for came in
	close()                  //
}

// crowds are the numbers of clients that are told.
func crowds() []int { return []int{1, 10, 100} }

// found are the figures of one contender over all rounds.
type found struct {
	version string
	err     error
	event   map[int][]float64 // ms from the call to each client, by number of clients
	last    map[int][]float64 // ms from the call until all had heard
	call    []float64         // ms
	connect []float64         // ms to a client that knows how things stand
	memory  []float64         // KiB for each of a hundred clients
	rss     []float64         // MiB without clients
}

type bench struct {
	samples int
	list    []contender
	found   map[string]*found
	volume  int
}

// measure is one round of one contender.
func (b *bench) measure(ctx context.Context, c contender) {
	f := b.found[c.name()]
	if f == nil {
		f = &found{event: map[int][]float64{}, last: map[int][]float64{}}
		b.found[c.name()] = f
	}
	err := c.start(ctx)
	defer c.stop()
	if err == nil {
		f.version = c.version()
		time.Sleep(2 * time.Second) // what a start leaves to do
		err = b.figures(ctx, c, f)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: %s: %v\n", c.name(), err)
		f.err = errors.Join(f.err, err)
	}
}

func (b *bench) figures(ctx context.Context, c contender, f *found) error {
	commander, err := c.dial()
	if err != nil {
		return err
	}
	defer commander.close()
	f.rss = append(f.rss, float64(memoryOf(c.pid()))/1024)
	for _, n := range crowds() {
		if err := b.crowd(ctx, c, f, commander, n); err != nil {
			return fmt.Errorf("%d clients: %w", n, err)
		}
	}
	for range b.samples {
		began := time.Now()
		if err := commander.ask(); err != nil {
			return fmt.Errorf("ask: %w", err)
		}
		f.call = append(f.call, ms(time.Since(began)))
		time.Sleep(pace)
	}
	for range b.samples {
		began := time.Now()
		one, err := c.dial()
		if err != nil {
			return fmt.Errorf("connect: %w", err)
		}
		f.connect = append(f.connect, ms(time.Since(began)))
		one.close()
		time.Sleep(pace)
	}
	return nil
}

// crowd has n clients hear of the volume.
func (b *bench) crowd(ctx context.Context, c contender, f *found, commander client, n int) error {
	list := []client{}
	before := memoryOf(c.pid())
	defer func() {
		for _, one := range list {
			one.close()
		}
	}()
	for range n {
		one, err := c.dial()
		if err != nil {
			return err
		}
		list = append(list, one)
	}
	if n == crowds()[len(crowds())-1] {
		time.Sleep(time.Second) // what connecting leaves to do
		f.memory = append(f.memory, float64(memoryOf(c.pid())-before)/float64(n))
	}
	for range b.samples {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		b.volume = b.volume%80 + 11 // never the same twice running
		if err := b.event(f, commander, list); err != nil {
			return err
		}
		time.Sleep(pace)
	}
	return nil
}

// event is one change: the clients wait beside each other.
func (b *bench) event(f *found, commander client, list []client) error {
	ended := make(chan error, len(list))
	for _, one := range list {
		go func() { ended <- one.heard(b.volume) }()
	}
	began := time.Now()
	if err := commander.set(b.volume); err != nil {
		return err
	}
	var problems []error
	for range list {
		problems = append(problems, <-ended)
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	last := 0.0
	for _, one := range list {
		took := ms(one.arrived().Sub(began))
		f.event[len(list)] = append(f.event[len(list)], took)
		last = max(last, took)
	}
	f.last[len(list)] = append(f.last[len(list)], last)
	return nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// memoryOf is the private and shared memory of a process and those below it,
// in KiB.
func memoryOf(root int) (kib int64) {
	children := map[int][]int{}
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil { // it has ended
			continue
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest)
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if len(fields) > 1 {
			parent, _ := strconv.Atoi(fields[1])
			children[parent] = append(children[parent], pid)
		}
	}
	family := []int{root}
	for i := 0; i < len(family); i++ {
		family = append(family, children[family[i]]...)
		kib += results.Field(fmt.Sprintf("/proc/%d/smaps_rollup", family[i]), "Pss:")
	}
	return kib
}
