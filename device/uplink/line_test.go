package uplink

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	routes4 = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
wlan0	00000000	0102A8C0	0003	0	0	600	00000000	0	0	0
eth0	00000000	0101A8C0	0003	0	0	100	00000000	0	0	0
tun0	00000000	0101A8C0	0002	0	0	1	00000000	0	0	0
eth0	0001A8C0	00000000	0001	0	0	100	00FFFFFF	0	0	0
`
	routes6 = `fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001    wlan0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe80000000000000021a8cfffe000001 00000400 00000001 00000000 00450003    wlan0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
`
)

func TestTheRouteThatCountsMost(t *testing.T) {
	for name, c := range map[string]struct{ four, six, want string }{
		"cable before Wi-Fi": {routes4, routes6, "eth0"},
		"IPv6 only":          {strings.SplitAfter(routes4, "\n")[0], routes6, "wlan0"},
		"none":               {"", "", ""},
		"damaged":            {"eth0 00000000\nwlan0	00000000	x	y	0	0	z	00000000	0	0	0\n", "\x00", ""},
	} {
		proc := t.TempDir()
		for file, text := range map[string]string{"route": c.four, "ipv6_route": c.six} {
			if err := os.WriteFile(filepath.Join(proc, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := route(proc); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := route(t.TempDir()); got != "" {
		t.Errorf("without tables: %q", got)
	}
}

func FuzzRoutes(f *testing.F) {
	f.Add(routes4)
	f.Add(routes6)
	f.Fuzz(func(t *testing.T, table string) {
		for _, name := range []string{route4(strings.NewReader(table)), route6(strings.NewReader(table))} {
			if name != "" && !strings.Contains(table, name) || name == "lo" {
				t.Errorf("%q is in no table", name)
			}
		}
	})
}

func TestKindsOfInterfaces(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  Kind
	}{
		"cable":         {map[string]string{"type": "1\n", "uevent": "INTERFACE=eth0\n"}, Cable},
		"Wi-Fi":         {map[string]string{"type": "1\n", "phy80211": ""}, WiFi},
		"old Wi-Fi":     {map[string]string{"type": "1\n", "wireless": ""}, WiFi},
		"named Wi-Fi":   {map[string]string{"type": "1\n", "uevent": "DEVTYPE=wlan\n"}, WiFi},
		"modem":         {map[string]string{"type": "1\n", "uevent": "DEVTYPE=wwan\n"}, Other},
		"tunnel":        {map[string]string{"type": "65534\n"}, Other},
		"no such thing": {nil, Other},
	} {
		folder := t.TempDir()
		for file, text := range c.files {
			if err := os.WriteFile(filepath.Join(folder, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := kindOf(folder); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestTheAddressOfTheBox(t *testing.T) {
	addresses := func(list ...string) (all []net.Addr) {
		for _, text := range list {
			ip, n, err := net.ParseCIDR(text)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, &net.IPNet{IP: ip, Mask: n.Mask})
		}
		return all
	}
	for want, all := range map[string][]net.Addr{
		"192.0.2.7":   addresses("fe80::1/64", "2001:db8::7/64", "192.0.2.7/24"),
		"2001:db8::7": addresses("169.254.1.1/16", "2001:db8::7/64", "2001:db8::8/64"),
		"":            addresses("fe80::1/64", "169.254.1.1/16"),
	} {
		if got := choose(all); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if l := Look(); (l.Kind == None) != (l.Interface == "") {
		t.Errorf("%+v", l)
	}
}
