package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"usher/device/wifi"
	"usher/internal/box"
	"usher/internal/ui"
)

// TestWiFiProblems: every error of the driver is told in words with a next
// step, and nothing else is taken for one.
func TestWiFiProblems(t *testing.T) {
	for _, err := range []error{
		wifi.ErrNoManager, wifi.ErrNoAdapter, wifi.ErrOff, wifi.ErrUnseen, wifi.ErrNeeded, wifi.ErrPassphrase, wifi.ErrImproper, wifi.ErrEnterprise, wifi.ErrWeak, wifi.ErrAddress, wifi.ErrUnknown, wifi.ErrFailed,
		context.DeadlineExceeded,
	} {
		p, ok := errors.AsType[*box.Problem](wifiProblem(fmt.Errorf("%w: more", err)))
		if !ok || !strings.HasPrefix(p.Code, "wifi_") || p.Text == "" || p.Hint == "" {
			t.Errorf("%v: %+v", err, p)
		}
	}
	if other := errors.New("other"); !errors.Is(wifiProblem(other), other) || wifiProblem(nil) != nil {
		t.Error("another error became a problem, or none did")
	}
}

// TestADemoLeavesWiFiAlone: it runs on somebody's laptop, and has an invented
// one; asked for, a box has that too, and without any it says so.
func TestADemoLeavesWiFiAlone(t *testing.T) {
	a := demo(t)
	s, err := a.wifiForBridge().Status(t.Context())
	if err != nil || s.Manager != "demo" || s.State != "connected" {
		t.Errorf("%+v, %v", s, err)
	}
	if (doctor{a}).wifi(t.Context()) != nil {
		t.Error("the doctor takes it for the machine's")
	}
	until(t, "it is told", func() bool {
		v := a.daemon.View().Network
		return v.Simulated && v.Link == box.LinkWiFi && v.Reach == box.ReachInternet
	})
}

func TestARadioThatIsOff(t *testing.T) {
	a := demo(t, "USHER_NETWORK_RADIO=off")
	if a.wifiForBridge() != nil {
		t.Error("it is seen to")
	}
	until(t, "the line is looked at", func() bool { return a.daemon.View().Network.Link != "" })
	if p := a.daemon.Submit(box.NetworkLookAsked{}); p == nil || p.Code != "wifi_adapter" {
		t.Errorf("%+v", p)
	}
}

// TestAPassphraseIsNowhere joins a network through the core, with the wrong
// passphrase and the right one, and looks for them in what the core has kept.
func TestAPassphraseIsNowhere(t *testing.T) {
	a := demo(t, "USHER_NETWORK_RADIO=simulated")
	keep := tickets{a.network}
	until(t, "the radio is told", func() bool { return a.daemon.View().Network.WiFi.State == "disconnected" })
	join := func(p ui.Passphrase) box.NetworkAttempt {
		t.Helper()
		return a.attempt(t, box.NetworkJoinAsked{Name: "Sea View", Ticket: keep.Keep(p)})
	}
	if n := join("wrong horse"); n.Problem == nil || n.Problem.Code != "wifi_passphrase" {
		t.Errorf("%+v", n)
	}
	if n := join("correct horse"); n.Problem != nil {
		t.Errorf("%+v", n)
	}
	kept, err := a.journal(0)
	if err != nil || strings.Contains(kept, "horse") || strings.Contains(kept, "Sea View") || !strings.Contains(kept, "NetworkJoinAsked") {
		t.Errorf("%v: %s", err, kept)
	}
}

// TestInstallersGoThroughTheCore: what an installer does is an event like the
// screen's wishes, of a network whose name is no text too, and nothing of it is
// left for the screen to read. That one is refused while the other is at it is
// box.TestWhoWaitsHasReadIt, and who goes before the end is told of in
// internal/network.
func TestInstallersGoThroughTheCore(t *testing.T) {
	a := demo(t, "USHER_NETWORK_RADIO=simulated")
	edge, cafe := a.wifiForBridge(), ui.WiFiName{Name: "K\ufffdche", SSID: "4bfc636865"}
	if err := edge.Join(t.Context(), ui.WiFiJoin{WiFiName: cafe, Passphrase: "wrong horse"}); problemCode(err) != "wifi_passphrase" {
		t.Errorf("a wrong passphrase: %v", err)
	}
	if err := edge.Join(t.Context(), ui.WiFiJoin{WiFiName: cafe, Passphrase: "correct horse"}); err != nil {
		t.Fatal(err)
	}
	until(t, "the core knows, and nothing is left to read", func() bool {
		n := a.daemon.View().Network
		return n.Attempt == nil && n.WiFi.Name == cafe.Name && n.WiFi.SSID == cafe.SSID && n.Address != ""
	})
	if s, err := edge.Status(t.Context()); err != nil || s.Network != cafe.Name || s.SSID != cafe.SSID {
		t.Errorf("%+v, %v", s, err)
	}
	if err := edge.Forget(t.Context(), cafe); err != nil {
		t.Error(err)
	}
	if err := edge.Forget(t.Context(), cafe); problemCode(err) != "wifi_unknown" {
		t.Errorf("forgotten twice: %v", err)
	}
	_, entries, _ := a.daemon.Journal().Read()
	asked := 0
	for _, e := range entries {
		switch e := e.Event.(type) {
		case box.NetworkJoinAsked:
			asked += map[bool]int{true: 1}[e.Awaited && e.SSID == cafe.SSID]
		case box.NetworkForgetAsked:
			asked += map[bool]int{true: 1}[e.Awaited && e.SSID == cafe.SSID]
		}
	}
	if asked != 4 {
		t.Errorf("the core was asked %d times, want 4", asked)
	}
	if kept, err := a.journal(0); err != nil || strings.Contains(kept, "horse") || strings.Contains(kept, "4bfc") || strings.Contains(kept, "K\ufffdche") {
		t.Errorf("%v: a passphrase or a name is in the journal", err)
	}
}

func problemCode(err error) string {
	if p, ok := errors.AsType[*box.Problem](err); ok {
		return p.Code
	}
	return ""
}

// attempt has something done about a network, and gives how it ended.
func (a *appliance) attempt(t *testing.T, e box.Event) (ended box.NetworkAttempt) {
	t.Helper()
	var before uint64
	if n := a.daemon.View().Network.Attempt; n != nil {
		before = n.Session
	}
	if refused := a.daemon.Submit(e); refused != nil {
		t.Fatal(refused)
	}
	until(t, "an end of it", func() bool {
		n := a.daemon.View().Network.Attempt
		if n != nil {
			ended = *n
		}
		return n != nil && n.Session > before && n.Phase != box.AttemptRuns
	})
	return ended
}
