package serve

import (
	"context"
	"fmt"
	"slices"
	"time"

	"usher/cache"
)

const (
	maxKits = 16               // start kits whose playlists and keys are remembered
	kitLife = 30 * time.Minute // for so long
)

// kit is what a prefetch leaves for the opening that follows: playlists and
// cookies in memory, and decryption keys, which would go with the session.
// Segments are in the store.
type kit struct {
	s    *session
	made time.Time
}

// PrefetchReport says what a start kit consists of.
type PrefetchReport struct {
	Objects int   // playlists, init sections, keys and segments
	Bytes   int64 // of all of them, whether fetched now or there already
}

// Prefetch is [Origin.PrefetchTitle] for a URL with no preferences and no
// scope.
func (g *Origin) Prefetch(ctx context.Context, rawURL string, seconds time.Duration) (PrefetchReport, error) {
	return g.PrefetchTitle(ctx, Request{URL: rawURL}, seconds)
}

// PrefetchTitle fetches what the player needs to begin: the playlists, init
// sections and keys, and so many seconds of the rung that Open would choose
// for the same request; the whole rung when seconds is negative. Of a live
// stream it fetches no segments. The URL may also be a single object. It
// fetches one thing at a time and gives up when the service is away; the error
// is a *Trouble or that of ctx.
func (g *Origin) PrefetchTitle(ctx context.Context, r Request, seconds time.Duration) (PrefetchReport, error) {
	s, err := g.hidden(ctx, r)
	if err != nil {
		return PrefetchReport{}, err
	}
	if s.purpose = cache.Kit; seconds < 0 {
		s.purpose = cache.Download
	}
	report, err := s.prefetch(ctx, seconds)
	s.exit()
	if err != nil {
		g.dropKit(s)
		return report, err
	}
	g.boundKits()
	return report, nil
}

// hidden makes a session in the list of kits, in use. The caller calls exit.
func (g *Origin) hidden(ctx context.Context, r Request) (*session, error) {
	s, err := g.makeSession(ctx, r)
	if err != nil {
		return nil, err
	}
	s.quiet, s.low = true, true
	s.enter()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		s.cancel(errClosed)
		return nil, fmt.Errorf("prefetch %s: %w", redact(r.URL), errClosed)
	}
	g.kits = append(g.kits, &kit{s: s, made: time.Now()})
	return s, nil
}

func (g *Origin) dropKit(s *session) {
	g.mu.Lock()
	g.kits = slices.DeleteFunc(g.kits, func(k *kit) bool { return k.s == s })
	g.mu.Unlock()
	s.close()
}

// boundKits ends the oldest kits when there are too many, old ones, and those
// of a title that there is a newer one of.
func (g *Origin) boundKits() {
	var gone []*session
	seen := map[string]bool{}
	g.mu.Lock()
	for i := len(g.kits) - 1; i >= 0; i-- {
		k := g.kits[i]
		name := k.s.req.Scope + "\x00" + k.s.req.URL
		if _, idle := k.s.idleSince(); idle && (seen[name] || len(seen) >= maxKits || time.Since(k.made) > kitLife) {
			gone = append(gone, k.s)
			g.kits = slices.Delete(g.kits, i, i+1)
		}
		seen[name] = true
	}
	g.mu.Unlock()
	for _, s := range gone {
		s.close()
	}
}

// takeKit gives the kit of a title to a new session of it.
func (g *Origin) takeKit(s *session) {
	var found *session
	g.mu.Lock()
	g.kits = slices.DeleteFunc(g.kits, func(k *kit) bool {
		_, idle := k.s.idleSince()
		if found != nil || !idle || k.s.req.URL != s.req.URL || k.s.req.Scope != s.req.Scope || time.Since(k.made) > kitLife {
			return false
		}
		found = k.s
		return true
	})
	g.mu.Unlock()
	if found != nil {
		s.kitVariant = found.variant
		s.adopt(found)
		found.close()
	}
}

// adopt takes over playlists, cookies and keys: what a prefetch of the same
// title left, or the session of the same tag, which opened it a moment ago.
func (s *session) adopt(old *session) {
	old.mu.Lock()
	docs := make([]*doc, 0, len(old.docs))
	for _, d := range old.docs {
		docs = append(docs, d)
	}
	keys, client := old.keys, old.client
	old.keys = nil
	old.mu.Unlock()
	s.mu.Lock() // a third session of the same tag may adopt from s already
	defer s.mu.Unlock()
	s.keys = append(s.keys, keys...)
	s.client = client // of the same URL, so for the same kind of address
	for _, d := range docs {
		d.mu.Lock()
		if d.cur != nil {
			s.seeds[d.url] = d.cur.from
		}
		d.mu.Unlock()
	}
}

// prefetch fetches one thing after the other, in the order of need.
func (s *session) prefetch(ctx context.Context, seconds time.Duration) (PrefetchReport, error) {
	needs, err := s.needs(ctx, seconds)
	report := s.playlists()
	if err != nil {
		return report, err
	}
	for _, n := range needs {
		size, err := n.fetch(ctx)
		if err != nil {
			return report, err
		}
		report.Objects++
		report.Bytes += size
	}
	return report, nil
}

// playlists counts those that were read.
func (s *session) playlists() PrefetchReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	var r PrefetchReport
	for _, d := range s.docs {
		d.mu.Lock()
		if d.cur != nil {
			r.Objects++
			r.Bytes += int64(len(d.cur.from.body))
		}
		d.mu.Unlock()
	}
	return r
}
