package door

import (
	"net"
	"net/netip"
	"sync"
)

// How many connections there may be: a phone's browser opens up to six, and one
// for the remote.
const (
	mostOfAll = 96
	mostOfOne = 16
)

// near is a listener that takes connections of the LAN only, and not too many.
type near struct {
	net.Listener
	crowd *crowd
}

// Accept waits for a connection that may be; others are closed.
func (n near) Accept() (net.Conn, error) {
	for {
		c, err := n.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from, err := netip.ParseAddrPort(c.RemoteAddr().String())
		if err == nil && private(from.Addr()) && n.crowd.enter(from.Addr()) {
			return &counted{Conn: c, leave: sync.OnceFunc(func() { n.crowd.leave(from.Addr()) })}, nil
		}
		_ = c.Close()
	}
}

// crowd counts the connections that are open, by the address they are from.
type crowd struct {
	mu  sync.Mutex
	all int
	one map[netip.Addr]int
}

func newCrowd() *crowd { return &crowd{one: map[netip.Addr]int{}} }

func (c *crowd) enter(a netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= mostOfAll || c.one[a] >= mostOfOne {
		return false
	}
	c.all++
	c.one[a]++
	return true
}

func (c *crowd) leave(a netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.one[a]--; c.one[a] == 0 {
		delete(c.one, a)
	}
}

// counted is a connection that is taken off the count when it is closed.
type counted struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *counted) Close() error {
	c.leave()
	return c.Conn.Close()
}
