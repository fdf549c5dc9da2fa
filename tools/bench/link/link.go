package main

import (
	"net"
	"sync"
	"time"
)

const (
	piece = 4 * 1460              // bytes written at once, so that connections take turns
	depth = 20 * time.Millisecond // what late timers lose may be made up for
	spare = 64 << 10              // bytes of the kernel's send buffer: more would be sent before the link says so
)

// link is the one way from a contender to the origin: all its connections
// share the rate of a trace, each direction is late by half a round trip, a
// new connection pays its handshake, and while it is down no byte passes.
//
// Until begin the link is fast, so that what a contender does before its film
// is not in the film's way; from then on it follows the trace.
type link struct {
	trace *trace

	mu    sync.Mutex
	start time.Time     // zero: not begun
	free  time.Duration // when all that was reserved has gone through
	down  chan struct{} // closed when the link comes back; nil while it is up
	reset bool          // down, and who connects is told so (RST)
	conns map[*conn]bool
}

func newLink(t *trace) *link { return &link{trace: t, conns: map[*conn]bool{}} }

// begin starts the trace.
func (l *link) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.start, l.free = time.Now(), 0
}

// cut takes the link down until restore. With reset the connections end and
// new ones are refused; without, they stay open and nothing comes.
func (l *link) cut(reset bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down != nil {
		return
	}
	l.down, l.reset = make(chan struct{}), reset
	if reset {
		for c := range l.conns {
			c.abort()
		}
	}
}

// restore ends what cut began.
func (l *link) restore() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down != nil {
		close(l.down)
		l.down, l.reset = nil, false
		if now := time.Since(l.start); !l.start.IsZero() && l.free < now {
			l.free = now
		}
	}
}

// reserve takes n bytes of the link and says how long they take to be through.
func (l *link) reserve(n int) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.start.IsZero() {
		return 0
	}
	now := time.Since(l.start)
	l.free = max(l.free, now-depth, 0)
	l.free = l.trace.when(l.trace.carried(l.free) + float64(n)*8)
	return l.free - now
}

// half is the time of one direction.
func (l *link) half() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.start.IsZero() {
		return l.trace.rtt(0) / 2
	}
	return l.trace.rtt(time.Since(l.start)) / 2
}

// outage is a channel that is closed when the link is up again; nil when it is up.
func (l *link) outage() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.down
}

// listener puts the link before every connection that inner accepts.
func (l *link) listener(inner net.Listener) net.Listener { return &listener{inner, l} }

type listener struct {
	net.Listener
	link *link
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		inner, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if t, ok := inner.(*net.TCPConn); ok {
			_ = t.SetWriteBuffer(spare)
		}
		if c := l.link.conn(inner); c != nil {
			return c, nil
		}
	}
}

// conn puts the link before a connection; nil when the link refuses it.
func (l *link) conn(inner net.Conn) *conn {
	c := &conn{Conn: inner, link: l, closed: make(chan struct{}), fresh: true}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reset {
		c.abort()
		return nil
	}
	l.conns[c] = true
	return c
}

// conn is one connection through the link.
type conn struct {
	net.Conn
	link   *link
	once   sync.Once
	closed chan struct{}

	mu    sync.Mutex
	fresh bool // nothing was read yet: the handshake is still to be paid
	heard bool // the contender spoke last: the next write begins an answer
}

// Read gives what the contender sent, late when it begins a request.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n == 0 {
		return n, err
	}
	c.mu.Lock()
	wait := time.Duration(0)
	if c.fresh {
		wait = 3 * c.link.half() // SYN, SYN-ACK and the request
	} else if !c.heard {
		wait = c.link.half()
	}
	c.fresh, c.heard = false, true
	c.mu.Unlock()
	if !c.sleep(wait) || !c.passable() {
		return 0, net.ErrClosed
	}
	return n, err
}

// Write sends p in pieces, as the link carries them.
func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	answer := c.heard
	c.heard = false
	c.mu.Unlock()
	if answer && !c.sleep(c.link.half()) {
		return 0, net.ErrClosed
	}
	for sent := 0; sent < len(p); {
		part := p[sent:min(sent+piece, len(p))]
		if !c.passable() || !c.sleep(c.link.reserve(len(part))) || !c.passable() {
			return sent, net.ErrClosed
		}
		n, err := c.Conn.Write(part)
		if sent += n; err != nil {
			return sent, err
		}
	}
	return len(p), nil
}

// passable waits for the end of an outage; false when the connection closed.
func (c *conn) passable() bool {
	for {
		up := c.link.outage()
		if up == nil {
			return true
		}
		select {
		case <-up:
		case <-c.closed:
			return false
		}
	}
}

// sleep waits; false when the connection closed first.
func (c *conn) sleep(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-c.closed:
		return false
	}
}

// abort ends the connection with a reset.
func (c *conn) abort() {
	if t, ok := c.Conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	c.once.Do(func() { close(c.closed) })
	_ = c.Conn.Close()
}

// Close ends the connection and frees whoever waits in it.
func (c *conn) Close() error {
	c.once.Do(func() { close(c.closed) })
	c.link.mu.Lock()
	delete(c.link.conns, c)
	c.link.mu.Unlock()
	return c.Conn.Close()
}
