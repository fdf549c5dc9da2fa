package main

import (
	"context"
	"errors"
	"fmt"

	"usher/device/wifi"
	"usher/internal/box"
	"usher/internal/ui"
)

// wifiEdge is the box's Wi-Fi as the bridge knows it.
type wifiEdge struct{ wifi *wifi.Wifi }

// wifiForBridge is nil in a demo, which leaves the machine's network alone.
func (a *appliance) wifiForBridge() ui.WiFi {
	if a.cfg.Demo {
		return nil
	}
	return wifiEdge{wifi.New("")}
}

// Status implements ui.WiFi.
func (e wifiEdge) Status(ctx context.Context) (ui.WiFiStatus, error) {
	s, err := e.wifi.Status(ctx)
	return ui.WiFiStatus{Manager: s.Manager, Adapter: s.Adapter, State: string(s.State), Network: s.Network, Signal: s.Signal}, wifiProblem(err)
}

// List implements ui.WiFi.
func (e wifiEdge) List(ctx context.Context) (list []ui.WiFiNetwork, err error) {
	all, err := e.wifi.List(ctx)
	for _, n := range all {
		list = append(list, ui.WiFiNetwork{Name: n.Name, Signal: n.Signal, Security: string(n.Security), Known: n.Known, Connected: n.Connected})
	}
	return list, wifiProblem(err)
}

// Join implements ui.WiFi.
func (e wifiEdge) Join(ctx context.Context, j ui.WiFiJoin) error {
	return wifiProblem(e.wifi.Join(ctx, wifi.Join{Name: j.Name, Passphrase: wifi.Secret(j.Passphrase), Hidden: j.Hidden}))
}

// wifiProblems are what a person can do about errors of Wi-Fi.
func wifiProblems() map[error]box.Problem {
	const around = "See what is around: usher wifi list"
	return map[error]box.Problem{
		wifi.ErrNoManager:  {Code: "wifi_none", Text: "Neither NetworkManager nor iwd runs on this box.", Hint: "Connect it with a cable, or install one of them."},
		wifi.ErrNoAdapter:  {Code: "wifi_adapter", Text: "The box has no Wi-Fi adapter that can be used.", Hint: "Connect it with a cable, or plug in an adapter that Linux knows."},
		wifi.ErrOff:        {Code: "wifi_off", Text: "Wi-Fi is switched off.", Hint: "Switch it on: nmcli radio wifi on, or rfkill unblock wifi"},
		wifi.ErrUnseen:     {Code: "wifi_unseen", Text: "No such network is seen from here.", Hint: around + "; one that does not tell its name wants --hidden."},
		wifi.ErrNeeded:     {Code: "wifi_needed", Text: "The network wants a passphrase.", Hint: "Run it on a terminal, or give the passphrase on standard input."},
		wifi.ErrPassphrase: {Code: "wifi_passphrase", Text: "The network refused the passphrase.", Hint: "Look at the router for the right one; upper and lower case matter."},
		wifi.ErrImproper:   {Code: "wifi_improper", Text: "A passphrase has 8 to 63 letters, digits and signs.", Hint: "Look at the router for the right one."},
		wifi.ErrEnterprise: {Code: "wifi_enterprise", Text: "The network wants a user name or certificates.", Hint: "Set it up with nmcli or iwctl, or choose another network."},
		wifi.ErrWeak:       {Code: "wifi_weak", Text: "The network's protection (WEP) can be broken by anybody, and is not used.", Hint: "Set the router to WPA2 or WPA3."},
		wifi.ErrFailed:     {Code: "wifi_failed", Text: "The network did not let the box in.", Hint: "Go nearer to the router, or try again; usher doctor says more."},
	}
}

// wifiProblem is an error as a person is told of it.
func wifiProblem(err error) error {
	if err == nil {
		return nil
	}
	for known, p := range wifiProblems() {
		if errors.Is(err, known) {
			return &p
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &box.Problem{Code: "wifi_failed", Text: "The Wi-Fi did not get there in time.", Hint: "Go nearer to the router, or try again."}
	}
	return err
}

// weakSignal is below what a film in high definition needs, of 100.
const weakSignal = 30

// wifi says how the Wi-Fi stands, where the box has some. The name of the
// network is not said: what the doctor finds is sent to others.
func (d doctor) wifi(ctx context.Context) []ui.Check {
	e := d.a.wifiForBridge()
	if e == nil {
		return nil
	}
	s, err := e.Status(ctx)
	switch {
	case err != nil: // without Wi-Fi a box has a cable
		return nil
	case s.State == string(wifi.Connected) && s.Signal > 0 && s.Signal < weakSignal:
		return []ui.Check{bad("wifi", ui.SeverityWarning, fmt.Sprintf("The Wi-Fi signal is weak: %d %%.", s.Signal), "Move the box or the router, or use a cable.")}
	case s.State == string(wifi.Connected) && s.Signal == 0: // it does not say
		return []ui.Check{good("wifi", "connected by "+s.Manager)}
	case s.State == string(wifi.Connected):
		return []ui.Check{good("wifi", fmt.Sprintf("connected by %s, signal %d %%", s.Manager, s.Signal))}
	case networkName() != anyNetwork:
		return []ui.Check{good("wifi", s.State+", and the box has another network")}
	}
	return []ui.Check{bad("wifi", ui.SeverityError, "The box has no network: its Wi-Fi is "+s.State+".", "See what is around and join it: usher wifi list, then usher wifi join NAME; or connect a cable.")}
}
