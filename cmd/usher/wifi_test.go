package main

import (
	"context"
	"strings"
	"testing"

	"usher/internal/box"
	"usher/internal/ui"
)

// kitchenWiFi is a box in a kitchen.
type kitchenWiFi struct{}

func (kitchenWiFi) Status(context.Context) (ui.WiFiStatus, error) {
	return ui.WiFiStatus{Manager: "iwd", Adapter: "wlan0", State: "connected", Network: "Kitchen", Signal: 70}, nil
}

func (kitchenWiFi) List(context.Context) ([]ui.WiFiNetwork, error) {
	return []ui.WiFiNetwork{
		{Name: "Kitchen", Signal: 70, Security: "wpa", Known: true, Connected: true},
		{Name: "Next\x1b[2Jdoor", Signal: 20, Security: "open"}, // whose router clears screens
		{Name: "Caf\ufffd", SSID: "436166e9", Signal: 15, Security: "open"},
		{Name: "Caf\ufffd", SSID: "436166ea", Signal: 15, Security: "open"},
	}, nil
}

func (kitchenWiFi) Join(_ context.Context, j ui.WiFiJoin) error {
	switch {
	case j.Name == "Cellar" && j.Hidden, j.WiFiName == ui.WiFiName{Name: "Caf\ufffd", SSID: "436166ea"}:
		return nil
	case j.Name != "Kitchen":
		return &box.Problem{Code: "wifi_unseen", Text: "No such network is seen from here.", Hint: "usher wifi list"}
	case j.Passphrase == "":
		return &box.Problem{Code: "wifi_needed", Text: "The network wants a passphrase.", Hint: "Run it on a terminal."}
	case j.Passphrase != "correct horse":
		return &box.Problem{Code: "wifi_passphrase", Text: "The network refused the passphrase.", Hint: "Look at the router."}
	}
	return nil
}

func (kitchenWiFi) Forget(_ context.Context, n ui.WiFiName) error {
	if n.Name != "Kitchen" {
		return &box.Problem{Code: "wifi_unknown", Text: "The box does not know this network.", Hint: "There is nothing to forget."}
	}
	return nil
}

func TestPlainNames(t *testing.T) {
	for name, want := range map[string]string{"Küche 厨房": "Küche 厨房", "a\x1b[2Jb\u009bc\x7f": "a?[2Jb?c?", "\xff": "?"} {
		if got := plain(name); got != want || strings.ContainsAny(got, "\x1b\u009b") {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// TestNamesThatAreNoText: any octets can be meant, in hexadecimal digits or as
// the shell passes them.
func TestNamesThatAreNoText(t *testing.T) {
	a := &app{}
	if name, ssid, err := a.wifiName("Caf\xe9"); name != "Caf\ufffd" || ssid != "436166e9" || err != nil {
		t.Errorf("%q, %q, %v", name, ssid, err)
	}
	a.opt.hex = true
	if name, ssid, err := a.wifiName("4b6974"); name != "Kit" || ssid != "" || err != nil {
		t.Errorf("%q, %q, %v", name, ssid, err)
	}
}
