package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"time"
)

// The limits of talking to a service.
const (
	dialTimeout    = 5 * time.Second
	headerTimeout  = 10 * time.Second // from the request to the first byte of the answer
	hintTimeout    = 30 * time.Second // the same for what is still being made
	idleTimeout    = 12 * time.Second // between two bytes of a body
	maxRedirects   = 8
	maxHeaderBytes = 64 << 10
)

var (
	errPrivate   = errors.New("address is private")
	errScheme    = errors.New("scheme is not http or https")
	errRedirects = errors.New("too many redirects")
)

// newTransport makes the way to services. Without private, it connects to
// public addresses only; the check is made on the resolved address, so that a
// name cannot lead inside.
func newTransport(private bool, conns int) *http.Transport {
	d := dialer{private: private, net: net.Dialer{Timeout: dialTimeout}}
	return &http.Transport{
		DialContext:            d.dial,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    dialTimeout,
		IdleConnTimeout:        time.Minute,
		MaxIdleConnsPerHost:    conns,
		MaxConnsPerHost:        conns,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
}

type dialer struct {
	private bool
	net     net.Dialer
}

func (d *dialer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if d.private {
		return d.net.DialContext(ctx, network, addr)
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	err = errPrivate
	for _, ip := range ips {
		if !public(ip) {
			continue
		}
		var c net.Conn
		if c, err = d.net.DialContext(ctx, network, net.JoinHostPort(ip.String(), port)); err == nil {
			return c, nil
		}
	}
	return nil, err
}

// public says whether an address is out on the internet (RFC 6890): not
// loopback, private, link-local, shared (100.64/10), multicast or reserved.
func public(ip netip.Addr) bool {
	ip = ip.Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range reservedPrefixes() {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

func reservedPrefixes() []netip.Prefix {
	return []netip.Prefix{
		netip.PrefixFrom(netip.AddrFrom4([4]byte{0, 0, 0, 0}), 8),
		netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, 0, 0}), 10),
		netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 0, 0, 0}), 24),
		netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 18, 0, 0}), 15),
		netip.PrefixFrom(netip.AddrFrom4([4]byte{240, 0, 0, 0}), 4),
		netip.MustParsePrefix("64:ff9b::/96"),   // NAT64 can lead to any IPv4 address
		netip.MustParsePrefix("64:ff9b:1::/48"), // that of one network too (RFC 8215)
		netip.MustParsePrefix("2002::/16"),      // 6to4 as well
		netip.MustParsePrefix("2001::/32"),      // Teredo as well
		netip.MustParsePrefix("::/96"),          // IPv4-compatible, deprecated
		netip.MustParsePrefix("fec0::/10"),      // site-local, deprecated (RFC 3879)
	}
}

// private says whether a host is, or resolves to, an address that is not public.
func private(ctx context.Context, host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return !public(ip)
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return false // it cannot be connected to either
	}
	for _, ip := range ips {
		if !public(ip) {
			return true
		}
	}
	return false
}

// checkURL is the first test of everything that is fetched.
func checkURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errScheme, withoutURL(err))
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, errScheme
	}
	return u, nil
}

// newClient makes the client of one session: cookies are the session's own
// (services hand out access to segments in them).
func newClient(rt http.RoundTripper, allowPrivate bool) (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("make cookie jar: %w", err)
	}
	check := func(r *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return errRedirects
		}
		return allowed(r.URL, allowPrivate)
	}
	return &http.Client{Transport: rt, Jar: jar, CheckRedirect: check}, nil
}

// allowed refuses schemes, and addresses written as numbers, without asking
// the network; the dialer checks names.
func allowed(u *url.URL, allowPrivate bool) error {
	if u.Scheme != "http" && u.Scheme != "https" {
		return errScheme
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && !allowPrivate && !public(ip) {
		return errPrivate
	}
	return nil
}
