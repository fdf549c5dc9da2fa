package serve

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// ErrKitLimit says that a kit took as many bytes as it may.
var ErrKitLimit = errors.New("limit of the kit")

const (
	kitTail  = 1 << 20                // bytes that may still come for a kit that was given up
	paceStep = 100 * time.Millisecond // between two reads from a service that is held back
)

// kitMeter counts what a kit takes from services, and holds it back: to a
// rate, and to a limit. As soon as a player has taken the kit over, it does
// neither.
type kitMeter struct {
	base  http.RoundTripper
	total *atomic.Int64 // of all kits
	rate  func() int    // bit/s; nil or 0: as fast as it comes

	mu    sync.Mutex
	limit int64 // 0: none
	got   int64
	freed bool
}

// RoundTrip implements http.RoundTripper.
func (m *kitMeter) RoundTrip(r *http.Request) (*http.Response, error) {
	if m.spent() {
		return nil, ErrKitLimit
	}
	resp, err := m.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = &kitBody{ReadCloser: resp.Body, m: m, ended: r.Context().Done()}
	return resp, nil
}

func (m *kitMeter) spent() bool {
	left, bound := m.left()
	return bound && left <= 0
}

// left is how many bytes may still come, when they are bound.
func (m *kitMeter) left() (n int64, bound bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.limit - m.got, m.limit > 0 && !m.freed
}

// count notes bytes. What a player waits for is not on the kit's account.
func (m *kitMeter) count(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.freed {
		return
	}
	m.got += int64(n)
	m.total.Add(int64(n))
}

// release is for a kit that nobody works on any more: what is nearly there may
// still come.
func (m *kitMeter) release() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if tail := m.got + kitTail; m.limit == 0 || tail < m.limit {
		m.limit = tail
	}
}

// free ends all limits when a player took the kit over.
func (m *kitMeter) free(yes bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.freed = m.freed || yes
}

// pace is the rate in bit/s that holds at this moment; 0 is none.
func (m *kitMeter) pace() int {
	m.mu.Lock()
	freed := m.freed
	m.mu.Unlock()
	if freed || m.rate == nil {
		return 0
	}
	return m.rate()
}

// paced says that its transfers are held back and do not show what the link
// can do. A session without a meter is not.
func (m *kitMeter) paced() bool { return m != nil && m.pace() > 0 }

// kitBody is the body of one answer.
type kitBody struct {
	io.ReadCloser
	m     *kitMeter
	ended <-chan struct{}
}

// Read implements io.Reader.
func (b *kitBody) Read(p []byte) (int, error) {
	if left, bound := b.m.left(); bound && left <= 0 {
		return 0, ErrKitLimit
	} else if bound {
		p = p[:min(int64(len(p)), left)]
	}
	rate := b.m.pace()
	if rate > 0 {
		p = p[:min(len(p), max(1, rate/8*int(paceStep/time.Millisecond)/1000))]
	}
	n, err := b.ReadCloser.Read(p)
	b.m.count(n)
	if rate > 0 {
		b.wait(time.Duration(n*8) * time.Second / time.Duration(rate))
	}
	return n, err
}

func (b *kitBody) wait(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-b.ended: // the next Read says why
	}
}
