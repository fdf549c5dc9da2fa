package ui

import (
	"context"
	"errors"
	"fmt"

	"usher/internal/box"
)

// WiFi is the box's Wi-Fi. Its methods wait for the daemon that has it; their
// errors are a *box.Problem where a person can do something about them.
type WiFi interface {
	Status(ctx context.Context) (WiFiStatus, error)
	List(ctx context.Context) ([]WiFiNetwork, error)
	Join(ctx context.Context, j WiFiJoin) error
	Forget(ctx context.Context, n WiFiName) error
}

// WiFiStatus is how the Wi-Fi stands.
type WiFiStatus struct {
	Manager string `json:"manager"` // NetworkManager or iwd
	Adapter string `json:"adapter,omitempty"`
	State   string `json:"state"` // off, disconnected, connecting, connected
	Network string `json:"network,omitempty"`
	SSID    string `json:"ssid,omitempty"`   // of the network; see WiFiName
	Signal  int    `json:"signal,omitempty"` // 0 to 100
}

// WiFiNetwork is a network around the box.
type WiFiNetwork struct {
	Name      string `json:"name"`
	SSID      string `json:"ssid,omitempty"` // see WiFiName
	Signal    int    `json:"signal"`         // 0 to 100
	Security  string `json:"security"`       // open, wep, wpa, wpa3, enterprise
	Known     bool   `json:"known"`
	Connected bool   `json:"connected"`
}

// WiFiName is which network is meant.
type WiFiName struct {
	Name string `json:"name"`
	SSID string `json:"ssid"` // its octets in hexadecimal digits, where the name is not they
}

// Passphrase is one of a network; it does not print.
type Passphrase string

// String hides it.
func (Passphrase) String() string { return "[passphrase]" }

// GoString hides it.
func (Passphrase) GoString() string { return "[passphrase]" }

// WiFiJoin is a network to join.
type WiFiJoin struct {
	WiFiName
	Passphrase Passphrase `json:"passphrase"`
	Hidden     bool       `json:"hidden"`
}

// wifiMethods are those of Wi-Fi as installers have them.
func (b *Bridge) wifiMethods() map[string]spec {
	return map[string]spec{
		"wifi.status": takes(b.wifiStatus).within(b.limits.check),
		"wifi.list":   takes(b.wifiList).within(b.limits.check),
		"wifi.join":   takes(b.wifiJoin).within(b.limits.long),
		"wifi.forget": takes(b.wifiForget).within(b.limits.long),
	}
}

func (b *Bridge) wifiStatus(ctx context.Context, _ *session, _ none) (any, error) {
	if b.wifi == nil {
		return nil, refusal(noWiFi())
	}
	s, err := b.wifi.Status(ctx)
	if err != nil {
		return nil, told(err)
	}
	return s, nil
}

func (b *Bridge) wifiList(ctx context.Context, _ *session, _ none) (any, error) {
	if b.wifi == nil {
		return nil, refusal(noWiFi())
	}
	all, err := b.wifi.List(ctx)
	if err != nil {
		return nil, told(err)
	}
	return map[string]any{"networks": some(all)}, nil
}

func (b *Bridge) wifiJoin(ctx context.Context, _ *session, p WiFiJoin) (any, error) {
	if b.wifi == nil {
		return nil, refusal(noWiFi())
	}
	if err := b.wifi.Join(ctx, p); err != nil {
		return nil, told(err)
	}
	return accepted{true}, nil
}

func (b *Bridge) wifiForget(ctx context.Context, _ *session, p WiFiName) (any, error) {
	if b.wifi == nil {
		return nil, refusal(noWiFi())
	}
	if err := b.wifi.Forget(ctx, p); err != nil {
		return nil, told(err)
	}
	return accepted{true}, nil
}

// told is the refusal of a problem, and any other error as it is.
func told(err error) error {
	if p, ok := errors.AsType[*box.Problem](err); ok {
		return refusal(p)
	}
	return fmt.Errorf("ask for Wi-Fi: %w", err)
}

func noWiFi() *box.Problem {
	return &box.Problem{Code: "wifi_none", Text: "Nothing on this box lets Usher see to Wi-Fi.", Hint: "Connect it with a cable, or install NetworkManager or iwd."}
}
