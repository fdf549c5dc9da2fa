package main

import (
	"container/list"
	"net"
	"net/http"
	"sync"
)

// crowdMost is how many connections of one server may be open without having
// become a WebSocket, or being answered: a page opens six.
const crowdMost = 256

// crowd keeps a server from being filled by somebody who opens connections and
// asks for nothing: beyond crowdMost the one that has waited longest is closed.
// Connections that are being answered, and WebSockets, are left alone.
type crowd struct {
	most int

	mu    sync.Mutex
	order *list.List // of net.Conn, the one that has waited longest in front
	at    map[net.Conn]*list.Element
}

func newCrowd(most int) *crowd {
	return &crowd{most: most, order: list.New(), at: map[net.Conn]*list.Element{}}
}

// state is http.Server.ConnState.
func (c *crowd) state(conn net.Conn, s http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.at[conn]; e != nil {
		c.order.Remove(e)
		delete(c.at, conn)
	}
	if s != http.StateNew && s != http.StateIdle {
		return
	}
	c.at[conn] = c.order.PushBack(conn)
	if c.order.Len() <= c.most {
		return
	}
	oldest := c.order.Remove(c.order.Front()).(net.Conn) //nolint:errcheck,forcetypeassert // nothing else is put in
	delete(c.at, oldest)
	_ = oldest.Close() // its goroutine ends by itself
}
