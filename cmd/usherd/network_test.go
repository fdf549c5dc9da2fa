package main

import (
	"strings"
	"testing"

	"usher/cache"
	"usher/cache/serve"
)

func TestTheNetworkIsNamedByItsGateway(t *testing.T) {
	const routes = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
wlan0	0001A8C0	00000000	0001	0	0	600	00FFFFFF	0	0	0
wlan0	00000000	0101A8C0	0003	0	0	600	00000000	0	0	0
`
	const table = `IP address       HW type     Flags       HW address            Mask     Device
192.168.1.9      0x1         0x2         aa:bb:cc:00:00:09     *        wlan0
192.168.1.1      0x1         0x2         AA:BB:CC:00:00:01     *        wlan0
192.168.1.7      0x1         0x0         00:00:00:00:00:00     *        wlan0
`
	gateway := defaultGateway(strings.NewReader(routes))
	if gateway != "192.168.1.1" {
		t.Fatalf("gateway %q", gateway)
	}
	if mac := neighbour(strings.NewReader(table), gateway); mac != "aa:bb:cc:00:00:01" {
		t.Errorf("hardware address %q", mac)
	}
	if defaultGateway(strings.NewReader("x\n")) != "" || neighbour(strings.NewReader(table), "192.168.1.7") != "" {
		t.Error("found what is not there")
	}
	a, b := nameOf("aa:bb:cc:00:00:01"), nameOf("aa:bb:cc:00:00:02")
	if a == b || len(a) != 16 || strings.Contains(a, "aa:bb") || nameOf("") != anyNetwork {
		t.Errorf("names %q and %q", a, b)
	}
}

// shelf keeps settings in memory.
type shelf map[string]string

func (s shelf) Setting(key string) (string, bool, error) { v, ok := s[key]; return v, ok, nil }
func (s shelf) SetSetting(key, value string) error       { s[key] = value; return nil }

func TestEachNetworkHasItsOwnLink(t *testing.T) {
	store, err := cache.Open(cache.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	origin := serve.New(serve.Options{Store: store, Base: "http://127.0.0.1:8788"})
	t.Cleanup(origin.Shutdown)
	kept, name := shelf{"link.bad": "zz"}, "home"
	k := &linkKeeper{origin: origin, keep: kept, network: func() string { return name }}
	if err := k.begin(); err != nil || k.store() != nil || len(kept) != 1 {
		t.Fatalf("nothing is known, and this was kept: %v, %v", kept, err)
	}
	name = "bad"
	if k.begin() == nil {
		t.Error("nonsense was taken for a link")
	}
	name = "elsewhere"
	if err := k.begin(); err != nil || origin.LinkRate() != 0 {
		t.Errorf("a new network begins with %d bit/s, %v", origin.LinkRate(), err)
	}
}
