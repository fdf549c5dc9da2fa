package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// compare says whether dist holds exactly the files.
func compare(dist string, files map[string][]byte) error {
	there, err := list(dist)
	if err != nil {
		return err
	}
	if len(there) != len(files) {
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
	for name, data := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dist, name)), 0o755); err != nil {
			return fmt.Errorf("make dist: %w", err)
		}
		if err := os.WriteFile(filepath.Join(dist, name), data, 0o644); err != nil {
			return fmt.Errorf("write page file: %w", err)
		}
	}
	there, err := list(dist)
	if err != nil {
		return err
	}
	for _, name := range there {
		if _, ok := files[name]; ok {
			continue
		}
		if err := os.Remove(filepath.Join(dist, name)); err != nil {
			return fmt.Errorf("remove stale page file: %w", err)
		}
	}
	return nil
}

// list names the files of dist, those in folders too.
func list(dist string) (names []string, err error) {
	err = fs.WalkDir(os.DirFS(dist), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read dist: %w", err)
	}
	return names, nil
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
