package sim

import (
	"context"
	"slices"
	"sync"
	"time"

	"usher/internal/box"
	"usher/internal/network"
)

// RadioPassword is what every protected network of a Radio takes.
const RadioPassword = "correct horse"

// The times of a Radio: about those of a real one.
const (
	radioLook   = 1500 * time.Millisecond
	radioJoin   = 2 * time.Second
	radioRefuse = 3 * time.Second
)

// airwave is an invented network.
type airwave struct {
	box.NetworkSeen
	octets  string // of the name
	hidden  bool
	addless bool // it has no address left
	reach   box.NetReach
}

// airwaves are the networks around the demo: one of each kind that a household
// may meet.
func airwaves() []airwave {
	wave := func(octets string, signal int, security string) airwave {
		name, ssid := box.ShowName(octets)
		return airwave{NetworkSeen: box.NetworkSeen{Name: name, SSID: ssid, Signal: signal, Security: security}, octets: octets, reach: box.ReachInternet}
	}
	hotel, cafe, full, cellar := wave("Hotel Meridian", 58, "open"), wave("Noodle Bar", 46, "wpa"), wave("Library", 41, "wpa"), wave("Cellar", 33, "wpa")
	hotel.reach, cafe.reach, full.addless, cellar.hidden = box.ReachPortal, box.ReachNothing, true, true
	return []airwave{
		wave("Lantern Street 7", 82, "wpa"), wave("Sea View", 67, "wpa3"), hotel, cafe, full,
		wave("Office", 37, "enterprise"), cellar, wave("Old Router", 24, "wep"), wave("Garden", 12, "wpa"),
		wave("K\xfcche", 9, "wpa"), wave("K\xf6che", 7, "open"), // of old routers, in Latin-1: no UTF-8, and shown alike
	}
}

// Radio is a Wi-Fi that sends nothing: its networks are invented, and joining
// them changes nothing about the machine. It is safe for concurrent use.
type Radio struct {
	mu    sync.Mutex
	waves []airwave
	at    string // octets of the name of the network that it is on; "" none
}

// NewRadio is a radio on no network, or at home on the strongest.
func NewRadio(home bool) *Radio {
	r := &Radio{waves: airwaves()}
	if home {
		r.at, r.waves[0].Known = r.waves[0].octets, true
	}
	return r
}

// Status implements network.Radio.
func (r *Radio) Status(context.Context) (network.Status, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := network.Status{Manager: "demo", Adapter: "demo0", NetworkRadio: box.NetworkRadio{State: "disconnected"}}
	if w := r.find(r.at); w != nil {
		s.NetworkRadio = box.NetworkRadio{State: "connected", Name: w.Name, SSID: w.SSID, Signal: w.Signal}
	}
	return s, nil
}

// List implements network.Radio.
func (r *Radio) List(ctx context.Context) ([]box.NetworkSeen, error) {
	if err := pass(ctx, radioLook); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []box.NetworkSeen
	for _, w := range r.waves {
		w.Connected = w.octets == r.at
		if w.Connected || !w.hidden {
			list = append(list, w.NetworkSeen)
		}
	}
	slices.SortStableFunc(list, func(a, b box.NetworkSeen) int { // as device/wifi has them
		return map[bool]int{true: 1}[b.Connected] - map[bool]int{true: 1}[a.Connected]
	})
	return list, nil
}

// Join implements network.Radio.
func (r *Radio) Join(ctx context.Context, j network.Join) error {
	known, code := r.judge(j)
	wait := radioJoin
	if code != "" {
		wait = map[bool]time.Duration{true: radioRefuse}[code == "wifi_passphrase" || code == "wifi_address"]
	}
	if err := pass(ctx, wait); err != nil {
		return err
	}
	if code != "" {
		return network.Problem(code)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.find(j.Name)
	w.Known, r.at = known || w.Security != "open" || w.Known, j.Name
	return nil
}

// judge says whether the box gets on a network, and why not.
func (r *Radio) judge(j network.Join) (known bool, code string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.find(j.Name)
	switch {
	case w == nil || w.hidden && !j.Hidden && !w.Known:
		return false, "wifi_unseen"
	case w.Security == "enterprise":
		return false, "wifi_enterprise"
	case w.Security == "wep":
		return false, "wifi_weak"
	case w.Security == "open", w.Known && j.Passphrase == "":
		return w.Known, ""
	case j.Passphrase == "":
		return false, "wifi_needed"
	case len(j.Passphrase) < 8:
		return false, "wifi_improper"
	case j.Passphrase != RadioPassword:
		return false, "wifi_passphrase"
	case w.addless:
		return false, "wifi_address"
	}
	return true, ""
}

// Forget implements network.Radio.
func (r *Radio) Forget(_ context.Context, name string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.find(name)
	if w == nil || !w.Known && r.at != name {
		return network.Problem("wifi_unknown")
	}
	w.Known = false
	if r.at == name {
		r.at = ""
	}
	return nil
}

// Line is what a box with this radio and no cable hangs on.
func (r *Radio) Line() network.Line {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at == "" {
		return network.Line{Link: box.LinkNone}
	}
	return network.Line{Link: box.LinkWiFi, Address: "192.0.2.17", Hardware: "02:00:5e:00:53:07"} // RFC 5737, RFC 7042
}

// Reach is how far its network gets.
func (r *Radio) Reach(context.Context) box.NetReach {
	r.mu.Lock()
	defer r.mu.Unlock()
	if w := r.find(r.at); w != nil {
		return w.reach
	}
	return box.ReachUnknown
}

// find is the network of a name; r.mu is held.
func (r *Radio) find(name string) *airwave {
	i := slices.IndexFunc(r.waves, func(w airwave) bool { return w.octets == name })
	if i < 0 {
		return nil
	}
	return &r.waves[i]
}

// pass lets time pass.
func pass(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
