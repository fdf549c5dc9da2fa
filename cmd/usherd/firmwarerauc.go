package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"usher/firmware/rauc"
	"usher/internal/config"
)

var errRAUC = errors.New("with kind rauc, url, root, board and version belong together; record and slots are RAUC's")

// bootVariable has the id of this start of the system. The unit sets it: a
// daemon whose /proc has processes alone (ProcSubset=pid) finds no file of it.
const bootVariable = "BOOT_ID"

// bootID is another word for each start of the system, written as systemd does.
func bootID(lookup func(string) (string, bool), file string) (string, error) {
	id, ok := lookup(bootVariable)
	if !ok {
		data, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("tell the starts of the system apart, without %s in the environment: %w", bootVariable, err)
		}
		id = string(data)
	}
	return strings.ReplaceAll(strings.TrimSpace(id), "-", ""), nil
}

// raucSlots are slots that RAUC writes: it is a helper of its own.
func raucSlots(c config.Firmware, folder string, log *slog.Logger) (*rauc.Slots, error) {
	if c.Version == "" || c.Record != "" || len(c.Slots) > 0 {
		return nil, errRAUC
	}
	boot, err := bootID(os.LookupEnv, "/proc/sys/kernel/random/boot_id")
	if err != nil {
		return nil, err
	}
	return rauc.New(rauc.Options{
		Folder: folder, Board: c.Board, Boot: boot, Logger: log,
		Factory: rauc.Factory{Version: c.Version, Counter: uint64(c.Counter)}, //nolint:gosec // not negative: internal/config
	}), nil
}
