//go:build linux

package rauc

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"usher/firmware"
	"usher/firmware/rauc/rauctest"
)

// TestTrialFile: it is there from before a slot may start until what became of
// that is known, and never otherwise.
func TestTrialFile(t *testing.T) {
	r := newRig(t, rauctest.Quirks{})
	there := func(when string, want bool) {
		t.Helper()
		if _, err := os.Stat(filepath.Join(r.folder, TrialFile)); (err == nil) != want {
			t.Errorf("%s: %v", when, err)
		}
	}
	unit, err := os.ReadFile("../../systemd/usherd-health.service")
	r.must(err)
	if !bytes.Contains(unit, []byte("/firmware/"+TrialFile+"\n")) {
		t.Error("the health check of a start does not look for it")
	}
	_, err = r.write(t.Context())
	r.must(err)
	there("written", false)
	r.must(r.slots().Activate(t.Context()))
	there("activated", true)
	r.reboot(rauctest.Quirks{})
	there("on trial", true)
	r.must(r.slots().Good(t.Context()))
	there("kept", false)
	r.must(r.slots().Bad(t.Context(), firmware.ByHand))
	there("given up", true)
	r.reboot(rauctest.Quirks{})
	there("back", false)
	if at := r.list(); !at[0].Booted || at[1].State != firmware.Bad {
		t.Errorf("%+v", at)
	}
}

// TestPeek: it says what a look would say, before there was one, and changes
// neither the record nor RAUC.
func TestPeek(t *testing.T) {
	r := newRig(t, rauctest.Quirks{})
	_, err := r.write(t.Context())
	r.must(err)
	r.must(r.slots().Activate(t.Context()))
	r.service.Stop()
	r.box.Reboot()
	r.serve(rauctest.Quirks{})
	record := func() []byte {
		data, err := os.ReadFile(filepath.Join(r.folder, recordName))
		r.must(err)
		return data
	}
	before, marks := record(), len(r.box.Marks())
	at, err := r.slots().Peek(t.Context())
	r.must(err)
	if !at[1].Booted || at[1].State != firmware.Trying || at[0].State != firmware.Good {
		t.Errorf("%+v", at)
	}
	if !bytes.Equal(before, record()) || len(r.box.Marks()) != marks {
		t.Errorf("it changed something: %s, %q", record(), r.box.Marks())
	}
	r.service.Stop()
	if _, err := r.slots().Peek(t.Context()); reason(err) != firmware.NoInstaller {
		t.Errorf("without RAUC: %v", err)
	}
}
