package serve

import (
	"sync"
	"time"

	"usher/cache/abr"
)

// linkMeter measures the way to the services, by all that comes from there: a
// box has one link, whoever uses it.
type linkMeter struct {
	mu    sync.Mutex
	m     abr.Meter
	asked int       // transfers that were begun and did not end
	heard time.Time // of the last byte, or when there was nothing to hear before
	mute  time.Time // the last transfer ended then, in silence; zero: it did not
}

// again is how soon after a transfer that ended in silence the next one is
// another try, and the silence the same.
const again = 30 * time.Second

// flow is one transfer; nil is one that says nothing about the link.
type flow struct {
	l *linkMeter
	f *abr.Flow
}

// begin says that something was asked for.
func (l *linkMeter) begin() *flow {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asked == 0 && now.Sub(l.mute) > again {
		l.heard = now
	}
	l.asked++
	return &flow{l, l.m.Begin(now)}
}

func (f *flow) bytes(n int) {
	if f == nil {
		return
	}
	now := time.Now()
	f.l.mu.Lock()
	defer f.l.mu.Unlock()
	f.l.heard, f.l.mute = now, time.Time{}
	f.f.Bytes(now, n)
}

func (f *flow) end() {
	if f == nil {
		return
	}
	now := time.Now()
	f.l.mu.Lock()
	defer f.l.mu.Unlock()
	f.l.asked--
	if now.Sub(f.l.heard) > silence {
		f.l.mute = now
	}
	f.f.End(now)
}

func (l *linkMeter) estimate() abr.Estimate {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.m.Estimate(now)
}

// silence is for how long nothing came although something was asked for. It
// goes on between a try and the next.
func (l *linkMeter) silence() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asked == 0 && time.Since(l.mute) > again {
		return 0
	}
	return time.Since(l.heard)
}

// LinkState is what is known of the link, to be kept for the next start on the
// same network. It has no addresses in it.
func (g *Origin) LinkState() []byte {
	g.meter.mu.Lock()
	defer g.meter.mu.Unlock()
	b, err := g.meter.m.MarshalBinary()
	if err != nil { // it never fails, as its comment promises
		panic(err)
	}
	return b
}

// RestoreLink begins anew with what LinkState gave on this network; nil is a
// network that nothing is known of. The error is abr.ErrState; the link is then
// not known either.
func (g *Origin) RestoreLink(state []byte) error {
	g.meter.mu.Lock()
	defer g.meter.mu.Unlock()
	var m abr.Meter
	var err error
	if state != nil {
		err = m.UnmarshalBinary(state)
	}
	if g.meter.asked == 0 { // otherwise what is under way belongs to the meter
		g.meter.m = m
	}
	return err
}

// LinkRate is what the link carries, in bit/s; 0 when it is not known.
func (g *Origin) LinkRate() int { return g.meter.estimate().Rate }
