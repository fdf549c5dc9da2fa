package account

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"sync"
	"time"

	"usher/device/pairing"
	"usher/internal/rights"
)

// clock is the time at one service. A box may boot in 1970, or with a clock
// that somebody set, and TLS needs a time before the service can say one:
//
//   - the time is never before the floor: the program's build, or what the
//     service said when tokens were last stored;
//   - a certificate that is not valid yet, while nobody vouches for the time,
//     moves the supposed time up to its beginning. That can only be wrong
//     towards the present of a thief who holds a service's expired key;
//   - one that has expired moves it back, though not below the floor, only
//     where the box's clock is not synchronised and so means nothing;
//   - the Date of an answer over that TLS, if the certificate is valid then
//     too, is the time from there on, by the monotonic clock.
//
// Each service has its own clock: none can put another one's forward.
type clock struct {
	o Options

	mu       sync.Mutex
	rights   rights.Clock
	said     time.Time     // the last Date, for proofs: the service judges them by its own clock
	at       time.Duration // monotonic time of said
	supposed time.Time     // for TLS, until a Date was heard
}

func newClock(o Options) *clock {
	return &clock{o: o, rights: rights.Clock{Floor: o.Build}}
}

// remember raises the floor to a stored one.
func (c *clock) remember(floor time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if floor.After(c.rights.Floor) {
		c.rights.Floor = floor
	}
}

// floor is what to store.
func (c *clock) floor() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rights = c.rights.Tick(c.o.Mono())
	return c.rights.Floor
}

func (c *clock) now() (now time.Time, trusted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rights.Now(c.o.Mono(), c.o.Wall())
}

// issued is the time for a proof.
func (c *clock) issued() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	mono := c.o.Mono()
	if !c.said.IsZero() {
		return c.said.Add(max(mono-c.at, 0))
	}
	now, _ := c.rights.Now(mono, c.o.Wall())
	return now
}

// hear takes the Date of an answer. One from a cache (Age) is old.
func (c *clock) hear(resp *http.Response) {
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil || resp.Header.Get("Age") != "" || !vouched(resp, date) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	mono := c.o.Mono()
	c.rights = c.rights.Heard(date, mono)
	c.said, c.at, c.supposed = date, mono, time.Time{}
}

// vouched says whether the sender of a Date was verified, and was so at that
// date. A service on the box itself is.
func vouched(resp *http.Response, date time.Time) bool {
	if u := resp.Request.URL; u.Scheme == "http" {
		_, err := pairing.CheckAddress(origin(u))
		return err == nil
	}
	if resp.TLS == nil || len(resp.TLS.VerifiedChains) == 0 {
		return false
	}
	leaf := resp.TLS.PeerCertificates[0]
	return !date.Before(leaf.NotBefore) && !date.After(leaf.NotAfter)
}

// transport gives base the clock of ours for TLS, if it is one that can take
// it.
func (c *clock) transport(base http.RoundTripper) http.RoundTripper {
	t, ok := base.(*http.Transport)
	switch {
	case base == nil:
		t = &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: time.Minute}
	case !ok:
		return base
	default:
		t = t.Clone()
	}
	if t.TLSClientConfig == nil {
		t.TLSClientConfig = &tls.Config{}
	}
	t.TLSClientConfig.MinVersion = tls.VersionTLS12
	t.TLSClientConfig.Time = c.forTLS
	return &onTime{clock: c, next: t}
}

func (c *clock) forTLS() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.supposed.IsZero() {
		return c.supposed
	}
	now, _ := c.rights.Now(c.o.Mono(), c.o.Wall())
	return now
}

// onTime tries once more when a certificate tells a better time.
type onTime struct {
	clock *clock
	next  *http.Transport
}

// RoundTrip is http.RoundTripper's.
func (t *onTime) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(r)
	if err == nil || !t.clock.suppose(err) || r.Body != nil && r.GetBody == nil {
		return resp, err
	}
	again := r.Clone(r.Context())
	if r.GetBody != nil {
		if again.Body, err = r.GetBody(); err != nil {
			return nil, err
		}
	}
	return t.next.RoundTrip(again)
}

// suppose moves the supposed time into the validity of certificates that were
// refused for the time alone. The chain is verified again at that time, in
// full.
func (c *clock) suppose(err error) bool {
	var verify *tls.CertificateVerificationError
	var invalid x509.CertificateInvalidError
	if !errors.As(err, &verify) || !errors.As(verify.Err, &invalid) || invalid.Reason != x509.Expired {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now, trusted := c.rights.Now(c.o.Mono(), c.o.Wall())
	from, to := validity(verify.UnverifiedCertificates)
	at := from.Add(time.Second)
	if at.Before(c.rights.Floor) {
		at = c.rights.Floor
	}
	forward := now.Before(from)
	if trusted || at.After(to) || !forward && c.o.Synced() {
		return false
	}
	c.supposed = at
	return true
}

// validity is when all of a chain is valid.
func validity(chain []*x509.Certificate) (from, to time.Time) {
	for i, c := range chain {
		if i == 0 || c.NotBefore.After(from) {
			from = c.NotBefore
		}
		if i == 0 || c.NotAfter.Before(to) {
			to = c.NotAfter
		}
	}
	return from, to
}
