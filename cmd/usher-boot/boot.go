//go:build linux

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"usher/firmware/abslots"
)

const (
	newRoot    = "/slot"
	told       = "/run/usher-boot"
	moduleList = "/usher-boot.modules"
	appear     = 10 * time.Second // for a device
)

// run starts a slot, and comes back only with an error.
func run() error {
	if err := mountKernel(); err != nil {
		return err
	}
	line, err := os.ReadFile("/proc/cmdline")
	if err != nil {
		return err
	}
	p := planOf(string(line))
	loadModules()
	started, err := p.start()
	if err != nil {
		return err
	}
	if started.Problem != nil {
		say("slot %s all the same: %v", started.Slot, started.Problem)
	}
	say("slot %s%s", started.Slot, map[bool]string{true: ", on trial"}[started.Trial])
	if err := tell(started); err != nil {
		say("the system is not told: %v", err)
	}
	return become(p.init)
}

// mountKernel mounts what the kernel shows of itself.
func mountKernel() error {
	for _, m := range []struct{ kind, at, data string }{
		{"proc", "/proc", ""}, {"sysfs", "/sys", ""}, {"devtmpfs", "/dev", "mode=0755"}, {"tmpfs", "/run", "mode=0755"},
	} {
		if err := os.MkdirAll(m.at, 0o755); err != nil {
			return err
		}
		err := unix.Mount(m.kind, m.at, m.kind, unix.MS_NOSUID, m.data)
		if err != nil && !errors.Is(err, unix.EBUSY) { // the kernel may have mounted devtmpfs
			return fmt.Errorf("mount %s: %w", m.at, err)
		}
	}
	return nil
}

// loadModules loads what is listed. One that does not load may not be needed.
func loadModules() {
	list, err := os.ReadFile(moduleList)
	if err != nil {
		return // a kernel that has all built in
	}
	for _, path := range modules(string(list)) {
		if err := loadModule(path); err != nil && !errors.Is(err, unix.EEXIST) {
			say("module %s: %v", filepath.Base(path), err)
		}
	}
}

func loadModule(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	flags := 0
	if filepath.Ext(path) != ".ko" {
		flags = unix.MODULE_INIT_COMPRESSED_FILE
	}
	return unix.FinitModule(int(f.Fd()), "", flags)
}

// start mounts the slot that is to start.
func (p plan) start() (abslots.Started, error) {
	mount := func(name string) error { return p.mount(name) }
	record, err := await(p.record, appear)
	if err != nil {
		s, bad := abslots.Boot(nil, mount)
		s.Problem = errors.Join(fmt.Errorf("boot record: %w", err), s.Problem)
		return s, bad
	}
	d, err := abslots.OpenFile(record)
	if err != nil {
		s, bad := abslots.Boot(nil, mount)
		s.Problem = errors.Join(err, s.Problem)
		return s, bad
	}
	defer d.Close()
	return abslots.Boot(d, mount)
}

// await waits for a device: drivers find theirs after they were loaded.
func await(what string, limit time.Duration) (string, error) {
	for end := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		path, err := find("/sys", "/dev", what)
		if err == nil || time.Now().After(end) {
			return path, err
		}
	}
}

// mount mounts a slot that holds a system, and undoes it when it does not.
func (p plan) mount(name string) error {
	path, err := await(p.slots[name], appear)
	if err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	kind, err := fileSystem(f)
	f.Close()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(newRoot, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(path, newRoot, kind, unix.MS_RDONLY, ""); err != nil {
		return fmt.Errorf("mount %s as %s: %w", path, kind, err)
	}
	for _, need := range []string{p.init, "/dev", "/proc", "/run", "/sys"} {
		if _, err := os.Lstat(newRoot + need); err != nil {
			return errors.Join(err, unix.Unmount(newRoot, 0))
		}
	}
	return nil
}

// tell leaves word for the system, which finds /run as it is left here.
func tell(s abslots.Started) error {
	if err := os.Mkdir(told, 0o755); err != nil {
		return err
	}
	if s.Trial {
		if err := os.WriteFile(filepath.Join(told, "trial"), nil, 0o644); err != nil { //nolint:gosec // no secret
			return err
		}
	}
	return os.WriteFile(filepath.Join(told, "slot"), []byte(s.Slot+"\n"), 0o644) //nolint:gosec // no secret
}

// become leaves the initramfs for the slot, gives its memory back, and becomes
// its init (switch_root(8)).
func become(init string) error {
	for _, dir := range []string{"/dev", "/proc", "/sys", "/run"} {
		if err := unix.Mount(dir, newRoot+dir, "", unix.MS_MOVE, ""); err != nil {
			return fmt.Errorf("move %s: %w", dir, err)
		}
	}
	for _, gone := range []string{"/lib/modules", moduleList, "/init"} {
		if err := os.RemoveAll(gone); err != nil && !errors.Is(err, fs.ErrNotExist) {
			say("memory is not given back: %v", err)
		}
	}
	if err := os.Chdir(newRoot); err != nil {
		return err
	}
	if err := unix.Mount(".", "/", "", unix.MS_MOVE, ""); err != nil {
		return fmt.Errorf("move the slot to /: %w", err)
	}
	if err := unix.Chroot("."); err != nil {
		return fmt.Errorf("enter the slot: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	return fmt.Errorf("start %s: %w", init, unix.Exec(init, append([]string{init}, os.Args[1:]...), os.Environ()))
}
