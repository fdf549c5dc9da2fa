package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"usher/firmware/abslots"
	"usher/internal/config"
)

// TestWhatWasStarted: the boot loader's word, by files or on the command line.
func TestWhatWasStarted(t *testing.T) {
	for line, want := range map[string]booted{
		"quiet usher.slot=b root=/dev/x\n": {slot: "b"},
		"usher.slot=a usher.trial=1":       {slot: "a", trial: true},
		"usher.slot=a usher.trial":         {slot: "a", trial: true},
		"usher.slot=a usher.trial=0":       {slot: "a"},
		"quiet xusher.slot=a":              {},
	} {
		if got := bootedOf(line); got != want {
			t.Errorf("%q: %+v", line, got)
		}
	}
	dir := t.TempDir()
	cmdline := filepath.Join(dir, "cmdline")
	if _, err := readBooted(dir, cmdline); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without either: %v", err)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("cmdline", "usher.slot=a")
	if got, err := readBooted(dir, cmdline); err != nil || got != (booted{slot: "a"}) {
		t.Errorf("%+v, %v", got, err)
	}
	write("slot", "b\n")
	write("trial", "")
	if got, err := readBooted(dir, cmdline); err != nil || got != (booted{"b", true}) {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestOpenSlots: what does not belong together is said, and nothing stays open.
func TestOpenSlots(t *testing.T) {
	dir := t.TempDir()
	c := config.Firmware{Board: "stick", Record: filepath.Join(dir, "record"), Slots: []string{filepath.Join(dir, "a"), filepath.Join(dir, "b")}}
	if _, err := openSlots(c, "", slog.New(slog.DiscardHandler)); !errors.Is(err, errSlots) {
		t.Errorf("without a slot: %v", err)
	}
	if _, err := openSlots(c, "ab", slog.New(slog.DiscardHandler)); !errors.Is(err, errSlots) {
		t.Errorf("with two: %v", err)
	}
	if _, err := openSlots(c, "b", slog.New(slog.DiscardHandler)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without files: %v", err)
	}
	for _, path := range append([]string{c.Record}, c.Slots...) {
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	record, err := abslots.OpenFile(c.Record)
	if err == nil {
		err = errors.Join(abslots.Format(record, "1", 1), record.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	l, err := openSlots(c, "b", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	list, err := l.Slots.Slots(t.Context())
	if err != nil || len(list) != 2 || !list[1].Booted {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := l.running.WriteAt([]byte{1}, 0); err == nil {
		t.Error("the slot that runs can be written")
	}
}
