package phone

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"time"

	"usher/internal/spake2"
)

// The bounds of a window.
const (
	windowTime  = 2 * time.Minute
	windowTries = 3
	codeDigits  = 6
)

// window is the time in which a code lets a phone in.
type window struct {
	code   string
	secret spake2.Secret
	until  time.Time // with its monotonic part: a clock that is set changes nothing
	left   int       // tries
	used   bool      // the code was shown by a phone that is being let in
}

func newWindow() (*window, error) {
	most := new(big.Int).Exp(big.NewInt(10), big.NewInt(codeDigits), nil)
	n, err := rand.Int(rand.Reader, most)
	if err != nil {
		return nil, fmt.Errorf("choose a code: %w", err)
	}
	code := fmt.Sprintf("%0*d", codeDigits, n)
	secret, err := spake2.Derive([]byte(code), secretOfCode)
	if err != nil {
		return nil, err
	}
	return &window{code: code, secret: secret, until: time.Now().Add(windowTime), left: windowTries}, nil
}

// Run closes windows in time, until ctx ends.
func (p *Phones) Run(ctx context.Context) error {
	wake := p.Watch()
	for {
		timer := time.NewTimer(p.untilExpiry())
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-wake:
		case <-timer.C:
			p.expire()
		}
		timer.Stop()
	}
}

// idleTime is how long Run sleeps without a window.
const idleTime = time.Hour

func (p *Phones) untilExpiry() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.window == nil || p.window.used {
		return idleTime
	}
	return time.Until(p.window.until)
}

func (p *Phones) expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.window != nil && !p.window.used && time.Until(p.window.until) <= 0 {
		p.closeWindow(EndedExpired)
	}
}

// openWindow is the window, if it is open. The caller holds mu.
func (p *Phones) openWindow() *window {
	if p.window == nil || p.window.used || !p.kept.On || time.Until(p.window.until) <= 0 {
		return nil
	}
	return p.window
}

// guess judges a try at a window: right uses it up, wrong takes a try away. A
// window that is used stays until the phone is on the disk, so that the box goes
// on listening.
func (p *Phones) guess(w *window, keys *spake2.Keys, shown []byte) (left int, why refusal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case w != p.openWindow(): // closed, or another since
		return 0, refusedClosed
	case keys.Confirms(shown):
		w.used = true
		return 0, ""
	}
	w.left--
	if w.left == 0 {
		p.closeWindow(EndedTries)
		return 0, refusedClosed
	}
	p.changed()
	return w.left, refusedWrong
}

// bucket is a token bucket, for one caller at a time.
type bucket struct {
	rate, burst, tokens float64
	at                  time.Time
}

func (k *bucket) take(now time.Time) bool {
	if !k.at.IsZero() {
		k.tokens = min(k.burst, k.tokens+now.Sub(k.at).Seconds()*k.rate)
	}
	k.at = now
	if k.tokens < 1 {
		return false
	}
	k.tokens--
	return true
}
