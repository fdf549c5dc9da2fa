//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"usher/firmware/abslots"
)

// recordRoom is how long a boot record is made, bytes: its copies are in
// different erase blocks.
const recordRoom = 1 << 20

// recordVerb makes the boot record of a box that leaves the factory.
func recordVerb(fs *flag.FlagSet) action {
	version := fs.String("version", "", "what slot a holds")
	counter := fs.Uint64("counter", 1, "the counter of that release: the box never goes below it")
	return func(_ context.Context, out io.Writer, words []string) error {
		if err := needWords(words, 1, 1); err != nil {
			return err
		}
		if *version == "" {
			return usage("-version is missing")
		}
		if err := makeRecord(words[0], *version, *counter); err != nil {
			return err
		}
		_, err := fmt.Fprintf(out, "%s: a box with %s in slot a starts with it; slot b is empty.\n", words[0], *version)
		return err
	}
}

// makeRecord writes a record into a new file, or into a partition that has none.
func makeRecord(name, version string, counter uint64) error {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	switch {
	case err == nil:
		if err := errors.Join(f.Truncate(recordRoom), f.Close()); err != nil {
			return fmt.Errorf("make boot record: %w", err)
		}
	case !errors.Is(err, os.ErrExist):
		return fmt.Errorf("make boot record: %w", err)
	}
	d, err := abslots.OpenFile(name)
	if err != nil {
		return fmt.Errorf("make boot record: %w", err)
	}
	if err := errors.Join(abslots.Format(d, version, counter), d.Close()); err != nil {
		return fmt.Errorf("make boot record %s: %w", name, err)
	}
	return nil
}
