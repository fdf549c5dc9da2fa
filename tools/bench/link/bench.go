package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// bench is one run of everything.
type bench struct {
	o       *options
	dir     string
	service string // address of boxoffice

	mu      sync.Mutex
	scenes  int
	broken  map[string]string // contender: why it was not measured
	starts  []startResult
	traces  []viewing
	about   string // where the traces are from
	outages []viewing
	minutes []viewing
	browse  browsing
}

// viewing is one film, or a part of it, that a contender showed.
type viewing struct {
	contender string
	link      string // the trace, or the outage
	planned   time.Duration
	outcome   outcome
	account   account
	samples   []sample
	cut       [2]time.Duration // of an outage: from and to, after OK
	err       string
}

// task is what a contender is to do.
type task struct {
	who    contender
	stream string
	trace  *trace
	long   time.Duration // of watching, after the first picture
	latest time.Duration // after OK: then it is over in any case
	cutAt  time.Duration // after the first picture; 0: no outage
	cutFor time.Duration
	reset  bool
}

// view has a contender show the film in a scene of its own.
func (b *bench) view(ctx context.Context, t task) viewing {
	v := viewing{contender: t.who.name, link: t.trace.name, planned: t.long}
	if err := b.tryView(ctx, t, &v); err != nil {
		v.err = err.Error()
		fmt.Fprintf(os.Stderr, "        %s on %s: %v\n", t.who.name, t.trace.name, err)
	}
	return v
}

func (b *bench) tryView(ctx context.Context, t task, v *viewing) error {
	s, err := b.scene(t.trace, t.stream)
	if err != nil {
		return err
	}
	defer s.origin.close()
	p, err := t.who.open(ctx, s)
	if err != nil {
		return err
	}
	defer p.close()
	s.origin.link.begin()
	if err := p.prepare(ctx); err != nil {
		return err
	}
	if t.cutFor > 0 || t.long > time.Minute {
		s.origin.link.begin() // the trace is the film's
	}
	began := time.Now()
	if err := p.begin(ctx); err != nil {
		return err
	}
	v.samples, err = watch(ctx, v.cutting(p.look, t, s.origin.link, began), began, t.long, t.latest)
	v.outcome = judge(v.samples, began)
	fetches := s.origin.log(time.Time{})
	v.account = settle(fetches, v.samples)
	if b.o.keep {
		err = errors.Join(err, record(s.dir, v.samples, fetches, began))
	}
	return err
}

// cutting is look that also takes the link down when it is time. The outage is
// counted from the first picture, so that all are at the same place in the film.
func (v *viewing) cutting(look func() (sight, error), t task, l *link, began time.Time) func() (sight, error) {
	if t.cutFor == 0 {
		return look
	}
	return func() (sight, error) {
		s, err := look()
		if err != nil || s.first.IsZero() {
			return s, err
		}
		since := time.Since(s.first)
		if v.cut[0] == 0 && since >= t.cutAt {
			v.cut[0] = time.Since(began)
			l.cut(t.reset)
		}
		if v.cut[1] == 0 && since >= t.cutAt+t.cutFor {
			v.cut[1] = time.Since(began)
			l.restore()
		}
		return s, nil
	}
}

// scene makes a place to play: a folder, and an origin behind its link.
func (b *bench) scene(t *trace, stream string) (*scene, error) {
	b.mu.Lock()
	b.scenes++
	dir := filepath.Join(b.dir, fmt.Sprintf("%d", b.scenes))
	b.mu.Unlock()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	o, err := openOrigin(b.o.title, t)
	if err != nil {
		return nil, err
	}
	if err := o.behind(b.service); err != nil {
		o.close()
		return nil, err
	}
	return &scene{origin: o, stream: stream, dir: dir, o: b.o}, nil
}

// taking are the contenders that were asked for.
func (b *bench) taking(all []contender) (list []contender) {
	for _, c := range all {
		if wanted(c.name, b.o.only) {
			list = append(list, c)
		}
	}
	return list
}

// together has all tasks done at the same time, each over a link of its own.
func (b *bench) together(ctx context.Context, tasks []task) []viewing {
	list := make([]viewing, len(tasks))
	var wg sync.WaitGroup
	for i, t := range tasks {
		wg.Go(func() { list[i] = b.view(ctx, t) })
	}
	wg.Wait()
	return list
}
