package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"

	"usher/cache/abr/abrsim"
)

// bench is one run.
type bench struct {
	titles   []*abrsim.Title
	cases    []*play
	sets     []string
	folder   bool // recorded traces took part
	sessions int
	playing  time.Duration // of processor time, without the optimum
}

// play is one title over one trace.
type play struct {
	set     string
	trace   *abrsim.Trace
	title   *abrsim.Title
	offset  float64 // s: where in the trace it begins
	best    abrsim.Bounds
	results map[string]abrsim.Result
}

// doomed says that nobody could have played it through.
func (p *play) doomed() bool { return p.best.Unavoidable > 0 }

// seeds is how many links of each kind are generated.
const seeds = 12

// load reads the traces and makes the generated ones.
func (b *bench) load(folder string) error {
	b.titles = []*abrsim.Title{abrsim.Generated(1)}
	if folder == "" {
		fmt.Fprintln(os.Stderr, "abrbench: NO RECORDED TRACES: links are generated only. Name a folder with -traces or USHER_TRACES.")
	} else if err := b.recorded(folder); err != nil {
		return err
	}
	for _, kind := range []string{abrsim.Markov, abrsim.Outages, abrsim.WiFi} {
		for seed := range uint64(seeds) {
			b.add("generated: "+kind, int(seed), abrsim.Synthetic(kind, seed+1))
		}
	}
	return nil
}

func (b *bench) recorded(folder string) error {
	data, err := os.ReadFile(filepath.Join(folder, "bbb.json"))
	if err != nil {
		return fmt.Errorf("read title: %w", err)
	}
	title, err := abrsim.ParseTitle("bbb", data)
	if err != nil {
		return err
	}
	b.titles, b.folder = append(b.titles, title), true
	files, err := filepath.Glob(filepath.Join(folder, "*", "*.json"))
	if err != nil {
		return fmt.Errorf("list traces: %w", err)
	}
	if len(files) == 0 {
		return fmt.Errorf("list traces in %q: none there; see -traces", folder)
	}
	sort.Strings(files)
	count := map[string]int{}
	for _, f := range files {
		set := filepath.Base(filepath.Dir(f))
		data, err := os.ReadFile(f)
		if err != nil {
			return fmt.Errorf("read trace: %w", err)
		}
		t, err := abrsim.ParseTrace(strings.TrimSuffix(filepath.Base(f), ".json"), data)
		if err != nil {
			return err
		}
		b.add(set, count[set], t)
		count[set]++
	}
	return nil
}

// add plans a session of each title over trace n of a set. They begin at the
// beginning, after a third or after two thirds of it, by turns.
func (b *bench) add(set string, n int, t *abrsim.Trace) {
	if len(b.sets) == 0 || b.sets[len(b.sets)-1] != set {
		b.sets = append(b.sets, set)
	}
	for i, title := range b.titles {
		offset := float64((n/3+i)%3) / 3 * t.Seconds()
		b.cases = append(b.cases, &play{set: set, trace: t, title: title, offset: offset, results: map[string]abrsim.Result{}})
	}
}

// play runs all policies on all cases, one goroutine for each processor.
func (b *bench) play() {
	work := make(chan *play)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for p := range work {
				n, took := p.run()
				mu.Lock()
				b.sessions, b.playing = b.sessions+n, b.playing+took
				mu.Unlock()
			}
		})
	}
	for _, p := range b.cases {
		work <- p
	}
	close(work)
	wg.Wait()
}

// names are the rows of the tables, ours first.
func names() []string {
	list := []string{usherFirst, usherOnce, usherAgain, usherBlind, usherShort}
	for _, r := range abrsim.Rivals() {
		list = append(list, r.Name)
		if r.Window > 0 {
			list = append(list, stock(r))
		}
	}
	return append(list, foresight)
}

// stock is the name of a policy with its own player's window.
func stock(r abrsim.Rival) string { return fmt.Sprintf("%s, %g s", r.Name, r.Window) }

const (
	usherFirst  = "Usher"
	usherOnce   = "Usher, nothing fetched twice"
	usherAgain  = "Usher, second start on this network"
	usherBlind  = "Usher, sizes of segments unknown"
	usherShort  = "Usher, 30 s"
	shortWindow = 30
	foresight   = "knows the next 30 s of the link"
)

// run plays one case with everybody.
func (p *play) run() (sessions int, took time.Duration) {
	began := time.Now()
	before := &abrsim.Usher{}
	abrsim.Run(p.trace, p.title, before, abrsim.Options{Offset: p.offset + p.trace.Seconds()/2})
	p.with(usherFirst, &abrsim.Usher{}, 0)
	p.with(usherOnce, &abrsim.Usher{Once: true}, 0)
	p.with(usherAgain, &abrsim.Usher{Known: before.Learnt()}, 0)
	p.with(usherBlind, &abrsim.Usher{Blind: true}, 0)
	p.with(usherShort, &abrsim.Usher{}, shortWindow)
	for _, r := range abrsim.Rivals() {
		p.with(r.Name, r.New(), 0)
		if r.Window > 0 {
			p.with(stock(r), r.New(), r.Window)
		}
	}
	sessions, took = len(p.results)+1, time.Since(began)
	p.with(foresight, abrsim.Foresight(p.trace, p.offset), 0)
	p.best = abrsim.Best(p.trace, p.title, abrsim.Options{Offset: p.offset})
	return sessions, took
}

// with plays the case with one policy; window 0 is ours.
func (p *play) with(name string, policy abrsim.Policy, window float64) {
	p.results[name] = abrsim.Run(p.trace, p.title, policy, abrsim.Options{Offset: p.offset, Window: window})
}
