package pairing

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// CheckAddress refuses an address that nothing secret may be sent to: only
// https will do, and http on the box itself, for a service under development.
func CheckAddress(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" {
		return nil, fmt.Errorf("%w: not an https address, or one with a user name or a fragment", ErrGarbage)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !onBox(u.Hostname())) {
		return nil, fmt.Errorf("%w: an address is not https", ErrGarbage)
	}
	return u, nil
}

func onBox(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// CheckPlace refuses a page that a person should not be sent to: it must be on
// the issuer's own host, below it, or on a host that the configuration names,
// so that no answer can send a household to somebody else's sign-in page.
// Which hosts belong together is not guessed from their names.
func CheckPlace(issuer, page string, more []string) error {
	from, err := CheckAddress(issuer)
	if err != nil {
		return err
	}
	u, err := CheckAddress(page)
	if err != nil {
		return err
	}
	host, own := strings.ToLower(u.Hostname()), strings.ToLower(from.Hostname())
	switch {
	case from.Scheme == "https" && u.Scheme != "https":
		return fmt.Errorf("%w: the page for the code is not https", ErrGarbage)
	case host == own && u.Port() == from.Port():
		return nil
	case onBox(host) || u.Port() != "":
		return fmt.Errorf("%w: the page for the code is on another port or host", ErrGarbage)
	case strings.HasSuffix(host, "."+own) || slices.Contains(more, host):
		return nil
	}
	return fmt.Errorf("%w: the page for the code is on another host (pairing_hosts may name it)", ErrGarbage)
}

// CheckPlaces is [CheckPlace] for both addresses of a code.
func (g Authorization) CheckPlaces(issuer string, more []string) error {
	if err := CheckPlace(issuer, g.URI, more); err != nil {
		return err
	}
	if g.Complete == "" {
		return nil
	}
	return CheckPlace(issuer, g.Complete, more)
}
