package main

import (
	"errors"
	"os"
	"strings"

	"usher/firmware"
	"usher/firmware/rauc"
	"usher/internal/config"
)

var errRAUC = errors.New("with kind rauc, url, root, board and version belong together; record and slots are RAUC's")

// raucSlots are slots that RAUC writes: it is a helper of its own.
func (a *appliance) raucSlots(c config.Firmware, folder string) (firmware.Slots, error) {
	if c.Version == "" || c.Record != "" || len(c.Slots) > 0 {
		return nil, errRAUC
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return nil, err
	}
	return rauc.New(rauc.Options{
		Folder: folder, Board: c.Board, Boot: strings.TrimSpace(string(boot)), Logger: a.part("slots"),
		Factory: rauc.Factory{Version: c.Version, Counter: uint64(c.Counter)}, //nolint:gosec // not negative: internal/config
	}), nil
}
