package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// compare says whether dist holds exactly the files.
func compare(dist string, files map[string][]byte) error {
	entries, err := os.ReadDir(dist)
	if err != nil {
		return fmt.Errorf("read dist: %w", err)
	}
	if len(entries) != len(files) {
		return errStale
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(dist, name))
		if err != nil || !bytes.Equal(got, want) {
			return fmt.Errorf("%s: %w", name, errStale)
		}
	}
	return nil
}

// write replaces dist, file by file, and removes what no longer belongs there.
func write(dist string, files map[string][]byte) error {
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return fmt.Errorf("make dist: %w", err)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dist, name), data, 0o644); err != nil {
			return fmt.Errorf("write page file: %w", err)
		}
	}
	entries, err := os.ReadDir(dist)
	if err != nil {
		return fmt.Errorf("read dist: %w", err)
	}
	for _, e := range entries {
		if _, ok := files[e.Name()]; ok {
			continue
		}
		if err := os.Remove(filepath.Join(dist, e.Name())); err != nil {
			return fmt.Errorf("remove stale page file: %w", err)
		}
	}
	return nil
}

// report prints the sizes, because the page has a budget of 60 kB of
// compressed script.
func report(files map[string][]byte) {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Printf("%-26s %7d bytes %7d gzip\n", name, len(files[name]), zipped(files[name]))
	}
}

func zipped(b []byte) int {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b) // a Buffer takes everything
	_ = w.Close()
	return out.Len()
}
