package fetch

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"sync"
	"time"
)

// NewTransport is HTTP with TLS that is verified at the clock's time. Where that
// is a mere lower bound, a certificate that is not valid yet moves it up to its
// beginning: what a thief of an expired key gains by that is to hold updates
// back, for the bytes are believed for other reasons.
//
// It speaks HTTP/1.1 only. Requests come one after the other, so HTTP/2 has
// nothing to give, and its connections outlive their requests: one that is dead
// would be used again, and one whose answer is not wanted any more would go on
// filling its window.
func NewTransport(c Clock) http.RoundTripper {
	t := &onTime{clock: c}
	one := new(http.Protocols)
	one.SetHTTP1(true)
	t.next = &http.Transport{
		Proxy: http.ProxyFromEnvironment, Protocols: one, DisableCompression: true, MaxIdleConnsPerHost: 2,
		TLSHandshakeTimeout: 15 * time.Second, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 64 << 10,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, Time: t.now},
	}
	return t
}

// onTime tries once more when a certificate tells a better time.
type onTime struct {
	clock Clock
	next  *http.Transport

	mu       sync.Mutex
	supposed time.Time
}

func (t *onTime) now() time.Time {
	now, known := t.clock.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if !known && t.supposed.After(now) {
		return t.supposed
	}
	return now
}

// RoundTrip is http.RoundTripper's.
func (t *onTime) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(r)
	if err != nil && t.suppose(err) {
		return t.next.RoundTrip(r)
	}
	return resp, err
}

// CloseIdleConnections is what http.Client asks of a transport.
func (t *onTime) CloseIdleConnections() { t.next.CloseIdleConnections() }

// suppose takes the time from a chain that is not valid yet. It is verified
// again at that time, in full.
func (t *onTime) suppose(err error) bool {
	var verify *tls.CertificateVerificationError
	var invalid x509.CertificateInvalidError
	if !errors.As(err, &verify) || !errors.As(verify.Err, &invalid) || invalid.Reason != x509.Expired {
		return false
	}
	now, known := t.clock.Now()
	if known {
		return false
	}
	begin := now
	for _, c := range verify.UnverifiedCertificates {
		if c.NotBefore.After(begin) {
			begin = c.NotBefore
		}
	}
	if !begin.After(now) {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.supposed = begin.Add(time.Second)
	return true
}
