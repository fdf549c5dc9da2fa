package main

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"usher/firmware/firmwaretest"
	"usher/firmware/rauc/rauctest"
	"usher/internal/config"
	"usher/internal/dbustest"
)

// TestHealthWithRAUC: a daemon that does not get as far as its trial is caught on
// a box with RAUC as well, and a start without a trial is left alone.
func TestHealthWithRAUC(t *testing.T) {
	bus := dbustest.Start(t)
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.Address())
	machine := rauctest.NewBox()
	service, err := machine.Serve(bus.Address(), rauctest.Quirks{})
	must(t, err)
	defer func() { service.Stop() }()

	dir := t.TempDir()
	cfg, err := config.Load(config.Input{
		Args: []string{"-firmware-health", "0s", "-state", dir, "-socket", filepath.Join(dir, "s")},
		Environ: []string{
			"USHER_FIRMWARE_KIND=rauc", "USHER_FIRMWARE_URL=https://updates.example/", "USHER_FIRMWARE_ROOT=/none", "USHER_FIRMWARE_BOARD=stick",
			"USHER_FIRMWARE_VERSION=1", "USHER_FIRMWARE_COUNTER=1",
		},
	})
	must(t, err)
	log := slog.New(slog.DiscardHandler)
	health := func() (string, error) {
		var out strings.Builder
		err := firmwareHealth(t.Context(), cfg, &out, log)
		return out.String(), err
	}
	if out, err := health(); err != nil || !strings.Contains(out, "has proved itself") {
		t.Errorf("on any day: %q, %v", out, err)
	}

	must(t, os.Mkdir(filepath.Join(dir, "firmware"), 0o700))
	slots, err := raucSlots(cfg.Firmware, filepath.Join(dir, "firmware"), log)
	must(t, err)
	img := firmwaretest.Image(2, 20<<10)
	must(t, slots.Write(t.Context(), firmwaretest.Describe("2", 2, "stick", img), &firmwaretest.Source{Image: img}, nil))
	must(t, slots.Activate(t.Context()))
	if out, err := health(); err != nil {
		t.Errorf("activated and not started: %q, %v", out, err)
	}
	service.Stop()
	machine.Reboot()
	service, err = machine.Serve(bus.Address(), rauctest.Quirks{})
	must(t, err)
	if _, err := health(); !errors.Is(err, errUnproved) {
		t.Errorf("on trial: %v", err)
	}
	must(t, slots.Good(t.Context()))
	if out, err := health(); err != nil {
		t.Errorf("kept: %q, %v", out, err)
	}

	service.Stop()
	if err := firmwareHealth(t.Context(), cfg, io.Discard, log); err != nil {
		t.Errorf("where RAUC does not answer it is not known what runs: %v", err)
	}
	cfg.Firmware.Version = ""
	if err := firmwareHealth(t.Context(), cfg, io.Discard, log); !errors.Is(err, errRAUC) {
		t.Errorf("a configuration that does not belong together: %v", err)
	}
}

// TestBootID: the daemon, whose /proc is sealed, and the check of the health,
// whose is not, mean the same start of the system. Found in the appliance: with
// RAUC the daemon did not start from its own unit.
func TestBootID(t *testing.T) {
	file := filepath.Join(t.TempDir(), "boot_id")
	must(t, os.WriteFile(file, []byte("1b4e28ba-2fa1-11d2-883f-0016d3cca427\n"), 0o600))
	const want = "1b4e28ba2fa111d2883f0016d3cca427"
	for name, c := range map[string]struct{ variable, file string }{"the unit's": {want, "/none"}, "the kernel's": {"", file}} {
		got, err := bootID(func(name string) (string, bool) { return c.variable, name == bootVariable && c.variable != "" }, c.file)
		if err != nil || got != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := bootID(func(string) (string, bool) { return "", false }, "/none"); err == nil || !strings.Contains(err.Error(), bootVariable) {
		t.Errorf("neither of them: %v", err)
	}
	unit, err := os.ReadFile("../../systemd/usherd.service")
	must(t, err)
	if !strings.Contains(string(unit), "\nEnvironment="+bootVariable+"=%b\n") {
		t.Errorf("the unit sets no %s", bootVariable)
	}
}
