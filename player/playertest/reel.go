package playertest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Bounds of fetching.
const (
	maxPlaylist = 4 << 20          // bytes
	readAhead   = 10 * time.Second // of stream, beyond the position
	tickEvery   = 50 * time.Millisecond
	fetchLimit  = 30 * time.Second
)

// reel fetches one title at playing pace and discards it.
type reel struct {
	client *http.Client
	deck   *deck
	track  int           // of the deck
	jumps  chan struct{} // buffered, 1: the position was moved
	init   string        // the last init section and key that were fetched
	key    string
}

// play fetches the title at address until it ends (nil), fails, or ctx ends.
func (r *reel) play(ctx context.Context, address string) error {
	list, address, err := r.open(ctx, address)
	if err != nil {
		return err
	}
	i := 0
	var drift time.Duration // of a sliding window: what has left it
	if !list.ended {
		i = max(len(list.segments)-3, 0)
		drift = -list.segments[i].start
	}
	for {
		if i < len(list.segments) {
			s := list.segments[i]
			if err := r.segment(ctx, s); err != nil {
				return err
			}
			i++
			r.deck.fetched(r.track, s.start+s.duration+drift, list.duration())
		} else if !list.ended {
			if list, i, drift, err = r.reload(ctx, address, list, drift); err != nil {
				return err
			}
			continue
		}
		jumped, err := r.wait(ctx, list, i)
		if err != nil || i >= len(list.segments) && list.ended && !jumped {
			return err
		}
		if jumped && list.ended {
			i = list.at(r.deck.state().Position)
		}
	}
}

// open fetches the playlist, and the first variant of a multivariant one.
func (r *reel) open(ctx context.Context, address string) (playlist, string, error) {
	for range 2 {
		list, err := r.playlist(ctx, address)
		if err != nil {
			return list, address, err
		}
		if len(list.variants) == 0 {
			return list, address, nil
		}
		address = list.variants[0]
	}
	return playlist{}, address, fmt.Errorf("%w: a multivariant playlist inside another", errNoPlaylist)
}

// reload waits for a live playlist to grow, and finds the next segment by its
// media sequence number.
func (r *reel) reload(ctx context.Context, address string, old playlist, drift time.Duration) (playlist, int, time.Duration, error) {
	next := old.first + int64(len(old.segments))
	if err := pause(ctx, max(old.target/2, 200*time.Millisecond)); err != nil {
		return old, 0, 0, err
	}
	list, err := r.playlist(ctx, address)
	if err != nil {
		return old, 0, 0, err
	}
	for n := old.first; n < list.first && n-old.first < int64(len(old.segments)); n++ {
		drift += old.segments[n-old.first].duration
	}
	return list, int(min(max(next-list.first, 0), int64(len(list.segments)))), drift, nil
}

// wait blocks while enough is fetched. It gives true when the position was moved.
func (r *reel) wait(ctx context.Context, list playlist, next int) (bool, error) {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		select {
		case <-r.jumps: // before anything else is fetched
			return true, nil
		default:
		}
		r.deck.mu.Lock()
		pos, buffered := r.deck.positionLocked(), r.deck.buffered
		r.deck.mu.Unlock()
		last := next >= len(list.segments)
		if !last && buffered-pos < readAhead || last && (!list.ended || pos >= list.duration()) {
			return false, nil
		}
		select {
		case <-ctx.Done():
			return false, context.Cause(ctx)
		case <-r.jumps:
			return true, nil
		case <-tick.C:
		}
	}
}

// segment fetches a segment, and what it needs beside it.
func (r *reel) segment(ctx context.Context, s segment) error {
	if s.init != "" && s.init != r.init {
		if err := r.discard(ctx, s.init); err != nil {
			return err
		}
		r.init = s.init
	}
	if s.key != "" && s.key != r.key {
		if err := r.discard(ctx, s.key); err != nil {
			return err
		}
		r.key = s.key
	}
	return r.discard(ctx, s.url)
}

func (r *reel) discard(ctx context.Context, address string) error {
	return r.fetch(ctx, address, func(_ *url.URL, body io.Reader) error {
		_, err := io.Copy(io.Discard, body)
		return err
	})
}

func (r *reel) playlist(ctx context.Context, address string) (list playlist, err error) {
	err = r.fetch(ctx, address, func(base *url.URL, body io.Reader) error {
		text, err := io.ReadAll(io.LimitReader(body, maxPlaylist))
		if err == nil {
			list, err = parsePlaylist(base, string(text))
		}
		return err
	})
	return list, err
}

// fetch gets address and hands its body to use.
func (r *reel) fetch(ctx context.Context, address string, use func(*url.URL, io.Reader) error) error {
	ctx, cancel := context.WithTimeout(ctx, fetchLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("fetch: %w", err)
	}
	res, err := r.client.Do(req)
	if err != nil {
		return fmt.Errorf("fetch: %w", err)
	}
	defer func() { _ = res.Body.Close() }() // was read to its end, or is given up
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("fetch: status %d", res.StatusCode)
	}
	if err := use(res.Request.URL, res.Body); err != nil {
		return fmt.Errorf("fetch: %w", err)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
