package serve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"usher/cache"
	"usher/cache/hls"
)

// MaxLinks is how many links there are at most; the one that was idle for
// longest ends for a new one.
const MaxLinks = 64

// ErrTooManyLinks says that MaxLinks links are all being read right now.
var ErrTooManyLinks = errors.New("too many links are being read")

// link is a session that any player may read: no variant is pinned.
type link struct {
	s     *session
	ready chan struct{} // closed when url or err is there
	url   string
	err   error
}

// Link gives the loopback URL of a playlist or of any other object, for any
// player: all variants stay, and nothing is trimmed. It is good until
// [Origin.Unlink] or [Origin.Shutdown], or until MaxLinks others came and this
// one was idle for longest. The same URL gives the same answer. The error is a
// *Trouble, ErrTooManyLinks, or that of ctx.
func (g *Origin) Link(ctx context.Context, rawURL string) (string, error) {
	for {
		l, mine, err := g.linkOf(rawURL)
		if err != nil {
			return "", err
		}
		if mine {
			g.makeLink(ctx, rawURL, l)
			return l.url, l.err
		}
		select {
		case <-l.ready:
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
		if l.err == nil || !isEnded(l.err) || ctx.Err() != nil {
			return l.url, l.err
		}
	}
}

// isEnded says that an error is about the one who asked, not about the URL.
func isEnded(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// linkOf finds the link of a URL or begins one, which is the caller's to make.
func (g *Origin) linkOf(rawURL string) (l *link, mine bool, err error) {
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return nil, false, fmt.Errorf("link %s: %w", redact(rawURL), errClosed)
	}
	if l := g.links[rawURL]; l != nil {
		g.mu.Unlock()
		return l, false, nil
	}
	old, ok := g.makeRoomLocked()
	if ok {
		l = &link{ready: make(chan struct{})}
		g.links[rawURL] = l
	}
	g.mu.Unlock()
	if old != nil {
		old.close()
	}
	if !ok {
		return nil, false, ErrTooManyLinks
	}
	return l, true, nil
}

// makeRoomLocked takes the link away that was idle for longest when there are
// too many; ok is false when all are in use. The caller closes it.
func (g *Origin) makeRoomLocked() (old *session, ok bool) {
	if len(g.links) < MaxLinks {
		return nil, true
	}
	var oldest time.Time
	var at string
	for u, l := range g.links {
		if l.s == nil { // being made
			continue
		}
		if t, idle := l.s.idleSince(); idle && (at == "" || t.Before(oldest)) {
			at, oldest = u, t
		}
	}
	if at == "" {
		return nil, false
	}
	old = g.links[at].s
	delete(g.links, at)
	return old, true
}

// makeLink makes what linkOf began. The session is in the table from the
// beginning, so that Shutdown ends it.
func (g *Origin) makeLink(ctx context.Context, rawURL string, l *link) {
	defer close(l.ready)
	s, err := g.makeSession(ctx, Request{URL: rawURL})
	if err != nil {
		l.err = err
		g.dropLink(rawURL, l)
		return
	}
	s.quiet = true
	s.enter() // not idle
	defer s.exit()
	if !g.keepLink(rawURL, l, s) {
		s.close()
		l.err = errClosed
		return
	}
	if l.url, l.err = s.link(ctx); l.err != nil {
		g.dropLink(rawURL, l)
		s.close()
	}
}

// keepLink is false when the link is gone already, by Unlink or Shutdown.
func (g *Origin) keepLink(rawURL string, l *link, s *session) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.links[rawURL] != l {
		return false
	}
	l.s = s
	return true
}

func (g *Origin) dropLink(rawURL string, l *link) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.links[rawURL] == l {
		delete(g.links, rawURL)
	}
}

// link decides by content whether the URL is a playlist.
func (s *session) link(ctx context.Context) (string, error) {
	path, err := s.pathOf(ctx)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	s.opened = true
	s.mu.Unlock()
	return s.g.o.Base + path, nil
}

func (s *session) pathOf(ctx context.Context) (string, error) {
	top := s.playlist(s.req.URL, roleTop, nil, source{})
	_, _, err := top.get(ctx, "")
	var t *Trouble
	switch {
	case err == nil:
		return top.path, nil
	case errors.As(err, &t) && t.Code == NotPlaylist:
		return s.single().path, nil
	}
	return "", err
}

// single is the session's URL as an object: it was no playlist.
func (s *session) single() *object {
	s.mu.Lock()
	delete(s.docs, s.req.URL)
	s.mu.Unlock()
	o := s.object(s.req.URL, cache.Media, ".bin", source{}, "")
	o.addWindow(hls.Range{})
	return o
}

// Unlink ends a link; false when there is none.
func (g *Origin) Unlink(rawURL string) bool {
	g.mu.Lock()
	l := g.links[rawURL]
	delete(g.links, rawURL)
	g.mu.Unlock()
	if l == nil {
		return false
	}
	if l.s != nil {
		l.s.close()
	}
	return true
}
