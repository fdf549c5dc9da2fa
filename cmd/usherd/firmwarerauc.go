package main

import (
	"errors"
	"log/slog"
	"os"
	"strings"

	"usher/firmware/rauc"
	"usher/internal/config"
)

var errRAUC = errors.New("with kind rauc, url, root, board and version belong together; record and slots are RAUC's")

// raucSlots are slots that RAUC writes: it is a helper of its own.
func raucSlots(c config.Firmware, folder string, log *slog.Logger) (*rauc.Slots, error) {
	if c.Version == "" || c.Record != "" || len(c.Slots) > 0 {
		return nil, errRAUC
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return nil, err
	}
	return rauc.New(rauc.Options{
		Folder: folder, Board: c.Board, Boot: strings.TrimSpace(string(boot)), Logger: log,
		Factory: rauc.Factory{Version: c.Version, Counter: uint64(c.Counter)}, //nolint:gosec // not negative: internal/config
	}), nil
}
