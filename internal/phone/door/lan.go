package door

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// private says whether an address is of a LAN: RFC 1918, RFC 3927, RFC 4193, and
// this machine itself.
func private(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsLoopback()
}

// LAN lists the machine's addresses on local networks, the one on the way to the
// rest of the world in front. With loopback, this machine itself is the last: a
// demo can be tried without any network.
func LAN(loopback bool) ([]netip.Addr, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list network interfaces: %w", err)
	}
	var list []netip.Addr
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 || i.Flags&(net.FlagLoopback|net.FlagPointToPoint) != 0 {
			continue // tunnels lead elsewhere
		}
		addrs, err := i.Addrs()
		if err != nil {
			continue // it went away just now
		}
		list = append(list, served(addrs)...)
	}
	if best := outward(); slices.Contains(list, best) {
		list = append([]netip.Addr{best}, slices.DeleteFunc(list, func(a netip.Addr) bool { return a == best })...)
	}
	if loopback {
		list = append(list, netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	}
	return list, nil
}

// served are the addresses that phones can use: IPv4, which every phone has on a
// LAN, and whose addresses fit into a QR code and can be typed.
func served(addrs []net.Addr) (list []netip.Addr) {
	for _, a := range addrs {
		p, err := netip.ParsePrefix(a.String())
		if err == nil && p.Addr().Is4() && private(p.Addr()) {
			list = append(list, p.Addr())
		}
	}
	return list
}

// outward is the address that packets to the world are sent from. Nothing is
// sent to find out: connecting UDP only looks at the routes. The address is one
// for documents (RFC 5737).
func outward() netip.Addr {
	c, err := net.DialUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(203, 0, 113, 1), Port: 9})
	if err != nil {
		return netip.Addr{}
	}
	defer func() { _ = c.Close() }()
	p, err := netip.ParseAddrPort(c.LocalAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return p.Addr()
}

// interfaceOf is the interface that has an address.
func interfaceOf(a netip.Addr) (*net.Interface, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list network interfaces: %w", err)
	}
	for _, i := range interfaces {
		addrs, err := i.Addrs()
		if err == nil && slices.Contains(served(addrs), a) {
			return &i, nil
		}
	}
	return nil, fmt.Errorf("no interface has the address %v", a)
}
