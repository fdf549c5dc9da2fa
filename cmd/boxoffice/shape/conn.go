package shape

import (
	"net"
	"sync"
	"time"
)

// conn is one shaped connection. It hides the inner connection's ReadFrom on
// purpose: sendfile would go past the bucket.
type conn struct {
	net.Conn
	link   *Link
	client *client
	key    string

	once   sync.Once
	closed chan struct{}

	mu    sync.Mutex
	fresh bool      // nothing was read yet: the handshake is still to be paid
	heard bool      // the peer spoke last: the next write begins an answer
	paced time.Time // when the connection's own limit under loss allows more
}

// Read gives what the client sent, late by the delay when it begins a request.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n == 0 {
		return n, err
	}
	if wait := c.requestDelay(); wait > 0 && !c.sleep(wait) {
		return 0, net.ErrClosed
	}
	if !c.awaitLink() {
		return 0, net.ErrClosed
	}
	return n, err
}

// requestDelay is what the first bytes after an answer wait. The first of a
// connection also wait for its handshake (SYN and SYN-ACK).
func (c *conn) requestDelay() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	wait := time.Duration(0)
	if c.fresh {
		wait = 3 * c.link.options.Delay
	} else if !c.heard {
		wait = c.link.options.Delay
	}
	c.fresh, c.heard = false, true
	return wait
}

// Write sends p in small pieces at the link's pace. It blocks through an
// outage, without looking at write deadlines, until Close.
func (c *conn) Write(p []byte) (int, error) {
	if wait := c.answerDelay(); wait > 0 && !c.sleep(wait) {
		return 0, net.ErrClosed
	}
	sent := 0
	for sent < len(p) {
		piece := p[sent:min(sent+quantum, len(p))]
		if !c.awaitLink() || !c.pace(len(piece)) || !c.awaitLink() {
			return sent, net.ErrClosed
		}
		n, err := c.Conn.Write(piece)
		sent += n
		if err != nil {
			return sent, err
		}
	}
	return sent, nil
}

// answerDelay is what the first bytes after a request wait, with the
// retransmission timeout where the dice say that a packet was lost.
func (c *conn) answerDelay() time.Duration {
	c.mu.Lock()
	answer := c.heard
	c.heard = false
	c.mu.Unlock()
	if !answer {
		return 0
	}
	wait := c.link.options.Delay
	if c.link.lossy() {
		wait += rto + c.link.rtt()
	}
	return wait
}

// pace waits until both the client's bucket and the connection's own limit
// have n bytes.
func (c *conn) pace(n int) bool {
	until := c.link.reserve(c.client, n)
	now := time.Now()
	c.mu.Lock()
	if full := now.Add(-depth); c.paced.Before(full) {
		c.paced = full
	}
	c.paced = c.paced.Add(duration(n, c.link.perConnection()))
	if c.paced.After(until) {
		until = c.paced
	}
	c.mu.Unlock()
	return c.sleep(time.Until(until))
}

// awaitLink waits for the end of an outage; false when the connection closed.
func (c *conn) awaitLink() bool {
	for {
		left, cut := c.link.outage()
		switch {
		case left > 0:
			if !c.sleep(left) {
				return false
			}
		case cut != nil:
			select {
			case <-cut:
			case <-c.closed:
				return false
			}
		default:
			return true
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

// Close ends the connection and frees whoever waits in it.
func (c *conn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.link.leave(c.key, c.client)
	})
	return c.Conn.Close()
}
