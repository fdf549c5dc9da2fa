// Package shape makes a bad network out of a good one: a net.Listener whose
// connections are slow, late, lossy or silent.
//
// What it promises: all connections of one client (one remote IP address)
// share one token bucket, so that opening more of them gains nothing; each
// direction is late by Delay; an outage stops the bytes while connections stay
// open. It shapes what the server sends; requests are late but not slowed.
//
// Loss is modelled by its effect on TCP rather than by dropping packets: one
// connection gets at most 1460 B × 1.22 / (RTT × √loss) (Mathis et al., 1997),
// and each answer waits, with the probability Loss, one more retransmission
// timeout of 200 ms + RTT. RTT is 2 × Delay, at least 10 ms.
//
// Read, Write and Accept block as long as the link demands; Close frees them.
// The package starts no goroutine and keeps buckets only for clients that are
// connected.
package shape

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Options say how bad the link is. The zero value changes nothing.
type Options struct {
	Rate        int64         // bit/s for each client in all; 0 is unlimited
	Delay       time.Duration // in each direction; a new connection costs a handshake of 2 × Delay besides
	Loss        float64       // 0 to below 1; see the package comment
	OutageAfter time.Duration // the outage begins this long after New; ignored without OutageFor
	OutageFor   time.Duration // how long no byte flows; 0 is no outage
	Seed        uint64        // of the dice for losses
}

const (
	segment = 1460                   // bytes of a TCP segment on Ethernet
	quantum = 4 * segment            // written at once, so that connections take turns
	minRTT  = 10 * time.Millisecond  // for the loss model, on a link without delay
	rto     = 200 * time.Millisecond // least retransmission timeout of common stacks
	depth   = 20 * time.Millisecond  // the bucket's depth: what late timers lose may be made up for
)

// Link is one shaped network. It is safe for concurrent use.
type Link struct {
	options Options
	start   time.Time

	mu      sync.Mutex
	clients map[string]*client // with a connection open
	dice    *rand.Rand
	cut     chan struct{} // closed by Restore; nil while the link is not cut
}

// client is one remote IP address and its share of the link.
type client struct {
	connections int
	free        time.Time // when the bucket has paid for everything sent so far
}

// New makes a link; the outage is counted from now.
func New(o Options) (*Link, error) {
	if o.Rate < 0 || o.Delay < 0 || o.OutageAfter < 0 || o.OutageFor < 0 {
		return nil, fmt.Errorf("shape link: rate, delay and outage must not be negative")
	}
	if !(o.Loss >= 0 && o.Loss < 1) {
		return nil, fmt.Errorf("shape link: loss %v is not from 0 to below 1", o.Loss)
	}
	return &Link{
		options: o, start: time.Now(), clients: map[string]*client{},
		dice: rand.New(rand.NewPCG(o.Seed, o.Seed+1)),
	}, nil
}

// Cut starts an outage that lasts until Restore. Cutting twice is cutting once.
func (l *Link) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut == nil {
		l.cut = make(chan struct{})
	}
}

// Restore ends an outage begun by Cut; without one it does nothing.
func (l *Link) Restore() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut != nil {
		close(l.cut)
		l.cut = nil
	}
}

// Listener shapes every connection that inner accepts.
func (l *Link) Listener(inner net.Listener) net.Listener { return &listener{inner, l} }

type listener struct {
	net.Listener
	link *Link
}

// Accept waits for the next connection and shapes it.
func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.link.Conn(c), nil
}

// Conn shapes one connection. Its client is the remote address without the port.
func (l *Link) Conn(inner net.Conn) net.Conn {
	key := clientKey(inner.RemoteAddr())
	l.mu.Lock()
	defer l.mu.Unlock()
	cl := l.clients[key]
	if cl == nil {
		cl = &client{}
		l.clients[key] = cl
	}
	cl.connections++
	return &conn{Conn: inner, link: l, client: cl, key: key, closed: make(chan struct{}), fresh: true, heard: true}
}

func clientKey(a net.Addr) string {
	if host, _, err := net.SplitHostPort(a.String()); err == nil {
		return host
	}
	return a.String()
}

// leave forgets a client with its last connection.
func (l *Link) leave(key string, cl *client) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if cl.connections--; cl.connections == 0 {
		delete(l.clients, key)
	}
}

// reserve takes n bytes out of the client's bucket and says when they are
// through it.
func (l *Link) reserve(cl *client, n int) time.Time {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if full := now.Add(-depth); cl.free.Before(full) {
		cl.free = full
	}
	cl.free = cl.free.Add(duration(n, float64(l.options.Rate)))
	return cl.free
}

// lossy throws the dice for one answer.
func (l *Link) lossy() bool {
	if l.options.Loss == 0 {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dice.Float64() < l.options.Loss
}

// outage says how long the timed outage still lasts, and gives a channel that
// is closed when a manual one ends; nil when there is none.
func (l *Link) outage() (time.Duration, <-chan struct{}) {
	since := time.Since(l.start) - l.options.OutageAfter
	left := time.Duration(0)
	if since >= 0 && since < l.options.OutageFor {
		left = l.options.OutageFor - since
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return left, l.cut
}

func (l *Link) rtt() time.Duration { return max(2*l.options.Delay, minRTT) }

// perConnection is the most that one connection gets under loss, in bit/s; 0 is unlimited.
func (l *Link) perConnection() float64 {
	if l.options.Loss == 0 {
		return 0
	}
	return segment * 8 * 1.22 / (l.rtt().Seconds() * math.Sqrt(l.options.Loss))
}

// duration is how long n bytes take at a rate in bit/s; a rate of 0 is no limit.
func duration(n int, rate float64) time.Duration {
	if rate == 0 {
		return 0
	}
	return time.Duration(float64(n) * 8 / rate * float64(time.Second))
}
