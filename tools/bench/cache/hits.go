package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"usher/tools/bench/results"
)

// hitTime is how long each cell of hits is measured in a round.
const hitTime = 350 * time.Millisecond

// hits measures complete objects, peers taking turns within each cell.
func (b *bench) hits(ctx context.Context) error {
	links := map[*peer]map[int]string{}
	for _, p := range b.running() {
		m, err := b.warm(ctx, p)
		if err != nil {
			b.problem(p, "hits: %v", err)
			continue
		}
		links[p] = m
	}
	for range b.rounds {
		for _, size := range sizes() {
			for _, readers := range crowds() {
				for _, p := range b.running() {
					if links[p] == nil {
						continue
					}
					b.hitCell(ctx, p, links[p][size], cell{size, readers})
					if ctx.Err() != nil {
						return ctx.Err()
					}
				}
			}
		}
	}
	return nil
}

// warm has the peer hold the objects, and checks their bytes.
func (b *bench) warm(ctx context.Context, p *peer) (map[int]string, error) {
	names := []string{}
	for _, size := range sizes() {
		names = append(names, fmt.Sprintf("o-%d-hit", size))
	}
	urls, err := p.urls(ctx, names...)
	if err != nil {
		return nil, err
	}
	m := map[int]string{}
	for i, size := range sizes() {
		m[size] = urls[i]
		for range 3 { // some keep an object only at its second or third use
			if got := p.read(ctx, urls[i], "", true); got.err != nil || got.bytes != int64(size) {
				return nil, fmt.Errorf("%d bytes: %d came, %w", size, got.bytes, got.err)
			}
		}
	}
	return m, nil
}

func (b *bench) hitCell(ctx context.Context, p *peer, url string, c cell) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	path := fmt.Sprintf("/o/%d/hit.ts", c.size)
	before, fetched := b.sample(p), p.origin.about(path).fetches
	began := time.Now()
	var mu sync.Mutex
	var wg sync.WaitGroup
	var first, whole []float64
	var bytes int64
	for range c.readers {
		wg.Go(func() {
			for time.Since(began) < hitTime {
				got := p.read(ctx, url, "", false)
				mu.Lock()
				if got.err != nil {
					b.problem(p, "hits: %v", got.err)
					mu.Unlock()
					return
				}
				bytes += got.bytes
				first, whole = append(first, millis(got.first)), append(whole, millis(got.last))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	after := b.sample(p)
	r := b.results[p.name]
	mb := float64(bytes) / 1e6
	r.rate[c] = append(r.rate[c], mb/took.Seconds())
	r.first[c] = append(r.first[c], results.Median(first))
	r.whole[c] = append(r.whole[c], results.Median(whole))
	r.tail[c] = append(r.tail[c], results.Quantile(whole, 0.99))
	sum := r.cpu[c.size]
	r.cpu[c.size] = [2]float64{sum[0] + millis(after.cpu-before.cpu), sum[1] + mb}
	r.again += p.origin.about(path).fetches - fetched
}
