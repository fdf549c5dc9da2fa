package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// built are the programs for one architecture, in a folder that remove deletes.
type built struct {
	dir string
	env []string // what Go was told
}

func (b *built) remove() { _ = os.RemoveAll(b.dir) } // a temporary folder

// target is what Go calls an architecture of Debian.
func target(arch string) ([]string, error) {
	switch arch {
	case "amd64":
		return []string{"GOARCH=amd64", "GOAMD64=v1"}, nil
	case "arm64":
		return []string{"GOARCH=arm64", "GOARM64=v8.0"}, nil
	case "armhf":
		return []string{"GOARCH=arm", "GOARM=7"}, nil
	}
	return nil, fmt.Errorf("no such architecture: want amd64, arm64 or armhf")
}

// sealed keeps the machine out of what is built, and the network out of it.
func sealed() []string {
	return []string{"CGO_ENABLED=0", "GOOS=linux", "GOFLAGS=-mod=readonly", "GOPROXY=off", "GOTOOLCHAIN=local", "GOEXPERIMENT=", "GOWORK=off"}
}

// programs are those of a box.
func programs() []string { return []string{"./cmd/usherd", "./cmd/usher", "./cmd/usher-boot"} }

// build compiles the programs of a box, so that the same sources give the
// same bytes: no paths, no state of the git tree, no build id.
func (j *job) build(ctx context.Context, arch string) (*built, error) {
	env, err := target(arch)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "usher-deb-")
	if err != nil {
		return nil, fmt.Errorf("make folder for programs: %w", err)
	}
	b := &built{dir: dir, env: append(sealed(), env...)}
	if err := j.compile(ctx, b.env, dir); err != nil {
		b.remove()
		return nil, err
	}
	return b, nil
}

func (j *job) compile(ctx context.Context, env []string, dir string) error {
	args := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid= -X main.version=" + j.git, "-o", dir + "/"}
	if _, err := output(ctx, j.root, env, "go", append(args, programs()...)...); err != nil {
		return fmt.Errorf("compile (modules that are missing: go mod download): %w", err)
	}
	return nil
}

// texts are the manual page and the completion that usher prints of itself. It
// is compiled for this machine for that, whatever the package is for.
func (j *job) texts(ctx context.Context) (man, completion string, err error) {
	dir, err := os.MkdirTemp("", "usher-deb-")
	if err != nil {
		return "", "", fmt.Errorf("make folder for programs: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
	if err := j.compile(ctx, sealed(), dir); err != nil {
		return "", "", err
	}
	usher := filepath.Join(dir, "usher")
	if man, err = output(ctx, dir, nil, usher, "man"); err != nil {
		return "", "", err
	}
	completion, err = output(ctx, dir, nil, usher, "completion", "bash")
	return man, completion, err
}

// module is one whose code is in the programs.
type module struct{ path, version, dir string }

// modules are those of the programs, each after what it is built on.
func (j *job) modules(ctx context.Context, b *built) ([]module, error) {
	const format = `{{with .Module}}{{if not (or .Main (and .Replace (not .Replace.Version)))}}{{.Path}}{{"\t"}}{{.Version}}{{"\t"}}{{.Dir}}{{end}}{{end}}`
	out, err := output(ctx, j.root, b.env, "go", append([]string{"list", "-deps", "-f", format}, programs()...)...)
	if err != nil {
		return nil, err
	}
	var list []module
	seen := map[string]bool{}
	for line := range strings.Lines(out) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 3 || seen[f[0]] {
			continue
		}
		seen[f[0]] = true
		list = append(list, module{path: f[0], version: f[1], dir: f[2]})
	}
	return list, nil
}
