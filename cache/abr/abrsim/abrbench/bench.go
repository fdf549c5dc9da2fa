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
	report   bool // the half that nothing was tuned on
	began    time.Time
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
	best    abrsim.Bounds
	results map[string]abrsim.Result
}

// doomed says that nobody could have played it through.
func (p *play) doomed() bool { return p.best.Unavoidable > 0 }

// load reads the traces, every second one, and makes the generated ones.
func (b *bench) load(folder string) error {
	b.titles = []*abrsim.Title{abrsim.Generated(1)}
	if folder == "" {
		fmt.Fprintln(os.Stderr, "abrbench: NO RECORDED TRACES: links are generated only. Name a folder with -traces or USHER_TRACES.")
	} else if err := b.recorded(folder); err != nil {
		return err
	}
	for _, kind := range []string{abrsim.Markov, abrsim.Outages, abrsim.WiFi} {
		for seed := uint64(1); seed <= 24; seed++ {
			if b.mine(int(seed)) {
				b.add("generated: "+kind, abrsim.Synthetic(kind, seed))
			}
		}
	}
	return nil
}

// mine says whether a trace is of the half that this run is about.
func (b *bench) mine(n int) bool { return n%2 == 1 == b.report }

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
		if b.mine(count[set]) {
			b.add(set, t)
		}
		count[set]++
	}
	return nil
}

func (b *bench) add(set string, t *abrsim.Trace) {
	if len(b.sets) == 0 || b.sets[len(b.sets)-1] != set {
		b.sets = append(b.sets, set)
	}
	for _, title := range b.titles {
		b.cases = append(b.cases, &play{set: set, trace: t, title: title, results: map[string]abrsim.Result{}})
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
	list := []string{usherFirst, usherAgain, usherBlind}
	for _, r := range abrsim.Rivals() {
		list = append(list, r.Name)
	}
	return list
}

const (
	usherFirst = "Usher"
	usherAgain = "Usher, second start on this network"
	usherBlind = "Usher, sizes of segments unknown"
)

// run plays one case with everybody.
func (p *play) run() (sessions int, took time.Duration) {
	began := time.Now()
	before := &abrsim.Usher{}
	abrsim.Run(p.trace, p.title, before, abrsim.Options{Offset: p.trace.Seconds() / 2})
	p.results[usherFirst] = abrsim.Run(p.trace, p.title, &abrsim.Usher{}, abrsim.Options{})
	p.results[usherAgain] = abrsim.Run(p.trace, p.title, &abrsim.Usher{Known: before.Learnt()}, abrsim.Options{})
	p.results[usherBlind] = abrsim.Run(p.trace, p.title, &abrsim.Usher{Blind: true}, abrsim.Options{})
	for _, r := range abrsim.Rivals() {
		p.results[r.Name] = abrsim.Run(p.trace, p.title, r.New(), abrsim.Options{})
	}
	took = time.Since(began)
	p.best = abrsim.Best(p.trace, p.title, abrsim.Options{})
	return len(p.results) + 1, took
}
