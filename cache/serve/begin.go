package serve

import (
	"context"
	"fmt"
	"time"
)

// newSession makes and registers a session; one with the same tag ends.
func (g *Origin) newSession(ctx context.Context, r Request) (*session, error) {
	s, err := g.makeSession(ctx, r)
	if err != nil {
		return nil, err
	}
	g.takeKit(s)
	if err := g.register(s); err != nil {
		s.close()
		return nil, fmt.Errorf("open %s: %w", redact(r.URL), err)
	}
	return s, nil
}

// makeSession makes a session that nobody knows yet.
func (g *Origin) makeSession(ctx context.Context, r Request) (*session, error) {
	u, err := checkURL(r.URL)
	if err != nil {
		return nil, asTrouble(r.URL, err)
	}
	inside := g.o.AllowPrivate && private(ctx, u.Hostname())
	if err := allowed(u, inside); err != nil {
		return nil, asTrouble(r.URL, err)
	}
	rt := g.public
	if inside {
		rt = g.private
	}
	client, err := newClient(rt, inside)
	if err != nil {
		return nil, err
	}
	s := g.emptySession(context.Background(), r)
	s.client, s.private = client, inside
	return s, nil
}

// emptySession is a session with nothing in it, which ends with ctx.
func (g *Origin) emptySession(ctx context.Context, r Request) *session {
	now := time.Now()
	g.mu.Lock()
	g.serial++
	serial := g.serial
	g.mu.Unlock()
	s := &session{
		g: g, serial: serial, req: r, began: now, used: now, log: g.log.With("session", r.Tag),
		docs: map[string]*doc{}, objects: map[string]*object{}, seeds: map[string]*answer{}, ids: map[string]struct{}{},
	}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	return s
}

// register makes s the session of its tag and ends the one before.
func (g *Origin) register(s *session) error {
	g.succession.Lock() // s has inherited before a third session inherits from s
	defer g.succession.Unlock()
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return errClosed
	}
	old := g.sessions[s.req.Tag]
	g.sessions[s.req.Tag] = s
	g.mu.Unlock()
	if old != nil {
		if old.req.URL == s.req.URL && old.req.Scope == s.req.Scope {
			s.inherit(old)
		}
		old.close()
	}
	return nil
}

// discard ends s, but not a newer session of the same tag.
func (g *Origin) discard(s *session) {
	g.mu.Lock()
	if g.sessions[s.req.Tag] == s {
		delete(g.sessions, s.req.Tag)
	}
	g.mu.Unlock()
	s.close()
}
