// Command deb packs Usher for Debian and its relatives: usher_VERSION_ARCH.deb
// for amd64, arm64 and armhf, with the bill of materials beside each.
//
//	go run ./deb [-arch amd64,arm64,armhf] [-version V] [-out FOLDER]
//	go run ./deb -source [-version V] [-out FOLDER]
//
// It writes the archives itself, so that it needs neither root nor a Debian
// system nor a network (the modules must be in Go's module cache), and the same
// sources give the same bytes on any machine: the date in it is
// SOURCE_DATE_EPOCH or, without that, the commit's. DEBFULLNAME and DEBEMAIL
// say who maintains the package.
//
// With -source it packs the sources instead, with every module that they need and
// a file VERSION: what Buildroot, Yocto and others compile without a network.
//
// It must be started in the tools module, whose parent is the product.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// job is one run: what is packed, and as what.
type job struct {
	root       string // the product's folder
	out        string
	git        string // as git describes it; the programs say it too
	version    string // Debian's
	maintainer string
	when       time.Time
}

func main() {
	arches := flag.String("arch", "amd64,arm64,armhf", "architectures of Debian, with commas between them")
	version := flag.String("version", "", "the version (default: what git describe says)")
	root := flag.String("root", "..", "folder of the product")
	out := flag.String("out", filepath.Join("..", "build", "deb"), "folder for the packages")
	source := flag.Bool("source", false, "pack the sources with their modules, and no package")
	flag.Parse()
	pack := run
	if *source {
		pack = runSource
	}
	if err := pack(context.Background(), strings.Split(*arches, ","), *version, *root, *out); err != nil {
		fmt.Fprintln(os.Stderr, "deb:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arches []string, version, root, out string) error {
	j, err := newJob(ctx, version, root, out)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(j.out, 0o755); err != nil {
		return fmt.Errorf("make folder for packages: %w", err)
	}
	for _, a := range arches {
		file, err := j.pack(ctx, a)
		if err != nil {
			return fmt.Errorf("%s: %w", a, err)
		}
		fmt.Println(file)
	}
	return nil
}

func newJob(ctx context.Context, version, root, out string) (*job, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("find the product: %w", err)
	}
	when, err := sourceDate(ctx, root)
	if err != nil {
		return nil, err
	}
	if version == "" {
		if version, err = output(ctx, root, nil, "git", "describe", "--tags", "--always", "--dirty"); err != nil {
			return nil, err
		}
	}
	version = strings.TrimSpace(version)
	debian, err := debianVersion(version, when)
	if err != nil {
		return nil, err
	}
	name := cmp.Or(os.Getenv("DEBFULLNAME"), "Usher maintainers")
	mail := cmp.Or(os.Getenv("DEBEMAIL"), "usher@usher.invalid")
	return &job{root: root, out: out, git: version, version: debian, maintainer: name + " <" + mail + ">", when: when}, nil
}

// sourceDate is the one date in the packages.
func sourceDate(ctx context.Context, root string) (time.Time, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		var err error
		if text, err = output(ctx, root, nil, "git", "log", "-1", "--format=%ct"); err != nil {
			return time.Time{}, fmt.Errorf("date of the sources (without git, set SOURCE_DATE_EPOCH): %w", err)
		}
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || seconds < 0 {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH %q: want seconds since 1970", text)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// output runs a program in a folder with more environment, and returns what it
// printed. What it said on standard error is in the error.
func output(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, args[0], err, said.String())
	}
	return string(out), nil
}

// pack makes one package and its bill of materials, and returns its file.
func (j *job) pack(ctx context.Context, arch string) (string, error) {
	b, err := j.build(ctx, arch)
	if err != nil {
		return "", err
	}
	defer b.remove()
	data, bom, err := j.files(ctx, b)
	if err != nil {
		return "", err
	}
	control, err := j.control(arch, data)
	if err != nil {
		return "", err
	}
	deb, err := packed(control, data, j.when)
	if err != nil {
		return "", err
	}
	file := filepath.Join(j.out, "usher_"+j.version+"_"+arch)
	if err := os.WriteFile(file+".cdx.json", bom, 0o644); err != nil {
		return "", fmt.Errorf("write bill of materials: %w", err)
	}
	if err := os.WriteFile(file+".deb", deb, 0o644); err != nil {
		return "", fmt.Errorf("write package: %w", err)
	}
	return file + ".deb", nil
}
