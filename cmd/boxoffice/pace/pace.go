// Package pace limits how often somebody may do something: a token bucket for
// each of a bounded number of callers.
//
// Nothing blocks, nothing is started, and no more than [Most] callers are
// remembered: those who have a full bucket are forgotten first, and when all
// are busy, strangers wait.
package pace

import (
	"math"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// Most is how many callers are remembered.
const Most = 10_000

// Pace is a limit. It is safe for concurrent use.
type Pace struct {
	burst float64
	every time.Duration
	now   func() time.Time

	mu      sync.Mutex
	buckets map[string]bucket
}

type bucket struct {
	left float64
	at   time.Time
}

// New allows each caller burst times at once, and one more after every.
func New(burst int, every time.Duration, now func() time.Time) *Pace {
	return &Pace{burst: float64(burst), every: every, now: now, buckets: map[string]bucket{}}
}

// Take counts one time. wait is 0 if it is allowed, else how long until it is.
func (p *Pace) Take(who string) (wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b, ok := p.filled(who)
	if !ok && len(p.buckets) >= Most {
		p.forget()
		if len(p.buckets) >= Most {
			return p.every
		}
	}
	if wait := p.until(b); wait > 0 {
		return wait
	}
	b.left--
	p.buckets[who] = b
	return 0
}

// Wait is how long until it is allowed, without counting.
func (p *Pace) Wait(who string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	b, _ := p.filled(who)
	return p.until(b)
}

func (p *Pace) until(b bucket) time.Duration {
	return max(0, time.Duration(math.Ceil((1-b.left)*float64(p.every))))
}

// filled is a caller's bucket now.
func (p *Pace) filled(who string) (bucket, bool) {
	now := p.now()
	b, ok := p.buckets[who]
	if !ok {
		return bucket{left: p.burst, at: now}, false
	}
	b.left = min(p.burst, b.left+max(0, float64(now.Sub(b.at))/float64(p.every)))
	b.at = now
	return b, true
}

// forget drops those who may do everything again anyway.
func (p *Pace) forget() {
	for who := range p.buckets {
		if b, _ := p.filled(who); b.left >= p.burst {
			delete(p.buckets, who)
		}
	}
}

// Of names the caller of a request: its IPv4 address, or the /64 of its IPv6
// address, which is what one household has. What a proxy says of others
// (X-Forwarded-For) is not believed.
func Of(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if ip = ip.Unmap(); ip.Is4() {
		return ip.String()
	}
	net64, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return host
	}
	return net64.String()
}
