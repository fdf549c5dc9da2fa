package uplink

import (
	"bufio"
	"io"
	"math"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Kind is what kind of interface a line begins with.
type Kind string

// The kinds.
const (
	None  Kind = "none"
	Cable Kind = "cable"
	WiFi  Kind = "wifi"
	Other Kind = "other" // such as a mobile modem or a tunnel
)

// Line is what the box's traffic goes over: the interface of the default route.
type Line struct {
	Kind      Kind
	Interface string
	Address   string // IPv4 before IPv6, of more than the link; "" none yet
	Hardware  string // MAC address; "" none
}

// Look finds the line, as the kernel has it now. It reads a few small files of
// /proc and /sys, and does not block.
func Look() Line {
	name := route("/proc/self/net") // the unit hides /proc/net
	if name == "" {
		return Line{Kind: None}
	}
	l := Line{Kind: kindOf(filepath.Join("/sys/class/net", name)), Interface: name}
	if i, err := net.InterfaceByName(name); err == nil {
		l.Hardware = i.HardwareAddr.String()
		l.Address = addressOf(i)
	}
	return l
}

// route is the interface of the default route that counts most, of IPv4 before
// IPv6; proc is /proc/self/net.
func route(proc string) string {
	for _, table := range []struct {
		file string
		read func(io.Reader) string
	}{{"route", route4}, {"ipv6_route", route6}} {
		f, err := os.Open(filepath.Join(proc, table.file))
		if err != nil {
			continue
		}
		name := table.read(f)
		_ = f.Close()
		if name != "" {
			return name
		}
	}
	return ""
}

// The flags of a route (linux/route.h): it can be used, and refuses.
const (
	routeUp     = 0x1
	routeReject = 0x200
)

// route4 reads /proc/net/route (proc(5)).
func route4(r io.Reader) string {
	return least(r, 8, func(f []string) (string, string, string, bool) {
		return f[0], f[6], f[3], f[1] == "00000000" && f[7] == "00000000"
	}, 10)
}

// route6 reads /proc/net/ipv6_route, which has the same in other columns, all in
// hexadecimal.
func route6(r io.Reader) string {
	const none = "00000000000000000000000000000000"
	return least(r, 10, func(f []string) (string, string, string, bool) {
		return f[9], f[5], f[8], f[0] == none && f[1] == "00"
	}, 16)
}

// least is the interface of the default route with the least metric; base is
// that of metrics, flags are hexadecimal.
func least(r io.Reader, columns int, read func([]string) (name, metric, flags string, is bool), base int) (best string) {
	lines, lowest := bufio.NewScanner(io.LimitReader(r, 1<<20)), uint64(math.MaxUint64)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) < columns {
			continue
		}
		name, metric, flags, is := read(f)
		m, bad := strconv.ParseUint(metric, base, 32)
		bits, worse := strconv.ParseUint(flags, 16, 32)
		if is && bad == nil && worse == nil && bits&routeUp != 0 && bits&routeReject == 0 && name != "lo" && m < lowest {
			best, lowest = name, m
		}
	}
	return best
}

// kindOf reads the folder of an interface below /sys/class/net.
func kindOf(folder string) Kind {
	for _, sign := range []string{"wireless", "phy80211"} {
		if _, err := os.Stat(filepath.Join(folder, sign)); err == nil {
			return WiFi
		}
	}
	event, _ := os.ReadFile(filepath.Join(folder, "uevent")) // a kernel that does not tell has a cable
	hardware, _ := os.ReadFile(filepath.Join(folder, "type"))
	const ethernet = "1" // ARPHRD_ETHER
	switch {
	case strings.Contains(string(event), "DEVTYPE=wlan"):
		return WiFi
	case strings.Contains(string(event), "DEVTYPE=wwan"), strings.TrimSpace(string(hardware)) != ethernet:
		return Other
	}
	return Cable
}

// addressOf is the address under which the box is on the network.
func addressOf(i *net.Interface) string {
	all, err := i.Addrs()
	if err != nil {
		return ""
	}
	return choose(all)
}

func choose(all []net.Addr) (best string) {
	for _, a := range all {
		p, err := netip.ParsePrefix(a.String())
		if err != nil || !p.Addr().IsGlobalUnicast() {
			continue
		}
		if p.Addr().Is4() {
			return p.Addr().String()
		}
		if best == "" {
			best = p.Addr().String()
		}
	}
	return best
}
