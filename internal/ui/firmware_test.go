package ui

import (
	"encoding/json"
	"errors"
	"testing"

	"usher/internal/box"
)

// fullFirmware has every member that the document knows.
func fullFirmware() *box.FirmwareView {
	return &box.FirmwareView{
		Stage: box.FirmwareWritten, Version: "1", Slot: "a", Offer: "2", Notes: map[string]string{"en": "Better."}, Percent: 100, Waits: "watching",
		LaterMS: 1, LaterLeft: 2, UrgentMS: 3, CheckedMS: 4, InstallsNow: true, Problem: &box.Problem{Code: "firmware_unreachable", Text: "x", Hint: "y"},
	}
}

// fullFirmwareStatus is what the updater gives.
func fullFirmwareStatus() FirmwareStatus {
	return FirmwareStatus{
		Slots: json.RawMessage(`[{"name":"a","state":"good","version":"1","counter":1,"attempts":0,"booted":true,"primary":true},{"name":"b","state":"empty","counter":0,"attempts":0,"reason":"interrupted","booted":false,"primary":false}]`),
		Floor: 1, History: json.RawMessage(`[{"at":"2026-11-21T15:00:00Z","from":"1","version":"2","kept":false,"reason":"no_player"}]`), Skipped: json.RawMessage(`[{"version":"2","why":"tried_before"}]`),
	}
}

// TestFirmwareOfABoxWithoutSlots says so, with a next step.
func TestFirmwareOfABoxWithoutSlots(t *testing.T) {
	b := fuzzBridge(t)
	_, err := b.firmwareStatus(t.Context(), nil, none{})
	if bad, ok := errors.AsType[*fault](err); !ok || bad.Data.Key != "firmware_absent" {
		t.Errorf("got %v", err)
	}
}
