package ui

import (
	"context"

	"usher/internal/box"
)

// FirmwareStatus is the slots of the box and what became of updates, as data
// for JSON in the form of the document.
type FirmwareStatus struct {
	Firmware *box.FirmwareView `json:"firmware"`
	Slots    any               `json:"slots"`
	Floor    uint64            `json:"floor"`
	History  any               `json:"history"`
	Skipped  any               `json:"skipped"`
}

// firmwareMethods are those of updates.
func (b *Bridge) firmwareMethods() map[string]spec {
	return map[string]spec{
		"firmware.status":   takes(b.firmwareStatus),
		"firmware.check":    b.intent(box.FirmwareAsked{Act: box.FirmwareCheck}),
		"firmware.install":  b.intent(box.FirmwareAsked{Act: box.FirmwareInstall}),
		"firmware.postpone": takes(b.firmwarePostpone).asCommand(),
		"firmware.rollback": b.intent(box.FirmwareAsked{Act: box.FirmwareRollBack}),
	}
}

// firmwareStatus answers firmware.status.
func (b *Bridge) firmwareStatus(context.Context, *session, none) (any, error) {
	v := b.box.View().System.Firmware
	if b.firmware == nil || v == nil {
		return nil, refusal(&box.Problem{
			Code: "firmware_absent", Text: "This box keeps no firmware of its own.",
			Hint: "Update it by the means of its system, such as apt.",
		})
	}
	s := b.firmware()
	s.Firmware = v
	return s, nil
}

type postponeParams struct {
	ForMS int64 `json:"forMs"`
}

func (b *Bridge) firmwarePostpone(_ context.Context, _ *session, p postponeParams) (any, error) {
	return b.submit(box.FirmwarePostponed{For: milliseconds(p.ForMS)})
}
