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
	}, nil
}

func (kitchenWiFi) Join(_ context.Context, j ui.WiFiJoin) error {
	switch {
	case j.Name == "Cellar" && j.Hidden:
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

func (kitchenWiFi) Forget(_ context.Context, name string) error {
	if name != "Kitchen" {
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
