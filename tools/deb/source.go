package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// runSource packs the sources. The architectures do not matter to them.
func runSource(ctx context.Context, _ []string, version, root, out string) error {
	j, err := newJob(ctx, version, root, out)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(j.out, 0o755); err != nil {
		return fmt.Errorf("make folder for sources: %w", err)
	}
	file, err := j.source(ctx)
	if err == nil {
		fmt.Println(file)
	}
	return err
}

// source packs what git knows of, the modules (go mod vendor), and the version,
// and returns its file.
func (j *job) source(ctx context.Context) (string, error) {
	all, err := j.tracked(ctx)
	if err != nil {
		return "", err
	}
	modules, err := j.vendor(ctx)
	if err != nil {
		return "", err
	}
	all = append(append(all, modules...), entry{"VERSION", 0o644, []byte(j.git + "\n")})
	top := "usher-" + strings.TrimPrefix(j.git, "v")
	data, err := tarball(top+"/", all, j.when)
	if err != nil {
		return "", err
	}
	file := filepath.Join(j.out, top+".tar.gz")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		return "", fmt.Errorf("write sources: %w", err)
	}
	return file, nil
}

// tracked are the files that git knows of, but for pictures of the
// documentation, which are most of the bytes and nothing compiles.
func (j *job) tracked(ctx context.Context) ([]entry, error) {
	names, err := output(ctx, j.root, nil, "git", "ls-files", "-z", "--stage", "--", ":!docs/img", ":!docs/screens")
	if err != nil {
		return nil, err
	}
	var all []entry
	for line := range strings.SplitSeq(strings.TrimSuffix(names, "\x00"), "\x00") {
		about, name, _ := strings.Cut(line, "\t")
		mode, err := strconv.ParseInt(strings.Fields(about)[0], 8, 64)
		if err != nil || mode&^0o777 != 0o100000 {
			return nil, fmt.Errorf("pack %s: no plain file", name)
		}
		data, err := os.ReadFile(filepath.Join(j.root, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed, and not committed yet
		}
		if err != nil {
			return nil, fmt.Errorf("pack: %w", err)
		}
		all = append(all, entry{name, mode & 0o777, data})
	}
	return all, nil
}

// vendor are the modules that programs and tests of the product need.
func (j *job) vendor(ctx context.Context) (all []entry, err error) {
	dir, err := os.MkdirTemp("", "usher-source-")
	if err != nil {
		return nil, fmt.Errorf("make folder for modules: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
	into := filepath.Join(dir, "vendor")
	if _, err := output(ctx, j.root, []string{"GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off", "GOTOOLCHAIN=local"}, "go", "mod", "vendor", "-o", into); err != nil {
		return nil, fmt.Errorf("gather modules (those that are missing: go mod download): %w", err)
	}
	err = filepath.WalkDir(into, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		all = append(all, entry{filepath.ToSlash(name), 0o644, data})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("pack modules: %w", err)
	}
	return all, nil
}
