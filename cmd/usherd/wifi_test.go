package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"usher/device/wifi"
	"usher/internal/box"
)

// TestWiFiProblems: every error of the driver is told in words with a next
// step, and nothing else is taken for one.
func TestWiFiProblems(t *testing.T) {
	for _, err := range []error{
		wifi.ErrNoManager, wifi.ErrNoAdapter, wifi.ErrOff, wifi.ErrUnseen, wifi.ErrNeeded, wifi.ErrPassphrase, wifi.ErrImproper, wifi.ErrEnterprise, wifi.ErrWeak, wifi.ErrFailed,
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

// TestADemoLeavesWiFiAlone: it runs on somebody's laptop.
func TestADemoLeavesWiFiAlone(t *testing.T) {
	a := demo(t)
	if a.wifiForBridge() != nil || (doctor{a}).wifi(t.Context()) != nil {
		t.Error("the demo sees to the machine's Wi-Fi")
	}
}
