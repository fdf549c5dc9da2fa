package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"usher/tools/bench/browse"
	"usher/tools/bench/results"
)

const (
	browseRate    = 6e6
	browseSeed    = 20 // of the viewer's steps
	soonEnough    = 300 * time.Millisecond
	watchedFor    = 5 * time.Second // of each film that is started
	tilesPerStart = 10              // passed on the way to a film, and it
)

// browsing is what a scripted viewer met.
type browsing struct {
	moves   int
	visits  []visit
	behind  []viewing // a film with and without a viewer who browses before it
	problem string
}

// visit is one walk over the tiles, with a Usher that is set in one way.
type visit struct {
	name    string
	starts  []float64 // s
	refused int
	fetched float64 // bytes of film over the link
	unused  float64 // of titles that were never started
}

// stroller is a Usher and somebody in front of it.
type stroller struct {
	*usher
	titles []string
	origin *origin
}

// measureBrowsing has somebody walk over 200 tiles and start 20 films, with
// and without start kits, and then over 100 tiles while a film plays.
func (b *bench) measureBrowsing(ctx context.Context) error {
	starts := 20
	if b.o.short {
		starts = 6
	}
	b.browse.moves = starts * tilesPerStart
	sets := []struct{ name, config string }{{"with start kits", ""}, {"without", "[prefetch]\nkits = \"off\"\n"}}
	if b.o.short {
		sets = sets[:1]
	}
	visits, problems := make([]visit, len(sets)), make([]error, len(sets))
	var wg sync.WaitGroup
	for i, set := range sets { // each has a link of its own, and nothing to do most of the time
		wg.Go(func() { visits[i], problems[i] = b.stroll(ctx, starts, set.config) })
	}
	wg.Wait()
	for i, v := range visits {
		v.name = sets[i].name
		fmt.Fprintf(os.Stderr, "        %s: %.2f s, %.1f MB, %.1f of them for films that were not started; %d refused %v\n", v.name, v.starts, v.fetched/1e6, v.unused/1e6, v.refused, problems[i])
		if problems[i] != nil {
			b.browse.problem = v.name + ": " + problems[i].Error()
			continue
		}
		b.browse.visits = append(b.browse.visits, v)
	}
	return b.measureBehind(ctx)
}

// approach opens a Usher in front of its tiles.
func (b *bench) approach(ctx context.Context, rate float64, config string) (*stroller, func(), error) {
	s, err := b.scene(steady(rate, startRTT), tsStream)
	if err != nil {
		return nil, nil, err
	}
	s.config = config
	u, err := startUsher(ctx, s, 0)
	if err != nil {
		s.origin.close()
		return nil, nil, err
	}
	end := func() { u.close(); s.origin.close() }
	w := &stroller{usher: u, origin: s.origin}
	if w.titles, err = u.tiles(); err != nil {
		end()
		return nil, nil, err
	}
	s.origin.link.begin()
	return w, end, nil
}

// tiles are the films on the screen, in order, each once.
func (u *usher) tiles() ([]string, error) {
	raw, err := u.bridge.Ask("catalog.rails", nil)
	if err != nil {
		return nil, err
	}
	var screen struct {
		Rails []struct {
			Titles []string
		}
		Titles map[string]struct{ Kind string }
	}
	if err := json.Unmarshal(raw, &screen); err != nil {
		return nil, fmt.Errorf("read the rails: %w", err)
	}
	var list []string
	for _, r := range screen.Rails {
		for _, id := range r.Titles {
			if screen.Titles[id].Kind == "film" && !slices.Contains(list, id) {
				list = append(list, id)
			}
		}
	}
	if len(list) < 2 {
		return nil, fmt.Errorf("read the rails: %d films", len(list))
	}
	return list, nil
}

// stroll walks, rests, starts and watches: the viewer of package browse.
func (b *bench) stroll(ctx context.Context, starts int, config string) (v visit, err error) {
	w, end, err := b.approach(ctx, browseRate, config)
	if err != nil {
		return v, err
	}
	defer end()
	started := map[string]bool{}
	for _, step := range w.viewer(starts).Script() {
		if err := w.rest(ctx, step); err != nil {
			return v, err
		}
		if !step.Start {
			continue
		}
		took, ok := w.start(ctx, step.Title)
		if !ok {
			v.refused++
			continue
		}
		v.starts, started[streamTitle(step.Title)] = append(v.starts, took.Seconds()), true
	}
	for _, f := range w.origin.log(time.Time{}) {
		v.fetched += float64(f.bytes)
		if !started[f.title()] {
			v.unused += float64(f.bytes)
		}
	}
	return v, nil
}

// viewer is the one who walks, ten tiles for each film.
func (w *stroller) viewer(starts int) browse.Viewer {
	return browse.Viewer{Seed: browseSeed, Titles: w.titles, Tiles: starts * tilesPerStart, Starts: starts, Watch: watchedFor}
}

// rest has the focus on a title for as long as the viewer looks at it.
func (w *stroller) rest(ctx context.Context, s browse.Step) error {
	if err := w.focus(s.Title, s.Place); err != nil {
		return err
	}
	select {
	case <-time.After(s.Rest):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// start plays a title for a few seconds; false when the service refuses it or
// no picture comes.
func (w *stroller) start(ctx context.Context, title string) (time.Duration, bool) {
	w.title = title
	began := time.Now()
	if w.begin(ctx) != nil {
		return 0, false
	}
	samples, err := watch(ctx, w.look, began, watchedFor, startLimit/2)
	took := judge(samples, began).start
	stopped := w.bridge.Call("player.stop", nil)
	return took, err == nil && stopped == nil && took > 0
}

// measureBehind plays a film on a link that is just enough for it, once with
// somebody who browses before it and once without.
func (b *bench) measureBehind(ctx context.Context) error {
	long := time.Minute
	tasks := make([]viewing, 2)
	done := make(chan error, 2)
	for i, name := range []string{"nobody browses", "somebody browses"} {
		go func() {
			var err error
			tasks[i], err = b.behind(ctx, long, i == 1)
			tasks[i].link = name
			done <- err
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			b.browse.problem = "a film behind: " + err.Error()
		}
	}
	b.tell(tasks)
	b.browse.behind = tasks
	return ctx.Err()
}

func (b *bench) behind(ctx context.Context, long time.Duration, browses bool) (v viewing, err error) {
	w, end, err := b.approach(ctx, startRates()[0], "")
	v = viewing{contender: usherName, planned: long}
	if err != nil {
		return v, err
	}
	defer end()
	began := time.Now()
	if err := w.begin(ctx); err != nil {
		return v, err
	}
	walked := make(chan error, 1)
	end2, cancel := context.WithTimeout(ctx, long)
	defer cancel()
	go func() {
		var err error
		script, at := w.viewer(int(long/tilesPerStart/time.Second)+1).Script(), 0
		for err == nil && browses && end2.Err() == nil {
			err = w.rest(end2, script[at%len(script)])
			at++
		}
		walked <- err
	}()
	v.samples, err = watch(ctx, w.look, began, long, long)
	cancel()
	<-walked // it ends with its time, or when the film has
	var film []fetch
	for _, f := range w.origin.log(time.Time{}) {
		if f.title() == streamTitle(w.title) {
			film = append(film, f)
		}
	}
	v.outcome, v.account = judge(v.samples, began), settle(film, v.samples)
	return v, err
}

func (b browsing) table() *results.Table {
	if len(b.visits) == 0 && b.problem == "" {
		return nil
	}
	t := &results.Table{}
	t.Add("somebody passes "+fmt.Sprint(b.moves)+" tiles, 6 Mb/s", "starts", "within 0.3 s", "median, s", "slowest, s", "MB fetched", "for films never started")
	for _, v := range b.visits {
		t.Add(v.name, fmt.Sprint(len(v.starts)), fmt.Sprintf("%.0f %%", 100*v.soon()), fmt.Sprintf("%.2f", results.Median(v.starts)),
			fmt.Sprintf("%.2f", results.Quantile(v.starts, 1)), fmt.Sprintf("%.1f", v.fetched/1e6), fmt.Sprintf("%.1f %%", 100*v.unused/max(v.fetched, 1)))
	}
	for _, v := range b.behind {
		if v.outcome.start > 0 {
			t.Add("a film plays at 3 Mb/s, "+v.link, "1", "-", fmt.Sprintf("%.2f", v.outcome.start.Seconds()), "-", fmt.Sprintf("%.1f", float64(v.account.fetched)/1e6),
				fmt.Sprintf("stalled %.1f s, %.2f Mb/s shown", v.outcome.stalled().Seconds(), v.account.bitrate/1e6))
		}
	}
	if b.problem != "" {
		t.Add("NOT MEASURED: " + results.Clean(b.problem))
	}
	return t
}

// soon is the share of starts that were soon enough.
func (v visit) soon() float64 {
	n := 0
	for _, s := range v.starts {
		if s <= soonEnough.Seconds() {
			n++
		}
	}
	return float64(n) / float64(max(len(v.starts), 1))
}

func (b browsing) judge(check func(what, want, got string, ok bool)) {
	for _, v := range b.visits {
		if v.name == "with start kits" {
			check("starts within 0.3 s after browsing", "most (> 50 %)", fmt.Sprintf("%.0f %%", 100*v.soon()), v.soon() > 0.5)
		}
	}
	if len(b.behind) == 2 && b.behind[0].outcome.start > 0 && b.behind[1].outcome.start > 0 {
		alone, browsed := b.behind[0].outcome.stalled(), b.behind[1].outcome.stalled()
		check("stalls of a film while somebody browses", fmt.Sprintf("as without (%.1f s)", alone.Seconds()), fmt.Sprintf("%.1f s", browsed.Seconds()), browsed <= alone+stillness)
	}
}
