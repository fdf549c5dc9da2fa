package serve

import (
	"context"
	"errors"
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
	Fetched int64 // bytes that came from services for kits since the last report
	// Fresh is how long the playlists may be used without asking again. A title
	// that is opened until then, and after a kit of its beginning, reaches its
	// first picture without the service.
	Fresh time.Time
}

// Kit asks for a start kit.
type Kit struct {
	Request               // Tag and Trim do not matter
	At      time.Duration // where playing will begin; the beginning of the title is fetched too, for players that look there first
	Length  time.Duration // of film from there on; 0 is playlists, init sections and keys only, negative the whole rung
	Memory  bool          // not to disk
	NoKeys  bool          // a request for a key may count as the start of a playback
	Limit   int64         // bytes from the service at most; 0 is no limit
	Rate    func() int    // bit/s at most, asked again and again; nil or 0 is no limit
}

// Prefetch is [Origin.PrefetchTitle] for a URL with no preferences and no
// scope.
func (g *Origin) Prefetch(ctx context.Context, rawURL string, seconds time.Duration) (PrefetchReport, error) {
	return g.PrefetchTitle(ctx, Request{URL: rawURL}, seconds)
}

// PrefetchTitle is [Origin.MakeKit] of the beginning of a title.
func (g *Origin) PrefetchTitle(ctx context.Context, r Request, seconds time.Duration) (PrefetchReport, error) {
	return g.MakeKit(ctx, Kit{Request: r, Length: seconds})
}

// MakeKit fetches what the player needs to begin: the playlists, init sections
// and keys, and so many seconds of the rung that Open would choose for the same
// request. Of a live stream it fetches no segments. The URL may also be a
// single object. It fetches one thing at a time and gives up when the service
// is away; the error is a *Trouble, ErrKitLimit or that of ctx. What is there by
// then is used by the Open that follows, also while the kit is still being
// made; of an object that is on its way when ctx ends, at most kitTail more
// bytes come.
func (g *Origin) MakeKit(ctx context.Context, k Kit) (PrefetchReport, error) {
	s, err := g.hidden(ctx, k)
	if err != nil {
		return PrefetchReport{Fetched: g.kitBytes.Swap(0)}, err
	}
	report, err := s.prefetch(ctx, k)
	s.exit()
	if err != nil && s.meter.spent() {
		err = ErrKitLimit
	}
	s.meter.release()
	if t := (*Trouble)(nil); errors.As(err, &t) {
		g.dropKit(s)
	}
	g.boundKits()
	report.Fetched = g.kitBytes.Swap(0)
	return report, err
}

// hidden makes a session in the list of kits, in use. The caller calls exit.
func (g *Origin) hidden(ctx context.Context, k Kit) (*session, error) {
	s, err := g.makeSession(ctx, k.Request)
	if err != nil {
		return nil, err
	}
	switch s.quiet, s.low, s.purpose = true, true, cache.Kit; {
	case k.Length < 0:
		s.purpose = cache.Download
	case k.Memory:
		s.purpose = cache.Ahead
	}
	g.takeKit(s)
	s.meter = &kitMeter{base: s.client.Transport, total: &g.kitBytes, limit: k.Limit, rate: k.Rate}
	s.client.Transport = s.meter
	s.enter()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		s.cancel(errClosed)
		return nil, fmt.Errorf("prefetch %s: %w", redact(k.URL), errClosed)
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
		name := g.kitName(k.s.req)
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

// takeKit gives the kit of a title to a new session of it. A kit that is being
// made is taken as well: what is on its way is what the player will ask for.
func (g *Origin) takeKit(s *session) {
	var found *session
	name := g.kitName(s.req)
	g.mu.Lock()
	g.kits = slices.DeleteFunc(g.kits, func(k *kit) bool {
		if found != nil || k.s.ctx.Err() != nil || g.kitName(k.s.req) != name || time.Since(k.made) > kitLife {
			return false
		}
		found = k.s
		return true
	})
	g.mu.Unlock()
	if found == nil {
		return
	}
	found.meter.free(!s.low)
	s.kitVariant = int(found.variant.Load())
	s.adopt(found)
	if g.flying(found) {
		s.parent.Store(found) // ends with s: the player joins what it fetches
		return
	}
	found.close()
}

// inherit adopts from the session of the same tag, which may have a kit of its
// own that is still being made.
func (s *session) inherit(old *session) {
	s.adopt(old)
	if s.kitVariant == 0 {
		s.kitVariant = old.kitVariant
	}
	if s.parent.Load() == nil {
		s.parent.Store(old.parent.Swap(nil))
	}
}

// kitName is the same for all URLs of a title that differ in who may read it
// only.
func (g *Origin) kitName(r Request) string {
	name, _ := g.identity(r.URL)
	return r.Scope + "\x00" + name
}

// flying says whether a kit fetches something at this moment.
func (g *Origin) flying(s *session) bool {
	if _, idle := s.idleSince(); !idle {
		return true
	}
	g.pulling.Lock()
	defer g.pulling.Unlock()
	for _, p := range g.ahead {
		if p.s == s {
			return true
		}
	}
	return false
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
	if f := old.film.Load(); f != nil {
		s.studied = f.studied()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = append(s.keys, keys...)
	jar := *client // of the same title, so for the same kind of address
	jar.Transport = s.client.Transport
	s.client = &jar
	for _, d := range docs {
		d.mu.Lock()
		if d.cur != nil {
			s.seeds[d.url] = d.cur.from
			if d.role == roleTop {
				s.seeds[s.req.URL] = d.cur.from // it may be signed anew
			}
		}
		d.mu.Unlock()
	}
	for u, a := range old.seeds { // of a kit before it, whose playlists it had no need to read
		if s.seeds[u] == nil {
			s.seeds[u] = a
		}
	}
}

// prefetch fetches one thing after the other, in the order of need.
func (s *session) prefetch(ctx context.Context, k Kit) (PrefetchReport, error) {
	needs, err := s.needs(ctx, span{k.At, k.Length})
	report := s.playlists()
	if err != nil {
		return report, err
	}
	for _, n := range needs {
		if k.NoKeys && n.o.class == cache.Secret {
			continue
		}
		size, err := n.fetch(ctx)
		if err != nil {
			return report, err
		}
		report.Objects++
		report.Bytes += size
	}
	return report, nil
}

// playlists counts those that were read, and says for how long all of them
// are fresh.
func (s *session) playlists() PrefetchReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	var r PrefetchReport
	for _, d := range s.docs {
		d.mu.Lock()
		if d.cur != nil {
			r.Objects++
			r.Bytes += int64(len(d.cur.from.body))
			if r.Fresh.IsZero() || d.cur.until.Before(r.Fresh) {
				r.Fresh = d.cur.until
			}
		}
		d.mu.Unlock()
	}
	return r
}
