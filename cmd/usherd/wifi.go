package main

import (
	"context"
	"errors"
	"fmt"

	"usher/device/uplink"
	"usher/device/wifi"
	"usher/internal/box"
	"usher/internal/network"
	"usher/internal/sim"
	"usher/internal/ui"
)

// openNetwork finds out whose Wi-Fi is seen to. A demo leaves the machine's
// network alone: its radio is invented, and so is one that is asked for.
func (a *appliance) openNetwork() error {
	o := network.Options{
		Tell: func(e box.Event) { a.daemon.Tell(e) }, Paid: a.uplink.paid.Load, Logger: a.part("network"),
		Line: line, Reach: network.Prober{Services: a.serviceURLs()}.Reach,
	}
	switch {
	case a.cfg.Network.Radio == "simulated" || a.cfg.Demo && a.cfg.Network.Radio == "auto":
		r := sim.NewRadio(a.cfg.Network.Radio == "auto")
		o.Radio, o.Line, o.Reach, o.Simulated = r, r.Line, r.Reach, true
	case a.cfg.Network.Radio == "auto":
		o.Radio = radio{wifi.New("")}
	}
	a.radio, a.network = o.Radio, network.New(o)
	return nil
}

func (a *appliance) serviceURLs() (all []string) {
	for _, s := range a.edges.services {
		all = append(all, s.URL)
	}
	return all
}

// line is what the box's traffic goes over, in the words of the core.
func line() network.Line {
	l := uplink.Look()
	return network.Line{Link: box.NetLink(l.Kind), Address: l.Address, Hardware: l.Hardware}
}

// radio is the box's Wi-Fi in the words of the core.
type radio struct{ wifi *wifi.Wifi }

// Status implements network.Radio.
func (r radio) Status(ctx context.Context) (network.Status, error) {
	s, err := r.wifi.Status(ctx)
	name, ssid := box.ShowName(s.Network)
	return network.Status{Manager: s.Manager, Adapter: s.Adapter, NetworkRadio: box.NetworkRadio{State: string(s.State), Name: name, SSID: ssid, Signal: s.Signal}}, wifiProblem(err)
}

// List implements network.Radio.
func (r radio) List(ctx context.Context) (list []box.NetworkSeen, err error) {
	all, err := r.wifi.List(ctx)
	for _, n := range all {
		name, ssid := box.ShowName(n.Name)
		list = append(list, box.NetworkSeen{Name: name, SSID: ssid, Signal: n.Signal, Security: string(n.Security), Known: n.Known, Connected: n.Connected})
	}
	return list, wifiProblem(err)
}

// Join implements network.Radio.
func (r radio) Join(ctx context.Context, j network.Join) error {
	return wifiProblem(r.wifi.Join(ctx, wifi.Join{Name: j.Name, Passphrase: wifi.Secret(j.Passphrase), Hidden: j.Hidden}))
}

// Forget implements network.Radio.
func (r radio) Forget(ctx context.Context, name string) error {
	return wifiProblem(r.wifi.Forget(ctx, name))
}

// tickets are where the bridge leaves passphrases.
type tickets struct{ network *network.Network }

// Keep implements the bridge's contract.
func (t tickets) Keep(p ui.Passphrase) uint64 { return t.network.Keep(network.Secret(p)) }

// Drop implements the bridge's contract.
func (t tickets) Drop(ticket uint64) { t.network.Drop(ticket) }

// wifiEdge is the box's Wi-Fi as installers have it, who wait for the end. What
// changes something goes through the core as the screen's wishes do, so that
// there is one at a time; who looks is in nobody's way, and asks the radio.
type wifiEdge struct {
	network *network.Network
	submit  func(box.Event) *box.Problem
}

// wifiForBridge is nil where nothing sees to Wi-Fi.
func (a *appliance) wifiForBridge() ui.WiFi {
	if a.radio == nil {
		return nil
	}
	return wifiEdge{a.network, func(e box.Event) *box.Problem { return a.daemon.Submit(e) }}
}

// Status implements ui.WiFi.
func (e wifiEdge) Status(ctx context.Context) (ui.WiFiStatus, error) {
	s, err := e.network.Status(ctx)
	return ui.WiFiStatus{Manager: s.Manager, Adapter: s.Adapter, State: s.State, Network: s.Name, SSID: s.SSID, Signal: s.Signal}, err
}

// List implements ui.WiFi.
func (e wifiEdge) List(ctx context.Context) (list []ui.WiFiNetwork, err error) {
	all, err := e.network.List(ctx)
	for _, n := range all {
		list = append(list, ui.WiFiNetwork(n))
	}
	return list, err
}

// Join implements ui.WiFi.
func (e wifiEdge) Join(ctx context.Context, j ui.WiFiJoin) error {
	return e.network.Ask(ctx, network.Secret(j.Passphrase), func(ticket uint64) *box.Problem {
		return e.submit(box.NetworkJoinAsked{Name: j.Name, SSID: j.SSID, Hidden: j.Hidden, Ticket: ticket, Awaited: true})
	})
}

// Forget implements ui.WiFi.
func (e wifiEdge) Forget(ctx context.Context, n ui.WiFiName) error {
	return e.network.Ask(ctx, "", func(ticket uint64) *box.Problem {
		return e.submit(box.NetworkForgetAsked{Name: n.Name, SSID: n.SSID, Ticket: ticket, Awaited: true})
	})
}

// wifiCodes are what people are told of errors of Wi-Fi.
func wifiCodes() map[error]string {
	return map[error]string{
		wifi.ErrNoManager: "wifi_none", wifi.ErrNoAdapter: "wifi_adapter", wifi.ErrOff: "wifi_off", wifi.ErrUnseen: "wifi_unseen", wifi.ErrNeeded: "wifi_needed",
		wifi.ErrPassphrase: "wifi_passphrase", wifi.ErrImproper: "wifi_improper", wifi.ErrEnterprise: "wifi_enterprise", wifi.ErrWeak: "wifi_weak",
		wifi.ErrAddress: "wifi_address", wifi.ErrUnknown: "wifi_unknown", wifi.ErrFailed: "wifi_failed",
	}
}

// wifiProblem is an error as a person is told of it.
func wifiProblem(err error) error {
	if err == nil {
		return nil
	}
	for known, code := range wifiCodes() {
		if errors.Is(err, known) {
			return network.Problem(code)
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &box.Problem{Code: "wifi_failed", Text: "The Wi-Fi did not get there in time.", Hint: "Move the box nearer to the router, or try again."}
	}
	return err
}

// weakSignal is below what a film in high definition needs, of 100.
const weakSignal = 30

// wifi says how the Wi-Fi stands, where the box has some. The name of the
// network is not said: what the doctor finds is sent to others.
func (d doctor) wifi(ctx context.Context) []ui.Check {
	e := d.a.wifiForBridge()
	if e == nil || d.a.cfg.Demo || d.a.cfg.Network.Radio == "simulated" {
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
