package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"usher/internal/box"
	"usher/internal/ui"
)

// TestRealWiFi takes a box without a network onto one, as the screen does: through
// the core, by the real NetworkManager or iwd, on the kernel's own radios
// (mac80211_hwsim) with hostapd at the other end. It needs the guest of make
// e2e-vm-wifi, which has the networks "Kitchen" (password "correct horse"),
// "Garden" (open) and "Full" (whose router gives no addresses), "Cellar" (which
// tells nobody its name), and two whose names are no UTF-8.
func TestRealWiFi(t *testing.T) {
	if os.Getenv("USHER_GUEST_WIFI") == "" {
		t.Skip("SKIP: real radios are joined by make e2e-vm-wifi")
	}
	a := running(t, nil, "USHER_TV_MODE=off", "USHER_REMOTE_READ=off")
	keep := tickets{a.network}
	view := func() box.NetworkView { return a.daemon.View().Network }
	within := func(what string, is func(v box.NetworkView) bool) {
		t.Helper()
		began := time.Now()
		for !is(view()) {
			if time.Since(began) > 3*time.Minute {
				t.Fatalf("no %s: %+v", what, view())
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Logf("%s after %v", what, time.Since(began).Round(100*time.Millisecond))
	}
	join := func(name string, p ui.Passphrase, hidden bool, want string) {
		t.Helper()
		began := time.Now()
		got := ""
		if n := a.attempt(t, box.NetworkJoinAsked{Name: name, Hidden: hidden, Ticket: keep.Keep(p)}); n.Problem != nil {
			got = n.Problem.Code
		}
		t.Logf("%s: %q after %v, on %q with %s", name, got, time.Since(began).Round(100*time.Millisecond), view().WiFi.Name, view().Address)
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	within("radio", func(v box.NetworkView) bool { return v.Link == box.LinkNone && v.WiFi.State == "disconnected" })
	for range 10 { // the first look comes while the radio is barely up
		if refused := a.daemon.Submit(box.NetworkLookAsked{}); refused != nil {
			t.Fatal(refused)
		}
		within("look", func(v box.NetworkView) bool { return !v.Looking })
		if len(view().Networks) >= 3 {
			break
		}
	}
	t.Logf("around: %+v", view().Networks)
	join("Nowhere", "correct horse", false, "wifi_unseen")
	join("Kitchen", "wrong horse", false, "wifi_passphrase")
	if view().Link != box.LinkNone {
		t.Errorf("a wrong password: %+v", view())
	}
	join("Full", "correct horse", false, "wifi_address")
	join("Kitchen", "correct horse", false, "")
	within("an address", func(v box.NetworkView) bool {
		return v.Link == box.LinkWiFi && strings.HasPrefix(v.Address, "192.168.") && v.WiFi.Name == "Kitchen" && v.WiFi.Signal > 0
	})
	if refused := a.daemon.Submit(box.NetworkLookAsked{}); refused != nil { // which gives way
		t.Error(refused)
	}
	join("Garden", "", false, "")
	join("Kitchen", "", false, "") // known
	join("Cellar", "correct horse", true, "")
	a.joinOctets(t)
	for _, name := range []string{"Kitchen", "Cellar"} {
		if p := a.attempt(t, box.NetworkForgetAsked{Name: name}).Problem; p != nil {
			t.Errorf("forget %s: %+v", name, p)
		}
	}
	within("no network", func(v box.NetworkView) bool { return v.WiFi.Name == "" })
	if kept, err := a.journal(0); err != nil || strings.Contains(kept, "horse") || strings.Contains(kept, "Kitchen") {
		t.Errorf("%v: a password or a name is in the journal", err)
	}
}

// joinOctets joins, as an installer does, a network whose name is no text, beside
// one that is shown alike. iwd passes over such networks.
func (a *appliance) joinOctets(t *testing.T) {
	t.Helper()
	edge, want := a.wifiForBridge(), ui.WiFiName{Name: "K\ufffdche", SSID: "4bfc636865"}
	all, err := edge.List(t.Context())
	alike := 0
	for _, n := range all {
		alike += map[bool]int{true: 1}[n.Name == want.Name]
	}
	s, _ := edge.Status(t.Context())
	t.Logf("around, by %s: %+v, %v", s.Manager, all, err)
	join := func() error { return edge.Join(t.Context(), ui.WiFiJoin{WiFiName: want}) }
	if s.Manager == "iwd" {
		if err := join(); alike != 0 || problemCode(err) != "wifi_unseen" {
			t.Errorf("iwd shows %d, and joins with %v", alike, err)
		}
		return
	}
	if err := join(); alike != 2 || err != nil {
		t.Errorf("%d are shown alike; joined: %v", alike, err)
	}
	if s, err := edge.Status(t.Context()); err != nil || s.Network != want.Name || s.SSID != want.SSID {
		t.Errorf("on %+v, %v", s, err)
	}
	if v := a.daemon.View().Network; v.Attempt != nil || v.WiFi.SSID != want.SSID || !strings.HasPrefix(v.Address, "192.168.75.") {
		t.Errorf("the core knows %+v", v)
	}
	if err := edge.Forget(t.Context(), want); err != nil {
		t.Error(err)
	}
}
