package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The disk of the box, MiB: table, what the boot loader goes by, two slots, data.
const (
	mib     = 1 << 20
	loadAt  = 1
	slotLen = 416
	slotA   = 4
	slotB   = slotA + slotLen
	dataAt  = slotB + slotLen
)

// The releases.
const (
	first = "2026.11.1" // in slot a from the factory
	good  = "2026.11.2"
	next  = "2026.11.3" // for a box that good was kept on
)

// lab is a folder with all that a run is made of.
type lab struct {
	kit             kit
	out, repo, root string // folders: of the run, of the tree of sources, of the guest's system
	verbose, keep   bool
	other           *lab // of the box with RAUC, once that was asked for
	web             *web
	office          *office
	slotSum         string // of slot a as it left the factory
	total           int64  // bytes that the good update takes, once that was seen
	tail            tail   // how long what follows takes
}

// kit is what differs between a box that writes its slots itself and one where
// RAUC does.
type kit struct {
	slots    [2]string // their names: the one that the box left the factory with, and the other
	tried    string    // what the console says when the other one is started on trial
	written  string    // how an update is written
	packages string    // of Debian, besides those of every box
	sed      string    // what is done to the overlay's usher.toml
	load     partition // what the boot loader goes by
	data     int       // MiB of the data partition
	boot     []string  // arguments of QEMU: what starts the disk
}

// partition is one of the disk; MiB.
type partition struct {
	name, file string // file: what is in it
	from, of   int
}

func newLab(ctx context.Context, out string, verbose bool) (*lab, error) {
	out, err := filepath.Abs(out)
	if err != nil {
		return nil, err
	}
	top, err := command(ctx, "", "git", "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, err
	}
	l := &lab{out: out, repo: strings.TrimSpace(top), root: filepath.Join(out, "tree"), verbose: verbose}
	l.kit = kit{
		slots: [2]string{"a", "b"}, tried: "usher-boot: slot b, on trial", written: "written and read back", data: 128,
		load: partition{name: "usher-record", file: l.at("record"), of: 1},
		boot: []string{"-kernel", l.vm("vmlinuz"), "-initrd", l.at("initrd"), "-append", "console=ttyS0 quiet loglevel=3 panic=5"},
	}
	show, err := certificate(out)
	if err != nil {
		return nil, err
	}
	l.web, err = serve(l.at("web.sock"), show)
	return l, err
}

func (l *lab) close() {
	l.office.close()
	l.web.close()
}

func (l *lab) at(parts ...string) string {
	return filepath.Join(append([]string{l.out}, parts...)...)
}

// vm is a part of the guest that tools/vm/build.sh leaves.
func (l *lab) vm(name string) string { return filepath.Join(l.repo, "build", "vm", name) }

// command runs a program and gives what it says.
func command(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var problem strings.Builder
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(problem.String()+string(out)))
	}
	return string(out), nil
}

// step is one command of several.
type step struct {
	dir  string
	args []string
}

func steps(ctx context.Context, list ...step) error {
	for _, s := range list {
		if _, err := command(ctx, s.dir, s.args[0], s.args[1:]...); err != nil {
			return err
		}
	}
	return nil
}

// make makes the disk as it leaves the factory and all releases, or finds those
// of the run before.
func (l *lab) make(ctx context.Context) error {
	if _, err := os.Stat(l.at("disk.raw")); err == nil && l.keep {
		return nil
	}
	return l.anew(ctx, l.build, l.images, l.releases, l.factory)
}

// anew goes through what makes the disk, and leaves none where that fails.
func (l *lab) anew(ctx context.Context, parts ...func(context.Context) error) error {
	for _, name := range []string{"disk.raw", "ready.qcow2", "late.qcow2", "figures.json", "runs"} { // of older images
		if err := os.RemoveAll(l.at(name)); err != nil {
			return err
		}
	}
	for _, f := range parts {
		if err := f(ctx); err != nil {
			return errors.Join(err, os.RemoveAll(l.at("disk.raw")))
		}
	}
	return nil
}

// prepare opens the service, and starts the box for the first time, if that was
// not done before.
func (l *lab) prepare(ctx context.Context) error {
	if err := l.openOffice(ctx); err != nil {
		return err
	}
	return l.ready(ctx)
}

// ready has a box that was started for the first time.
func (l *lab) ready(ctx context.Context) error {
	if _, err := os.Stat(l.at("ready.qcow2")); err != nil {
		if err := l.firstStart(ctx); err != nil {
			return err
		}
	}
	sum, err := sumOf(l.at("disk.raw"), slotA*mib, slotLen*mib)
	l.slotSum = sum
	return err
}

// build makes programs, packages, kernel and the system.
func (l *lab) build(ctx context.Context) error {
	say("building programs, packages, kernel and system")
	tools := filepath.Join(l.repo, "tools")
	list := []step{
		{l.repo, []string{
			"go", "build", "-trimpath", "-ldflags", "-s -w", "-o", l.at("bin") + "/",
			"./cmd/usher", "./cmd/usher-boot", "./cmd/usher-release", "./cmd/boxoffice", "./device/remote/remotetest/handset",
		}},
		{tools, []string{"go", "run", "./deb", "-arch", "amd64", "-version", "v" + first, "-out", l.at("deb", first)}},
		{tools, []string{"go", "run", "./deb", "-arch", "amd64", "-version", "v" + good, "-out", l.at("deb", good)}},
		{l.repo, []string{"tools/vm/build.sh", l.vm("")}},
	}
	if err := steps(ctx, list...); err != nil {
		return err
	}
	return l.system(ctx)
}

// system makes the system of the box.
func (l *lab) system(ctx context.Context) error {
	deb, err := l.deb(first)
	if err != nil {
		return err
	}
	out, err := command(ctx, l.repo, "tools/vm/appliance/root.sh", l.out, deb, l.vm("appliance"), l.kit.packages)
	fmt.Print(out)
	if err != nil {
		return err
	}
	return steps(ctx, step{"", []string{"install", l.at("bin", "handset"), filepath.Join(l.root, "usr/lib/usher/")}})
}

func (l *lab) deb(version string) (string, error) {
	list, err := filepath.Glob(l.at("deb", version, "*.deb"))
	if err != nil || len(list) != 1 {
		return "", fmt.Errorf("%d packages of %s: %w", len(list), version, err)
	}
	return list[0], nil
}

// images makes the images of all releases, and what is started before them.
func (l *lab) images(ctx context.Context) error {
	say("making images")
	if err := l.keys(ctx); err != nil { // every image holds the root of trust
		return err
	}
	if err := os.MkdirAll(l.at("images"), 0o755); err != nil {
		return err
	}
	if err := l.overlay(ctx, l.root); err != nil {
		return err
	}
	if err := l.image(ctx, l.root, first); err != nil {
		return err
	}
	if err := l.newer(ctx); err != nil {
		return err
	}
	// What is new in it: besides the programs a file that no old block is in.
	if err := os.WriteFile(filepath.Join(l.root, "usr", "share", "usher", "new"), noise(24*mib), 0o644); err != nil {
		return err
	}
	for _, v := range []string{good, next} {
		if err := l.image(ctx, l.root, v); err != nil {
			return err
		}
	}
	for _, b := range l.broken() {
		if err := l.brokenImage(ctx, b); err != nil {
			return err
		}
	}
	return l.initramfs(ctx)
}

// newer puts the newer package into the system.
func (l *lab) newer(ctx context.Context) error {
	deb, err := l.deb(good)
	if err != nil {
		return err
	}
	return steps(ctx, step{"", []string{"dpkg-deb", "-x", deb, l.at("new")}},
		step{"", []string{"cp", "-a", l.at("new", "usr") + "/.", l.root + "/usr/"}})
}

// image makes the file system of a release, as docs/firmware.md has it: what
// does not change is the same blocks.
func (l *lab) image(ctx context.Context, dir, version string) error {
	const id = "5ca1ab1e-0000-4000-8000-000000000001"
	name := l.at("images", version)
	if err := os.WriteFile(filepath.Join(dir, "etc", "appliance-release"), []byte(version+"\n"), 0o644); err != nil {
		return err
	}
	_, err := command(ctx, "", "env", "E2FSPROGS_FAKE_TIME=1790000000", "mkfs.ext4", "-q", "-F", "-b", "4096", "-O", "^has_journal", "-U", id,
		"-E", "hash_seed="+id+",lazy_itable_init=0", "-m", "0", "-d", dir, name, fmt.Sprint(slotLen, "M"))
	return err
}

// noise cannot be compressed, and is the same each time.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{9}).Read(b) // it never fails
	return b
}

// initramfs packs usher-boot and the modules that lead to the disk.
func (l *lab) initramfs(ctx context.Context) error {
	return l.pack(ctx, l.at("bin", "usher-boot"))
}

// pack makes an initramfs of an init and the modules that lead to the disk.
func (l *lab) pack(ctx context.Context, init string, more ...step) error {
	dir, vm := l.at("initramfs"), l.vm("appliance")
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o755)); err != nil {
		return err
	}
	list, err := os.ReadFile(filepath.Join(vm, "usher-boot.modules"))
	if err != nil {
		return err
	}
	all := append(more, step{"", []string{"install", "-m", "755", init, filepath.Join(dir, "init")}})
	for path := range strings.Lines(string(list)) {
		path = strings.TrimSpace(path)
		all = append(all, step{"", []string{"install", "-D", "-m", "644", filepath.Join(vm, path), filepath.Join(dir, path)}})
	}
	all = append(all, step{"", []string{"cp", filepath.Join(vm, "usher-boot.modules"), dir}},
		step{dir, []string{"sh", "-c", "find . | LC_ALL=C sort | cpio -o -H newc -R +0:+0 --quiet | gzip -1n >../initrd"}})
	return steps(ctx, all...)
}

// factory puts the disk together, as it leaves the factory.
func (l *lab) factory(ctx context.Context) error {
	say("putting the disk together")
	_ = os.Remove(l.at("record")) // of the run before
	return steps(ctx, append([]step{{"", []string{l.at("bin", "usher-release"), "record", "-version", first, l.at("record")}}}, l.disk()...)...)
}

// disk is how the disk is put together of what the boot loader goes by, the
// first release, and the data.
func (l *lab) disk() []step {
	disk, load := l.at("disk.raw"), l.kit.load
	load.from = loadAt
	table := "label: gpt\nfirst-lba: 2048\n"
	var puts []step
	for _, p := range []partition{load, {"usher-a", l.at("images", first), slotA, slotLen}, {"usher-b", "", slotB, slotLen}, {"usher-data", l.at("data"), dataAt, l.kit.data}} {
		table += fmt.Sprintf("start=%dMiB, size=%dMiB, name=%s\n", p.from, p.of, p.name)
		if p.file != "" {
			puts = append(puts, step{"", []string{"dd", "if=" + p.file, "of=" + disk, "bs=1M", fmt.Sprint("seek=", p.from), "conv=notrunc,sparse", "status=none"}})
		}
	}
	return append([]step{
		{"", []string{"rm", "-f", disk}},
		{"", []string{"truncate", "-s", fmt.Sprint(dataAt+l.kit.data+1, "M"), disk}},
		{"", []string{"sh", "-c", "printf '" + table + "' | sfdisk -q " + disk}},
		{"", []string{"mkfs.ext4", "-q", "-F", "-b", "4096", "-m", "0", "-d", l.at("var"), l.at("data"), fmt.Sprint(l.kit.data, "M")}},
	}, puts...)
}

// sumOf is the SHA-256 of a part of a file.
func sumOf(name string, at, length int64) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(f, at, length)); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}

// untouched says whether slot a of a disk is as it left the factory.
func (l *lab) untouched(ctx context.Context, disk string) error {
	flat := disk + ".raw"
	if _, err := command(ctx, "", "qemu-img", "convert", "-f", "qcow2", "-O", "raw", disk, flat); err != nil {
		return err
	}
	defer os.Remove(flat) // it is large
	sum, err := sumOf(flat, slotA*mib, slotLen*mib)
	if err == nil && sum != l.slotSum {
		err = errors.New("slot a, which ran, is not what it was")
	}
	return err
}

func say(format string, values ...any) { fmt.Printf("appliance: "+format+"\n", values...) }
