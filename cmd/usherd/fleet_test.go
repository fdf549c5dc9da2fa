package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"usher/firmware"
	"usher/firmware/firmwaretest"
	"usher/firmware/fleet/ddi/dditest"
	"usher/firmware/rauc/rauctest"
	"usher/firmware/release"
	"usher/internal/box"
	"usher/internal/config"
	"usher/internal/dbustest"
)

// publisher is whoever makes the firmware of a box, with one key of each role.
func publisher(t *testing.T, dir string) (repo *release.Repo, issue func(version string, img []byte)) {
	t.Helper()
	repo, err := release.Open(filepath.Join(dir, "repo"), time.Now)
	must(t, err)
	keys := map[string]release.Key{}
	for _, name := range []string{"root", "list", "online"} {
		keys[name], err = release.NewKey(filepath.Join(dir, name))
		must(t, err)
	}
	public := func(name string) []release.Public { return []release.Public{keys[name].Public()} }
	must(t, repo.StageRoot(release.RootPlan{Root: public("root"), Releases: public("list"), Online: public("online"), Threshold: 1, Days: 30}))
	must(t, release.Sign(repo.Staged("root"), keys["root"]))
	return repo, func(version string, img []byte) {
		t.Helper()
		_, err := repo.StageRelease(bytes.NewReader(img), firmware.Release{Version: version, Boards: []string{"stick"}, Counter: 2}, 30)
		must(t, err)
		must(t, release.Sign(repo.Staged("targets"), keys["list"]))
		_, err = repo.Publish(keys["online"], 7)
		must(t, err)
	}
}

// startsBox runs a demo box until stop, or until it ends by itself.
func startsBox(t *testing.T, args, environ []string) (a *appliance, ended chan error, stop func()) {
	t.Helper()
	cfg, err := config.Load(config.Input{Args: args, Environ: environ})
	must(t, err)
	a, err = build(cfg, newLogger(cfg, io.Discard))
	if err != nil {
		t.Fatal(errors.Join(err, a.close()))
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended = make(chan error, 1)
	go func() {
		err := a.run(ctx, io.Discard)
		ended <- errors.Join(err, a.close())
		close(ended)
	}()
	return a, ended, func() {
		cancel()
		for range ended {
		}
	}
}

// TestHawkbitLeadsABoxWithRAUC: hawkBit says which release and when, the signed
// list what its bytes are, RAUC writes them, and the box keeps what works.
func TestHawkbitLeadsABoxWithRAUC(t *testing.T) {
	bus := dbustest.Start(t)
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.Address())
	machine := rauctest.NewBox()
	service, err := machine.Serve(bus.Address(), rauctest.Quirks{Old: true})
	must(t, err)
	defer func() { service.Stop() }()

	dir := t.TempDir()
	repo, issue := publisher(t, dir)
	issue("2", firmwaretest.Image(2, 300<<10))
	web := httptest.NewServer(http.FileServer(http.Dir(repo.Public())))
	defer web.Close()
	hawk := &dditest.Server{Tenant: "default", Token: "secret", Sleep: "00:10:00"}
	fleet := httptest.NewServer(hawk)
	defer fleet.Close()
	action := hawk.Assign("box-1", dditest.Deployment{Version: "2", Download: "attempt", Update: "skip"})
	must(t, os.WriteFile(filepath.Join(dir, "token"), []byte("secret\n"), 0o600))

	args := []string{"-demo", "-listen", "127.0.0.1:0", "-media", "127.0.0.1:0", "-socket", dir + "/s", "-state", dir + "/state", "-cache", dir + "/cache"}
	environ := []string{
		"USHER_PLAYER_KIND=simulated", "USHER_FIRMWARE_KIND=rauc", "USHER_FIRMWARE_URL=" + web.URL + "/", "USHER_FIRMWARE_BOARD=stick", "USHER_FIRMWARE_VERSION=1", "USHER_FIRMWARE_COUNTER=1",
		"USHER_FIRMWARE_ROOT=" + filepath.Join(repo.Public(), "metadata", "1.root.json"),
		"USHER_HAWKBIT_URL=" + fleet.URL, "USHER_HAWKBIT_ID=box-1", "USHER_HAWKBIT_TOKEN=" + filepath.Join(dir, "token"),
	}
	a, ended, stop := startsBox(t, args, environ)
	defer func() { stop() }()
	at := func(s box.FirmwareStage) func() bool {
		return func() bool { v := a.daemon.View().System.Firmware; return v != nil && v.Stage == s }
	}
	until(t, "the slots are read", at(box.FirmwareIdle))
	if p := a.daemon.Submit(box.FirmwareAsked{Act: box.FirmwareInstall}); p != nil {
		t.Fatal(p)
	}
	until(t, "RAUC has written it", at(box.FirmwareWritten))
	if machine.Primary() != rauctest.SlotA || hawk.Config("box-1")["board"] != "stick" {
		t.Errorf("next is %s, hawkBit knows %v", machine.Primary(), hawk.Config("box-1"))
	}

	hawk.Change("box-1", func(d *dditest.Deployment) { d.Update = "attempt" })
	if p := a.daemon.Submit(box.FirmwareAsked{Act: box.FirmwareCheck}); p != nil {
		t.Fatal(p)
	}
	if err := <-ended; !errors.Is(err, errAgain) {
		t.Fatalf("it ended with %v", err)
	}
	service.Stop()
	machine.Reboot()
	service, err = machine.Serve(bus.Address(), rauctest.Quirks{Old: true})
	must(t, err)

	a, _, stop = startsBox(t, args, environ)
	until(t, "hawkBit hears that it is kept", func() bool { return hawk.Action("box-1", action).State == "finished" })
	until(t, "it is idle", at(box.FirmwareIdle))
	now := a.firmware.updater.Status()
	if len(now.Slots) != 2 || now.Slots[1].Name != rauctest.SlotB || now.Slots[1].StateName != "good" || !now.Slots[1].Booted || now.Floor != 2 {
		t.Errorf("%+v", now)
	}
	if marks := machine.Marks(); !slices.Contains(marks, "good "+rauctest.SlotB) || len(now.History) != 1 || !now.History[0].Kept {
		t.Errorf("RAUC was told %q; %+v", marks, now.History)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestFirmwareThatDoesNotBelongTogether is told with a next step.
func TestFirmwareThatDoesNotBelongTogether(t *testing.T) {
	dir := t.TempDir()
	repo, issue := publisher(t, dir)
	issue("2", firmwaretest.Image(2, 4<<10))
	base := []string{
		"USHER_PLAYER_KIND=simulated", "USHER_FIRMWARE_KIND=rauc", "USHER_FIRMWARE_URL=https://updates.example/", "USHER_FIRMWARE_BOARD=stick",
		"USHER_FIRMWARE_ROOT=" + filepath.Join(repo.Public(), "metadata", "1.root.json"),
	}
	for name, c := range map[string]struct {
		environ []string
		want    string
	}{
		"no version":                {nil, errRAUC.Error()},
		"a record":                  {[]string{"USHER_FIRMWARE_VERSION=1", "USHER_FIRMWARE_RECORD=/dev/x"}, errRAUC.Error()},
		"hawkBit without a token":   {[]string{"USHER_FIRMWARE_VERSION=1", "USHER_HAWKBIT_URL=https://h.example", "USHER_HAWKBIT_ID=a"}, errHawkbit.Error()},
		"a token that is not there": {[]string{"USHER_FIRMWARE_VERSION=1", "USHER_HAWKBIT_URL=https://h.example", "USHER_HAWKBIT_ID=a", "USHER_HAWKBIT_TOKEN=" + dir + "/none"}, "hawkbit.token"},
		"hawkBit without TLS":       {[]string{"USHER_FIRMWARE_VERSION=1", "USHER_HAWKBIT_URL=http://h.example", "USHER_HAWKBIT_ID=a", "USHER_HAWKBIT_TOKEN=" + filepath.Join(dir, "root.pub")}, "https"},
	} {
		t.Run(name, func(t *testing.T) {
			state := t.TempDir()
			cfg, err := config.Load(config.Input{
				Args:    []string{"-demo", "-listen", "127.0.0.1:0", "-media", "127.0.0.1:0", "-socket", state + "/s", "-state", state, "-cache", state + "/cache"},
				Environ: append(base, c.environ...),
			})
			must(t, err)
			a, err := build(cfg, newLogger(cfg, io.Discard))
			must(t, a.close())
			start, ok := errors.AsType[*startError](err)
			if !ok || !strings.Contains(err.Error(), c.want) || start.hint == "" {
				t.Errorf("got %v", err)
			}
		})
	}
}
