package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"usher/tools/bench/results"
)

// The filling tests read one object of 4 MiB over the link of 2 MiB/s: 2 s.
const (
	fillSize   = 4 << 20
	followers  = 7
	joinsAfter = 300 * time.Millisecond
	rangeAt    = 3_000_000
	rangeBytes = 256 << 10
	leavesAt   = 400 * time.Millisecond
)

// fillName names an object of the slow link, new in each round.
func fillName(what string, round int) string { return fmt.Sprintf("s-%d-%s%d", fillSize, what, round) }

// each runs a test on every peer in turn, for all rounds.
func (b *bench) each(ctx context.Context, do func(context.Context, *peer, int) error) error {
	for round := range b.rounds {
		for _, p := range b.running() {
			within, cancel := context.WithTimeout(ctx, 20*time.Second)
			if err := do(within, p, round); err != nil {
				b.problem(p, "%v", err)
			}
			cancel()
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	return nil
}

// filling has seven readers join the first one while the object comes.
func (b *bench) filling(ctx context.Context) error { return b.each(ctx, b.fillOnce) }

func (b *bench) fillOnce(ctx context.Context, p *peer, round int) error {
	name := fillName("fill", round)
	urls, err := p.urls(ctx, name)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	got := make([]answer, followers+1)
	for i := range got {
		wg.Go(func() {
			if i > 0 {
				time.Sleep(joinsAfter)
			}
			got[i] = p.read(ctx, urls[0], "", true)
		})
	}
	wg.Wait()
	var first, last []float64
	for i, a := range got {
		if a.err != nil {
			return fmt.Errorf("filling, reader %d: %w", i, a.err)
		}
		if i > 0 {
			first, last = append(first, millis(a.first)), append(last, millis(a.last))
		}
	}
	r, seen := b.results[p.name], p.origin.about(pathOf(name))
	r.fetches = append(r.fetches, float64(seen.fetches))
	r.upstream = append(r.upstream, float64(seen.bytes)/fillSize)
	r.follower = append(r.follower, results.Median(first))
	r.worst = append(r.worst, results.Quantile(first, 1))
	r.followerDone = append(r.followerDone, results.Median(last))
	b.sample(p)
	return nil
}

// ranges asks for a range far ahead in an object that is coming.
func (b *bench) ranges(ctx context.Context) error { return b.each(ctx, b.rangeOnce) }

func (b *bench) rangeOnce(ctx context.Context, p *peer, round int) error {
	name := fillName("range", round)
	urls, err := p.urls(ctx, name)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	var whole, part answer
	wg.Go(func() { whole = p.read(ctx, urls[0], "", true) })
	wg.Go(func() {
		time.Sleep(joinsAfter)
		span := fmt.Sprintf("bytes=%d-%d", rangeAt, rangeAt+rangeBytes-1)
		part = p.readAt(ctx, urls[0], span, rangeAt, true)
	})
	wg.Wait()
	r := b.results[p.name]
	if part.ignored && whole.err == nil {
		r.rangeNote = "answers 200 with all of it"
		return nil
	}
	if err := errors.Join(whole.err, part.err); err != nil {
		return fmt.Errorf("range on a filling object: %w", err)
	}
	r.rangeFirst = append(r.rangeFirst, millis(part.first))
	r.rangeUpstream = append(r.rangeUpstream, float64(p.origin.about(pathOf(name)).bytes)/fillSize)
	return nil
}

// all runs a test on all peers at once: they are behind links of their own.
func (b *bench) all(ctx context.Context, do func(context.Context, *peer) error) error {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	for _, p := range b.running() {
		wg.Go(func() {
			if err := do(ctx, p); err != nil {
				b.problem(p, "%v", err)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// leavers looks at what a reader that leaves does to the object.
func (b *bench) leavers(ctx context.Context) error {
	return errors.Join(b.all(ctx, b.soleLeaves), b.all(ctx, b.leaderLeaves))
}

// leave reads for a while and hangs up.
func (p *peer) leave(ctx context.Context, url string, after time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, after)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	own := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	defer own.CloseIdleConnections()
	resp, err := (&http.Client{Transport: own}).Do(r)
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) { // it had not answered yet
			return nil
		}
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return fmt.Errorf("the object ended before the reader left: %w", err)
}

func (b *bench) soleLeaves(ctx context.Context, p *peer) error {
	name := fillName("sole", 0)
	urls, err := p.urls(ctx, name)
	if err != nil {
		return err
	}
	if err := p.leave(ctx, urls[0], leavesAt); err != nil {
		return fmt.Errorf("sole reader leaves: %w", err)
	}
	time.Sleep(2500 * time.Millisecond)
	then := p.origin.about(pathOf(name)).bytes
	if got := p.read(ctx, urls[0], "", true); got.err != nil {
		return fmt.Errorf("after the sole reader left: %w", got.err)
	}
	seen := p.origin.about(pathOf(name))
	text := fmt.Sprintf("stops at %.2f MiB", float64(then)/(1<<20))
	if then >= fillSize {
		text = "goes on"
	}
	b.results[p.name].sole = fmt.Sprintf("%s; next reader: %.2f MiB more", text, float64(seen.bytes-then)/(1<<20))
	return nil
}

func (b *bench) leaderLeaves(ctx context.Context, p *peer) error {
	name := fillName("leader", 0)
	urls, err := p.urls(ctx, name)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	var left error
	wg.Go(func() { left = p.leave(ctx, urls[0], leavesAt) })
	time.Sleep(leavesAt / 2)
	got := p.read(ctx, urls[0], "", true)
	wg.Wait()
	if err := errors.Join(left, got.err); err != nil {
		b.results[p.name].leader = "follower broken: " + err.Error()
		return fmt.Errorf("leader leaves: %w", err)
	}
	seen := p.origin.about(pathOf(name))
	b.results[p.name].leader = fmt.Sprintf("follower ok in %.1f s, %d %s", got.last.Seconds(), seen.fetches, plural(seen.fetches, "fetch", "fetches"))
	return nil
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// crashes measures what is written for a stream that is read once, then ends
// the peers as a power cut would, and looks at what is left.
func (b *bench) crashes(ctx context.Context) error {
	return errors.Join(b.all(ctx, b.wear), b.all(ctx, b.crash))
}

// streamLength is how many objects of 2 MB a stream has that is read once: it
// goes through a memory of 64 MiB four times, so that what piles up is seen.
const streamLength = 128

func (b *bench) wear(ctx context.Context, p *peer) error {
	names := []string{}
	for i := range streamLength {
		names = append(names, fmt.Sprintf("o-2000000-wear%d", i))
	}
	before := b.sample(p)
	urls, err := p.urls(ctx, names...)
	if err != nil {
		return err
	}
	r := b.results[p.name]
	for i, u := range urls {
		got := p.read(ctx, u, "", true)
		if got.err != nil {
			return fmt.Errorf("stream read once: %w", got.err)
		}
		r.wearStream += got.bytes
		if i%16 == 0 {
			b.sample(p)
		}
	}
	time.Sleep(2 * time.Second) // what is written later
	r.wear = b.sample(p).written - before.written
	return nil
}

func (b *bench) crash(ctx context.Context, p *peer) error {
	kept := p.keep != nil
	names := []string{"o-2000000-crash"}
	urls, err := p.urls(ctx, names...)
	if err != nil {
		return err
	}
	if got := p.read(ctx, urls[0], "", true); got.err != nil {
		return fmt.Errorf("before kill -9: %w", got.err)
	}
	if kept {
		if err := p.keep(ctx, p, p.playlistOf("o-2000000-kept")); err != nil {
			b.problem(p, "keep: %v", err)
			kept = false
		}
	}
	time.Sleep(time.Second)
	p.kill()
	if err := p.restart(ctx); err != nil {
		b.results[p.name].crash = "does not start again"
		return fmt.Errorf("start after kill -9: %w", err)
	}
	r := b.results[p.name]
	if r.crash, err = b.left(ctx, p, names[0]); err != nil {
		return err
	}
	if kept {
		r.kept, err = b.left(ctx, p, "o-2000000-kept")
	}
	return err
}

// left says whether an object is still there.
func (b *bench) left(ctx context.Context, p *peer, name string) (string, error) {
	urls, err := p.urls(ctx, name)
	if err != nil {
		return "", err
	}
	before := p.origin.about(pathOf(name)).fetches
	if got := p.read(ctx, urls[0], "", true); got.err != nil {
		return "broken: " + strings.TrimSpace(got.err.Error()), nil
	}
	if p.origin.about(pathOf(name)).fetches > before {
		return "no", nil
	}
	return "yes", nil
}
