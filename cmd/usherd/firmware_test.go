package main

import (
	"os"
	"path/filepath"
	"testing"

	"usher/internal/box"
)

// TestTrialsOfAWorkingBox: a box in order passes its own trial.
func TestTrialsOfAWorkingBox(t *testing.T) {
	a := demo(t)
	for _, trial := range a.trials() {
		if trial.Name == "made to fail" {
			t.Error("a demo begins with a firmware that fails")
			continue
		}
		if err := trial.Run(t.Context()); err != nil {
			t.Errorf("%s: %v", trial.Name, err)
		}
	}
}

// TestTrialFindsADamagedFilm: what comes out of the cache is compared.
func TestTrialFindsADamagedFilm(t *testing.T) {
	a := demo(t)
	film := newTrialFilm()
	if film.compare(t.Context(), "http://"+a.page.Addr().String()+"/", "#EXTM3U\n/\n") == nil {
		t.Error("the page was taken for a film")
	}
	if film.compare(t.Context(), "http://127.0.0.1/", "#EXTM3U\n") == nil {
		t.Error("an empty list was taken for a film")
	}
}

// TestTheTelevisionBeforeAnUpdate is remembered.
func TestTheTelevisionBeforeAnUpdate(t *testing.T) {
	a := demo(t)
	a.firmware.folder = t.TempDir()
	until(t, "the television is there", func() bool { return a.daemon.View().System.TV.Present })
	if err := a.noteTV(); err != nil || !a.hadTV() {
		t.Errorf("%v, there: %v", err, a.hadTV())
	}
	if _, err := os.Stat(filepath.Join(a.firmware.folder, "tv")); err != nil {
		t.Error(err)
	}
}

// TestABoxWithoutSlotsSaysSo, with a next step.
func TestABoxWithoutSlotsSaysSo(t *testing.T) {
	a := demo(t) // a test has no usher-release beside it
	if a.firmware.updater != nil {
		t.Skip("SKIP: usher-release is on the path")
	}
	if p := a.daemon.Submit(box.FirmwareAsked{Act: box.FirmwareCheck}); p == nil || p.Code != "firmware_absent" {
		t.Errorf("%v", p)
	}
}
