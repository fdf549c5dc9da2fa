package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// rauc is Debian's: its service on a bus of its own, and a bundle of format
// plain, since that is what it needs no device mapper for.
type rauc struct {
	s   *stage
	pid int
	bus string
}

func (*rauc) name() string { return "RAUC" }

func (*rauc) what() string {
	return "plain bundle (squashfs, gzip) on the same disk; D-Bus, its service left running. One thread writes what the kernel unpacks for it"
}

func (r *rauc) version() string { return r.s.debian("rauc") }

func (r *rauc) open() error {
	s := r.s
	if err := s.shell(`mkdir -p bundle rauc/data rauc/mnt; ln 2.img bundle/rootfs.img
printf '[update]\ncompatible=bench\nversion=2\n[bundle]\nformat=plain\n[image.rootfs]\nfilename=rootfs.img\n' > bundle/manifest.raucm
rauc --cert signer.pem --key signer.key --keyring ca.pem bundle bundle 2.raucb
printf '#!/bin/sh\ncase $1 in get-primary|get-current) echo A ;; get-state) echo good ;; esac\n' > rauc/boot.sh; chmod 755 rauc/boot.sh`); err != nil {
		return err
	}
	r.bus = "unix:path=" + s.at("bus")
	conf := `<busconfig><type>system</type><listen>` + r.bus + `</listen><auth>EXTERNAL</auth><policy context="default">
<allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>`
	system := fmt.Sprintf(`[system]
compatible=bench
bootloader=custom
data-directory=%[1]s/data
bundle-formats=plain
mountprefix=%[1]s/mnt
[keyring]
path=%[2]s
check-purpose=codesign
[handlers]
bootloader-custom-backend=%[1]s/boot.sh
[slot.rootfs.0]
device=%[3]s
type=raw
bootname=A
[slot.rootfs.1]
device=%[4]s
type=raw
bootname=B
`, s.at("rauc"), s.at("ca.pem"), s.a, s.b)
	for name, text := range map[string]string{"bus.conf": conf, "system.conf": system} {
		if err := os.WriteFile(s.at(name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return r.serve()
}

// serve starts the bus, and RAUC with mounts of its own.
func (r *rauc) serve() (err error) {
	s := r.s
	if _, err := s.start(nil, "dbus-daemon", "--config-file="+s.at("bus.conf"), "--nofork", "--nopidfile"); err != nil {
		return err
	}
	if err := s.until("the bus listens", func() bool { _, err := os.Stat(s.at("bus")); return err == nil }); err != nil {
		return err
	}
	if r.pid, err = s.start(r.environ(), "unshare", "-m", "rauc", "-c", s.at("system.conf"), "service", "--override-boot-slot=A"); err != nil {
		return err
	}
	return s.until("RAUC answers", func() bool { _, err := s.outputOf(r.client("status")); return err == nil })
}

func (r *rauc) environ() []string { return []string{"DBUS_SYSTEM_BUS_ADDRESS=" + r.bus} }

func (r *rauc) client(args ...string) *exec.Cmd {
	c := exec.CommandContext(r.s.ctx, "rauc", append([]string{"-c", r.s.at("system.conf")}, args...)...)
	c.Env = append(os.Environ(), r.environ()...)
	return c
}

func (r *rauc) install() (f figure, err error) { return r.installs("2.raucb") }

// installs installs a bundle.
func (r *rauc) installs(bundle string) (f figure, err error) {
	if err := resetMemory(r.pid); err != nil {
		return f, err
	}
	before, used := memory(r.pid), processor(r.pid)
	if f, err = r.s.timed(r.client("install", r.s.at(bundle))); err != nil {
		return f, err
	}
	f.peak = memory(r.pid)
	f.extra, f.cpu = f.peak-before, processor(r.pid)-used
	return f, nil
}

// raucZstd is the same service with a bundle that the kernel unpacks faster than
// those that RAUC makes by itself.
type raucZstd struct{ *rauc }

func (raucZstd) name() string { return "RAUC, zstd" }

func (raucZstd) what() string {
	return "the same service; its bundle is squashfs with zstd, by --mksquashfs-args"
}

func (r raucZstd) open() error {
	if r.pid == 0 {
		return errors.New("RAUC did not start")
	}
	return r.s.shell(`rauc --cert signer.pem --key signer.key --keyring ca.pem bundle --mksquashfs-args="-comp zstd -Xcompression-level 6" bundle 2z.raucb`)
}

func (r raucZstd) install() (figure, error) { return r.installs("2z.raucb") }
