package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"usher/cache"
	"usher/cache/hls"
)

// need is one object, or one range of a file, that playing a title takes.
type need struct {
	at  time.Duration // when, in the title
	o   *object
	rng hls.Range
}

// fetch waits until all of it is in the store, and says how long it is.
func (n need) fetch(ctx context.Context) (int64, error) {
	r := n.o.open(ctx, n.rng)
	if r == nil {
		return 0, &Trouble{Code: Unreachable, Where: redact(n.o.url), Err: errClosed}
	}
	defer r.Close()
	if size, complete := r.Have(); complete {
		return size, nil
	}
	size, err := r.CopyRange(ctx, io.Discard, 0, -1)
	switch {
	case err == nil:
		return size, nil
	case ctx.Err() != nil:
		return 0, context.Cause(ctx)
	}
	return 0, asTrouble(n.o.url, err)
}

// span is a part of a title: seconds from at on, the rest of it when they are
// negative. What comes at the very beginning belongs to it as well.
type span struct{ at, seconds time.Duration }

func (n span) has(p *hls.Playlist, i int) bool {
	from := p.Segments[i].Start
	until := from + p.Segments[i].Duration
	return i == 0 || until > n.at && (n.seconds < 0 || from < n.at+max(n.seconds, 1))
}

// needs lists what a part of the title takes, in the order of need.
func (s *session) needs(ctx context.Context, part span) ([]need, error) {
	_, err := s.open(ctx)
	var t *Trouble
	switch {
	case errors.As(err, &t) && t.Code == NotPlaylist && s.picture == nil:
		return []need{{o: s.single()}}, nil
	case err != nil:
		return nil, err
	}
	var all []need
	for _, d := range []*doc{s.picture, s.sound} {
		if d == nil {
			continue
		}
		v, _, err := d.get(ctx, "")
		if err != nil {
			return nil, err
		}
		all = append(all, d.needs(v.list, part)...)
	}
	all = append(all, s.subtitleNeeds(ctx, part)...)
	slices.SortStableFunc(all, func(a, b need) int { return cmp.Compare(a.at, b.at) })
	seen := map[need]bool{} // picture and sound often have one key
	return slices.DeleteFunc(all, func(n need) bool {
		n.at = 0
		again := seen[n]
		seen[n] = true
		return again
	}), nil
}

// wholeSubtitles is how many segments of subtitles are fetched all together:
// the player gets them as one file, so it waits for the last of them. Films of
// more get the part that is needed first.
const wholeSubtitles = 64

// subtitleNeeds is what the subtitles take that were asked for. A film begins
// without them when they cannot be had.
func (s *session) subtitleNeeds(ctx context.Context, part span) []need {
	if s.subtitles == nil {
		return nil
	}
	v, _, err := s.subtitles.get(ctx, "")
	if err != nil {
		return nil
	}
	if part.seconds != 0 && len(v.list.Segments) <= wholeSubtitles {
		part.seconds = -1
	}
	return s.subtitles.needs(v.list, part)
}

// needs goes through a media playlist. Segments of a live one are left out: the
// player begins where the stream will be.
func (d *doc) needs(p *hls.Playlist, part span) []need {
	c := collector{d: d, p: p}
	for i, seg := range p.Segments {
		if !part.has(p, i) {
			continue
		}
		if seg.KeySet >= 0 {
			for _, k := range p.KeySets[seg.KeySet] {
				if r, ok := p.KeyRef(k); ok {
					c.add(r, seg.Start)
				}
			}
		}
		if seg.Map >= 0 {
			c.add(p.MapRef(seg.Map), seg.Start)
		}
		if !seg.Gap && !p.Live() && part.seconds != 0 {
			c.add(p.SegmentRef(i), seg.Start)
		}
	}
	return c.all
}

// collector gathers references.
type collector struct {
	d   *doc
	p   *hls.Playlist
	all []need
}

func (c *collector) add(r hls.Ref, at time.Duration) {
	if raw, err := r.URL(); err == nil && hasHTTP(raw) {
		c.all = append(c.all, need{at, c.d.objectOf(c.p, r, raw), r.Range})
	}
}

// Pin is [Origin.PinTitle] for a URL with no preferences and no scope.
func (g *Origin) Pin(ctx context.Context, rawURL string, on bool) (objects int, err error) {
	return g.PinTitle(ctx, Request{URL: rawURL}, on)
}

// PinTitle pins the rung that Open would choose in the cache, so that it is
// never evicted, or lets it go again (see [cache.Cache.Pin]). It reads
// playlists but fetches no media: what is not there yet is kept when it is
// fetched, such as by [Origin.PrefetchTitle]. Decryption keys are never pinned,
// because they are never on disk. It says how many objects it was about.
func (g *Origin) PinTitle(ctx context.Context, r Request, on bool) (objects int, err error) {
	s, err := g.hidden(ctx, Kit{Request: r})
	if err != nil {
		return 0, err
	}
	defer func() { // it stays as a kit: it may hold what another one fetched for the title
		s.exit()
		s.meter.release()
		g.boundKits()
	}()
	needs, err := s.needs(ctx, span{0, -1})
	if err != nil {
		return 0, err
	}
	for _, n := range needs {
		if n.o.class == cache.Secret {
			continue
		}
		err := g.o.Store.Pin(n.o.key(n.rng), on)
		switch {
		case err == nil:
			objects++
		case !errors.Is(err, cache.ErrNotCached):
			return objects, fmt.Errorf("pin: %w", err)
		}
	}
	return objects, nil
}
