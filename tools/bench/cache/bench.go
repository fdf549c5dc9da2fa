package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"
)

// bench is one run.
type bench struct {
	dir     string
	rounds  int
	peers   []*peer
	results map[string]*result // by peer
	mu      sync.Mutex         // guards the problems of results
}

// cell is one measurement of hits: a size and a number of readers at once.
type cell struct{ size, readers int }

func sizes() []int { return []int{200_000, 2_000_000, 10_000_000} }

func crowds() []int { return []int{1, 2, 8} }

// result is all that was measured of a peer.
type result struct {
	version string
	rate    map[cell][]float64 // MB/s, one a round
	first   map[cell][]float64 // ms to the first byte, median of a round
	whole   map[cell][]float64 // ms to the last byte, median of a round
	tail    map[cell][]float64 // ms to the last byte, 99th percentile of a round
	cpu     map[int][2]float64 // by size: ms of CPU, and MB served
	again   int                // fetches from the origin in the time of hits: none is right
	memory  int64              // most bytes seen

	fetches, upstream []float64 // of a filling object: requests, and its bytes so many times over
	follower, worst   []float64 // ms to a follower's first byte: median, and the last of seven
	followerDone      []float64 // ms
	rangeFirst        []float64 // ms to the first byte of a range at 3 MB
	rangeUpstream     []float64
	rangeNote         string // what it does instead

	sole, leader     string // what happened
	crash, kept      string // hit after kill -9
	wear, wearStream int64  // bytes written, bytes served, of a stream read once
	problems         []string
}

// start opens all peers; one that does not start is kept with its reason.
func (b *bench) start(ctx context.Context, all []*peer, only string) error {
	for _, p := range all {
		if !wanted(p.name, only) {
			continue
		}
		b.peers = append(b.peers, p)
		b.results[p.name] = &result{
			rate: map[cell][]float64{}, first: map[cell][]float64{}, whole: map[cell][]float64{}, tail: map[cell][]float64{},
			cpu: map[int][2]float64{},
		}
		if p.broken = p.open(ctx, b.dir); p.broken == nil {
			p.broken = b.sound(ctx, p)
		}
		if p.broken != nil {
			fmt.Fprintf(os.Stderr, "        %s is not measured: %v\n", p.name, p.broken)
		}
		b.results[p.name].version = versionOf(p)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if len(b.running()) == 0 {
		return errors.New("no peer runs")
	}
	return nil
}

// sound checks that a peer serves the right bytes at all.
func (b *bench) sound(ctx context.Context, p *peer) error {
	urls, err := p.urls(ctx, "o-300000-sound")
	if err != nil {
		return err
	}
	for range 2 {
		if got := p.read(ctx, urls[0], "", true); got.err != nil {
			return fmt.Errorf("serves a wrong answer: %w", got.err)
		}
	}
	return nil
}

func (b *bench) running() []*peer {
	return slices.DeleteFunc(slices.Clone(b.peers), func(p *peer) bool { return p.broken != nil })
}

// stop ends all peers.
func (b *bench) stop() {
	var wg sync.WaitGroup
	for _, p := range b.peers {
		wg.Go(p.stop)
	}
	wg.Wait()
}

// problem notes what went wrong at a peer; the run goes on.
func (b *bench) problem(p *peer, format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.results[p.name]
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(r.problems, text) {
		r.problems = append(r.problems, text)
	}
}

// sample notes the memory of a peer.
func (b *bench) sample(p *peer) usage {
	u := usageOf(p.cmd.Process.Pid)
	r := b.results[p.name]
	r.memory = max(r.memory, u.pss)
	return u
}

// answer is one request's.
type answer struct {
	first, last time.Duration // after the request was begun
	bytes       int64
	err         error
	ignored     bool // the range: the answer was whole
}

// read makes one request. With check each byte is compared, whole or not.
func (p *peer) read(ctx context.Context, url, span string, check bool) answer {
	return p.readAt(ctx, url, span, 0, check)
}

// readAt is read for a range that begins at byte at.
func (p *peer) readAt(ctx context.Context, url, span string, at int64, check bool) answer {
	began := time.Now()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return answer{err: err}
	}
	if span != "" {
		r.Header.Set("Range", span)
	}
	resp, err := p.client.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	if want := map[bool]int{true: 200, false: 206}[span == ""]; resp.StatusCode != want {
		return answer{err: fmt.Errorf("status %s", resp.Status), ignored: resp.StatusCode == http.StatusOK}
	}
	return drain(resp.Body, resp.ContentLength, at, began, check)
}

// drain reads a body to its end. With check it keeps the bytes and compares
// them afterwards: comparing while others wait for their first byte would be
// measured as theirs.
func drain(body io.Reader, length, at int64, began time.Time, check bool) (a answer) {
	buf, from := make([]byte, 256<<10), 0 // large, so that reading is not what is measured
	if check {
		buf = make([]byte, max(length, 0)+256<<10)
	}
	for {
		n, err := body.Read(buf[from:])
		if n > 0 && a.bytes == 0 {
			a.first = time.Since(began)
		}
		if check {
			if from += n; from == len(buf) {
				buf = append(buf, make([]byte, 1<<20)...)
			}
		}
		a.bytes += int64(n)
		if err == nil {
			continue
		}
		if a.last = time.Since(began); err != io.EOF { //nolint:errorlint // io.Reader's contract
			a.err = err
		} else if length >= 0 && a.bytes != length {
			a.err = fmt.Errorf("%d of %d bytes came", a.bytes, length)
		}
		if a.err == nil {
			a.err = compare(buf[:from], at)
		}
		return a
	}
}

// compare finds a wrong byte in what was read from byte at on.
func compare(p []byte, at int64) error {
	for i, b := range p {
		if b != byteAt(at+int64(i)) {
			return fmt.Errorf("byte %d is wrong", at+int64(i))
		}
	}
	return nil
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
