package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// withRAUC are the cases of a box whose slots are written by Debian's RAUC, and
// started by Debian's GRUB.
func (l *lab) withRAUC() []test {
	on := func(name string, run func(*lab, context.Context, *box) (string, error)) test {
		return test{"rauc", name, func(ctx context.Context, b *box) (string, error) {
			r, err := l.rauc(ctx)
			if err != nil {
				return "", err
			}
			if err := r.ready(ctx); err != nil {
				return "", err
			}
			b.lab = r
			if err := b.is(ctx, "ready.qcow2"); err != nil {
				return "", err
			}
			return run(r, ctx, b)
		}}
	}
	points := []point{
		{what: "as RAUC writes", saved: ready, again: true, wait: raucWrites},
		{what: "8 s into the first start", saved: ready, wait: func(l *lab, g *guest) error {
			err := g.says(l.kit.tried, 1)
			time.Sleep(8 * time.Second)
			return err
		}},
	}
	return []test{
		on("update", (*lab).update),
		on("crashes", func(r *lab, ctx context.Context, b *box) (string, error) { return r.fails(ctx, b, r.broken()[0]) }),
		on("write", func(r *lab, ctx context.Context, b *box) (string, error) { return r.cut(ctx, b, points[0], 1) }),
		on("start", func(r *lab, ctx context.Context, b *box) (string, error) { return r.cut(ctx, b, points[1], 2) }),
	}
}

// rauc is the bench of such a box, in a folder of its own; its disk is made the
// first time that it is asked for.
func (l *lab) rauc(ctx context.Context) (*lab, error) {
	if l.other != nil {
		return l.other, nil
	}
	r := &lab{out: l.at("rauc"), repo: l.repo, verbose: l.verbose, web: l.web, total: 1}
	r.root = r.at("tree")
	r.kit = kit{
		slots: [2]string{"rootfs.0", "rootfs.1"}, tried: "bench: slot rootfs.1", written: "written by RAUC",
		packages: "rauc,rauc-service,grub-common,grub-pc-bin,squashfs-tools",
		sed:      `s|^record = .*|kind = "rauc"|; s|^slots = .*|version = "` + first + `"\ncounter = 1|`,
		load:     partition{name: "usher-grub", file: r.at("load"), of: slotA - loadAt},
		data:     512, // with room for a bundle
		boot:     []string{"-kernel", r.at("grub")},
	}
	if err := os.MkdirAll(r.at("images"), 0o755); err != nil {
		return nil, err
	}
	if err := steps(ctx, step{r.out, []string{"ln", "-sfn", "../bin", "../deb", "../web.pem", "."}}); err != nil {
		return nil, err
	}
	if _, err := os.Stat(r.at("disk.raw")); err != nil || !l.keep {
		if err := r.anew(ctx, r.system, r.house, r.bundles, r.grub); err != nil {
			return nil, err
		}
	}
	l.other = r
	return r, nil
}

// script is what is done by rauc/make.sh.
func (l *lab) script(what string, args ...string) step {
	return step{l.repo, append([]string{"tools/vm/appliance/rauc/make.sh", what, l.out}, args...)}
}

// house makes the keys of a maker of boxes, and puts its files into the system.
func (l *lab) house(ctx context.Context) error {
	say("a box with RAUC")
	if err := l.keys(ctx); err != nil {
		return err
	}
	if err := l.overlay(ctx, l.root); err != nil {
		return err
	}
	busybox := step{l.at("initramfs"), []string{"sh", "-c", "mkdir bin && gzip -dc " + l.vm("base.cpio.gz") + " | cpio -i --quiet --to-stdout bin/busybox >bin/busybox && chmod +x bin/busybox"}}
	if err := l.pack(ctx, filepath.Join(l.repo, "tools", "vm", "appliance", "rauc", "init"), busybox); err != nil {
		return err
	}
	return steps(ctx, l.script("system", l.vm("vmlinuz")))
}

// bundles makes images, bundles and signed lists.
func (l *lab) bundles(ctx context.Context) error {
	if err := errors.Join(os.RemoveAll(l.at("repos")), os.MkdirAll(l.at("repos"), 0o755)); err != nil {
		return err
	}
	if err := l.image(ctx, l.root, first); err != nil {
		return err
	}
	if err := l.newer(ctx); err != nil {
		return err
	}
	if err := l.image(ctx, l.root, good); err != nil {
		return err
	}
	crashes := l.broken()[0]
	if err := l.brokenImage(ctx, crashes); err != nil {
		return err
	}
	for _, v := range []string{first, good, crashes.version} {
		if err := steps(ctx, l.script("bundle", v)); err != nil {
			return err
		}
		if err := l.release(ctx, v, l.at("images", v+".raucb")); err != nil {
			return err
		}
	}
	return nil
}

// grub makes the boot loader, and puts the disk together.
func (l *lab) grub(ctx context.Context) error {
	return steps(ctx, append([]step{l.script("loader")}, l.disk()...)...)
}

// raucWrites waits until RAUC has written a quarter of the slot.
func raucWrites(_ *lab, g *guest) error {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Second) {
		out, err := g.sh("set -- $(cat /sys/class/block/vda3/stat) && echo $7") // sectors
		if err != nil {
			return err
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(out), 10, 64); err != nil {
			return fmt.Errorf("%q: %w", out, err)
		} else if n<<9 > slotLen*mib/4 {
			return nil
		}
	}
	return errors.Join(errors.New("RAUC writes nothing"), g.journal())
}
